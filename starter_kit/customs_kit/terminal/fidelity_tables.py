"""Tables of a fidelity report for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from customs_data.fidelity.quality import PUBLISHED, reference_rows, reference_sentences

if TYPE_CHECKING:
    from customs_data.fidelity.measure import FidelityReport


def quality_table(report: FidelityReport) -> Table:
    """Table 2: one row per metric."""
    pair = report.comparison
    title = f"{report.synthetic} beside {report.source}: Table 2 at n = {pair.n_rows:,}"
    table = Table(title=Text(title), title_justify="left", caption_justify="left")
    table.add_column("metric (1 is best)")
    n_reference = reference_rows(report.scores)
    smaller = n_reference is not None and n_reference < pair.n_rows
    at_reference = (f"at n = {n_reference:,}",) if smaller else ()
    for column in ("score", *at_reference, "half-split reference", "paper", "with entity IDs"):
        table.add_column(column, justify="right")
    for score in report.scores:
        reference = score.reference
        score_at_reference = None if reference is None else reference.score
        table.add_row(
            score.name,
            _number(score.value),
            *((_number(score_at_reference),) if smaller else ()),
            "-" if reference is None else reference.spread,
            _number(PUBLISHED[score.name]),
            _number(score.with_ids),
        )
    table.caption = " ".join(reference_sentences(report.scores, pair.n_rows))
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
