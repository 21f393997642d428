"""Attacks on a board's public scores, and the defences they are tried against.

An attack is a generator: it sends files to `ask` and, after each answer, yields the file it would
submit in the end. A file is a score for each declaration, first of the public, then of the private
period. Attackers can tell the periods apart, because declarations have dates.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

from customs_leaderboard.ladder.ladder import Ladder, LadderState
from customs_leaderboard.ladder.update_rules import step_ladder
from customs_scorer.metrics.gains import Gains
from customs_scorer.metrics.inspection import chance_of, gains_of, n_inspected, precision_at

RATE = 0.05
HONEST_SUBMISSIONS = 40

FileScores = npt.NDArray[np.float64]
Ask = Callable[[FileScores], float]
#: Yields functions, so that only the files that are needed are computed.
Attack = Iterator[Callable[[], FileScores]]


@dataclass(frozen=True)
class Truth:
    """Labels of both test periods, and the model that an attacker starts from.

    Attributes
    ----------
    public, private : ndarray of int8
        Labels.
    model : ndarray of float64, shape (n_public + n_private,)
        Scores of a sensible model.
    importer : ndarray of intp, shape (n_public + n_private,) or None
        Number of each importer, from 0.
    """

    public: npt.NDArray[np.int8]
    private: npt.NDArray[np.int8]
    model: FileScores
    importer: npt.NDArray[np.intp] | None = None

    @property
    def sizes(self) -> tuple[int, int]:
        """Declarations of both periods."""
        return len(self.public), len(self.private)

    def precisions(self, file: FileScores) -> tuple[float, float]:
        """Exact public and private precision@5 %."""
        n = len(self.public)
        return precision_at(self.public, file[:n], RATE), precision_at(self.private, file[n:], RATE)


#: Returns the score to show, given the gains of a file and those of chance.
Defence = Callable[[Gains, Gains], float]


def exact_board() -> Defence:
    return lambda gains, _: float(gains.exact)


def rounded_board(step: float) -> Defence:
    return lambda gains, _: step_ladder(None, float(gains.exact), step)


def laddered_board(ladder: Ladder) -> Defence:
    state, best, number = LadderState(), None, 0

    def show(gains: Gains, chance: Gains) -> float:
        nonlocal state, best, number
        number += 1
        state = ladder.update(state, number, gains, chance=chance, best=best)
        if state.best_submission == number:
            best = gains
        assert state.best_shown is not None
        return state.best_shown

    return show


def ask_of(board: Defence, truth: Truth) -> Ask:
    n = len(truth.public)
    chance = chance_of(truth.public, RATE)
    return lambda file: board(gains_of(truth.public, file[:n], RATE), chance)


def most_suspicious(file: FileScores, sizes: tuple[int, int]) -> npt.NDArray[np.intp]:
    """Return the rows that are opened, in both periods."""
    tops, start = [], 0
    for size in sizes:
        k = n_inspected(size, RATE)
        tops.append(np.argpartition(file[start : start + size], size - k)[size - k :] + start)
        start += size
    return np.concatenate(tops)


#: Weights of files by their shown scores, in the order they were sent.
RULES: dict[str, Callable[[npt.NDArray[np.float64]], npt.NDArray[np.float64]]] = {
    "above the median": lambda shown: (shown > np.median(shown)).astype(float),
    "improved": lambda shown: np.append(0.0, np.diff(shown) > 0).astype(float),
    "by distance from the mean": lambda shown: shown - shown.mean(),
}


def boost_blindly(
    ask: Ask, truth: Truth, rng: np.random.Generator, *, rule: str, first: str
) -> Attack:
    """Send random files, which vote for the rows they open with weights by `rule`.

    The first file is random, too, or constant, which shows the base rate.
    """
    sizes = truth.sizes
    n = sum(sizes)
    ballots: list[npt.NDArray[np.intp]] = []
    shown: list[float] = []
    lots = rng.random(n)  # break ties, because votes are few

    def elected() -> FileScores:
        weights = RULES[rule](np.array(shown))
        votes = np.bincount(
            np.concatenate(ballots), np.repeat(weights, [len(b) for b in ballots]), minlength=n
        )
        return rankdata(votes) + lots / 2

    if first == "constant":
        shown.append(ask(np.zeros(n)))
        ballots.append(np.empty(0, np.intp))
        yield elected
    while True:
        file = rng.random(n)
        shown.append(ask(file))
        ballots.append(most_suspicious(file, sizes))
        yield elected


def boost_from_a_model(
    ask: Ask, truth: Truth, rng: np.random.Generator, *, rule: str, spread: float
) -> Attack:
    """Boost with files that are random only around the model's cut, after the model's own file.

    Each file shuffles the public rows whose rank is within `spread` times k of the cut. The final
    file orders these rows by votes, then by the model. The private period keeps its scores.
    """
    n = len(truth.public)
    k = n_inspected(n, RATE)
    places = np.argsort(truth.model[:n])[n - k - int(spread * k) : n - k + int(spread * k)]
    levels = truth.model[places]  # rising
    ballots: list[npt.NDArray[np.intp]] = [np.empty(0, np.intp)]
    shown = [ask(truth.model)]

    def with_order(order: npt.NDArray[np.intp]) -> FileScores:
        file = truth.model.copy()
        file[places[order]] = levels
        return file

    def elected() -> FileScores:
        weights = RULES[rule](np.array(shown))
        votes = np.bincount(
            np.concatenate(ballots),
            np.repeat(weights, [len(b) for b in ballots]),
            minlength=len(places),
        )
        return with_order(np.argsort(votes, kind="stable"))

    yield elected
    while True:
        order = rng.permutation(len(places))
        shown.append(ask(with_order(order)))
        ballots.append(order[len(order) // 2 :])  # the half above the cut
        yield elected


def keep_the_luckiest(ask: Ask, truth: Truth, rng: np.random.Generator, *, first: str) -> Attack:
    """Send random files and submit the one with the best shown score."""
    n = sum(truth.sizes)
    best = np.zeros(n) if first == "constant" else rng.random(n)
    best_shown = ask(best)
    yield partial(np.copy, best)
    while True:
        file = rng.random(n)
        shown = ask(file)
        if shown > best_shown:
            best, best_shown = file, shown
        yield partial(np.copy, best)


def climb(
    ask: Ask, truth: Truth, rng: np.random.Generator, *, start: str, block: int, depth: float
) -> Attack:
    """Swap scores of a block of opened public rows with rows below the cut; keep what helps.

    `start` is the model's file or a random one. `depth` is the share of opened rows, lowest first,
    that may be swapped with the rows that would be opened next. The private period keeps its
    scores: nothing can be learnt about its single rows.
    """
    n = len(truth.public)
    best = truth.model.copy() if start == "model" else rng.random(sum(truth.sizes))
    k = n_inspected(n, RATE)
    order = np.argsort(-best[:n], kind="stable")
    inside, outside = order[k - int(depth * k) : k].copy(), order[k : 2 * k].copy()
    best_shown = ask(best)
    yield partial(np.copy, best)
    while True:
        i = rng.choice(len(inside), block, replace=False)
        j = rng.choice(len(outside), block, replace=False)
        file = best.copy()
        file[inside[i]], file[outside[j]] = best[outside[j]], best[inside[i]]
        shown = ask(file)
        if shown > best_shown:
            best, best_shown = file, shown
            inside[i], outside[j] = outside[j], inside[i]
        yield partial(np.copy, best)


def climb_by_importer(
    ask: Ask, truth: Truth, rng: np.random.Generator, *, n_importers: int, size: float
) -> Attack:
    """Move all declarations of some importers up or down in both periods; keep what helps.

    Scores are first replaced by ranks, of which `size` is a share. Only importers with a
    declaration in the model's top tenth are moved, because others would not cross the cut.
    """
    importer = truth.importer
    assert importer is not None
    n = len(truth.public)
    base = rankdata(truth.model) / len(truth.model)
    near = np.flatnonzero(base[:n] >= np.quantile(base[:n], 0.9))
    movable = np.unique(importer[near])
    moved = np.zeros(importer.max() + 1)
    best = base
    best_shown = ask(best)
    yield partial(np.copy, best)
    while True:
        attempt = moved.copy()
        chosen = rng.choice(movable, n_importers, replace=False)
        attempt[chosen] += rng.choice([-size, size], n_importers)
        file = base + attempt[importer]
        shown = ask(file)
        if shown > best_shown:
            moved, best, best_shown = attempt, file, shown
        yield partial(np.copy, best)


def improve_honestly(ask: Ask, truth: Truth, rng: np.random.Generator) -> Attack:
    """Send the files of ever better models, as similar as seeds of one baseline; no attack.

    Each score is strength * label + noise, most of it common to all models of a team: two in a row
    have a paired standard error of about .02, like two seeds of xgboost on the practice edition.
    """
    y_true = np.concatenate([truth.public, truth.private])
    common = rng.normal(size=len(y_true))
    for strength in np.linspace(0.6, 1.1, HONEST_SUBMISSIONS):
        own = rng.normal(size=len(y_true))
        file = strength * y_true + np.sqrt(0.98) * common + np.sqrt(0.02) * own
        ask(file)
        yield partial(np.copy, file)
