"""Running the command line, and the code blocks of documents, as a user does."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

BLOCK = re.compile(r"^```(bash|python)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def kit(*arguments, cwd=None, **environment):
    """Run `customs-kit` in a process of its own."""
    return subprocess.run(
        [sys.executable, "-c", "from customs_kit.cli import main; main()", *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=cwd,
        env={**os.environ, **environment},
        check=False,
    )


def run_blocks(document, folder, **environment):
    """Run a document's ```bash and ```python blocks in one shell, in their order."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    lines = ["set -euo pipefail"]
    for language, code in BLOCK.findall(document.read_text(encoding="utf-8")):
        lines.append(code if language == "bash" else f"python - <<'PYTHON'\n{code}PYTHON")
    assert len(lines) > 1, f"{document} has no code block to run"
    ran = subprocess.run(
        ["bash", "-c", "\n".join(lines)],
        cwd=folder,
        env={**os.environ, "PATH": path, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, f"{ran.stdout}\n{ran.stderr}"
    return ran.stdout
