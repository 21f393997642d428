"""Measure what a person who signs a release needs to know."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from customs_data.calibration.sources import find_source
from customs_data.edition.layout import MANIFEST, Layout
from customs_data.edition.manifest import Manifest, read_manifest
from customs_data.errors import KitError
from customs_data.fidelity.comparison import compare
from customs_data.fidelity.judges.judgement import Finding
from customs_data.fidelity.judges.privacy import judge_privacy
from customs_data.fidelity.sides import Side, read_side
from customs_data.keyed_random import secret_of_seed
from customs_data.private_profile.accounting import membership_ceiling, recompute
from customs_data.private_profile.contributions import read_frames
from customs_data.private_profile.membership import Attack
from customs_data.private_profile.noise import SECURE
from customs_data.profile import Guarantee, Profile, load_profile
from customs_data.release.rehearsing import check_columns, problems_of_tables, rehearse_attack
from customs_data.release.sentences import remaining_risks
from customs_data.world.configuration import load_configuration
from customs_data.world.simulate import simulate

#: Declarations of the source, and of the release, between which neighbours are searched.
_MOST_ROWS: Final = 20_000
_FEWEST_ROWS: Final = 100
# A recomputed epsilon may differ from the stated one by rounding alone.
_TOLERANCE: Final = 1e-6
#: Epsilon above which a release needs a reason.
_MUCH: Final = 3.0
#: Largest AUC of the attack with a sample of others that needs no explanation.
_SUSPICIOUS: Final = 0.52


@dataclass(frozen=True)
class ReleaseReport:
    """What is known about a release.

    Attributes
    ----------
    name : str
        File of the profile, or name of the edition.
    kind : {'profile', 'edition'}
    facts : tuple of (str, str)
        What was used: each fact with its name.
    guarantee : Guarantee or None
        Of the profile; None without privacy.
    epsilon_again : float or None
        Epsilon recomputed from the tables' noise.
    ceiling : float or None
        Largest AUC that the noise allows any membership attack.
    attacks : tuple of Attack
        Rehearsed on the source; empty without it.
    neighbours : tuple of Finding
        Distances between declarations of the release and of the source; empty without it.
    problems : tuple of str
        What speaks against the release.
    remains : tuple of str
        Risks that no number above covers.
    """

    name: str
    kind: str
    facts: tuple[tuple[str, str], ...]
    guarantee: Guarantee | None
    epsilon_again: float | None
    ceiling: float | None
    attacks: tuple[Attack, ...] = ()
    neighbours: tuple[Finding, ...] = ()
    problems: tuple[str, ...] = ()
    remains: tuple[str, ...] = field(default=())

    def as_dict(self) -> dict[str, Any]:
        """Return the report as plain data (JSON)."""
        return {
            "name": self.name,
            "kind": self.kind,
            "facts": dict(self.facts),
            "guarantee": None if self.guarantee is None else asdict(self.guarantee),
            "epsilon_recomputed": self.epsilon_again,
            "membership_ceiling": self.ceiling,
            "attacks": [attack.as_dict() for attack in self.attacks],
            "neighbours": [finding.as_dict() for finding in self.neighbours],
            "problems": list(self.problems),
            "remains": list(self.remains),
        }


def check_release(
    release: Path,
    *,
    profile: Path | None = None,
    source: Sequence[Path] = (),
    on_step: Callable[[str], None] = lambda step: None,
) -> ReleaseReport:
    """Check a profile or an edition.

    Parameters
    ----------
    release : path
        File of `data profile`, or folder of an edition.
    profile : path, optional
        Of an edition: the profile that it was generated with; the shipped one by default.
    source : sequence of path
        Files of the declarations that the profile was made from, or the edition. With them the
        attack is rehearsed and nearest neighbours are measured; nothing of it is published.
    on_step : callable
        Called with the name of each step before it begins.

    Raises
    ------
    KitError
        If a file cannot be read, or the profile is not that of the edition.
    """
    manifest = _read_manifest(release)
    is_imported = manifest is not None and manifest.origin == "import"
    if manifest is None and profile is not None:
        raise KitError("--profile is for editions: the release is a profile itself.")
    calibration = None
    if not is_imported:
        calibration = load_profile(release if manifest is None else profile)
    if manifest is not None and calibration is not None:
        _check_profile(manifest, calibration, profile)
    guarantee = None if calibration is None else calibration.privacy
    problems = _problems_of(manifest, calibration)
    epsilon_again, ceiling = None, None
    if calibration is not None and guarantee is not None and guarantee.noise == SECURE:
        on_step("recomputing epsilon")
        epsilon_again = recompute(guarantee)[0]
        ceiling = membership_ceiling(guarantee.rho)
        if guarantee.epsilon > _MUCH:
            problems.append(
                f"Epsilon is {guarantee.epsilon:.3g}. Above {_MUCH:g}, say why so much is needed."
            )
        problems += problems_of_tables(calibration, guarantee)
        if epsilon_again > guarantee.epsilon * (1.0 + _TOLERANCE):
            problems.append(
                f"The profile states epsilon {guarantee.epsilon:.4g}, but its noise gives "
                f"{epsilon_again:.4g}. Do not release it: it was changed or damaged."
            )
    attacks: tuple[Attack, ...] = ()
    neighbours: tuple[Finding, ...] = ()
    if source:
        sample = _Sample()
        on_step("reading the source")
        given = find_source(source)
        frames = sample.watch(read_frames(given.files, given.columns))
        if calibration is None:
            deque(frames, maxlen=0)
        else:
            check_columns(calibration, given.columns)
            attacks, reason = rehearse_attack(calibration, frames, on_step)
            problems += [f"The attack was not rehearsed: {reason}"] if reason else []
        on_step("searching nearest neighbours")
        drawn = _rows_of(release, manifest, calibration, sample.n_rows)
        neighbours = _measure_neighbours(sample.side(), drawn)
        problems += [
            f"An attacker with {attack.knowledge} reaches an AUC of {attack.auc:.3f}."
            for attack in attacks[:1]
            if attack.auc - 2.0 * attack.standard_error > _SUSPICIOUS
        ]
    else:
        problems.append(
            "The attack was not rehearsed and nearest neighbours were not measured, because the "
            "declarations were not given (--source)."
        )
    return ReleaseReport(
        name=release.name if manifest is None else manifest.name,
        kind="profile" if manifest is None else "edition",
        facts=_facts(manifest, calibration),
        guarantee=guarantee,
        epsilon_again=epsilon_again,
        ceiling=ceiling,
        attacks=attacks,
        neighbours=neighbours,
        problems=tuple(problems),
        remains=remaining_risks(guarantee, is_imported=is_imported),
    )


def _read_manifest(release: Path) -> Manifest | None:
    """Return the manifest of an edition, None for a profile."""
    if not release.exists():
        raise KitError(f"No such file or folder: {release}.")
    if not release.is_dir():
        return None
    if not ((release / "public" / MANIFEST).is_file() or (release / MANIFEST).is_file()):
        raise KitError(f"{release} is neither a profile nor an edition. Check the path.")
    return read_manifest(Layout.find(release).public)


def _check_profile(manifest: Manifest, profile: Profile, given: Path | None) -> None:
    stated = manifest.configuration.get("profile_sha256")
    if stated != profile.sha256:
        which = "the shipped profile" if given is None else str(given)
        raise KitError(
            f"{manifest.name} was not generated with {which}. Give its own with --profile."
        )


def _problems_of(manifest: Manifest | None, profile: Profile | None) -> list[str]:
    if profile is None:
        return ["The edition contains imported declarations themselves, and no noise hides them."]
    if profile.privacy is None:
        public = load_profile().sha256 == profile.sha256
        if public:
            return []
        return [
            f"The profile has no guarantee of privacy, only a minimum count of {profile.min_count}."
        ]
    if profile.privacy.noise != SECURE:
        return [f"The profile guarantees nothing, because its noise was {profile.privacy.noise}."]
    return []


def _facts(manifest: Manifest | None, profile: Profile | None) -> tuple[tuple[str, str], ...]:
    facts: list[tuple[str, str]] = []
    if manifest is not None:
        facts += [
            ("edition", f"{manifest.name}: {sum(manifest.rows.values()):,} declarations"),
            ("origin", manifest.origin),
        ]
    if profile is None:
        return tuple(facts)
    facts += [
        ("profile", profile.sha256),
        *((f"source: {name}", text) for name, text in sorted(profile.source.items())),
        ("declarations, as the profile weighs them", f"{profile.n_declarations:,}"),
        ("combinations of goods and route", f"{len(profile.goods.hs6):,}"),
        ("products", f"{len(profile.values.hs6):,}"),
        ("columns not read", "Declaration ID, Fraud, Critical Fraud"),
        *((f"{kind} columns", sentence) for kind, sentence in profile.sentences.items()),
        ("IDs published", "none: importers, declarants, sellers and couriers are made up"),
    ]
    return tuple(facts)


class _Sample:
    """Rows of the source, drawn while it is read."""

    def __init__(self) -> None:
        self._rng = np.random.default_rng(0)
        self._rows = pd.DataFrame()
        self.n_rows = 0

    def watch(self, frames: Iterable[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        """Pass frames on, and keep `_MOST_ROWS` rows of all of them, each with equal chances."""
        for frame in frames:
            self.n_rows += len(frame)
            ticket = self._rng.random(len(frame))
            both = pd.concat(
                [self._rows, frame.assign(ticket=ticket).nsmallest(_MOST_ROWS, "ticket")]
            )
            self._rows = both.nsmallest(_MOST_ROWS, "ticket")
            yield frame

    def side(self) -> Side:
        """Return the rows."""
        return Side("source", self._rows.drop(columns="ticket").reset_index(drop=True))


def _rows_of(
    release: Path, manifest: Manifest | None, profile: Profile | None, n_source: int
) -> Side:
    """Return declarations of the edition, or of a world made from the profile."""
    if manifest is not None:
        frame = read_side(release).frame
        return Side("release", frame.sample(min(len(frame), _MOST_ROWS), random_state=0))
    assert profile is not None
    world = simulate(
        load_configuration("practice"),
        secret_of_seed(0),
        n_declarations=max(_FEWEST_ROWS, min(n_source, _MOST_ROWS)),
        profile=profile,
    )
    return Side("release", world.declarations)


def _measure_neighbours(source: Side, release: Side) -> tuple[Finding, ...]:
    release = Side(release.name, release.frame.reset_index(drop=True))
    return judge_privacy(compare(source, release)).findings
