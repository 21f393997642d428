"""What stands beside the teams before the close: baselines and the ceiling, on other editions.

A baseline's public score on the competition's own edition is exact: it says how many of its picks
are fraud. So results on that edition are refused, and what is shown are means over other worlds of
the same kind. Only results JSON is read; this package never runs a baseline.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean
from typing import Any, Final

from customs_data.edition.manifest import Manifest
from customs_data.errors import KitError
from customs_leaderboard.store.folder import Folder, write_durably

_GRID: Final = "customs-kit grid 1"
# Names of models and recipes stand in pages: nothing but this may.
_NAME: Final = re.compile(r"[A-Za-z0-9_ .:()-]{1,60}")


@dataclass(frozen=True)
class ReferenceScore:
    """A score that stands beside the teams.

    Attributes
    ----------
    name : str
        Baseline and recipe, or ``"ceiling"``.
    score : float
        Mean public precision@5 %.
    n_editions : int
        Other editions that the mean is over.
    """

    name: str
    score: float
    n_editions: int

    def as_dict(self) -> dict[str, Any]:
        """Return the level as plain data for JSON."""
        return dict(vars(self))


@dataclass(frozen=True)
class ReferenceScores:
    """Baselines, best first, and the expected ceiling of the configuration."""

    baselines: list[ReferenceScore]
    ceiling: ReferenceScore | None

    def as_dict(self) -> dict[str, Any]:
        """Return the references as plain data for JSON."""
        ceiling = None if self.ceiling is None else self.ceiling.as_dict()
        return {"baselines": [level.as_dict() for level in self.baselines], "ceiling": ceiling}


NO_REFERENCE_SCORES: Final = ReferenceScores([], None)


def read_reference_scores(
    files: list[Path], manifest: Manifest, *, practice: bool
) -> ReferenceScores:
    """Read results and take means over editions.

    Parameters
    ----------
    files : list of path
        Grids (``baselines/results/NAME.json``), outputs of `customs-kit baseline run --json`, or
        ceilings (`customs-kit baseline worlds`).
    manifest : Manifest
        Of the competition's edition: runs with its label rate and erasure are taken.
    practice : bool
        Whether results of that very edition are taken, too.

    Raises
    ------
    KitError
        If a file holds none of these, results of the competition's edition, or no run with its
        label rate and erasure.
    """
    found = _Found(manifest, practice)
    for path in files:
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            if isinstance(content, dict) and content.get("format") == _GRID:
                found.take_grid(path, content)
            elif isinstance(content, dict) and "worlds" in content:
                found.take_worlds(content)
            elif isinstance(content, list):
                found.take_records(path, content)
            else:
                raise ValueError("it is of another kind")
        except KitError:
            raise
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise KitError(
                f"{path} must hold results of `customs-kit baseline table`, `run --json` or "
                f"`worlds`, however: {type(error).__name__} ({error})."
            ) from None
    return found.references()


@dataclass
class _Found:
    """Scores by baseline and edition."""

    manifest: Manifest
    practice: bool
    scores: dict[str, dict[str, list[float]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(list))
    )
    ceilings: dict[str, float] = field(default_factory=dict)
    settings: set[str] = field(default_factory=set)

    def take_grid(self, path: Path, content: dict[str, Any]) -> None:
        for name, edition in content["editions"].items():
            self._refuse_own(path, edition.get("commitment"))
            if edition.get("ceiling") and edition.get("with_links", True) == self._with_links:
                self.ceilings[name] = float(edition["ceiling"]["public"]["precision_at_5"])
        for run in content["runs"].values():
            with_links = content["editions"][run["edition"]].get("with_links", True)
            self._take_run(run["edition"], run, with_links=with_links)

    def take_records(self, path: Path, records: list[dict[str, Any]]) -> None:
        for record in records:
            self._refuse_own(path, record["repeat"]["commitment"])
            name = f"{record['repeat']['edition']} {record['repeat']['commitment']}"
            self._take_run(name, record)
            if record.get("ceiling"):
                self.ceilings[name] = float(record["ceiling"]["public"]["precision_at_5"])

    def take_worlds(self, content: dict[str, Any]) -> None:
        for i, world in enumerate(content["worlds"]):
            self.ceilings[f"world {i}"] = float(world["oracle @5 %"])

    @property
    def _with_links(self) -> bool:
        return bool(self.manifest.configuration.get("with_links", True))

    def _refuse_own(self, path: Path, commitment: str | None) -> None:
        if commitment == self.manifest.commitment and not self.practice:
            raise KitError(
                f"{path} must hold results on other editions, however: it holds results on "
                f"{self.manifest.name} itself, exact public scores that tell about its labels. "
                "Run the baselines on worlds of your own (`customs-kit baseline table`)."
            )

    def _take_run(self, edition: str, run: dict[str, Any], *, with_links: bool = True) -> None:
        if "error" in run or not run.get("public"):
            return
        rate, erasure = float(run["label_rate"]), run.get("erasure", "random")
        self.settings.add(f"{rate:g} {erasure}" + ("" if with_links else " without links"))
        same_erasure = rate == 1 or erasure == self.manifest.erasure
        same_rate = abs(rate - self.manifest.label_rate) < 1e-9
        if not (same_rate and same_erasure and with_links == self._with_links):
            return
        name = run["baseline"] + (f" ({run['recipe']})" if run.get("recipe") else "")
        if _NAME.fullmatch(name) is None:
            raise ValueError(f"{name!r} is no name of a baseline")
        self.scores[name][edition].append(float(run["public"]["precision_at_5"]))

    def references(self) -> ReferenceScores:
        if self.settings and not self.scores:
            raise KitError(
                "The results must hold runs with the edition's label rate and erasure, "
                f"{self.manifest.label_rate:g} {self.manifest.erasure}, however: they hold "
                f"{', '.join(sorted(self.settings))}."
            )
        baselines = [
            # Seeds of one edition share its labels: their mean counts once.
            ReferenceScore(name, fmean(map(fmean, by_edition.values())), len(by_edition))
            for name, by_edition in self.scores.items()
        ]
        ceiling = None
        if self.ceilings:
            ceiling = ReferenceScore("ceiling", fmean(self.ceilings.values()), len(self.ceilings))
        return ReferenceScores(sorted(baselines, key=lambda level: -level.score), ceiling)


def save_reference_scores(folder: Folder, references: ReferenceScores) -> None:
    """Keep references in the competition's folder.

    Raises
    ------
    UnavailableError
        If the disk does not take them.
    """
    content = json.dumps(references.as_dict(), indent=2) + "\n"
    write_durably(folder.references_file, content.encode())


def load_reference_scores(folder: Folder) -> ReferenceScores:
    """Return what `save_reference_scores` kept; nothing if the competition has no references.

    Raises
    ------
    KitError
        If the file is damaged.
    """
    path = folder.references_file
    if not path.exists():
        return NO_REFERENCE_SCORES
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        ceiling = None if data["ceiling"] is None else ReferenceScore(**data["ceiling"])
        return ReferenceScores([ReferenceScore(**held) for held in data["baselines"]], ceiling)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise KitError(f"{path} must hold references, however: {error}. Make it again.") from None
