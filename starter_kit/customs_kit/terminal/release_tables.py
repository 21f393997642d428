"""Tables and sentences of a release report for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from rich.table import Table

from customs_data.release.page import attack_rows, budget_rows

if TYPE_CHECKING:
    from customs_data.release.checking import ReleaseReport

_BUDGET: Final = ("table", "columns", "cells", "bound", "noise", "threshold", "of rho")
_ATTACK: Final = ("the attacker knows", "AUC", "of large importers", "members", "others")


def release_parts(report: ReleaseReport) -> Iterator[Table | str]:
    """Yield the parts of the report in their order."""
    yield f"Release report: {report.kind} {report.name}"
    for problem in report.problems:
        yield f"! {problem}"
    facts = Table(title="What was used", title_justify="left", show_header=False)
    for name, text in report.facts:
        facts.add_row(name, text)
    yield facts
    if report.guarantee is None:
        yield "Guarantee: none."
    else:
        again = report.epsilon_again
        yield (
            f"Guarantee: epsilon {report.guarantee.epsilon:.3g}, delta {report.guarantee.delta:g}, "
            f"unit {report.guarantee.unit}."
            + ("" if again is None else f" Recomputed from the noise: epsilon {again:.4g}.")
        )
        yield _table("The budget", _BUDGET, budget_rows(report), n_texts=2)
    if report.ceiling is not None:
        yield f"No attack on membership can reach an AUC above {report.ceiling:.3f}."
    if report.attacks:
        yield _table("The attack, rehearsed", _ATTACK, attack_rows(report), n_texts=1)
    if report.neighbours:
        rows = [
            (finding.name, f"{finding.synthetic:.3f}", f"{finding.source:.3f}")
            for finding in report.neighbours
        ]
        yield _table("Nearest neighbours", ("", "release", "source"), rows, n_texts=1)
    yield "What remains:"
    for sentence in report.remains:
        yield f"* {sentence}"


def _table(
    title: str, columns: tuple[str, ...], rows: Sequence[tuple[str, ...]], n_texts: int
) -> Table:
    table = Table(title=title, title_justify="left")
    for i, column in enumerate(columns):
        table.add_column(column, justify="left" if i < n_texts else "right", overflow="fold")
    for row in rows:
        table.add_row(*row)
    return table
