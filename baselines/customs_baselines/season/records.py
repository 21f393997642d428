"""Records of seasons: one folder per world and strategy, which a later run goes on from."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pandas as pd

from customs_baselines.running.kept_code import read_own_file
from customs_baselines.running.own_model import own_parts
from customs_baselines.season.catalogue import REFERENCES, is_strategy, read_options
from customs_baselines.season.playing import Played, SeasonSettings
from customs_baselines.season.worlds import SeasonWorld
from customs_data.errors import KitError
from customs_data.files.atomic import write_atomically
from customs_scorer.season.budget import Budget
from customs_scorer.season.exploration import explores, settle_exploration

FORMAT: Final = "customs-kit season 2"
RECORD: Final = "season.json"
INSPECTIONS: Final = "inspections.csv"
LOG: Final = "log.txt"
#: What a record has even if the strategy failed.
_ALWAYS: Final = {"strategy", "reference", "world", "season", "seed", "settings", "error"}
#: Arguments that say how to explore.
_EXPLORE: Final = ("explore", "explore_share", "explore_weight")
#: What strategies that explore are compared with: the same learner without exploring.
COUNTERPART: Final = "exploit"


@dataclass(frozen=True)
class Plan:
    """One season: a world, a strategy, and how it is played."""

    world: SeasonWorld
    strategy: str
    settings: SeasonSettings

    @property
    def name(self) -> str:
        """Short name of the strategy with what it explores by."""
        own = own_parts(self.strategy)
        name = own[1] if own else self.strategy
        offered = self.settings.offered
        return "-".join([name, *(f"{offered[it]}" for it in self._options if it in offered)])

    @property
    def _options(self) -> tuple[str, ...]:
        return read_options(self.strategy) if is_strategy(self.strategy) else ()

    def folder(self, out: Path) -> Path:
        """Return the folder of the season below `out`."""
        return out / self.world.name / f"{self.name}-seed{self.settings.seed}"

    def describe(self) -> dict[str, Any]:
        """Return what decides the result, as plain data."""
        source = next(iter(read_own_file(self.strategy).values()), None)
        return {
            "format": FORMAT,
            "strategy": self.name,
            "reference": self.strategy in REFERENCES,
            "world": self.world.name,
            "season": self.world.as_dict(),
            "seed": self.settings.seed,
            "settings": self._settings(),
            "code_sha256": None if source is None else hashlib.sha256(source).hexdigest(),
        }

    def read(self, out: Path) -> dict[str, Any] | None:
        """Return the record of this season; None if it has not been played, or failed.

        A season of an older version of a team's own code is played again.

        Raises
        ------
        KitError
            If the folder has a season that was played otherwise: it would be lost.
        """
        folder, described = self.folder(out), self.describe()
        record = _read(folder / RECORD)
        if record is None or record.get("error"):
            return None
        changed = [name for name in described if record.get(name) != described[name]]
        if changed == ["code_sha256"]:
            return None
        if changed:
            raise KitError(
                f"{folder} was played with other settings ({', '.join(changed)}). Give another "
                "--out, or delete it."
            )
        return record

    def _settings(self) -> dict[str, Any]:
        """Return the settings that this strategy can read."""
        settings = self.settings.as_dict()
        if is_strategy(self.strategy) or self.strategy in REFERENCES:
            unread = set(_EXPLORE) - set(self._options)
            settings = {name: it for name, it in settings.items() if name not in unread}
        return settings

    def write(self, out: Path, played: Played) -> dict[str, Any]:
        """Write record and inspections; return the record."""
        record = {
            **self.describe(),
            **played.scores,
            "cpu_seconds": round(played.cpu_seconds, 2),
            "error": played.error,
        }
        folder = self.folder(out)
        text = played.inspections.to_csv(index=False, lineterminator="\n")
        write_atomically(folder / INSPECTIONS, text)
        write_atomically(folder / RECORD, json.dumps(record, indent=1) + "\n")
        return record


def read_records(folder: Path) -> list[dict[str, Any]]:
    """Read the records of all seasons below a folder, in the order of their paths.

    Seasons that explore get their account (`account_of`).

    Raises
    ------
    KitError
        If there is none, or one is damaged, or they cannot be compared, because other shares were
        opened, or other kinds of worlds were played.
    """
    paths = sorted(folder.glob(f"**/{RECORD}"))
    records = []
    for path in paths:
        if (record := _read(path)) is None:
            raise KitError(f"{path} is damaged. Delete it, or play the season again.")
        records.append(record | account_of(path.parent, record))
    if not records:
        raise KitError(
            f"{folder} contains no season. Play one: customs-kit inspection run exploit "
            f"--out {folder}"
        )
    kinds = {json.dumps(_conditions(record), sort_keys=True): record for record in records}
    if len(kinds) > 1:
        first, second = (f"{it['strategy']} on {it['world']}" for it in list(kinds.values())[:2])
        raise KitError(
            f"The seasons of {folder} were played under different conditions, such as {first} and "
            f"{second}. Give each kind an --out of its own."
        )
    return records


def account_of(folder: Path, record: dict[str, Any]) -> dict[str, Any]:
    """Return the ``exploration`` of a season, beside which `COUNTERPART` was played.

    Parameters
    ----------
    folder : path
        Of the season; that of the counterpart is beside it.
    record : dict

    Returns
    -------
    dict
        ``exploration``: ``gain``, ``cost``, ``marginal_yield`` (`settle_exploration`) and
        ``base_rate``, the share of fraud among all declarations. Empty if the strategy does not
        explore, failed, or has no counterpart.

    Raises
    ------
    KitError
        If the inspections of one of the two are missing.
    """
    beside = folder.parent / f"{COUNTERPART}-seed{record['seed']}"
    if record["error"] or record["reference"] or not explores(record["chosen_by"]):
        return {}
    other = _read(beside / RECORD)
    if other is None or other["error"] or _conditions(other) != _conditions(record):
        return {}
    account = settle_exploration(*(_read_inspections(it) for it in (folder, beside)))
    weeks = record["weeks"]
    base_rate = sum(it["fraud"] for it in weeks) / sum(it["declarations"] for it in weeks)
    return {"exploration": account.as_dict() | {"base_rate": base_rate}}


def _read_inspections(folder: Path) -> pd.DataFrame:
    try:
        return pd.read_csv(folder / INSPECTIONS, usecols=["Week", "Fraud", "Chosen By"])
    except (OSError, ValueError):
        raise KitError(
            f"{folder / INSPECTIONS} is missing or damaged. Delete {folder} and play it again."
        ) from None


def _conditions(record: dict[str, Any]) -> list[Any]:
    """Return what all seasons of a comparison must share."""
    of_world = {
        name: it for name, it in record["season"].items() if name not in ("seed", "edition")
    }
    shared = (*vars(Budget()), "delay", "report")
    return [of_world, {name: record["settings"].get(name) for name in shared}]


def _read(path: Path) -> dict[str, Any] | None:
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    is_season = isinstance(record, dict) and record.get("format") == FORMAT
    return record if is_season and record.keys() >= _ALWAYS else None
