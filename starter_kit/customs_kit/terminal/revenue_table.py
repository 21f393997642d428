"""Table of the duty that submissions recover."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from customs_kit.terminal.run_tables import number

if TYPE_CHECKING:
    from customs_scorer.ranking import Standing


def revenue_table(standings: Sequence[Standing]) -> list[RenderableType]:
    """Return the table of revenue on Private, with scores to compare with, and the legend."""
    from customs_scorer.revenue import PERCENT, YARDSTICKS

    scores = {it.file: it.revenue for it in standings if it.revenue is not None}
    revenue = next(iter(scores.values())).revenue
    yardsticks = {YARDSTICKS[name]: it for name, it in revenue.yardsticks().items()}
    table = Table(title="Share of the evaded duty that is recovered, Private", title_justify="left")
    table.add_column("")
    columns = {
        f"{name}_at_{n}": f"{word}\n@{n} %"
        for name, word in (("capped_revenue_recall", "capped"), ("revenue_recall", "KRW"))
        for n in PERCENT
    }
    for heading in columns.values():
        table.add_column(heading, justify="right", no_wrap=True)
    for rows in (scores, yardsticks):
        table.add_section()
        for name, score in rows.items():
            table.add_row(Text(name), *(number(score.private[column]) for column in columns))
    legend = (
        f"capped: a declaration counts for at most {revenue.cap:,.0f} KRW, the 75 % quantile of "
        "the declared duty in training. KRW: without this cap, a few expensive declarations "
        "decide. Nobody is ranked on revenue."
    )
    return [table, Text(legend)]
