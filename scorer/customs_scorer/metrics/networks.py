"""Metrics of the task networks: how well groups of importers agree with the true ones.

B-cubed is over importers whose organisation has several of the IDs asked. Most others are
alone, and being right about them would hide all differences. They count where they are put into
the group of a network, and pairwise F1 counts every pair.

B-cubed: Bagga and Baldwin, 'Entity-Based Cross-Document Coreferencing Using the Vector Space Model'
(1998); compared with pair counting by Amigo et al., 'A comparison of extrinsic clustering
evaluation metrics' (2009).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from customs_data.split import Split
from customs_data.tasks import IMPORTER
from customs_scorer.metrics.metric import Metric, TaskMetrics, Words

_Floats = npt.NDArray[np.float64]


def _sizes(answers: pd.DataFrame, answer: npt.NDArray[Any]) -> tuple[_Floats, _Floats, _Floats]:
    """Per importer: members of its group, of its network, and of both, shape (n_units,)."""
    group = pd.factorize(np.asarray(answer))[0]
    network = pd.factorize(answers["Network"].to_numpy(object))[0]
    both = np.unique(np.column_stack([group, network]), axis=0, return_inverse=True)[1].ravel()
    return tuple(np.bincount(it)[it].astype(np.float64) for it in (group, network, both))  # type: ignore[return-value]


@dataclass(frozen=True, kw_only=True)
class GroupMetric(Metric):
    """A share, or the harmonic mean (F1) of precision and recall.

    Each is a ratio of sums over importers. The bootstrap draws networks and keeps what each
    importer adds, because an importer drawn twice would be its own partner.

    Attributes
    ----------
    precision, recall : callable
        From the sizes (`_sizes`) to what each importer adds to numerator and denominator.
    part : {"f1", "precision", "recall"}
        What the metric is.
    """

    precision: Callable[[_Floats, _Floats, _Floats], tuple[_Floats, _Floats]]
    recall: Callable[[_Floats, _Floats, _Floats], tuple[_Floats, _Floats]]
    part: str = "f1"

    def value(self, answers: pd.DataFrame, answer: npt.NDArray[Any]) -> float:
        """See `Metric.value`; 0 where nothing is joined, as no pair is right."""
        return float(self.sampler(answers, answer)(np.ones((1, len(answers)), dtype=np.int32))[0])

    def chance_value(self, answers: pd.DataFrame) -> float:
        """Value of leaving everybody alone."""
        return self.value(answers, np.arange(len(answers)))

    def sampler(
        self, answers: pd.DataFrame, answer: npt.NDArray[Any]
    ) -> Callable[[npt.NDArray[np.int32]], _Floats]:
        """See `Metric.sampler`."""
        sizes = _sizes(answers, answer)
        parts = [function(*sizes) for function in (self.precision, self.recall)]

        def sample(counts: npt.NDArray[np.int32]) -> _Floats:
            ratios = []
            for above, below in parts:
                n = counts @ below
                ratios.append(np.where(n > 0, counts @ above / np.where(n > 0, n, 1.0), 0.0))
            if self.part != "f1":
                return ratios[0 if self.part == "precision" else 1]
            total = ratios[0] + ratios[1]
            return np.where(
                total > 0, 2 * ratios[0] * ratios[1] / np.where(total > 0, total, 1), 0.0
            )

        return sample


def _bcubed_precision(group: _Floats, network: _Floats, both: _Floats) -> tuple[_Floats, _Floats]:
    has_others = (network > 1).astype(np.float64)
    return has_others * both / group, has_others


def _bcubed_recall(group: _Floats, network: _Floats, both: _Floats) -> tuple[_Floats, _Floats]:
    has_others = (network > 1).astype(np.float64)
    return has_others * both / network, has_others


def _pair_precision(group: _Floats, network: _Floats, both: _Floats) -> tuple[_Floats, _Floats]:
    return (both - 1) / 2, (group - 1) / 2


def _pair_recall(group: _Floats, network: _Floats, both: _Floats) -> tuple[_Floats, _Floats]:
    return (both - 1) / 2, (network - 1) / 2


def _of(name: str, title: str, short: str, part: str, definition: str = "") -> GroupMetric:
    pairs = name.startswith("pair")
    return GroupMetric(
        name,
        title,
        short,
        definition=definition,
        hidden=("Network",),
        resampled_by="Network",
        precision=_pair_precision if pairs else _bcubed_precision,
        recall=_pair_recall if pairs else _bcubed_recall,
        part=part,
    )


def _unseen(split: Split) -> npt.NDArray[np.bool_]:
    known = split.train["Importer ID"].unique()
    return np.asarray(~split.keys.isin(known).to_numpy())


def _counts(answers: pd.DataFrame) -> dict[str, int]:
    size = answers["Network"].value_counts()
    return {"n_in_networks": int(size[size > 1].sum())}


METRICS: Final = TaskMetrics(
    ranked=(
        _of(
            "bcubed_f1",
            "B-cubed F1",
            "B-cubed",
            "f1",
            "the harmonic mean of two means over importers whose network has several IDs: the "
            "share of its group that is of its network, and the share of its network that is in "
            "its group",
        ),
        _of("pair_f1", "pairwise F1", "pairs", "f1"),
    ),
    reported=(
        _of("bcubed_precision", "B-cubed precision", "precision", "precision"),
        _of("bcubed_recall", "B-cubed recall", "recall", "recall"),
        _of("pair_precision", "pairwise precision", "pair precision", "precision"),
        _of("pair_recall", "pairwise recall", "pair recall", "recall"),
    ),
    counts=_counts,
    count_titles={"n_in_networks": "in networks"},
    unseen=_unseen,
    unit=IMPORTER.name,
    words=Words(
        chance="everybody alone",
        chance_meaning="each importer is a group of its own",
        unseen="unseen importers",
        unseen_meaning="that training lacks",
        unseen_definition="on importers that training lacks",
    ),
)
