"""Writing a scorecard as CSV, SQL and a page to print."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pandas as pd

from customs_baselines.lite.scorecard import DOUBLING, Rule, Scorecard
from customs_data.columns.grouping import HS_LEVELS
from customs_data.files.atomic import new_folder, write_atomically
from customs_data.reports.pages import render_page

#: Table of declarations that `score.sql` reads, and of lists that `lists.sql` makes.
DECLARATIONS: Final = "declarations"
LISTS: Final = "lite_lists"
_ROWS_PER_INSERT: Final = 500
_FIRST, _SECOND = "First Value", "Second Value"


def write_scorecard(card: Scorecard, folder: Path, edition: str) -> list[Path]:
    """Write a scorecard into a new folder.

    Parameters
    ----------
    card : Scorecard
    folder : path
        New or empty folder; filled completely or not at all.
    edition : str
        Name of the edition that it was learned from.

    Returns
    -------
    list of path
        ``scorecard.csv`` (rules), ``lists.csv`` (values of each rule), ``lists.sql`` (the same as a
        table), ``score.sql`` (one SELECT), ``scorecard.html`` (to print).

    Raises
    ------
    KitError
        If the folder is not empty or cannot be written.
    """
    texts = {
        "scorecard.csv": rules_table(card).to_csv(index=False),
        "lists.csv": lists_table(card).to_csv(index=False),
        "lists.sql": lists_sql(card),
        "score.sql": score_sql(card),
        "scorecard.html": scorecard_page(card, edition),
    }
    with new_folder(folder) as scratch:
        for name, text in texts.items():
            write_atomically(scratch / name, text)
    return [folder / name for name in texts]


def rules_table(card: Scorecard) -> pd.DataFrame:
    """Return one row per rule: number, condition, points, columns, size of the list, share."""
    return pd.DataFrame(
        {
            "Rule": range(1, len(card.rules) + 1),
            "Condition": [rule.condition for rule in card.rules],
            "Points": [rule.points for rule in card.rules],
            "First Column": [rule.key[0] for rule in card.rules],
            "Second Column": [rule.key[1] if len(rule.key) > 1 else "" for rule in card.rules],
            "Values": [len(rule.values) for rule in card.rules],
            "Share of Declarations": [round(rule.share, 4) for rule in card.rules],
        }
    )


def lists_table(card: Scorecard) -> pd.DataFrame:
    """Return one row per rule and value on its list; the second value is empty for one column."""
    rows = [
        (number, value[0], value[1] if len(value) > 1 else "")
        for number, rule in enumerate(card.rules, start=1)
        for value in rule.values
    ]
    return pd.DataFrame(rows, columns=["Rule", _FIRST, _SECOND])


def lists_sql(card: Scorecard) -> str:
    """Return the statements that make the table of lists."""
    return "\n".join(_lists_statements(card))


def _lists_statements(card: Scorecard) -> Iterator[str]:
    yield f"DROP TABLE IF EXISTS {LISTS};"
    yield (
        f"CREATE TABLE {LISTS} (rule INTEGER, first_value TEXT, second_value TEXT, "
        "PRIMARY KEY (rule, first_value, second_value));"
    )
    rows = [*lists_table(card).itertuples(index=False, name=None)]
    for start in range(0, len(rows), _ROWS_PER_INSERT):
        batch = rows[start : start + _ROWS_PER_INSERT]
        lines = ",\n".join(f"({rule}, {_text(a)}, {_text(b)})" for rule, a, b in batch)
        yield f"INSERT INTO {LISTS} VALUES\n{lines};"


def score_sql(card: Scorecard) -> str:
    """Return one SELECT that scores a table, the highest points first.

    It reads a table ``declarations`` whose columns are named as in Table 1 of the paper and are
    texts, and runs in SQLite, DuckDB and PostgreSQL.
    """
    terms = [_term(number, rule) for number, rule in enumerate(card.rules, start=1)] or ["0"]
    points = "\n  + ".join(terms)
    return (
        f'SELECT d."Declaration ID",\n    {points} AS "Points"\n'
        f'FROM {DECLARATIONS} AS d\nORDER BY "Points" DESC, d."Declaration ID";\n'
    )


def _term(number: int, rule: Rule) -> str:
    columns = [
        f'substr(d."HS6 Code", 1, {HS_LEVELS[name]})' if name in HS_LEVELS else f'd."{name}"'
        for name in rule.key
    ]
    second = columns[1] if len(columns) > 1 else "''"
    # Numbers and names of the schema only: no value of a declaration gets here.
    list_row = f"l.rule = {number} AND l.first_value = {columns[0]} AND l.second_value = {second}"
    is_listed = f"EXISTS (SELECT 1 FROM {LISTS} AS l WHERE {list_row})"  # noqa: S608
    return f"CASE WHEN {is_listed} THEN {rule.points} ELSE 0 END"


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def scorecard_page(card: Scorecard, edition: str) -> str:
    """Return the card as one self-contained HTML page, with how to use it."""
    rows = [
        (
            str(number),
            rule.condition,
            f"{rule.points:+d}",
            f"{len(rule.values):,}",
            f"{rule.share:.1%}",
        )
        for number, rule in enumerate(card.rules, start=1)
    ]
    cuts = [(f"{rate:.0%}", f"{points}") for rate, points in card.cuts.items()]
    return render_page(
        "customs_baselines.lite",
        "scorecard.html",
        title=f"Scorecard learned from {edition}",
        rows=rows,
        cuts=cuts,
        doubling=DOUBLING,
    )
