"""`traces_and_forms`: `traces` for who knows how the world is made, but not its secret."""

from __future__ import annotations

import numpy as np
import pandas as pd

from customs_baselines.likelihood.forms import HONEST, weigh_forms
from customs_baselines.models.structured_likelihood import StructuredLikelihood
from customs_baselines.violations.traced import TracedViolations
from customs_data.world.configuration import load_configuration

_LEAST = 1e-6  # density of a form


class TracesAndForms(TracedViolations):
    """`traces`, and how probable each form is under each scheme (`weigh_forms`).

    The second opinion about fraud is that of `structured_likelihood`. Parameters are those of
    `TracedViolations`.
    """

    def describe(self, context: pd.DataFrame) -> pd.DataFrame:
        """Return traces, and log density ratios of the forms."""
        density = np.log(weigh_forms(context, load_configuration("practice")) + _LEAST)
        ratio = density[:, :HONEST] - density[:, HONEST:]
        forms = pd.DataFrame(ratio, columns=[f"form {n}" for n in range(HONEST)])
        return pd.concat([super().describe(context), forms], axis=1)

    def second_opinion(self) -> StructuredLikelihood:
        """Return the unfitted model that is asked about fraud."""
        return StructuredLikelihood()


ESTIMATOR = TracesAndForms
RECIPE = None
SIMULATOR = True
YARDSTICK = True
SUMMARY = "traces with the simulator's own form of schemes: who knows how the world is made."
