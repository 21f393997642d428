"""Programs that run without the kit: modules joined into one file."""

from __future__ import annotations

import inspect
from typing import Final

from customs_leaderboard.publishing.codabench import scoring_program as codabench_program
from customs_scorer.kaggle_metrics import fraud as kaggle_metric

_IMPORT: Final = "from customs_scorer.kaggle_metrics.fraud import ParticipantVisibleError, score\n"


def standalone_metric() -> str:
    """Return Kaggle's metric file."""
    return inspect.getsource(kaggle_metric)


def standalone_program() -> str:
    """Return Codabench's scoring program with the metric in the place of its import."""
    program = inspect.getsource(codabench_program)
    if program.count(_IMPORT) != 1:
        raise AssertionError(f"scoring_program must contain once: {_IMPORT}")
    metric = standalone_metric().strip()
    return program.replace(
        _IMPORT,
        "\n# --- The metric: customs_scorer.kaggle_metrics.fraud, word for word ---\n"
        f"{metric}\n\n\n# --- The program ---\n",
    )
