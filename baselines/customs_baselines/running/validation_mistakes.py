"""Where validated runs err: on the labelled declarations of the last quarter of training."""

from __future__ import annotations

import numpy as np
import pandas as pd

from customs_baselines.running.records import RunRecord
from customs_baselines.running.runner import VALIDATION
from customs_baselines.running.short_names import short_names
from customs_data.edition.loading import Edition
from customs_data.errors import KitError
from customs_data.schema import KEY, TEXT_DTYPE
from customs_scorer.mistakes.analysis import ErrorAnalysis, analyse_errors


def validation_errors(
    records: list[RunRecord], edition: Edition, rate: float
) -> tuple[ErrorAnalysis, str]:
    """Analyse the errors of validated runs.

    Parameters
    ----------
    records : list of RunRecord
        Records of one `run_baselines` call with validation. Runs scored on other rows than the
        first run (because of another label rate, say) are left out.
    edition : Edition
        Edition of the runs.
    rate : float
        Inspection rate in (0, 1].

    Returns
    -------
    analysis : ErrorAnalysis
    source : str
        One sentence: the declarations and their labels.

    Raises
    ------
    KitError
        If no run was validated.
    """
    task = edition.task
    tables: dict[str, pd.DataFrame] = {}
    for name, record in zip(short_names([it.run for it in records]), records, strict=True):
        if record.submission is not None:
            path = record.submission.parent / VALIDATION
            if path.exists():
                tables[name] = pd.read_csv(path, dtype={KEY: TEXT_DTYPE})
    if not tables:
        raise KitError(
            "Error analysis needs labels, but those of the edition are hidden and no run could be "
            "validated. Run with --validate and more labels."
        )
    first = next(iter(tables.values()))
    same = {name: table for name, table in tables.items() if table[KEY].equals(first[KEY])}
    places = pd.Index(edition.train[KEY]).get_indexer(pd.Index(first[KEY]))
    (score,) = task.answer.columns
    analysis = analyse_errors(
        edition.train.iloc[places].reset_index(drop=True),
        first[task.label].to_numpy(np.int8),
        {name: table[score].to_numpy(np.float64) for name, table in same.items()},
        rate,
    )
    source = (
        f"{len(first):,} labelled declarations of the last quarter of training, scored by models "
        "that learned from the quarters before."
    )
    if len(same) < len(tables):
        source += f" {len(tables) - len(same)} runs with other labels are left out."
    return analysis, source
