"""The progress of an audit: a bar over its tests, with the step that is being done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, TextColumn, TimeElapsedColumn

from customs_baselines.steps import listen
from customs_kit.terminal.output import progress_bars
from customs_scorer.audit.evidence import AuditTest, Skipped


@contextmanager
def audit_progress(n_tests: int) -> Iterator[Callable[[AuditTest | Skipped], None]]:
    """Show how far an audit of `n_tests` tests is; yield what to call after each."""
    columns = (BarColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with progress_bars(*columns, is_transient=True) as bars:
        task = bars.add_task("Measuring ...", total=n_tests)

        def on_test(test: AuditTest | Skipped) -> None:
            bars.update(task, advance=1, description=f"{test.name} done ...")

        listen(
            lambda text: bars.update(task, description=f"{text} ..." if text else "Measuring ...")
        )
        try:
            yield on_test
        finally:
            listen(None)
