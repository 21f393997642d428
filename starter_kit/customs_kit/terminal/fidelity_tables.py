"""Tables of a fidelity report for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from customs_data.fidelity.quality import PUBLISHED

if TYPE_CHECKING:
    from customs_data.fidelity.measure import FidelityReport


def quality_table(report: FidelityReport) -> Table:
    """Table 2: one row a metric."""
    pair = report.comparison
    title = f"{report.synthetic} beside {report.source}: Table 2 at n = {pair.n_rows:,}"
    table = Table(title=Text(title), title_justify="left")
    table.add_column("metric (1 is best)")
    for column in ("score", "half-split ceiling", "paper's release", "with entity IDs"):
        table.add_column(column, justify="right")
    for score in report.scores:
        table.add_row(
            score.name,
            _number(score.value),
            _number(score.ceiling),
            _number(PUBLISHED[score.name]),
            _number(score.with_ids),
        )
    table.caption = (
        "Score and ceiling without Declaration ID and the four entity IDs; the ceiling is that of "
        "two random halves of the source."
    )
    return table


def judges_table(report: FidelityReport) -> Table:
    """What Table 2 cannot see: one row a finding."""
    table = Table(title="What Table 2 cannot see", title_justify="left")
    table.add_column("judge")
    table.add_column("finding", overflow="fold")
    for column in ("synthetic", "source"):
        table.add_column(column, justify="right")
    table.add_column("what it is", overflow="fold")
    for judgement in report.judgements:
        for i, found in enumerate(judgement.findings):
            table.add_row(
                judgement.judge if i == 0 else "",
                found.name,
                _number(found.synthetic),
                _number(found.source),
                found.explanation,
                end_section=i == len(judgement.findings) - 1,
            )
    return table


def sentences_of(report: FidelityReport) -> list[Text]:
    """Notes, and what the judges say in words."""
    lines = [Text(note) for note in report.comparison.notes]
    for judgement in report.judgements:
        if judgement.sentences:
            lines.append(Text(f"\n{judgement.judge}:", style="bold"))
            lines += [Text(f"  - {sentence}") for sentence in judgement.sentences]
    return lines


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"
