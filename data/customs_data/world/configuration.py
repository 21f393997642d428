"""Settings of a world: frozen dataclasses, read from TOML and checked.

The TOML file gives each number with its unit and its source. What could help to guess labels of
another world is no setting: only its distribution is, and the secret draws the value (see
``effects``).
"""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from customs_data.errors import KitError
from customs_data.toml import from_table, read_toml
from customs_data.world.calendar.period import Period
from customs_data.world.checks import (
    check_positive,
    check_ranges,
    check_ranges_of_shares,
    check_shares,
)

SHIPPED = ("practice", "national", "shifting", "networks", "decade")

Range = tuple[float, float]

#: Random numbers are reserved for so many lines of an importer, so that they never shift.
LINES_PER_IMPORTER = 8


@dataclass(frozen=True)
class Trade:
    """Honest trade: number of agents, their lives and habits."""

    importers_per_declaration: float
    declarants_per_declaration: float
    sellers_factor: float
    houses_factor: float
    house_share: float
    main_house_share: float
    open_house_share: float
    house_broker_share: float
    specialist_share: float
    succession_share: float
    near_share: float
    seller_near_share: float
    near_declarations: float
    branch_declarations: float
    activity_sd: float
    newborn_share: float
    lifelong_share: float
    shortest_life: float
    mean_life: float
    extra_lines_mean: float
    most_extra_lines: int
    same_chapter_share: float
    declarant_shares: tuple[float, float, float]
    same_office_share: float
    habit: float
    mode_habit: float
    seller_habit: float
    courier_habit: float
    line_mass_spread: float
    line_mass_tail: float
    mass_sd: float
    price_offset_sd: float
    price_sd: float
    mass_range: Range
    price_range: Range

    def __post_init__(self) -> None:
        check_shares(
            self, "newborn_share", "lifelong_share", "same_chapter_share", "same_office_share",
            "habit", "mode_habit", "seller_habit", "courier_habit", "house_share",
            "main_house_share", "open_house_share", "house_broker_share", "specialist_share",
            "near_share", "seller_near_share", "succession_share",
        )  # fmt: skip
        check_positive(
            self, "importers_per_declaration", "declarants_per_declaration", "sellers_factor",
            "houses_factor", "near_declarations", "branch_declarations", "activity_sd",
            "shortest_life", "mean_life", "mass_sd", "price_sd",
        )  # fmt: skip
        if not 0 <= self.most_extra_lines < LINES_PER_IMPORTER:
            raise ValueError(
                f"most_extra_lines is {self.most_extra_lines}: give 0 to {LINES_PER_IMPORTER - 1}."
            )
        if abs(sum(self.declarant_shares) - 1.0) > 1e-9:
            raise ValueError(f"declarant_shares are {self.declarant_shares}: make them sum to 1.")


@dataclass(frozen=True)
class Clusters:
    """Rings and decoys: lines of trade behind a few brokers and sellers, most of shells."""

    rings_per_declaration: float
    ring_share: Range
    decoys_per_declaration: float
    decoy_share: Range
    family_size: float
    kin_share: float
    kinds: int
    kind_sd: float
    kind_risk_sd: float
    recruit_share: Range
    second_principal_share: Range
    lines: int
    own_goods_share: float
    goods_tilt: float
    chapters: int
    safe_goods_weight: float
    size_sd: float
    brokers: float
    declarant_volume: Range
    declarant_link: Range
    seller_link: Range
    seller_days: float
    own_seller_share: float
    family_seller_share: float
    shell_declarations: float
    shell_shortest_life: float
    shell_mean_life: float
    shell_lines: float
    shell_activity_sd: float
    rebirth_share: float
    rebirth_gap: float
    office_loyalty: float
    template_loyalty: float
    cover_share: Range
    from_start_share: float
    latest_start: float
    to_end_share: float
    shortest_stay: float
    late_share: float
    late_days: Range
    late_scheme: str
    style_sizes: dict[str, float]
    ring_log_odds: Range
    ring_log_odds_sd: Range
    ring_segment_weight: Range
    decoy_sd: float

    def __post_init__(self) -> None:
        check_shares(
            self, "own_goods_share", "office_loyalty", "template_loyalty", "from_start_share",
            "latest_start", "to_end_share", "shortest_stay", "late_share", "kin_share",
            "own_seller_share", "family_seller_share", "rebirth_share",
        )  # fmt: skip
        check_ranges_of_shares(
            self, "ring_share", "decoy_share", "declarant_link", "seller_link", "cover_share",
            "recruit_share", "second_principal_share", "ring_segment_weight",
        )  # fmt: skip
        check_ranges(
            self, "declarant_volume", "late_days", "ring_log_odds", "ring_log_odds_sd"
        )  # fmt: skip
        check_positive(
            self, "rings_per_declaration", "decoys_per_declaration", "family_size", "kinds",
            "lines", "chapters", "seller_days", "shell_declarations", "shell_mean_life",
            "shell_lines", "rebirth_gap",
        )  # fmt: skip
        if self.ring_share[1] + self.decoy_share[1] >= 1.0:
            raise ValueError("ring_share + decoy_share are 1 or more: lower one of them.")


@dataclass(frozen=True)
class Risk:
    """Sizes of effects on an ordinary declaration's risk; the secret draws their values."""

    segment_sd: float
    effect_sizes: dict[str, float]
    box_share: float
    season_size: float
    drift_size: float
    importer_sd: float
    circle_sd: float
    circle_declarations: float
    declarant_sd: float
    seller_sd: float
    repeat_share: float
    repeat_log_odds: float

    def __post_init__(self) -> None:
        check_shares(self, "box_share", "repeat_share")
        check_positive(self, "segment_sd", "circle_declarations")
        if min(self.effect_sizes.values(), default=0.0) < 0:
            raise ValueError("effect_sizes contain a negative number.")


@dataclass(frozen=True)
class Cheating:
    """Schemes: mean weights, differences between worlds, and honest look-alikes."""

    weights: dict[str, float]
    weight_sd: float
    section_sd: float
    practice_sd: float
    depth: dict[str, Range]
    depth_range: Range
    lookalike_share: Range
    principal_share: float

    def __post_init__(self) -> None:
        check_ranges(self, "depth_range", "lookalike_share")
        check_shares(self, "principal_share")
        if min(self.weights.values(), default=0.0) <= 0:
            raise ValueError("cheating.weights contain a number that is not positive.")


@dataclass(frozen=True)
class Inspection:
    """How the labels differ from the truth."""

    fraud_rate: float
    missed_share: float
    accused_share: float
    critical_rate: float
    critical_chapters: dict[str, float]
    critical_chapter_sd: float
    critical_air: float
    critical_ring: float
    critical_schemes: dict[str, float]

    def __post_init__(self) -> None:
        check_shares(self, "fraud_rate", "missed_share", "accused_share", "critical_rate")
        if self.critical_rate > self.fraud_rate:
            raise ValueError("critical_rate is above fraud_rate: critical fraud is fraud.")


@dataclass(frozen=True)
class Campaigns:
    """Parts of trade whose risk changes: plateaus, and pockets that turn rich."""

    plateaus: int
    plateau_share: Range
    plateau_log_odds: Range
    pockets: int
    pocket_share: Range
    pocket_log_odds: Range
    pocket_log_odds_before: float
    pocket_days: Range
    pocket_length: Range

    def __post_init__(self) -> None:
        check_ranges_of_shares(self, "plateau_share", "pocket_share")
        check_ranges(self, "plateau_log_odds", "pocket_log_odds", "pocket_days", "pocket_length")
        if min(self.plateaus, self.pockets) < 0:
            raise ValueError("plateaus or pockets is negative.")


@dataclass(frozen=True)
class Configuration:
    """All settings of a world.

    Attributes
    ----------
    name : str
        Name of the configuration; part of every random stream's key.
    version : str
        Changes with every number.
    n_declarations : int
        Default number of rows.
    period, trade, clusters, risk, cheating, inspection
        Sections of the TOML file.
    campaigns : Campaigns or None
        A further section, which a file need not have.
    """

    name: str
    version: str
    n_declarations: int
    period: Period
    trade: Trade
    clusters: Clusters
    risk: Risk
    cheating: Cheating
    inspection: Inspection
    campaigns: Campaigns | None = None

    def __post_init__(self) -> None:
        if not self.name or not self.version:
            raise ValueError("name or version is empty.")
        check_positive(self, "n_declarations")
        last = self.clusters.late_days[1]
        if self.clusters.late_share > 0 and last >= self.period.n_days:
            raise ValueError(
                f"late_days of [clusters] end on day {last:g}, but the window has "
                f"{self.period.n_days} days: late rings start within it."
            )

    @property
    def edition(self) -> str:
        """Name and version: part of every random stream's key."""
        return f"{self.name}/{self.version}"

    def as_dict(self) -> dict[str, Any]:
        """Return all settings as plain data.

        What a file need not say is left out while it has its default: names of worlds and
        manifests contain all settings, and a new optional one must not change those that exist.
        """
        return _without_defaults(self)


def _without_defaults(settings: Any) -> dict[str, Any]:
    """Return a dataclass as plain data without fields that have their default."""
    stated = {}
    for field in fields(settings):
        value = getattr(settings, field.name)
        if value != field.default:
            stated[field.name] = _without_defaults(value) if is_dataclass(value) else value
    return stated


def load_configuration(path: str | Path = "practice") -> Configuration:
    """Read a configuration.

    Parameters
    ----------
    path : str or Path
        TOML file, or name of a shipped one (`SHIPPED`).

    Raises
    ------
    KitError
        If the file cannot be read, or a setting is missing, unknown or makes no sense.

    Examples
    --------
    >>> load_configuration("practice").n_declarations
    54000
    """
    if str(path) in SHIPPED:
        shipped = resources.files("customs_data").joinpath(f"configurations/{path}.toml")
        return from_table(Configuration, read_toml(shipped), f"{path}.toml")
    table = read_toml(Path(path))
    if "style_gap" in table.get("clusters", {}):
        raise KitError(
            f"{path} has settings of generator version 1, which is in the git tag world-1. Start "
            "from those of this release: customs_data/configurations/practice.toml."
        )
    return from_table(Configuration, table, str(path))
