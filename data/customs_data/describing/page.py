"""`data describe --html`: one edition as a self-contained page, from what is public only."""

from __future__ import annotations

from typing import Any, Final

import pandas as pd

from customs_data.describing.figures import (
    draw_counts,
    draw_fraud_by,
    draw_information,
    draw_network,
    draw_prices,
    draw_volumes,
)
from customs_data.describing.trader_network import sample_network
from customs_data.edition.loading import Edition
from customs_data.fidelity.judges.label_information import FEWEST_LABELS, column_information
from customs_data.reports.pages import html_page, html_panels, html_table
from customs_data.reports.pictures import ink_svg_of
from customs_data.schema import ERASED

#: What fraud is shown by; columns of few or of well-known values.
_BY: Final = (
    "Chapter",
    "Country of Origin",
    "Country of Departure",
    "Office ID",
    "Import Type",
    "Mode of Transport",
    "Payment Type",
    "Tax Type",
    "Country of Origin Indicator",
)


def exploration_page(edition: Edition, summary: dict[str, Any]) -> str:
    """Return the page.

    Parameters
    ----------
    edition : Edition
        Only what is public is read, so that the page may be given to teams.
    summary : dict
        Of `summarize_edition`.
    """
    both = pd.concat([edition.train, edition.test], ignore_index=True)
    both = both.assign(Chapter=both["HS6 Code"].str[:2], Heading=both["HS6 Code"].str[:4])
    return html_page(
        f"Edition {edition.manifest.name}",
        "\n".join(
            [
                _lead(summary),
                _volumes(edition, both),
                _goods(both),
                _fraud(edition),
                _traders(edition, summary),
            ]
        ),
    )


def _lead(summary: dict[str, Any]) -> str:
    labels, rows = summary["labels"], summary["rows"]
    table = html_table(
        ("period", "declarations", "first day", "last day"),
        [(period, f"{n:,}", *summary["dates"][period]) for period, n in rows.items()],
    )
    rate = labels["fraud_rate"]
    said = "" if rate is None else f", and {rate:.1%} of these are fraud"
    return (
        f'<p class="lead">{sum(rows.values()):,} declarations; {labels["n_labelled"]:,} of the '
        f"training declarations have a label{said}.</p><p>Made from public/ alone: nothing on this "
        f"page depends on hidden labels.</p>{table}"
    )


def _volumes(edition: Edition, both: pd.DataFrame) -> str:
    starts = {period: days[0].isoformat() for period, days in edition.manifest.dates.items()}
    picture = ink_svg_of(draw_volumes(both["Date"], starts), "Declarations by week")
    return f"<h2>Volumes over time</h2>{picture}"


def _goods(both: pd.DataFrame) -> str:
    columns = {
        "HS6 Code": "Products (HS6)",
        "Heading": "Headings (HS4)",
        "Chapter": "Chapters (HS2)",
        "Country of Origin": "Countries of origin",
        "Country of Departure": "Countries of departure",
        "Office ID": "Offices",
    }
    panels = [ink_svg_of(draw_counts(both[name], title), title) for name, title in columns.items()]
    prices = ink_svg_of(draw_prices(both), "Unit price of the most frequent products")
    return (
        f"<h2>Goods and routes</h2>{html_panels(panels)}<h2>Price per product</h2><p>Of the most "
        "frequent products: the line holds 90 % of the unit prices, the bar half of them, the dot "
        f"is the median.</p>{prices}"
    )


def _fraud(edition: Edition) -> str:
    labelled = edition.y != ERASED
    fraud = edition.y[labelled] == 1
    if min(fraud.sum(), (~fraud).sum()) < FEWEST_LABELS:
        return (
            "<h2>Fraud by column</h2><p>Too few labels: at least "
            f"{FEWEST_LABELS} frauds and as many honest declarations are needed.</p>"
        )
    known = edition.train[labelled].reset_index(drop=True)
    information = column_information(known, fraud.astype("int8"))
    ranked = sorted(information.items(), key=lambda held: -held[1])
    bars = draw_information([name for name, _ in ranked], [auc for _, auc in ranked])
    shown = known.assign(Chapter=known["HS6 Code"].str[:2])
    panels = [
        ink_svg_of(draw_fraud_by(shown[name], fraud, name), f"Fraud rate by {name}") for name in _BY
    ]
    return (
        "<h2>Fraud by column</h2><p>What each column alone tells about fraud among the labelled "
        f"training declarations.</p>{ink_svg_of(bars, 'Label information by column')}"
        "<p>Fraud rate of the most frequent values with its 95 % interval (Wilson); the dashed "
        f"line is the overall rate.</p>{html_panels(panels)}"
    )


def _traders(edition: Edition, summary: dict[str, Any]) -> str:
    rows = []
    for name, held in summary["entities"].items():
        degrees = [f"{value:,.0f}" for value in held["declarations_each"].values()] or ["-"] * 4
        unseen = held["unseen_in_test"]
        new = "-" if unseen is None else f"{unseen:.1%}"
        rows.append((name, f"{held['distinct']:,}", f"{held['missing']:.1%}", *degrees, new))
    header = ("", "distinct", "missing", "median", "90 %", "99 %", "most", "unseen in test")
    picture = ink_svg_of(
        draw_network(sample_network(edition)), "Importers and declarants as a network"
    )
    return (
        f"<h2>Traders</h2>{html_table(header, rows, caption='Declarations of each')}"
        "<h2>Who files with whom</h2><p>Some declarants of middling size (squares) and the "
        "importers that file most with each (dots, as large as their declarations); a line is as "
        f"wide as they file together.</p>{picture}"
    )
