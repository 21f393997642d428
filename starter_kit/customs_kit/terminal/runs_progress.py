"""Progress of `baseline run`: the current model and its step, and what it prints."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.progress import Progress, TaskID

from customs_kit.terminal.output import runs_bar

if TYPE_CHECKING:
    from customs_baselines.running.plan import Run
    from customs_baselines.running.records import RunRecord


class RunsProgress:
    """A bar over runs, with lines above it; on standard error.

    Parameters
    ----------
    bar : Progress
        Shown on terminals only.
    task : TaskID
        Its only task.
    """

    def __init__(self, bar: Progress, task: TaskID) -> None:
        self.bar = bar
        self.task = task
        self.is_shown = not bar.disable
        self._model = ""

    def start(self, run: Run) -> None:
        """Show the model that begins."""
        self._model = f"{run.name} {run.recipe or ''}".strip()
        self.step("")

    def step(self, text: str) -> None:
        """Show a step of the model, such as ``ensemble: graphfc, 1 of 2``."""
        description = f"{self._model}: {text}" if text else self._model
        self.bar.update(self.task, description=escape(description))

    def print_line(self, line: str) -> None:
        """Print a line above the bar, as it is."""
        self.bar.console.out(line, highlight=False)

    def finish(self, _record: RunRecord) -> None:
        """Advance the bar by one run."""
        self.bar.advance(self.task)


@contextmanager
def runs_progress(total: int) -> Iterator[RunsProgress]:
    """Show a bar over `total` runs."""
    with runs_bar() as bar:
        yield RunsProgress(bar, bar.add_task("", total=total))
