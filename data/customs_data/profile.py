"""The calibration profile: real trade as aggregated tables, from which the simulator draws.

A profile contains counts, means and standard deviations, never a row. The kit contains a profile of
the public data release. An administration can count its own declarations, with a minimum count per
cell, which is no guarantee, or with noise (`customs_data.private_profile`), which is one.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Any, Final

from customs_data.errors import KitError
from customs_data.files.atomic import write_atomically
from customs_data.schema import DECLARED_COLUMNS
from customs_data.toml import from_table

PROFILE_FORMAT = 1

# Fields of a filing in the order in which they are filled in, each with the fields it depends on.
# Chosen by Cramer's V in the release: the courier depends on type and payment, the rest on the mode
# of transport, none on the goods.
FILING_FIELDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Mode of Transport", ()),
    ("Import Type", ("Mode of Transport",)),
    ("Courier Given", ("Mode of Transport", "Import Type")),
    ("Payment Type", ("Mode of Transport", "Courier Given")),
    ("Office ID", ("Mode of Transport", "Courier Given")),
    ("Import Use", ("Mode of Transport", "Import Type")),
    ("Process Type", ("Mode of Transport", "Import Type")),
    ("Country of Origin Indicator", ("Mode of Transport", "Courier Given")),
    ("Seller Given", ("Mode of Transport", "Country of Origin Indicator")),
)
#: Yes-or-no fields of a filing, and the columns that they are made from.
GIVEN: Final = {"Courier Given": "Courier ID", "Seller Given": "Seller ID"}


@dataclass(frozen=True)
class Goods:
    """Combinations of product, route and tariff, one entry each.

    Attributes
    ----------
    hs6, departure, origin, tax_type : tuple of str, length n_cells
        Codes as text.
    tax_rate : tuple of float, length n_cells
        Percent, ad valorem.
    count : tuple of int, length n_cells
        Declarations of the source with this combination.
    """

    hs6: tuple[str, ...]
    departure: tuple[str, ...]
    origin: tuple[str, ...]
    tax_rate: tuple[float, ...]
    tax_type: tuple[str, ...]
    count: tuple[int, ...]

    def __post_init__(self) -> None:
        lengths = {len(getattr(self, name)) for name in Goods.__dataclass_fields__}
        if len(lengths) != 1 or not self.hs6:
            raise ValueError(f"the columns of goods must have one length above 0, not {lengths}.")


@dataclass(frozen=True)
class Values:
    """Mass and unit price of each product.

    Attributes
    ----------
    hs6 : tuple of str, length n_products
    mass_mean, mass_sd : tuple of float, length n_products
        Mean and standard deviation of ln(Net Mass / kg).
    price_mean, price_sd : tuple of float, length n_products
        Mean and standard deviation of ln(Item Price / Net Mass), KRW per kg.
    """

    hs6: tuple[str, ...]
    mass_mean: tuple[float, ...]
    mass_sd: tuple[float, ...]
    price_mean: tuple[float, ...]
    price_sd: tuple[float, ...]

    def __post_init__(self) -> None:
        if min(self.mass_sd, default=0.0) < 0 or min(self.price_sd, default=0.0) < 0:
            raise ValueError("a standard deviation is negative.")


@dataclass(frozen=True)
class ExtraCounts:
    """Declarations by the values of an extra column.

    Attributes
    ----------
    type : {'number', 'category'}
    counts : dict of str to int
        Class of a number (`customs_data.columns.extra_classes`) or value of a category ->
        declarations; "" for empty cells.
    """

    type: str
    counts: dict[str, int]


@dataclass(frozen=True)
class NoisyTable:
    """One release of a private profile, with all that its part of the budget follows from.

    Attributes
    ----------
    name : str
    columns : tuple of str
        What is counted or summed.
    known_cells : bool
        Whether the cells are known without the data. If not, cells below `threshold` are left out,
        which takes a part of delta.
    most_cells : int
        Cells that one importer can change.
    norm : float
        Largest Euclidean length of one importer's contribution, in declarations.
    scale : float
        Standard deviation of the noise, in declarations.
    threshold : float
        Smallest weight that is released; 0 for known cells.
    rho, delta : float
        What the table takes of the budget (zero-concentrated differential privacy).
    n_cells : int
        Cells released.
    """

    name: str
    columns: tuple[str, ...]
    known_cells: bool
    most_cells: int
    norm: float
    scale: float
    threshold: float
    rho: float
    delta: float
    n_cells: int


@dataclass(frozen=True)
class Guarantee:
    """Differential privacy of a profile.

    Attributes
    ----------
    epsilon, delta : float
        For any two inputs of which one lacks all declarations of one importer, and any set of
        profiles: its probability differs by at most a factor e^epsilon, and delta.
    rho, threshold_delta : float
        Sums over `tables`, from which epsilon and delta follow.
    most_declarations : int
        Declarations of each importer that count, chosen at random.
    noise : str
        Where the noise came from; only "secure" keeps the guarantee.
    library : str
        Name and version of the library that drew it.
    tables : tuple of NoisyTable
    """

    epsilon: float
    delta: float
    rho: float
    threshold_delta: float
    most_declarations: int
    noise: str
    library: str
    tables: tuple[NoisyTable, ...]
    unit: str = "importer"
    neighbours: str = "all declarations of one importer are added or removed"
    mechanism: str = "discrete Gaussian noise, zero-concentrated differential privacy"


@dataclass(frozen=True)
class Profile:
    """Aggregated tables of a set of declarations.

    Attributes
    ----------
    source : dict of str
        Provenance: name, licence, reference.
    n_declarations : int
        Number of declarations counted.
    min_count : int
        Smallest count of a cell; rarer cells were left out.
    goods : Goods
    values : Values
    filing : dict
        field -> condition (codes joined by "|") -> code -> count; see `FILING_FIELDS`.
    first_day : str
        ISO date of ``day_counts[0]``.
    day_counts : tuple of int
        Declarations on each day.
    courier_counts : tuple of int
        Declarations of each courier, largest first.
    degrees : dict
        Entity column -> list of (number of declarations, number of entities with so many).
    whole_share : dict
        "mass" and "price" -> decade (floor of log10) -> share of whole numbers.
    privacy : Guarantee or None
        None: there is no guarantee, only `min_count`.
    absent : tuple of str
        Declared columns that the source lacks. What the tables above say of them is that of the
        shipped profile; see `customs_data.filling`.
    extra : dict of str
        Extra column -> what it contains. A world has no extra columns.
    """

    source: dict[str, str]
    n_declarations: int
    min_count: int
    goods: Goods
    values: Values
    filing: dict[str, dict[str, dict[str, int]]]
    first_day: str
    day_counts: tuple[int, ...]
    courier_counts: tuple[int, ...]
    degrees: dict[str, tuple[tuple[int, int], ...]]
    whole_share: dict[str, dict[str, float]]
    privacy: Guarantee | None = None
    absent: tuple[str, ...] = ()
    extra: dict[str, ExtraCounts] = field(default_factory=dict)

    def __post_init__(self) -> None:
        missing = [name for name, _ in FILING_FIELDS if name not in self.filing]
        if missing:
            raise ValueError(f"filing lacks the fields {', '.join(missing)}.")
        if self.n_declarations < 1 or self.min_count < 1:
            raise ValueError("n_declarations and min_count must be positive.")
        if unknown := set(self.absent) - {*DECLARED_COLUMNS}:
            raise ValueError(f"no declared columns: {', '.join(sorted(unknown))}.")

    @property
    def sentences(self) -> dict[str, str]:
        """What the source lacks ("absent") and has beside the schema ("extra"), for people."""
        said = {}
        if self.absent:
            said["absent"] = filled_sentence(self.absent)
        if self.extra:
            listed = ", ".join(self.extra)
            said["extra"] = f"Extra columns, which a world does not have: {listed}."
        return said

    def save(self, path: str | Path) -> None:
        """Write gzipped JSON; the same profile gives the same bytes."""
        write_atomically(path, gzip.compress(self.to_json().encode(), 9, mtime=0))

    @cached_property
    def sha256(self) -> str:
        """SHA-256 of the content, in hexadecimal."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()

    def to_json(self) -> str:
        """Return the profile as canonical JSON: sorted keys, no blanks."""
        content = {"format": PROFILE_FORMAT, **_fields(self)}
        for name in ("privacy", "absent", "extra"):  # a profile without them keeps its digest
            if not content[name]:
                del content[name]
        return json.dumps(content, default=_fields, sort_keys=True, separators=(",", ":"))


def absent_fields(absent: Iterable[str]) -> set[str]:
    """Return the filing fields that a source without some columns does not have.

    Examples
    --------
    >>> sorted(absent_fields(["Office ID", "Seller ID", "Tax Rate"]))
    ['Office ID', 'Seller Given']
    """
    lacking = set(absent)
    return {name for name, _ in FILING_FIELDS if GIVEN.get(name, name) in lacking}


def filled_sentence(absent: Sequence[str]) -> str:
    """Return where a world has columns from that the source of its profile lacks.

    Examples
    --------
    >>> filled_sentence(["Tax Rate"])
    'Absent from the source, and in a world as in the public release: Tax Rate.'
    """
    listed = ", ".join(absent)
    return f"Absent from the source, and in a world as in the public release: {listed}."


def _fields(part: Any) -> dict[str, Any]:
    """Return the fields of a dataclass; unlike `asdict` without copying what they contain."""
    return {it.name: getattr(part, it.name) for it in fields(part)}


def load_profile(path: str | Path | None = None) -> Profile:
    """Read a profile; without a path, the one shipped with the kit.

    Raises
    ------
    KitError
        If the file is missing, or not a profile of this format.
    """
    if path is None:
        path = Path(str(resources.files("customs_data").joinpath("profiles/released.json.gz")))
    try:
        content = json.loads(gzip.decompress(Path(path).read_bytes()))
        if not isinstance(content, dict) or content.pop("format", None) != PROFILE_FORMAT:
            raise ValueError(f"its format is not {PROFILE_FORMAT}")
    except FileNotFoundError:
        raise KitError(f"No such file: {path}.") from None
    except (OSError, EOFError, zlib.error, ValueError) as error:
        raise KitError(f"{path} is not a profile of `customs-kit data profile`: {error}.") from None
    return from_table(Profile, content, str(path))
