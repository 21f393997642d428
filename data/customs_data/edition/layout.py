"""Where the parts of an edition lie."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from customs_data.errors import InvalidEditionError

TRAIN: Final = "train"
TEST: Final = "test"
SAMPLE: Final = "sample_submission"
SOLUTION: Final = "solution"
TRAIN_LABELS: Final = "train_labels"
ORACLE: Final = "oracle"

PUBLIC_TABLES: Final = (TRAIN, TEST, SAMPLE)
HIDDEN_TABLES: Final = (SOLUTION, TRAIN_LABELS, ORACLE)
MANIFEST: Final = "edition.json"
DATASHEET: Final = "DATASHEET.md"
SECRET: Final = "secret.json"  # noqa: S105 - a file name

#: Columns that exist in hidden/ only.
HIDDEN_COLUMNS: Final = ("Usage", "Fraud Probability", "Scheme", "Ring")
#: Names of the two test periods, as in solution.csv and as keys of results.
USAGES: Final = {"public": "Public", "private": "Private"}


@dataclass(frozen=True)
class Layout:
    """Paths of an edition.

    Attributes
    ----------
    public : path
        What the teams get.
    hidden : path
        What only organizers have; may be absent.
    """

    public: Path
    hidden: Path

    @classmethod
    def of(cls, root: Path | str) -> Layout:
        """Return where the parts of the edition at `root` would lie."""
        root = Path(root)
        return cls(root / "public", root / "hidden")

    @classmethod
    def find(cls, path: Path | str) -> Layout:
        """Find an edition: the folder that holds public/, or a copy of public/ itself.

        Raises
        ------
        InvalidEditionError
            If there is neither.
        """
        path = Path(path)
        if (path / "public" / MANIFEST).is_file():
            return cls.of(path)
        if (path / MANIFEST).is_file():
            return cls(path, path / "hidden")
        raise InvalidEditionError(
            f"{path} must be an edition (a folder that holds public/{MANIFEST}), however: "
            f"{'it holds none' if path.is_dir() else 'there is no such folder'}. "
            "Make one with `customs-kit data import`, or check the path."
        )

    @property
    def has_hidden(self) -> bool:
        """Whether the hidden labels are at hand."""
        return any(
            (self.hidden / f"{SOLUTION}{suffix}").is_file() for suffix in (".csv", ".parquet")
        )


def find_table(folder: Path, table: str) -> Path:
    """Return the file of a table, CSV or Parquet.

    Raises
    ------
    InvalidEditionError
        If it is missing.
    """
    for suffix in (".csv", ".parquet"):
        path = folder / f"{table}{suffix}"
        if path.is_file():
            return path
    raise InvalidEditionError(
        f"{folder} must hold {table}.csv (or {table}.parquet), however: it does not. "
        "Fetch the edition again."
    )
