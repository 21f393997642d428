"""`data describe --html`: an edition as a self-contained page, from public data only."""

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
from customs_data.hs_chapters import name_chapter
from customs_data.reports.pages import render_page
from customs_data.reports.pictures import ink_svg_of
from customs_data.schema import ERASED

#: Columns whose most frequent values are counted, and the title of their figure.
_COUNTED: Final = {
    "HS6 Code": "Products (HS6)",
    "Heading": "Headings (HS4)",
    "Chapter": "Chapters (HS2)",
    "Country of Origin": "Countries of origin",
    "Country of Departure": "Countries of departure",
    "Office ID": "Offices",
}
#: Columns of few or of well-known values, by which fraud rates are drawn.
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
        Only public data is read, so that the page may be given to teams.
    summary : dict
        Result of `summarize_edition`.
    """
    absent = [*edition.manifest.absent]
    both = pd.concat([edition.train, edition.test], ignore_index=True).drop(columns=absent)
    both = both.assign(Chapter=_chapters(both["HS6 Code"]), Heading=both["HS6 Code"].str[:4])
    starts = {period: days[0].isoformat() for period, days in edition.manifest.dates.items()}
    rows = summary["rows"]
    return render_page(
        "customs_data.describing",
        "edition.html",
        title=f"Edition {edition.manifest.name}",
        labels=summary["labels"],
        n_declarations=sum(rows.values()),
        periods=[(period, f"{n:,}", *summary["dates"][period]) for period, n in rows.items()],
        volumes=ink_svg_of(draw_volumes(both["Date"], starts), "Declarations by week"),
        counts=[
            ink_svg_of(draw_counts(both[name], title), title)
            for name, title in (_COUNTED | _categories(edition)).items()
            if name in both
        ],
        columns=edition.manifest.column_set.sentences(),
        prices=ink_svg_of(draw_prices(both), "Unit price of the most frequent products")
        if {"Net Mass", "Item Price"} <= {*both}
        else None,
        traders=[_trader_row(name, counts) for name, counts in summary["entities"].items()],
        network=ink_svg_of(
            draw_network(sample_network(edition)), "Importers and declarants as a network"
        )
        if {"Importer ID", "Declarant ID"} <= {*both}
        else None,
        fewest_labels=FEWEST_LABELS,
        **_fraud_figures(edition),
    )


def _fraud_figures(edition: Edition) -> dict[str, Any]:
    labelled = edition.y != ERASED
    fraud = edition.y[labelled] == 1
    if min(fraud.sum(), (~fraud).sum()) < FEWEST_LABELS:
        return {"information": None}
    absent = [*edition.manifest.absent]
    known = edition.train.drop(columns=absent)[labelled].reset_index(drop=True)
    information = column_information(known, fraud.astype("int8"))
    ranked = sorted(information.items(), key=lambda item: -item[1])
    bars = draw_information([name for name, _ in ranked], [auc for _, auc in ranked])
    known = known.assign(Chapter=_chapters(known["HS6 Code"]))
    return {
        "information": ink_svg_of(bars, "Label information by column"),
        "rates": [
            ink_svg_of(draw_fraud_by(known[name], fraud, name), f"Fraud rate by {name}")
            for name in (*_BY, *_categories(edition))
            if name in known
        ],
    }


def _categories(edition: Edition) -> dict[str, str]:
    """Return the extra categories, by which rates are drawn, too, and their titles."""
    return {name: name for name, kind in edition.manifest.extra.items() if kind == "category"}


def _chapters(codes: pd.Series[str]) -> pd.Series[str]:
    """Chapters of HS codes with their names."""
    chapters = codes.str[:2]
    return chapters.map({chapter: name_chapter(chapter) for chapter in chapters.unique()})


def _trader_row(name: str, counts: dict[str, Any]) -> tuple[str, ...]:
    degrees = [f"{value:,.0f}" for value in counts["declarations_each"].values()] or ["-"] * 4
    unseen = counts["unseen_in_test"]
    new = "-" if unseen is None else f"{unseen:.1%}"
    return name, f"{counts['distinct']:,}", f"{counts['missing']:.1%}", *degrees, new
