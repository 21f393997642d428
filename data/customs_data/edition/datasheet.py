"""DATASHEET.md: facts about an edition for teams, none of which depends on hidden labels."""

from __future__ import annotations

from collections.abc import Sequence

from customs_data.columns.column_set import ColumnSet
from customs_data.edition.writing.tally import Tally
from customs_data.profile import filled_sentence
from customs_data.schema import DECLARED_COLUMNS
from customs_data.tasks import Task

_ORIGIN = {
    "published-seed": "Simulated from a published seed. For practice: anyone can make the hidden "
    "labels again.",
    "secret": "Simulated from a secret that is revealed after the close.",
    "import": "Imported from existing declarations by the organizer. Whoever owns the source may "
    "know the hidden labels.",
}


def datasheet(
    task: Task,
    name: str,
    origin: str,
    erasure: str,
    seed: int | None,
    periods: dict[str, Tally],
    train: Tally,
    test: Tally,
    columns: ColumnSet,
    filled: Sequence[str] = (),
) -> str:
    """Return the datasheet as Markdown.

    Parameters
    ----------
    task : Task
        Task of the edition.
    name, origin, erasure : str
        As in the manifest.
    seed : int or None
        The published seed, if there is one.
    periods : dict of str to Tally
        Counts of each period.
    train, test : Tally
        Counts of train and test as published.
    columns : ColumnSet
        Absent and extra columns.
    filled : sequence of str
        Columns that the source of a simulated edition's profile lacks.
    """
    labelled = train.n_labelled
    rate = f"{train.n_positive / labelled:.4f}" if labelled else "unknown"
    lines = [
        f"# Datasheet: {name}",
        "",
        "The questions are those of 'Datasheets for Datasets' (Gebru et al., 2021). Nothing here "
        "depends on hidden labels.",
        "",
        "## Motivation",
        "",
        task.motivation,
        "",
        "## Collection",
        "",
        _ORIGIN[origin] + ("" if seed is None else f" The seed is {seed}."),
        *(["", f"Calibration: {filled_sentence(filled)}"] if filled else []),
        "",
        "## Composition",
        "",
        "| period | first day | last day | declarations |",
        "|---|---|---|---:|",
        *(
            f"| {period} | {counts.first} | {counts.last} | {counts.n_rows:,} |"
            for period, counts in periods.items()
        ),
        "",
        f"Labels: {labelled:,} of {train.n_rows:,} training declarations have one (erasure: "
        f"{erasure}); {rate} of these are {task.label.lower()}.",
        "",
        "## Columns",
        "",
        "| column | role | unit | missing, train | missing, test | what it is |",
        "|---|---|---|---:|---:|---|",
    ]
    for column in columns.apply((*DECLARED_COLUMNS, *task.label_columns)):
        if column.role == "label":
            in_train, in_test = 1.0 - labelled / train.n_rows, "absent"
        else:
            in_train = train.n_missing[column.name] / train.n_rows
            in_test = f"{test.n_missing[column.name] / test.n_rows:.1%}"
            if column.name in task.withheld:
                in_test = "absent"
        role = (
            f"extra, {columns.extra[column.name]}" if column.name in columns.extra else column.role
        )
        absent = " Absent from the source: empty in every row." if column.is_absent else ""
        lines.append(
            f"| {column.name} | {role} | {column.unit} | {in_train:.1%} | {in_test} | "
            f"{column.description}{absent} |"
        )
    lines += [
        "",
        "## Preprocessing",
        "",
        "Rows are sorted by date and Declaration ID. An empty label is an erased one. Numbers are "
        "in their shortest form.",
        "",
        "## Uses",
        "",
        task.uses,
        "",
        "## Distribution and maintenance",
        "",
        "edition.json holds the SHA-256 of every file and a commitment to the hidden labels; "
        "`customs-kit data verify` checks them. An edition is never changed: a correction is a new "
        "edition under a new name.",
        "",
    ]
    return "\n".join(lines)
