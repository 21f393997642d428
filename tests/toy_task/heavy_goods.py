"""A made-up task of another package: which declarations are of heavy goods, by mass opened.

Its answer has another name, its label is no schema column, test lacks a declared column, and what
ranks is a share of kilograms.
"""

import numpy as np

from customs_data.schema import Column
from customs_data.tasks import Scores, Task
from customs_scorer.metrics import InspectionMetric, TaskMetrics

KAGGLE_METRIC = "heavy_goods_metric"


def _truth(columns):
    mass = np.asarray(columns["Net Mass"], dtype=np.float64)
    return {"Heavy": (mass >= 500).astype(np.int8), "True Mass": np.rint(mass)}


def _mass(answers):
    return answers["True Mass"].to_numpy().astype(np.int64)


def _heavy(answers):
    return answers["Heavy"].to_numpy() == 1


TASK = Task(
    name="heavy_goods",
    question="Which fifth carries the mass?",
    target=(
        Column("Heavy", "label", "1 = half a tonne or more.", values=(0, 1)),
        Column("True Mass", "number", "Rounded.", unit="kg"),
    ),
    answer=Scores(("Mass Score",)),
    withheld=("Tax Type",),
    truth=_truth,
    motivation="To find heavy goods.",
    uses="Submit `Declaration ID,Mass Score`.",
)

METRICS = TaskMetrics(
    ranked=(
        InspectionMetric(
            "mass_recall_at_20",
            "mass recall@20 %",
            "@20 %",
            rate=0.2,
            amounts=_mass,
            per="all",
            hidden=("True Mass",),
        ),
    ),
    reported=(
        InspectionMetric(
            "heavy_precision_at_20", "heavy precision@20 %", "@20 %", rate=0.2, amounts=_heavy
        ),
    ),
    counts=lambda answers: {"n_heavy": int(_heavy(answers).sum())},
    count_titles={"n_heavy": "heavy"},
)
