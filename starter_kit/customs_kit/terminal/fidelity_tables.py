"""Tables of a fidelity report for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from customs_data.fidelity.quality import PUBLISHED

if TYPE_CHECKING:
    from customs_data.fidelity.measure import FidelityReport


def quality_table(report: FidelityReport) -> Table:
    """Table 2: one row per metric."""
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
        "Score and ceiling ignore Declaration ID and the four entity IDs. The ceiling is the score "
        "of two random halves of the source."
    )
    return table


def judges_table(report: FidelityReport) -> Table:
    """What Table 2 cannot measure: one row per finding."""
    table = Table(title="What Table 2 cannot measure", title_justify="left")
    table.add_column("judge")
    table.add_column("finding", overflow="fold")
    for column in ("synthetic", "source"):
        table.add_column(column, justify="right")
    table.add_column("what it is", overflow="fold")
    for judgement in report.judgements:
        for i, finding in enumerate(judgement.findings):
            table.add_row(
                judgement.judge if i == 0 else "",
                finding.name,
                _number(finding.synthetic),
                _number(finding.source),
                finding.explanation,
                end_section=i == len(judgement.findings) - 1,
            )
    return table


def sentences_of(report: FidelityReport) -> list[Text]:
    """Notes and the judges' verdicts in words."""
    lines = [Text(note) for note in report.comparison.notes]
    for judgement in report.judgements:
        if judgement.sentences:
            lines.append(Text(f"\n{judgement.judge}:", style="bold"))
            lines += [Text(f"  - {sentence}") for sentence in judgement.sentences]
    return lines


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"
