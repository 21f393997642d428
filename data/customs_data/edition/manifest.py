"""edition.json: facts about an edition, and the checksums of its files."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import date
from pathlib import Path
from typing import Any, Final

from customs_data.columns.column_set import ColumnSet
from customs_data.edition.layout import MANIFEST, PUBLIC_TABLES
from customs_data.errors import InvalidEditionError, KitError
from customs_data.files.table_parts import joint_sha256
from customs_data.tasks import DEFAULT

#: Increased whenever readers of the older format would misread the new one. Format 2 has the
#: tables truth and networks in hidden/, which its commitment names, and always names its task.
FORMAT_VERSION: Final = 2
#: Format 3 is format 2 with tables in parts.
PARTS_VERSION: Final = 3
_READABLE: Final = (1, FORMAT_VERSION, PARTS_VERSION)
ORIGINS: Final = ("published-seed", "secret", "import")
#: Names of editions become names of folders.
NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,63}")
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
PERIODS: Final = ("train", "public", "private")
# Keys that edition.json may lack; it has the last two only if they are not empty.
_OPTIONAL: Final = frozenset(("task", "absent", "extra"))


@dataclass(frozen=True)
class PartRecord:
    """Number of rows of a part, and SHA-256 of its canonical CSV stream (hexadecimal)."""

    rows: int
    sha256: str


@dataclass(frozen=True)
class FileRecord:
    """Number of rows of a table, its SHA-256 (hexadecimal), and its parts.

    The SHA-256 is that of the canonical CSV stream, or of a table in parts that of their SHA-256
    (see `customs_data.files.table_parts.joint_sha256`).
    """

    rows: int
    sha256: str
    parts: tuple[PartRecord, ...] = ()

    @property
    def agrees(self) -> bool:
        """Whether rows and SHA-256 follow from those of the parts, if there are any."""
        return not self.parts or (
            self.rows == sum(part.rows for part in self.parts)
            and self.sha256 == joint_sha256(part.sha256 for part in self.parts)
        )


@dataclass(frozen=True, repr=False)
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
        Everything but the secret that is needed to regenerate the edition.
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
    datasheet_sha256 : str
        SHA-256 of DATASHEET.md (hexadecimal).
    commitment : str
        SHA-256 that binds the organizer to the hidden labels (hexadecimal).
    task : str
        What is asked; the default one where edition.json names none, as in format 1.
    absent : tuple of str
        Declared columns that are empty in every row, because the source lacks them.
    extra : dict of str to {'number', 'category'}
        Columns that follow those of the schema: name -> type.
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
    datasheet_sha256: str
    commitment: str
    task: str = DEFAULT
    absent: tuple[str, ...] = ()
    extra: Mapping[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        rows = ", ".join(f"{self.rows[name]:,} {name}" for name in PERIODS)
        return (
            f"{self.name}: task {self.task}, {self.origin}, {rows};\nlabel rate "
            f"{self.label_rate:g}, erasure {self.erasure}, commitment {self.commitment[:12]}..."
        )

    def __post_init__(self) -> None:
        self._check_types()
        if self.format_version not in _READABLE:
            raise InvalidEditionError(
                f"The edition has format version {self.format_version}, but this release reads "
                f"versions {' and '.join(map(str, _READABLE))}. Use the release of customs-kit "
                "that made it."
            )
        if self.origin not in ORIGINS:
            raise InvalidEditionError(
                f"The edition's origin must be one of {', '.join(ORIGINS)}, not {self.origin!r}."
            )
        for fact, by_period in (("rows", self.rows), ("dates", self.dates)):
            if set(by_period) != set(PERIODS):
                raise InvalidEditionError(
                    f"The manifest's {fact} must name {', '.join(PERIODS)}, not "
                    f"{', '.join(sorted(by_period))}."
                )
        try:
            object.__setattr__(self, "absent", self.column_set.absent)
        except KitError as error:
            raise InvalidEditionError(f"{MANIFEST}: {error}") from None
        for first, last in self.dates.values():
            if first > last:
                raise InvalidEditionError(
                    f"A period must not end before it begins: {first} .. {last}."
                )

    @property
    def column_set(self) -> ColumnSet:
        """Absent and extra columns."""
        return ColumnSet(self.absent, self.extra)

    def _check_types(self) -> None:
        """Raise if a field has the wrong type, as in a damaged or forged file."""
        records: list[FileRecord | PartRecord] = list(self.files.values())
        for file in self.files.values():
            records += file.parts
        whole = [*self.rows.values(), *(record.rows for record in records)]
        digests = [self.commitment, self.datasheet_sha256]
        digests += [record.sha256 for record in records]
        valid = {
            "name": isinstance(self.name, str) and NAME.fullmatch(self.name) is not None,
            "format_version": type(self.format_version) is int,
            "generator_version": isinstance(self.generator_version, str),
            "configuration": isinstance(self.configuration, dict),
            "rows": all(type(n) is int and n > 0 for n in whole),
            "label_rate": type(self.label_rate) in (int, float) and 0 <= self.label_rate <= 1,
            "erasure": isinstance(self.erasure, str),
            "task": isinstance(self.task, str),
            # A task may publish further tables.
            "files": set(self.files) >= set(PUBLIC_TABLES),
            "absent": isinstance(self.absent, list | tuple)
            and all(isinstance(name, str) for name in self.absent),
            "extra": isinstance(self.extra, dict)
            and all(isinstance(kind, str) for kind in self.extra.values()),
            "commitment and checksums": all(
                isinstance(digest, str) and _DIGEST.fullmatch(digest) for digest in digests
            ),
        }
        wrong = [name for name, is_valid in valid.items() if not is_valid]
        # Not computed from digests that are none.
        wrong = wrong or [f"parts of {name}" for name, it in self.files.items() if not it.agrees]
        if wrong:
            raise InvalidEditionError(
                f"{MANIFEST} is damaged ({', '.join(wrong)}). Fetch the edition again."
            )

    def to_json(self) -> str:
        """Return the text of edition.json."""
        data = asdict(self)
        if self.format_version == 1 and self.task == DEFAULT:
            del data["task"]
        for name in ("absent", "extra"):
            if not data[name]:
                del data[name]
        for record in data["files"].values():
            if not record["parts"]:
                del record["parts"]
        data["dates"] = {
            period: [first.isoformat(), last.isoformat()]
            for period, (first, last) in self.dates.items()
        }
        return json.dumps(data, indent=2, sort_keys=False) + "\n"


def _file_record(rows: int, sha256: str, parts: Sequence[dict[str, Any]] = ()) -> FileRecord:
    return FileRecord(rows, sha256, tuple(PartRecord(**part) for part in parts))


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
        known = {field.name for field in fields(Manifest)}
        if not isinstance(data, dict) or set(data) | _OPTIONAL != known:
            there = set(data) if isinstance(data, dict) else set()
            names = ", ".join(sorted((known ^ there) - _OPTIONAL)[:5])
            raise ValueError(f"missing or unknown: {names}")
        data["dates"] = {
            period: (date.fromisoformat(first), date.fromisoformat(last))
            for period, (first, last) in data["dates"].items()
        }
        data["files"] = {name: _file_record(**record) for name, record in data["files"].items()}
        return Manifest(**data)
    except InvalidEditionError:
        raise
    except FileNotFoundError:
        raise InvalidEditionError(f"{path} does not exist. Fetch the edition again.") from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InvalidEditionError(
            f"{path} is not the manifest of an edition: {error}. Fetch the edition again."
        ) from None
