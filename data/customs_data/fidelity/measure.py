"""Measure fidelity: run the metrics and all judges."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from customs_data.errors import KitError
from customs_data.fidelity.comparison import Comparison, compare
from customs_data.fidelity.judges.combinations import judge_combinations
from customs_data.fidelity.judges.entities import judge_entities
from customs_data.fidelity.judges.judgement import Judgement
from customs_data.fidelity.judges.label_information import judge_label_information
from customs_data.fidelity.judges.privacy import judge_privacy
from customs_data.fidelity.judges.two_sample import judge_two_sample
from customs_data.fidelity.quality import Score, measure_quality
from customs_data.fidelity.sides import Side

FidelityJudge = Callable[[Comparison], Judgement]


@dataclass(frozen=True)
class FidelityReport:
    """How similar a synthetic table is to its source.

    Attributes
    ----------
    source, synthetic : str
        Names of the two sides.
    comparison : Comparison
        What was compared.
    scores : tuple of Score
        Table 2.
    judgements : tuple of Judgement
        One per judge.
    """

    source: str
    synthetic: str
    comparison: Comparison
    scores: tuple[Score, ...]
    judgements: tuple[Judgement, ...]

    def score(self, name: str) -> float | None:
        """Return a metric of Table 2."""
        return next(score.value for score in self.scores if score.name == name)

    def judgement(self, judge: str) -> Judgement:
        """Return the judgement of one judge."""
        return next(judgement for judgement in self.judgements if judgement.judge == judge)

    def as_dict(self) -> dict[str, Any]:
        """Return the report as plain data (JSON)."""
        pair = self.comparison
        return {
            "source": {"name": self.source, "n_declarations": len(pair.whole_source)},
            "synthetic": {"name": self.synthetic, "n_declarations": len(pair.whole_synthetic)},
            "n_compared": pair.n_rows,
            "seed": pair.seed,
            "notes": list(pair.notes),
            "columns": {
                "numerical": list(pair.numerical),
                "categorical": list(pair.categorical),
                "entities": list(pair.entities),
            },
            "quality": [score.as_dict() for score in self.scores],
            "judges": [judgement.as_dict() for judgement in self.judgements],
        }


def measure_fidelity(
    source: Side,
    synthetic: Side,
    *,
    rows: int | None = None,
    seed: int = 0,
    held_out: Side | None = None,
    more: Sequence[FidelityJudge] = (),
    on_step: Callable[[str], None] = lambda step: None,
) -> FidelityReport:
    """Compare a synthetic table with its source.

    Parameters
    ----------
    source, synthetic : Side
        From `customs_data.fidelity.sides.read_side`.
    rows : int, optional
        Most rows to compare; always the same number of both sides.
    seed : int
        The same seed gives the same report.
    held_out : Side, optional
        Declarations like the source but not used by the generator, for membership inference.
    more : sequence of callable
        Judges from higher floors.
    on_step : callable
        Called with the name of each step before it begins.

    Raises
    ------
    KitError
        If the two cannot be compared.
    """
    pair = compare(source, synthetic, rows=rows, seed=seed)
    if held_out is not None:
        absent = [str(name) for name in pair.source if name not in held_out.frame]
        if absent:
            raise KitError(f"{held_out.name} lacks columns that are compared: {', '.join(absent)}.")
    scores = measure_quality(pair, on_step)
    unseen = None if held_out is None else held_out.frame
    judges: list[tuple[str, FidelityJudge]] = [
        ("two-sample test", lambda pair: judge_two_sample(pair, on_step)),
        ("combinations", judge_combinations),
        ("entities", judge_entities),
        ("label information", judge_label_information),
        ("privacy", lambda pair: judge_privacy(pair, unseen)),
        *(("more judges", judge) for judge in more),
    ]
    judgements = []
    for name, judge in judges:
        on_step(name)
        judgements.append(judge(pair))
    return FidelityReport(source.name, synthetic.name, pair, scores, tuple(judgements))
