"""The child process: train one model. Its job and its scores are in a scratch folder."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from functools import partial
from pathlib import Path

from customs_data.child_processes import end_with_parent, write_lines_at_once


def main() -> None:
    """Run a job; arguments: its folder, and the number of the parent's process."""
    end_with_parent(int(sys.argv[2]))  # before the imports, which take seconds
    from customs_baselines.running.job import RESULT, STEP
    from customs_baselines.running.train_job import run_job
    from customs_baselines.steps import listen

    folder = Path(sys.argv[1])
    del sys.argv[1:]  # a team's file may parse arguments of its own
    write_lines_at_once()  # they are watched as they come
    if (folder / STEP).exists():
        listen(partial(_write_step, folder / STEP))
    result = run_job(folder)
    (folder / RESULT).write_text(json.dumps(asdict(result)), encoding="utf-8")


def _write_step(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
