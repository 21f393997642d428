"""Attack a profile: tell from it whether an importer's declarations were counted.

The attack is the likelihood-ratio test on published counts, which no other test of these counts
beats (Sankararaman et al., Genomic privacy and limits of individual detection in a pool, Nature
Genetics 2009; with Gaussian noise: Azize & Basu, arXiv:2402.10065). The attacker knows all
declarations of the importer in question, and of the others either a sample or everything.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from customs_data.errors import KitError
from customs_data.private_profile.contributions import Contributions, bound
from customs_data.private_profile.counting import Keys, add_up, count_users, weigh
from customs_data.private_profile.measuring import measure
from customs_data.private_profile.noise import UNIT, Noise
from customs_data.private_profile.plan import COUNTED, Plan, values_table
from customs_data.profile import FILING_FIELDS, absent_fields

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

#: Importers of either kind that are attacked, at most.
MOST_TARGETS: Final = 5_000
#: Declarations of an importer that is called large.
LARGE: Final = 20
_FEWEST_IMPORTERS: Final = 50
_MEMBER, _OUTSIDER, _SAMPLE = 0, 1, 2


@dataclass(frozen=True)
class Attack:
    """How well an attacker tells importers that were counted from others.

    Attributes
    ----------
    knowledge : {'a sample of others', 'everybody else'}
        What the attacker knows beside the importer's own declarations. The second is the attacker
        that differential privacy is defined against; nobody has this knowledge.
    auc : float
        Probability that a counted importer scores above another one; .5 is chance.
    standard_error : float
        Hanley & McNeil, Radiology 1982.
    auc_of_large : float or None
        The same among importers with `LARGE` declarations or more; None with fewer than ten.
    n_members, n_outsiders : int
        Importers attacked.
    """

    knowledge: str
    auc: float
    standard_error: float
    auc_of_large: float | None
    n_members: int
    n_outsiders: int

    def as_dict(self) -> dict[str, Any]:
        """Return the attack as plain data."""
        return asdict(self)


@dataclass(frozen=True)
class _Table:
    """A published table: its cells' counts, in declarations, and the noise in them."""

    columns: tuple[str, ...]
    counts: dict[tuple[str, ...], float]
    scale: float
    of_users: bool = False


def rehearse(
    contributions: Contributions,
    plan: Plan | None,
    noise: Noise | None = None,
    *,
    min_count: int = 1,
    absent: Collection[str] = (),
    seed: int = 0,
) -> tuple[Attack, Attack]:
    """Make a profile without a fifth of the importers, and attack it.

    One tenth of the importers are outsiders, whom the attacker should not take for members; another
    tenth is the sample of others. Nothing of this rehearsal is published.

    Parameters
    ----------
    contributions : Contributions
        All declarations.
    plan : Plan or None
        Of the private profile; None for a profile without privacy.
    noise : Noise, optional
        With a plan.
    min_count : int
        Without a plan: smallest count of a cell.
    absent : collection of str
        Without a plan: declared columns that the source lacks.
    seed : int
        Seed of who is who.

    Returns
    -------
    (Attack, Attack)
        With a sample of others, and with everybody else.

    Raises
    ------
    KitError
        If there are fewer than 50 importers.
    """
    if plan is not None:
        contributions = bound(contributions, plan.most_declarations)
    rng = np.random.default_rng(seed)
    n_importers = int(contributions.importer.max()) + 1
    if n_importers < _FEWEST_IMPORTERS:
        raise KitError(
            f"There are {n_importers} importers; an attack needs {_FEWEST_IMPORTERS} to be judged."
        )
    role = rng.permutation(np.arange(n_importers) % 10)
    role = np.where(role > _SAMPLE, _MEMBER, role)
    members = contributions.take(np.flatnonzero(role[contributions.importer] == _MEMBER))
    if plan is None:
        tables = _count_exactly(members, min_count, absent)
        weight = np.full(len(contributions), UNIT, dtype=np.int64)
    else:
        assert noise is not None
        released = measure(members, plan, noise)
        vocabularies = {values_table(column): (column,) for column in plan.vocabularies}
        names = plan.counted | vocabularies
        tables = [
            _Table(
                columns,
                released[name].as_dict(),
                released[name].record.scale,
                name in vocabularies,
            )
            for name, columns in names.items()
            if columns != ("Courier ID",)
        ]
        weight = weigh(contributions, plan.weight)
    targets = np.concatenate(
        [
            rng.permutation(np.flatnonzero(role == kind))[:MOST_TARGETS]
            for kind in (_MEMBER, _OUTSIDER)
        ]
    )
    scores = np.zeros((2, len(targets)))
    for table in tables:
        scores += _score(contributions, weight, table, role, targets)
    is_member = role[targets] == _MEMBER
    size = np.bincount(contributions.importer, minlength=n_importers)[targets]
    knowledge = ("a sample of others", "everybody else")
    sample, everybody = (
        _judge(name, score, is_member, size) for name, score in zip(knowledge, scores, strict=True)
    )
    return sample, everybody


def _count_exactly(members: Contributions, min_count: int, absent: Collection[str]) -> list[_Table]:
    """Return the counts of a profile without privacy: goods and filing codes."""
    tables = []
    lacking = {*absent, *absent_fields(absent)}
    columns = [COUNTED["goods"], *((*on, field) for field, on in FILING_FIELDS)]
    columns = [names for names in columns if names[-1] not in lacking or names is columns[0]]
    for names in (tuple(it for it in names if it not in lacking) for names in columns):
        keys = Keys(members, names)
        counts = np.bincount(keys.place, minlength=len(keys.numbers))
        kept = np.flatnonzero(counts >= min_count)
        cells = dict(zip(keys.texts(kept), counts[kept].astype(float).tolist(), strict=True))
        tables.append(_Table(names, cells, 0.0))
    return tables


def _score(
    contributions: Contributions,
    weight: IntArray,
    table: _Table,
    role: IntArray,
    targets: IntArray,
) -> FloatArray:
    """Return the log likelihood ratio of each target by one table, shape (2, n_targets).

    A published cell is normal with a mean of what the others and perhaps the target contribute. The
    attacker with a sample expects of the others what the sample suggests, and allows for its error;
    the one who knows everybody else errs by the noise alone.
    """
    keys = Keys(contributions, table.columns)
    n_cells = len(keys.numbers)
    of_row = role[contributions.importer]

    def add_role(kind: int) -> FloatArray:
        rows = np.flatnonzero(of_row == kind)
        if table.of_users:
            sums = count_users(contributions.importer[rows], keys.place[rows], n_cells)
        else:
            sums = add_up(keys.place[rows], weight[rows], n_cells)
        return sums / UNIT

    truth, sample = add_role(_MEMBER), add_role(_SAMPLE)
    texts = keys.texts(np.arange(n_cells))
    published = np.array([table.counts.get(text, np.nan) for text in texts])
    factor = float((role == _MEMBER).sum()) / max(float((role == _SAMPLE).sum()), 1.0)
    expected = (sample + 0.5) * factor
    variance = expected * (1.0 + factor) + table.scale**2
    place = np.full(len(role), -1)
    place[targets] = np.arange(len(targets))
    rows = np.flatnonzero(place[contributions.importer] >= 0)
    pair = place[contributions.importer[rows]] * n_cells + keys.place[rows]
    pairs, of_pair = np.unique(pair, return_inverse=True)
    own = np.bincount(of_pair, weights=weight[rows]) / UNIT
    target, cell = np.divmod(pairs, n_cells)
    if table.of_users:
        own = 1.0 / np.sqrt(np.bincount(target)[target])
    shown = ~np.isnan(published[cell])
    target, cell, own = target[shown], cell[shown], own[shown]
    by_sample = (own * (published[cell] - expected[cell]) - own**2 / 2.0) / variance[cell]
    others = truth[cell] - np.where(role[targets][target] == _MEMBER, own, 0.0)
    # Without noise, a count that the others do not explain is proof.
    exact = max(table.scale, 1e-3) ** 2
    by_others = (own * (published[cell] - others) - own**2 / 2.0) / exact
    n = len(targets)
    return np.stack([np.bincount(target, score, n) for score in (by_sample, by_others)])


def _judge(
    knowledge: str, score: FloatArray, is_member: NDArray[np.bool_], size: IntArray
) -> Attack:
    auc = float(roc_auc_score(is_member, score))
    n, m = int(is_member.sum()), int((~is_member).sum())
    q1, q2 = auc / (2.0 - auc), 2.0 * auc**2 / (1.0 + auc)
    variance = (auc * (1 - auc) + (n - 1) * (q1 - auc**2) + (m - 1) * (q2 - auc**2)) / (n * m)
    large = size >= LARGE
    few = min(int((is_member & large).sum()), int((~is_member & large).sum())) < 10
    of_large = None if few else float(roc_auc_score(is_member[large], score[large]))
    return Attack(knowledge, auc, float(max(variance, 0.0) ** 0.5), of_large, n, m)
