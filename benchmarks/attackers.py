"""Teams that try to climb a board by asking it questions, and the boards they ask.

An attacker is a generator: it sends files to `ask` and yields, after each answer, what it would
hand in if it had to stop now. A file is a score for each declaration of the public period followed
by the private one; attackers know where the border is, because declarations have dates.
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

Scores = npt.NDArray[np.float64]
Ask = Callable[[Scores], float]
#: Yields functions, because an answer that is not asked for need not be computed.
Attack = Iterator[Callable[[], Scores]]


@dataclass(frozen=True)
class Truth:
    """Labels of both test periods, and what the attacker starts from.

    Attributes
    ----------
    public, private : ndarray of int8
        Labels.
    model : ndarray of float64, shape (n_public + n_private,)
        Scores of a sensible model.
    importer : ndarray of intp, shape (n_public + n_private,) or None
        Numbers of the importers, from 0.
    """

    public: npt.NDArray[np.int8]
    private: npt.NDArray[np.int8]
    model: Scores
    importer: npt.NDArray[np.intp] | None = None

    @property
    def sizes(self) -> tuple[int, int]:
        """Declarations of both periods."""
        return len(self.public), len(self.private)

    def precisions(self, file: Scores) -> tuple[float, float]:
        """Exact public and private precision@5 %."""
        n = len(self.public)
        return precision_at(self.public, file[:n], RATE), precision_at(self.private, file[n:], RATE)


#: What is shown of what a file catches, given what chance catches.
Board = Callable[[Gains, Gains], float]


def exact_board() -> Board:
    return lambda caught, _: float(caught.exact)


def rounded_board(step: float) -> Board:
    return lambda caught, _: step_ladder(None, float(caught.exact), step)


def laddered_board(ladder: Ladder) -> Board:
    state, best, number = LadderState(), None, 0

    def show(caught: Gains, chance: Gains) -> float:
        nonlocal state, best, number
        number += 1
        state = ladder.update(state, number, caught, chance=chance, best=best)
        if state.best_submission == number:
            best = caught
        assert state.best_shown is not None
        return state.best_shown

    return show


def ask_of(board: Board, truth: Truth) -> Ask:
    n = len(truth.public)
    chance = chance_of(truth.public, RATE)
    return lambda file: board(gains_of(truth.public, file[:n], RATE), chance)


def most_suspicious(file: Scores, sizes: tuple[int, int]) -> npt.NDArray[np.intp]:
    """Rows that a file has inspected, in both periods."""
    tops, start = [], 0
    for size in sizes:
        k = n_inspected(size, RATE)
        tops.append(np.argpartition(file[start : start + size], size - k)[size - k :] + start)
        start += size
    return np.concatenate(tops)


#: How files are weighed by the shown scores, which stand in the order they came.
RULES: dict[str, Callable[[npt.NDArray[np.float64]], npt.NDArray[np.float64]]] = {
    "above the median": lambda shown: (shown > np.median(shown)).astype(float),
    "improved": lambda shown: np.append(0.0, np.diff(shown) > 0).astype(float),
    "by distance from the mean": lambda shown: shown - shown.mean(),
}


def boost_blindly(
    ask: Ask, truth: Truth, rng: np.random.Generator, *, rule: str, first: str
) -> Attack:
    """Send random files; what they had inspected gets their votes, weighed by `rule`.

    The first file is random, too, or constant: that shows the base rate for nothing.
    """
    sizes = truth.sizes
    n = sum(sizes)
    ballots: list[npt.NDArray[np.intp]] = []
    shown: list[float] = []
    lots = rng.random(n)  # votes are few and whole: lots decide among equals

    def elected() -> Scores:
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
    """As `boost_blindly`, with files that are random around the model's cut only.

    The model's file is sent first. Each other file draws lots among the public rows whose rank is
    within `spread` times k of the cut; what is handed in orders these by votes, then by the model.
    The private period, where nothing can be learnt about single rows, keeps its scores.
    """
    n = len(truth.public)
    k = n_inspected(n, RATE)
    places = np.argsort(truth.model[:n])[n - k - int(spread * k) : n - k + int(spread * k)]
    levels = truth.model[places]  # rising
    ballots: list[npt.NDArray[np.intp]] = [np.empty(0, np.intp)]
    shown = [ask(truth.model)]

    def with_order(order: npt.NDArray[np.intp]) -> Scores:
        file = truth.model.copy()
        file[places[order]] = levels
        return file

    def elected() -> Scores:
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
    """Send random files; hand in the one behind the best shown score."""
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
    """Swap scores of a block of inspected public rows with rows below the cut; keep what helps.

    `start` is the model's file or a random one, `depth` the share of the inspected, lowest first,
    that are exchanged for as many as would be inspected next. The private period, where nothing can
    be learnt about single rows, keeps its scores.
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

    Scores are ranked first; `size` is a share of the ranks. Only importers with a declaration among
    the tenth that the model finds most suspicious are moved: others would not cross the cut.
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
    """No attack: models that get better, alike as the seeds of one baseline are.

    Each score is strength * label + noise, most of it common to all models of a team: two in a row
    have a paired standard error of about .02, as two seeds of xgboost on the practice edition.
    """
    y_true = np.concatenate([truth.public, truth.private])
    common = rng.normal(size=len(y_true))
    for strength in np.linspace(0.6, 1.1, HONEST_SUBMISSIONS):
        own = rng.normal(size=len(y_true))
        file = strength * y_true + np.sqrt(0.98) * common + np.sqrt(0.02) * own
        ask(file)
        yield partial(np.copy, file)
