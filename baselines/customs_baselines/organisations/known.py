"""Known memberships as numbers, and settings chosen by how well they find known members again."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from customs_baselines.organisations.importers import Importers
from customs_scorer.metrics.networks import METRICS

Codes = npt.NDArray[np.int64]
Setting = TypeVar("Setting")

#: Share of the known importers that are asked while settings are chosen.
ASKED_SHARE = 1 / 3


def known_groups(importers: Importers, known: pd.DataFrame) -> Codes:
    """Return the known group of each importer, -1 where it is asked, shape (n_importers,).

    An importer that an investigation found alone is a group of its own.

    Parameters
    ----------
    importers : Importers
    known : DataFrame, shape (n_known, 2)
        Importer ID and group; NaN for alone.
    """
    ids, name = (known.iloc[:, column] for column in (0, 1))
    place = importers.find(ids.to_numpy(object))
    group = pd.factorize(name)[0].astype(np.int64)
    alone = group < 0
    group[alone] = group.max(initial=-1) + 1 + np.arange(int(alone.sum()))
    groups = np.full(len(importers), -1, dtype=np.int64)
    groups[place[place >= 0]] = group[place >= 0]
    return groups


def hide_some(known: Codes, random_state: int) -> tuple[Codes, npt.NDArray[np.bool_]]:
    """Return the known groups without a random third of the importers, and which these are."""
    rng = np.random.default_rng(random_state)
    asked = (known >= 0) & (rng.random(len(known)) < ASKED_SHARE)
    return np.where(asked, -1, known), asked


def score_groups(truth: Codes, groups: Codes) -> float:
    """Return the ranking metric of groups."""
    answers = pd.DataFrame({"Network": truth.astype(str)})
    return METRICS.ranked[0].value(answers, groups)


def choose_setting(
    settings: Iterable[Setting],
    group: Callable[[Setting], Codes],
    known: Codes,
    asked: npt.NDArray[np.bool_],
) -> Setting:
    """Return the setting whose groups agree best with the known ones of the importers asked.

    Parameters
    ----------
    settings : iterable
        Candidates; of equally good ones the first is chosen.
    group : callable
        Takes a setting and returns the group of each importer.
    known : ndarray of int64, shape (n_importers,)
        Known groups.
    asked : ndarray of bool, shape (n_importers,)
        Importers whose known group was hidden from `group`.
    """
    candidates = list(settings)
    scores = [score_groups(known[asked], group(it)[asked]) for it in candidates]
    return candidates[int(np.argmax(scores))]
