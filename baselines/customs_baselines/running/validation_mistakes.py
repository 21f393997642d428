"""The errors of a team's own runs: on hidden labels where they are at hand, else on validation."""

from __future__ import annotations

import numpy as np
import pandas as pd

from customs_baselines.running.records import RunRecord
from customs_baselines.running.runner import VALIDATION
from customs_data.edition.loading import Edition
from customs_data.errors import KitError
from customs_data.schema import KEY, TEXT_DTYPE
from customs_scorer.mistakes.analysis import ErrorAnalysis, analyse_errors


def validation_errors(
    records: list[RunRecord], edition: Edition, rate: float
) -> tuple[ErrorAnalysis, str]:
    """Analyse the errors of validated runs on the labelled rows of the last quarter of training.

    Parameters
    ----------
    records : list of RunRecord
        Records of one `run_baselines` call with validation. Those scored on other rows than the
        first (with another label rate, say) are left out.
    edition : Edition
        They were trained on.
    rate : float
        Inspection rate in (0, 1].

    Returns
    -------
    analysis : ErrorAnalysis
    source : str
        One sentence: which declarations, whose labels.

    Raises
    ------
    KitError
        If no run was validated.
    """
    found: dict[str, pd.DataFrame] = {}
    for record in records:
        if record.submission is not None:
            path = record.submission.parent / VALIDATION
            if path.exists():
                found[record.run.folder] = pd.read_csv(path, dtype={KEY: TEXT_DTYPE})
    if not found:
        raise KitError(
            "Errors need labels, however: the edition's are hidden and no run could be validated. "
            "Run with --validate and more labels."
        )
    first = next(iter(found.values()))
    same = {name: held for name, held in found.items() if held[KEY].equals(first[KEY])}
    places = pd.Index(edition.train[KEY]).get_indexer(pd.Index(first[KEY]))
    analysis = analyse_errors(
        edition.train.iloc[places].reset_index(drop=True),
        first["Fraud"].to_numpy(np.int8),
        {name: held["Fraud Score"].to_numpy(np.float64) for name, held in same.items()},
        rate,
    )
    source = (
        f"{len(first):,} labelled declarations of the last quarter of training, scored by models "
        "that learned from the quarters before."
    )
    if len(same) < len(found):
        source += f" {len(found) - len(same)} runs with other labels are left out."
    return analysis, source
