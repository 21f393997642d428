"""edition.json: what an edition is, and the checksums that show it unchanged."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from customs_data.edition.layout import MANIFEST
from customs_data.errors import InvalidEditionError

#: Raised whenever a reader of the older format would go wrong.
FORMAT_VERSION: Final = 1
ORIGINS: Final = ("published-seed", "secret", "import")
PERIODS: Final = ("train", "public", "private")


@dataclass(frozen=True)
class FileRecord:
    """A table of the edition: rows, and SHA-256 of its canonical CSV stream (hexadecimal)."""

    rows: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """The content of edition.json.

    Attributes
    ----------
    name : str
        Name of the edition.
    format_version : int
        Version of the folder's format.
    generator_version : str
        Version of the program that made the declarations.
    origin : {'published-seed', 'secret', 'import'}
        Whether anyone, nobody or the owner of the source can know the hidden labels.
    configuration : dict
        Everything but the secret that is needed to make the edition again.
    rows : dict of str to int
        Declarations by period: ``train``, ``public``, ``private``.
    dates : dict of str to (date, date)
        First and last day of each period, both inclusive.
    label_rate : float
        Share of the training declarations that keep a label.
    erasure : str
        How labels were erased; ``"none"`` if none was.
    files : dict of str to FileRecord
        Public tables by name (``"train"``, ...).
    commitment : str
        SHA-256 that binds the organizer to the hidden labels (hexadecimal).
    """

    name: str
    format_version: int
    generator_version: str
    origin: str
    configuration: dict[str, Any]
    rows: dict[str, int]
    dates: dict[str, tuple[date, date]]
    label_rate: float
    erasure: str
    files: dict[str, FileRecord]
    commitment: str

    def __post_init__(self) -> None:
        if self.format_version != FORMAT_VERSION:
            raise InvalidEditionError(
                f"The edition's format version must be {FORMAT_VERSION}, however: "
                f"{self.format_version}. Use the release of customs-kit it was made with."
            )
        if self.origin not in ORIGINS:
            raise InvalidEditionError(
                f"The edition's origin must be one of {', '.join(ORIGINS)}, "
                f"however: {self.origin!r}."
            )
        for field, held in (("rows", self.rows), ("dates", self.dates)):
            if set(held) != set(PERIODS):
                raise InvalidEditionError(
                    f"The manifest's {field} must name {', '.join(PERIODS)}, "
                    f"however: {sorted(held)}."
                )

    def to_json(self) -> str:
        """Return the text of edition.json."""
        data = asdict(self)
        data["dates"] = {
            period: [first.isoformat(), last.isoformat()]
            for period, (first, last) in self.dates.items()
        }
        return json.dumps(data, indent=2, sort_keys=False) + "\n"


def read_manifest(public: Path) -> Manifest:
    """Read edition.json.

    Raises
    ------
    InvalidEditionError
        If it is missing, damaged or of another format version.
    """
    path = public / MANIFEST
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        data["dates"] = {
            period: (date.fromisoformat(first), date.fromisoformat(last))
            for period, (first, last) in data["dates"].items()
        }
        data["files"] = {name: FileRecord(**record) for name, record in data["files"].items()}
        return Manifest(**data)
    except InvalidEditionError:
        raise
    except FileNotFoundError:
        raise InvalidEditionError(f"{path} does not exist. Fetch the edition again.") from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InvalidEditionError(
            f"{path} must be the manifest of an edition, however: {error}. Fetch the edition again."
        ) from None
