"""Reference scores: baselines and the ceiling, shown beside the teams before the close.

A baseline's public score on the competition's own edition is exact and reveals labels. So results
on that edition are refused, and the scores are means over other editions of the same configuration.
They are read from results files; this package never runs a baseline.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from statistics import fmean, stdev
from typing import Any, Final

from customs_data.edition.manifest import Manifest
from customs_data.errors import KitError
from customs_data.files.atomic import write_atomically
from customs_leaderboard.store.folder import Folder
from customs_scorer.metrics import Metric, metrics_of

_GRID: Final = "customs-kit grid 1"
# Names of models and recipes are part of web pages.
_NAME: Final = re.compile(r"[A-Za-z0-9_ .:()-]{1,60}")


@dataclass(frozen=True)
class ReferenceScore:
    """A score shown beside the teams.

    Attributes
    ----------
    name : str
        Baseline and recipe, ``"ceiling"`` or ``"prior"``.
    score : float
        Mean public value of the first ranked metric.
    n_editions : int
        Number of editions behind the mean.
    spread : float or None
        Standard deviation of the score between these editions, so how far another edition's score
        may be from the mean. None for one edition, and in files of earlier releases.
    """

    name: str
    score: float
    n_editions: int
    spread: float | None = None


@dataclass(frozen=True)
class ReferenceScores:
    """Scores of baselines, best first, and expected ceiling and prior of the configuration."""

    baselines: list[ReferenceScore]
    ceiling: ReferenceScore | None
    prior: ReferenceScore | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the scores as plain data for JSON."""
        return asdict(self)


NO_REFERENCE_SCORES: Final = ReferenceScores([], None)


def read_reference_scores(
    files: list[Path], manifest: Manifest, *, practice: bool
) -> ReferenceScores:
    """Read results files and average their scores over editions.

    Parameters
    ----------
    files : list of path
        Grids (``baselines/results/NAME.json``), outputs of `customs-kit baseline run --json`, or
        ceilings (results of the study `worlds`).
    manifest : Manifest
        Manifest of the competition's edition; runs with another label rate or erasure are ignored.
    practice : bool
        Whether results on that edition itself are accepted, too.

    Raises
    ------
    KitError
        If a file contains other data or results on the competition's edition, or no run has its
        label rate and erasure.
    """
    results = _Results(manifest, practice)
    for path in files:
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            if isinstance(content, dict) and content.get("format") == _GRID:
                results.add_grid(path, content)
            elif isinstance(content, dict) and "worlds" in content:
                results.add_worlds(content)
            elif isinstance(content, list):
                results.add_records(path, content)
            else:
                raise ValueError("unknown format")
        except KitError:
            raise
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise KitError(
                f"{path} is not a results file of `customs-kit baseline table`, `run --json` or "
                f"`worlds`: {type(error).__name__} ({error})."
            ) from None
    return results.reference_scores()


@dataclass
class _Results:
    """Scores by baseline and edition."""

    manifest: Manifest
    practice: bool
    scores: dict[str, dict[str, list[float]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(list))
    )
    ceilings: dict[str, float] = field(default_factory=dict)
    priors: dict[str, float] = field(default_factory=dict)
    settings: set[str] = field(default_factory=set)

    def add_grid(self, path: Path, content: dict[str, Any]) -> None:
        for name, edition in content["editions"].items():
            self._refuse_own(path, edition.get("commitment"))
            if edition.get("with_links", True) == self._with_links:
                self._add_ceiling(name, edition)
        for run in content["runs"].values():
            with_links = content["editions"][run["edition"]].get("with_links", True)
            self._add_run(run["edition"], run, with_links=with_links)

    def add_records(self, path: Path, records: list[dict[str, Any]]) -> None:
        for record in records:
            self._refuse_own(path, record["repeat"]["commitment"])
            name = f"{record['repeat']['edition']} {record['repeat']['commitment']}"
            self._add_run(name, record)
            self._add_ceiling(name, record)

    def add_worlds(self, content: dict[str, Any]) -> None:
        for i, world in enumerate(content["worlds"]):
            name, short = f"world {i}", self._metric.short
            # Until world version 2 the prior was the only oracle.
            prior = float(world.get(f"prior oracle {short}", world.get(f"oracle {short}")))
            if f"posterior oracle {short}" in world:
                self.ceilings[name] = float(world[f"posterior oracle {short}"])
                self.priors[name] = prior
            else:
                self.ceilings[name] = prior

    def _add_ceiling(self, edition: str, scores: dict[str, Any]) -> None:
        for name, known in (("ceiling", self.ceilings), ("prior", self.priors)):
            if scores.get(name):
                known[edition] = float(scores[name]["public"][self._metric.name])

    @cached_property
    def _metric(self) -> Metric:
        return metrics_of(self.manifest.task).ranked[0]

    @property
    def _with_links(self) -> bool:
        return bool(self.manifest.configuration.get("with_links", True))

    def _refuse_own(self, path: Path, commitment: str | None) -> None:
        if commitment == self.manifest.commitment and not self.practice:
            raise KitError(
                f"{path} contains results on {self.manifest.name} itself, which reveal its labels. "
                "Run the baselines on other editions (`customs-kit baseline table`)."
            )

    def _add_run(self, edition: str, run: dict[str, Any], *, with_links: bool = True) -> None:
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
            raise ValueError(f"{name!r} is not a baseline's name")
        self.scores[name][edition].append(float(run["public"][self._metric.name]))

    def reference_scores(self) -> ReferenceScores:
        if self.settings and not self.scores:
            raise KitError(
                "The results contain no run with the edition's label rate and erasure "
                f"({self.manifest.label_rate:g} {self.manifest.erasure}), only with "
                f"{', '.join(sorted(self.settings))}."
            )
        baselines = [
            # Seeds on one edition share its labels, so their mean counts once.
            _mean_of(name, list(map(fmean, by_edition.values())))
            for name, by_edition in self.scores.items()
        ]
        # Results of world version 1 have the prior alone, and no part in a mean with others.
        ceilings = {name: self.ceilings[name] for name in self.priors} or self.ceilings
        ceiling, prior = (
            _mean_of(name, list(scores.values())) if scores else None
            for name, scores in (("ceiling", ceilings), ("prior", self.priors))
        )
        return ReferenceScores(sorted(baselines, key=lambda one: -one.score), ceiling, prior)


def _mean_of(name: str, scores: list[float]) -> ReferenceScore:
    """Return the mean over editions of a baseline's scores, at least one."""
    spread = stdev(scores) if len(scores) > 1 else None
    return ReferenceScore(name, fmean(scores), len(scores), spread)


def save_reference_scores(folder: Folder, scores: ReferenceScores) -> None:
    """Write reference scores to the competition's folder.

    Raises
    ------
    KitError
        If the disk fails.
    """
    content = json.dumps(scores.as_dict(), indent=2) + "\n"
    write_atomically(folder.references_file, content, mode=0o600)


def load_reference_scores(folder: Folder) -> ReferenceScores:
    """Read reference scores from the competition's folder; empty if there are none.

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
        ceiling, prior = (
            None if level is None else ReferenceScore(**level)
            for level in (data["ceiling"], data.get("prior"))
        )
        baselines = [ReferenceScore(**one) for one in data["baselines"]]
        return ReferenceScores(baselines, ceiling, prior)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise KitError(f"{path} is damaged: {error}. Restore it from a backup.") from None
