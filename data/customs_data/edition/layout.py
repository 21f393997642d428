"""Paths of the parts of an edition."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from customs_data.errors import InvalidEditionError
from customs_data.files.table_parts import is_in_parts
from customs_data.world.schemes import POSTERIORS, PRIORS

TRAIN: Final = "train"
TEST: Final = "test"
SAMPLE: Final = "sample_submission"
SOLUTION: Final = "solution"
TRAIN_LABELS: Final = "train_labels"
ORACLE: Final = "oracle"
TRUTH: Final = "truth"
NETWORKS: Final = "networks"

PUBLIC_TABLES: Final = (TRAIN, TEST, SAMPLE)
#: Hidden tables of a simulated world that the commitment names beside the labels.
COMMITTED_TABLES: Final = (TRUTH, NETWORKS)
HIDDEN_TABLES: Final = (SOLUTION, TRAIN_LABELS, ORACLE, *COMMITTED_TABLES)
MANIFEST: Final = "edition.json"
DATASHEET: Final = "DATASHEET.md"
#: Description for other programs; follows from the other public files. Older editions have none.
CROISSANT: Final = "croissant.json"
SECRET: Final = "secret.json"  # noqa: S105 - a file name

#: Columns that exist in hidden/ only.
HIDDEN_COLUMNS: Final = (
    "Usage", "Fraud Probability", "Posterior Probability", "Critical Probability", "Scheme", "Ring",
    "Duty Evaded", "True HS6 Code", "True Country of Origin", "True Tax Rate", "True Net Mass",
    "True Item Price", "Violation", "Firm", "Network", *POSTERIORS, *PRIORS,
)  # fmt: skip
#: Names of the two test periods, as in solution.csv and as keys of results.
USAGES: Final = {"public": "Public", "private": "Private"}


def is_file(path: Path) -> bool:
    """Return whether a file exists; False in a folder that this user may not enter."""
    try:
        return path.is_file()
    except OSError:
        return False


@dataclass(frozen=True)
class Layout:
    """Paths of an edition.

    Attributes
    ----------
    public : path
        Folder of the teams.
    hidden : path
        Folder of the organizers; may be absent.
    """

    public: Path
    hidden: Path

    @classmethod
    def of(cls, root: Path | str) -> Layout:
        """Return the paths that the edition at `root` has or would have."""
        root = Path(root)
        return cls(root / "public", root / "hidden")

    @classmethod
    def find(cls, path: Path | str) -> Layout:
        """Find the edition at a path: a folder with public/, or a copy of public/ itself.

        Raises
        ------
        InvalidEditionError
            If there is neither.
        """
        path = Path(path)
        if is_file(path / "public" / MANIFEST):
            return cls.of(path)
        if is_file(path / MANIFEST):
            return cls(path, path / "hidden")
        raise InvalidEditionError(
            f"{path} is no edition: it contains no public/{MANIFEST}. Check the path, or make one "
            "with `customs-kit data generate` or `import`."
        )

    @property
    def has_hidden(self) -> bool:
        """Whether the hidden labels are at hand."""
        return self._holds(SOLUTION)

    @property
    def has_oracle(self) -> bool:
        """Whether the simulator's truth is at hand."""
        return self.has_hidden and self._holds(ORACLE)

    @property
    def has_truth(self) -> bool:
        """Whether the honest values and the duty evaded are at hand."""
        return self.has_hidden and self._holds(TRUTH)

    def _holds(self, table: str) -> bool:
        return bool(_places(self.hidden, table))


def files_below(folder: Path) -> Iterator[Path]:
    """Yield the files in public/ or hidden/, those of tables in parts, too, and empty folders."""
    for entry in folder.iterdir():
        if entry.is_dir() and not entry.is_symlink() and any(entry.iterdir()):
            yield from files_below(entry)
        else:
            yield entry


def find_table(folder: Path, table: str) -> Path:
    """Return the file of a table, CSV or Parquet, or the folder of its parts.

    Raises
    ------
    InvalidEditionError
        If it is missing, or there twice.
    """
    places = _places(folder, table)
    if not places:
        raise InvalidEditionError(
            f"{folder} contains neither {table}.csv nor {table}.parquet nor parts in {table}/. "
            "Fetch the edition again."
        )
    if len(places) > 1:
        raise InvalidEditionError(
            f"{folder} contains the table {table} twice, as "
            f"{' and '.join(place.name for place in places)}. Remove the one that the edition did "
            "not come with."
        )
    return places[0]


def _places(folder: Path, table: str) -> list[Path]:
    """Return the files of a table, and the folder of its parts."""
    files = [folder / f"{table}{suffix}" for suffix in (".csv", ".parquet")]
    there = [path for path in files if is_file(path)]
    return [*there, folder / table] if is_in_parts(folder / table) else there
