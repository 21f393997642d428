"""Figure: which structural traits separate rings from decoys, different in every world."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from studies.world_figures.scene import Scene
from studies.world_figures.style import HONEST, INK, RULE, SOFT, new_panels

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_FOLDS = 10
_FEWEST = 10  # declarations of a cluster; smaller ones have no structure to measure

TRAITS: Final = (
    "declarations per importer",
    "days per importer",
    "products per importer",
    "number of brokers",
    "number of sellers",
    "days per seller",
    "share at one office",
    "spread of masses",
    "price level",
)


#: Rows below the traits: all together, by where the weights were learned.
TOGETHER: Final = ("all, learned in\nother worlds", "all, learned in\nthis world")


def draw_structure(scene: Scene) -> Figure:
    """Draw, for each trait and world, how well the trait alone ranks rings above decoys."""
    measured = [measure_clusters(world) for world in scene.worlds]
    scores = pd.DataFrame([separation(clusters) for clusters in measured])
    scores[list(TOGETHER)] = learned_separation(measured)
    figure, panels = new_panels(1, 1, height=6.4)
    axes = panels[0, 0]
    # A gap between single traits and all of them.
    height = [*range(len(TRAITS)), *(len(TRAITS) + 0.6 + i for i in range(len(TOGETHER)))]
    for name, place in zip(scores, height, strict=True):
        values = scores[name].dropna().to_numpy()
        color = HONEST if name in TOGETHER else INK
        axes.plot([values.min(), values.max()], [place, place], color=RULE, linewidth=5, zorder=1)
        level = np.full(len(values), place)
        axes.scatter(values, level, color=color, s=28, alpha=0.8, linewidths=0)
    axes.axvline(0.5, color=SOFT, linewidth=1)
    axes.set_yticks(height, scores.columns)
    axes.set_ylim(height[-1] + 0.6, -0.6)
    axes.set_xlim(0, 1)
    axes.set_xticks((0, 0.25, 0.5, 0.75, 1), ("0", ".25", ".5", ".75", "1"))
    axes.set_xlabel("AUC, rings against decoys; one dot per world")
    for x, text, side in (
        (0.0, "less in rings", "left"),
        (0.5, "no help", "center"),
        (1.0, "more in rings", "right"),
    ):
        axes.text(x, -0.75, text, ha=side, va="bottom", color=SOFT)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    return figure


def learned_separation(measured: list[pd.DataFrame]) -> pd.DataFrame:
    """Return the AUC of all traits together, by logistic regression; one row per world.

    Parameters
    ----------
    measured : list of DataFrame
        Clusters of each world, as `measure_clusters` returns them; at least two worlds.

    Returns
    -------
    DataFrame, shape (n_worlds, 2)
        Columns `TOGETHER`: learned in all other worlds; and learned in the world itself, by
        cross-validation over its clusters.
    """
    model = make_pipeline(StandardScaler(), LogisticRegression())
    rows = []
    for i, clusters in enumerate(measured):
        is_ring = _is_ring(clusters)
        others = pd.concat([*measured[:i], *measured[i + 1 :]])
        elsewhere = model.fit(others, _is_ring(others)).decision_function(clusters)
        n_folds = min(_FOLDS, is_ring.sum(), (~is_ring).sum())
        here = cross_val_predict(
            model, clusters, is_ring, cv=StratifiedKFold(n_folds), method="decision_function"
        )
        rows.append([roc_auc_score(is_ring, score) for score in (elsewhere, here)])
    return pd.DataFrame(rows, columns=list(TOGETHER))


def separation(clusters: pd.DataFrame) -> dict[str, float]:
    """Return the AUC of each trait for rings against decoys; 0.5 if it says nothing.

    Parameters
    ----------
    clusters : DataFrame
        As `measure_clusters` returns it.
    """
    is_ring = _is_ring(clusters)
    return {trait: float(roc_auc_score(is_ring, clusters[trait])) for trait in TRAITS}


def _is_ring(clusters: pd.DataFrame) -> npt.NDArray[np.bool_]:
    return np.asarray(clusters.index.str.startswith("ring"), dtype=np.bool_)


def measure_clusters(world: pd.DataFrame) -> pd.DataFrame:
    """Measure the traits of every ring and decoy.

    Only membership of a cluster is hidden from teams; the rest is declared.

    Parameters
    ----------
    world : DataFrame
        World of a `Scene`.

    Returns
    -------
    DataFrame, shape (n_clusters, n_traits)
        Clusters of ten declarations or more, by name.
    """
    size = world.groupby("Cluster").size()
    known = size.index[(size >= _FEWEST) & (size.index != "")]
    members = world[world["Cluster"].isin(known)]
    by_cluster = members.groupby("Cluster")
    importers = by_cluster["Importer ID"].nunique()
    mass = np.log(members["Net Mass"])
    line = mass - mass.groupby([members["Importer ID"], members["HS6 Code"]]).transform("mean")
    products = members.groupby(["Cluster", "Importer ID"])["HS6 Code"].nunique()
    return pd.DataFrame(
        {
            "declarations per importer": by_cluster.size() / importers,
            "days per importer": _mean_days(members, "Importer ID"),
            "products per importer": products.groupby("Cluster").mean(),
            "number of brokers": _effective_number(members, "Declarant ID"),
            "number of sellers": _effective_number(members, "Seller ID"),
            "days per seller": _mean_days(members, "Seller ID"),
            "share at one office": _largest_share(members, "Office ID"),
            "spread of masses": line.groupby(members["Cluster"]).std(),
            "price level": by_cluster["Price Deviation"].mean(),
        }
    ).fillna(0.0)


def _mean_days(members: pd.DataFrame, column: str) -> pd.Series[float]:
    """Mean over traders of the days between first and last declaration."""
    day = members.groupby(["Cluster", column])["Day"]
    return (day.max() - day.min()).groupby("Cluster").mean()


def _effective_number(members: pd.DataFrame, column: str) -> pd.Series[float]:
    """Number of equally busy traders with the same concentration: 1 / sum of squared shares."""
    n = members.groupby(["Cluster", column]).size()
    share = n / n.groupby("Cluster").transform("sum")
    return 1.0 / (share**2).groupby("Cluster").sum()


def _largest_share(members: pd.DataFrame, column: str) -> pd.Series[float]:
    n = members.groupby(["Cluster", column]).size()
    return n.groupby("Cluster").max() / n.groupby("Cluster").sum()
