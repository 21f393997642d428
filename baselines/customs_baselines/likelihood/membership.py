"""Which declarations belong to which hidden cluster, found without labels.

Likely shells with the same brokers, routes, goods, sellers and paperwork are merged to groups.
Then expectation and maximization take turns: lines join groups, and groups learn from their lines.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from customs_baselines.likelihood.book import Book, Trait, number
from customs_baselines.likelihood.merging import merge_groups
from customs_baselines.likelihood.short_lives import weigh_lives
from customs_data.world.configuration import Clusters, Configuration

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]

_ROUNDS = 6
_MERGED_AFTER = (1, 3)  # rounds
_LEAST_MERGER = -3.0  # ln: groups are pure, so that half a cluster is the commoner fault
_MOST_DECLARATIONS = 40  # of an importer that may be a shell
_VOLUME_MARGIN = 0.75  # cluster brokers have other volumes than expected by this factor
_MAIN_BROKER = 0.12  # share of a group's lines
_FEWEST_LINES = 2.0
_NEGLIGIBLE = 1e-3
_SHELLS = 0.25  # share of importer IDs that are shells
_FIRST_BELIEF = 0.8  # that a line of a likely shell belongs to its group
_REPETITION = (0.6, 0.5)  # ordinary importers repeat broker and market from line to line
_HABIT_WEIGHT = 0.8  # a habit is seen through some declarations, not known


def middle(limits: tuple[float, float]) -> float:
    """Return the mean of a setting that each world draws uniformly."""
    return (limits[0] + limits[1]) / 2.0


def find_clusters(book: Book, configuration: Configuration) -> tuple[csr_matrix, FloatArray]:
    """Return the membership of declarations in groups, and who is an ordinary importer.

    Parameters
    ----------
    book : Book
    configuration : Configuration
        Settings that the worlds share.

    Returns
    -------
    membership : csr_matrix, shape (n_declarations, n_groups)
        Probabilities; what is missing to 1 belongs to no group.
    ordinary : float64 array, shape (n_importers,)
        Probability that an importer is no shell.
    """
    volume = np.bincount(book.declarant)
    low, high = configuration.clusters.declarant_volume
    is_open = (volume >= _VOLUME_MARGIN * low) & (volume <= high / _VOLUME_MARGIN)
    lives = weigh_lives(book, configuration)
    through_open = np.zeros(book.n_importers, dtype=np.bool_)
    through_open[book.importer[is_open[book.declarant]]] = True
    n = book.n_declarations
    shells = np.flatnonzero(through_open & (lives > 0.0) & (n > 1) & (n <= _MOST_DECLARATIONS))
    if len(shells) < 2:
        nothing = csr_matrix((len(book.importer), 0))
        return nothing, np.ones(book.n_importers)
    own = (np.ones(len(shells)), (shells, np.arange(len(shells))))
    importers = csr_matrix(own, shape=(book.n_importers, len(shells)))
    group = merge_groups(book, csr_matrix(importers[book.of_line]), importers, is_open, 0.0)
    importers = _FIRST_BELIEF * _join(importers, group)
    lines = csr_matrix(importers[book.of_line])
    ordinary = np.ones(book.n_importers)
    repetition = _weigh_repetition(book)
    for turn in range(_ROUNDS):
        lines, importers, ordinary = _turn(
            book, configuration.clusters, lives, repetition, lines, importers
        )
        if turn in _MERGED_AFTER and lines.shape[1] > 1:
            group = merge_groups(book, lines, importers, is_open, _LEAST_MERGER)
            lines, importers = _join(lines, group), _join(importers, group)
    return csr_matrix(lines[book.line]), ordinary


def _join(membership: csr_matrix, group: IntArray) -> csr_matrix:
    """Add up the columns of each group."""
    n = len(group)
    shape = (n, int(group.max(initial=-1)) + 1)
    return csr_matrix(membership @ csr_matrix((np.ones(n), (np.arange(n), group)), shape=shape))


def _weigh_repetition(book: Book) -> FloatArray:
    """Return the likelihood ratio of an ordinary importer for each line, shape (n_lines,).

    It keeps broker and market from line to line, which is no sign of a cluster.
    """
    broker, market = book.line_traits["declarant"], book.line_traits["market"]
    departure = book.line_traits["departure"]
    main = book.main_declarant()
    place = _count_earlier(book, book.of_line)
    ratio = np.ones(book.n_lines)
    base = departure.base[departure.code] * market.base[market.code]
    for code, p, share in (
        (main, broker.base[main], _REPETITION[0]),
        (market.code, base, _REPETITION[1]),
    ):
        same = _count_earlier(book, number(book.of_line, code)) / np.maximum(place, 1)
        ratio *= np.where(place > 0, share * same / p + 1.0 - share, 1.0)
    return ratio


def _count_earlier(book: Book, group: IntArray) -> IntArray:
    """Return the number of earlier lines of the same group, shape (n_lines,)."""
    order = np.lexsort((book.first_day, group))
    new = np.append(True, np.diff(group[order]) != 0)
    position = np.arange(len(order))
    count = np.empty(len(order), dtype=np.int64)
    count[order] = position - np.maximum.accumulate(np.where(new, position, 0))
    return count


def _turn(
    book: Book,
    settings: Clusters,
    lives: FloatArray,
    repetition: FloatArray,
    lines: csr_matrix,
    importers: csr_matrix,
) -> tuple[csr_matrix, csr_matrix, FloatArray]:
    """Learn the groups from their lines, and assign lines and importers again.

    A shell works for its first principal, with some lines for a second one, and files cover; an
    ordinary importer works for itself, but some lines are recruited.
    """
    line, group, ratio = _compare_lines(book, lines)
    first, cover = 1.0 - middle(settings.second_principal_share), middle(settings.cover_share)
    second, recruited = 1.0 - first, middle(settings.recruit_share)
    size = np.asarray(lines.sum(axis=0)).ravel()
    size = size / max(float(size.sum()), 1e-9)
    weighted = size[group] * ratio
    anyone = np.bincount(line, weights=weighted, minlength=book.n_lines)
    other = second * anyone + cover
    principal = first * (1.0 - cover) * ratio
    # Each importer with each group that one of its lines may belong to.
    owner = book.of_line[line]
    pairs, pair = np.unique(owner * lines.shape[1] + group, return_inverse=True)
    importer, its_group = pairs // lines.shape[1], pairs % lines.shape[1]
    gain = np.log1p(principal / other[line])
    evidence = np.zeros(len(pairs)) + np.bincount(pair, weights=gain, minlength=len(pairs))
    as_shell = np.bincount(book.of_line, weights=np.log(other), minlength=book.n_importers)
    evidence += as_shell[importer] + np.log(size[its_group] + 1e-9) + lives[importer]
    evidence += np.log(_SHELLS / (1.0 - _SHELLS))
    for habit in book.habits:
        mine = np.asarray(importers[importer, its_group]).ravel()
        code = np.empty(book.n_importers, dtype=np.int64)
        code[habit.owner] = habit.code
        evidence += _HABIT_WEIGHT * _learn(habit, importers, code[importer], its_group, mine)
    alone = np.log((1.0 - recruited) * repetition + recruited * anyone)
    as_ordinary = np.bincount(book.of_line, weights=alone, minlength=book.n_importers)
    top = as_ordinary.copy()
    np.maximum.at(top, importer, evidence)
    odds = np.exp(evidence - top[importer])
    total = np.exp(as_ordinary - top)
    ordinary = total / (total + np.bincount(importer, weights=odds, minlength=book.n_importers))
    total = total + np.bincount(importer, weights=odds, minlength=book.n_importers)
    belief = odds / total[importer]

    mine = belief[pair]
    rest = principal + other[line]
    # Lines of a shell work for its first principal, or whoever that is, for a second one.
    share = mine * (1.0 / rest - 1.0 / other[line])
    for_second = (1.0 - ordinary[book.of_line]) / other
    for_second += np.bincount(line, weights=share, minlength=book.n_lines)
    joined = mine * principal / rest + second * weighted * for_second[line]
    free = (1.0 - recruited) * repetition[line] + recruited * anyone[line]
    joined += ordinary[owner] * recruited * weighted / free
    kept, sure = joined > _NEGLIGIBLE, belief > _NEGLIGIBLE
    lines = csr_matrix((joined[kept], (line[kept], group[kept])), shape=lines.shape)
    importers = csr_matrix((belief[sure], (importer[sure], its_group[sure])), importers.shape)
    alive = np.flatnonzero(np.asarray(lines.sum(axis=0)).ravel() > _FEWEST_LINES)
    return csr_matrix(lines[:, alive]), csr_matrix(importers[:, alive]), ordinary


def _compare_lines(book: Book, lines: csr_matrix) -> tuple[IntArray, IntArray, FloatArray]:
    """Return lines, groups with a broker of theirs, and their likelihood ratios against no group.

    What a line itself adds to a group is left out.
    """
    broker = book.line_traits["declarant"]
    count = csr_matrix(broker.table.T @ lines).toarray()
    total = count.sum(axis=0)
    main = (count > _MAIN_BROKER * total) & (total > 1.0)
    reach = csr_matrix(broker.table @ csr_matrix(main.astype(np.float64)))
    candidates = (reach + (lines > _NEGLIGIBLE).astype(np.float64)).tocoo()
    line, group = candidates.row.astype(np.int64), candidates.col.astype(np.int64)
    mine = np.asarray(lines[line, group]).ravel()
    evidence = np.zeros(len(line))
    given: FloatArray | None = None
    for name in ("departure", "market", "goods"):
        trait = book.line_traits[name]
        evidence += _learn(trait, lines, trait.code[line], group, mine, given)
        table = csr_matrix(trait.table.T @ lines).toarray()
        given = np.maximum(table[trait.code[line], group] - mine, 0.0)
    for name, is_mean in (("declarant", True), ("seller", False)):
        evidence += _learn_several(book.line_traits[name], lines, line, group, mine, is_mean)
    return line, group, np.exp(np.clip(evidence, -30.0, 30.0))


def _learn(
    trait: Trait,
    members: csr_matrix,
    code: IntArray,
    group: IntArray,
    mine: FloatArray,
    total: FloatArray | None = None,
) -> FloatArray:
    """Return ln P(code | group, without one's own share in it) / P(code), shape (n_pairs,).

    `total` is the number of observations that could have had the code; all of the group's if None.
    """
    table = csr_matrix(trait.table.T @ members).toarray()
    if total is None:
        total = np.maximum(table.sum(axis=0)[group] - mine, 0.0)
    n = np.maximum(table[code, group] - mine, 0.0)
    base = trait.base[code]
    return np.asarray(np.log((n / base + trait.weight) / (total + trait.weight)))


def _learn_several(
    trait: Trait,
    members: csr_matrix,
    line: IntArray,
    group: IntArray,
    mine: FloatArray,
    is_mean: bool,
) -> FloatArray:
    """Return `_learn` for lines with several codes: the sum, or the mean, of all."""
    n_codes = np.diff(trait.table.indptr)
    start = trait.table.indptr[:-1]
    table = csr_matrix(trait.table.T @ members).toarray()
    total = table.sum(axis=0)
    evidence = np.zeros(len(line))
    for place in range(min(int(n_codes.max(initial=0)), 4)):
        rows = np.flatnonzero(n_codes[line] > place)
        several = n_codes[line[rows]]
        code = trait.code[start[line[rows]] + place]
        n = np.maximum(table[code, group[rows]] - mine[rows], 0.0)
        whole = np.maximum(total[group[rows]] - mine[rows] * several, 0.0)
        value = np.log((n / trait.base[code] + trait.weight) / (whole + trait.weight))
        evidence[rows] += value / several if is_mean else value
    return evidence
