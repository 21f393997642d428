"""Entity structure: histories, partners and newcomers among traders."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import pandas as pd

from customs_data.fidelity.comparison import Comparison
from customs_data.fidelity.judges.judgement import Finding, Judgement
from customs_data.fidelity.judges.periods import cut_by_time, is_unseen_value
from customs_data.fidelity.metrics import ks_complement

JUDGE: Final = "entity structure"
_QUANTILES: Final = (0.1, 0.5, 0.9, 0.99, 1.0)


def judge_entities(pair: Comparison) -> Judgement:
    """Compare degrees, repeated pairs and newcomers.

    Notes
    -----
    This judge uses all rows of both sides, because sampling would shorten every history.
    """
    if not pair.entities:
        return Judgement(JUDGE, sentences=("Needs at least one entity column.",))
    findings: list[Finding] = []
    details: dict[str, Any] = {}
    for name in pair.entities:
        degrees = [_degrees(side[name]) for side in (pair.whole_source, pair.whole_synthetic)]
        if not all(len(counts) for counts in degrees):
            continue
        findings += _compare_degrees(name, *degrees)
        details[name] = {
            side: {f"{q:g}": float(np.quantile(counts, q)) for q in _QUANTILES}
            for side, counts in zip(("source", "synthetic"), degrees, strict=True)
        }
    findings += _repeats(pair)
    findings += _newcomers(pair)
    return Judgement(JUDGE, tuple(findings), details={"degrees": details})


def _degrees(column: pd.Series[str]) -> Any:
    return column.value_counts().to_numpy(np.float64)


def _compare_degrees(name: str, source: Any, synthetic: Any) -> Iterator[Finding]:
    yield Finding(
        f"declarations of each {name}, mean",
        float(synthetic.mean()),
        float(source.mean()),
        "Declarations divided by distinct IDs.",
    )
    yield Finding(
        f"declarations of each {name}, KS complement",
        ks_complement(source, synthetic),
        1.0,
        "1 minus the largest distance of the two degree distributions.",
    )


def _repeats(pair: Comparison) -> Iterator[Finding]:
    columns = ["Importer ID", "Declarant ID"]
    if not set(columns) <= set(pair.entities):
        return
    shares = [
        float(side.duplicated(columns, keep=False).mean())
        for side in (pair.whole_source, pair.whole_synthetic)
    ]
    yield Finding(
        "repeated importer-declarant pairs",
        shares[1],
        shares[0],
        "Share of declarations whose importer and declarant file another one together.",
    )


def _newcomers(pair: Comparison) -> Iterator[Finding]:
    sides = [cut_by_time(side) for side in (pair.whole_source, pair.whole_synthetic)]
    if sides[0] is None or sides[1] is None:
        return
    for name in pair.entities:
        source, synthetic = (is_unseen_value(e[name], t[name]) for e, t in (sides[0], sides[1]))
        if source is not None and synthetic is not None:
            yield Finding(
                f"unseen {name} in the last sixth",
                synthetic,
                source,
                "Share of declarations in the last sixth of the days whose ID does not occur in "
                "the first two thirds.",
            )
