"""Read the sides of a comparison: files of declarations, folders of them, or editions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pandas as pd

from customs_data.edition.hidden import load_solution, load_train_labels
from customs_data.edition.layout import MANIFEST
from customs_data.edition.loading import Edition, load_edition
from customs_data.errors import InvalidDeclarationsError, KitError
from customs_data.files.declarations import parse_declarations
from customs_data.files.reading import read_table
from customs_data.schema import COLUMN, ERASED, KEY, LABEL_COLUMNS
from customs_data.tasks import label_columns

_ENDINGS: Final = (".csv", ".csv.gz", ".parquet")


@dataclass(frozen=True)
class Side:
    """Declarations of one side of a comparison.

    Attributes
    ----------
    name : str
        Name in reports.
    frame : DataFrame, shape (n_declarations, n_columns)
        Schema columns that all files of this side have, in the schema's order and dtypes.
    """

    name: str
    frame: pd.DataFrame

    @property
    def is_labelled(self) -> bool:
        """Whether every declaration has both labels."""
        return set(LABEL_COLUMNS) <= set(self.frame) and bool(
            (self.frame[list(LABEL_COLUMNS)] != ERASED).all(axis=None)
        )


def read_side(given: str | Path) -> Side:
    """Read one side of a comparison.

    Parameters
    ----------
    given : str or path
        A file of declarations (CSV, CSV.gz or Parquet), several of them separated by commas, a
        folder of such files, or the folder of an edition. Train and test of an edition are read,
        with all labels if it has hidden/.

    Returns
    -------
    Side
        Without the columns that any of the files lacks.

    Raises
    ------
    KitError
        If there is nothing to read, or files break the schema; the message lists the problems of
        all files.
    """
    path = Path(given)
    if (path / "public" / MANIFEST).is_file() or (path / MANIFEST).is_file():
        return Side(path.name, _read_edition(path))
    files = _files_of(path) if path.is_dir() else [path] if path.is_file() else _split(str(given))
    frames, complaints = [], []
    for file in files:
        try:
            frames.append(_read_file(file))
        except InvalidDeclarationsError as error:
            complaints.append(str(error))
    if complaints:
        raise InvalidDeclarationsError("\n".join(complaints))
    columns = [name for name in COLUMN if all(name in frame for frame in frames)]
    frame = pd.concat([part[columns] for part in frames], ignore_index=True)
    name = path.name if len(files) == 1 or path.is_dir() else " + ".join(f.name for f in files)
    if frame.empty:
        raise KitError(f"{name} contains no declarations.")
    return Side(name, frame)


def _files_of(folder: Path) -> list[Path]:
    files = sorted(file for file in folder.iterdir() if file.name.endswith(_ENDINGS))
    if not files:
        raise KitError(
            f"{folder} is not an edition and contains no CSV or Parquet files. Check the path."
        )
    return files


def _split(given: str) -> list[Path]:
    return [Path(part.strip()) for part in given.split(",") if part.strip()]


def _read_file(path: Path) -> pd.DataFrame:
    """Read the schema's columns that a file has; others but labels of a task are an error."""
    raw = read_table(path)
    known = [name for name in COLUMN if name in raw.header]
    if len(set(known) - {KEY}) < 2:
        raise KitError(
            f"{path} has {len(known)} of the {len(COLUMN)} columns of declarations (Date, HS6 "
            "Code, ...). Spell them as in an edition's DATASHEET.md."
        )
    labels = [
        it for name, it in label_columns().items() if name in raw.header and name not in known
    ]
    frame, report = parse_declarations(raw, columns=[*known, *labels])
    if report:
        raise InvalidDeclarationsError(str(report))
    return frame[known]


def _read_edition(path: Path) -> pd.DataFrame:
    """Read all declarations of an edition, with every label that is there; no absent column."""
    edition = load_edition(path)
    train = _with_labels(edition)
    test = edition.test.assign(**dict.fromkeys(LABEL_COLUMNS, ERASED))
    if edition.layout.has_hidden:
        solution = load_solution(edition.layout, edition.test[KEY])
        test = edition.test.assign(**{name: solution[name].to_numpy() for name in LABEL_COLUMNS})
    both = pd.concat([train, test], ignore_index=True)
    both = both[[it for it in COLUMN if it in both and it not in edition.manifest.absent]]
    return both.astype({name: COLUMN[name].dtype for name in LABEL_COLUMNS})


def _with_labels(edition: Edition) -> pd.DataFrame:
    """Return training declarations with published labels, and erased ones if hidden/ exists."""
    labels = dict(zip(LABEL_COLUMNS, (edition.y, edition.y_critical), strict=True))
    train = edition.train.assign(**labels)
    if edition.layout.has_hidden:
        erased = load_train_labels(edition.layout).set_index(KEY)
        for name in LABEL_COLUMNS:
            train[name] = (
                train[KEY].map(erased[name]).fillna(train[name]).astype(COLUMN[name].dtype)
            )
    return train


def common_columns(sides: Sequence[Side]) -> list[str]:
    """Return the columns that all sides have, in the schema's order."""
    return [name for name in COLUMN if all(name in side.frame for side in sides)]
