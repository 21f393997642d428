"""Studies are scripts with help, outside the product."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest
from click.testing import CliRunner

ROOT = Path(__file__).parents[2]
STUDIES = ROOT / "baselines/studies"
SCRIPTS = [
    ".".join(path.relative_to(STUDIES).with_suffix("").parts)
    for path in sorted(STUDIES.rglob("*.py"))
    if "__main__" in path.read_text(encoding="utf-8")
]


@pytest.mark.parametrize("name", SCRIPTS)
def test_every_script_has_help_and_a_line_in_the_makefile(name):
    ran = CliRunner().invoke(import_module(f"studies.{name}").main, ["--help"])
    assert ran.exit_code == 0
    for option in (line for line in ran.output.splitlines() if line.startswith("  --")):
        assert len(option.split("  ")) > 2 or option.endswith("PATH"), option
    assert f"python -m studies.{name} " in (ROOT / "Makefile").read_text(encoding="utf-8")
