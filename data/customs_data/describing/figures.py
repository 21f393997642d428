"""Plots of an edition: volumes, goods, prices, fraud by column, and who files for whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from customs_data.describing.trader_network import Network
from customs_data.proportions import wilson_interval
from customs_data.reports.pictures import FIRST_COLOR, SECOND_COLOR, finish, new_figure, percent

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_GREY: Final = "#8b9097"
# From honest to fraudulent, each readable on light and dark backgrounds.
_RAMP: Final = ("#5aa0dc", "#b58a5c", "#d9722e", "#e0284f")
_N_VALUES: Final = 8
_N_PRODUCTS: Final = 12


def draw_volumes(dates: pd.Series[pd.Timestamp], starts: dict[str, str]) -> Figure:
    """Draw declarations by week, with the first days of the periods.

    Parameters
    ----------
    dates : Series of datetime64, shape (n_declarations,)
    starts : dict of str to str
        First day of each period.
    """
    from matplotlib.dates import date2num

    figure, axes = new_figure(width=10.0, height=3.0)
    weeks = dates.dt.to_period("W").value_counts().sort_index()
    days = pd.PeriodIndex(weeks.index).to_timestamp()
    # The first and last week are cut short, which would look like a collapse of trade.
    whole = weeks.to_numpy(np.float64) if len(weeks) < 3 else weeks.to_numpy(np.float64)[1:-1]
    axes.plot(days if len(weeks) < 3 else days[1:-1], whole, color=FIRST_COLOR, linewidth=1.5)
    # Headroom for the names of the periods.
    axes.set_ylim(0, 1.2 * max(float(whole.max(initial=0)), 1.0))
    for period, first in starts.items():
        place = float(date2num(pd.Timestamp(first)))  # type: ignore[no-untyped-call]
        axes.axvline(place, color=_GREY, linewidth=1, linestyle="--")
        axes.annotate(
            period, (place, 1), xycoords=("data", "axes fraction"),
            xytext=(4, -10), textcoords="offset points", fontsize="small",
        )  # fmt: skip
    axes.set_ylabel("declarations per week", fontsize="small")
    return finish(figure, axes)


def draw_counts(column: pd.Series[str], title: str) -> Figure:
    """Draw the shares of the most frequent values."""
    figure, axes = new_figure(width=3.9, height=2.9)
    shares = column.value_counts(normalize=True).head(_N_VALUES)
    axes.barh(np.arange(len(shares)), shares.to_numpy(), color=FIRST_COLOR, height=0.7)
    axes.set_yticks(np.arange(len(shares)), [str(value) for value in shares.index])
    axes.set_ylim(_N_VALUES - 0.5, -0.5)
    axes.xaxis.set_major_formatter(percent)
    axes.set_xlabel("share of the declarations", fontsize="small")
    return finish(figure, axes, title)


def draw_prices(frame: pd.DataFrame) -> Figure:
    """Draw unit prices of the most frequent products: middle half, median and 5 to 95 percent."""
    valid = frame[(frame["Net Mass"] > 0) & (frame["Item Price"] > 0)]
    top = valid["HS6 Code"].value_counts().head(_N_PRODUCTS).index
    price = (valid["Item Price"] / valid["Net Mass"]).map(np.log10)
    ends = (
        price.groupby(valid["HS6 Code"]).quantile(np.array([0.05, 0.25, 0.5, 0.75, 0.95])).unstack()
    )
    ends = ends.loc[list(top)]
    figure, axes = new_figure(width=6.4, height=0.9 + 0.28 * len(ends))
    places = np.arange(len(ends))
    axes.hlines(places, ends[0.05], ends[0.95], color=FIRST_COLOR, linewidth=1)
    axes.hlines(places, ends[0.25], ends[0.75], color=FIRST_COLOR, linewidth=6)
    axes.plot(ends[0.5], places, "o", color=SECOND_COLOR, markersize=4)
    axes.set_yticks(places, list(ends.index))
    axes.invert_yaxis()
    powers = np.arange(np.floor(ends.min().min()), np.ceil(ends.max().max()) + 1)
    axes.set_xticks(powers, [f"{10**power:,.10g}" for power in powers])
    axes.set_xlabel("KRW per kg", fontsize="small")
    axes.grid(visible=True, axis="x", alpha=0.3)
    return finish(figure, axes)


def draw_fraud_by(column: pd.Series[str], fraud: npt.NDArray[np.bool_], title: str) -> Figure:
    """Draw the fraud rate, with its 95 % interval, of the most frequent values."""
    figure, axes = new_figure(width=3.9, height=2.9)
    values = column.value_counts().head(_N_VALUES).index
    for place, value in enumerate(values):
        labels = fraud[(column == value).to_numpy()]
        low, high = wilson_interval(labels.sum(), len(labels))
        axes.hlines(place, float(low), float(high), color=FIRST_COLOR, linewidth=3)
        axes.plot(labels.mean(), place, "o", color=FIRST_COLOR)
    axes.axvline(float(fraud.mean()), color=_GREY, linewidth=1, linestyle="--")
    axes.set_yticks(np.arange(len(values)), [str(value) for value in values])
    axes.set_ylim(_N_VALUES - 0.5, -0.5)
    axes.xaxis.set_major_formatter(percent)
    axes.set_xlabel("fraud rate", fontsize="small")
    axes.grid(visible=True, axis="x", alpha=0.3)
    return finish(figure, axes, title)


def draw_information(names: list[str], auc: list[float]) -> Figure:
    """Draw the AUC of each column alone: 0.5 says nothing about fraud, 1 everything."""
    figure, axes = new_figure(width=6.4, height=0.9 + 0.28 * len(names))
    places = np.arange(len(names))
    axes.barh(places, np.maximum(np.array(auc) - 0.5, 0), left=0.5, color=FIRST_COLOR, height=0.7)
    axes.set_yticks(places, names)
    axes.invert_yaxis()
    axes.set_xlim(left=0.5)
    axes.set_xlabel("AUC of the fraud rate by value, learned on other rows", fontsize="small")
    axes.grid(visible=True, axis="x", alpha=0.3)
    return finish(figure, axes)


def draw_network(network: Network) -> Figure:
    """Draw importers (dots, as large as their declarations) and the declarants they file with."""
    from matplotlib.colors import LinearSegmentedColormap

    ramp = LinearSegmentedColormap.from_list("fraud", _RAMP)
    figure, axes = new_figure(width=9.0, height=6.5)
    for first, second, width in network.edges:
        (x, u), (y, v) = network.places[[first, second]].T
        axes.plot([x, u], [y, v], color=_GREY, linewidth=width, alpha=0.45, zorder=0)
    importers = ~network.is_declarant
    known = ~np.isnan(network.fraud_rate)
    for chosen, colors in ((importers & ~known, None), (importers & known, network.fraud_rate)):
        x, y = network.places[chosen].T
        dots = axes.scatter(
            x, y, s=network.sizes[chosen], linewidths=0,
            **({"color": _GREY} if colors is None else
               {"c": colors[chosen], "cmap": ramp, "vmin": 0, "vmax": 1}),
        )  # fmt: skip
    x, y = network.places[network.is_declarant].T
    axes.scatter(x, y, s=70, marker="s", color=FIRST_COLOR, zorder=3)
    if (importers & known).any():
        bar = figure.colorbar(dots, shrink=0.5, aspect=25)
        bar.set_label("fraud rate of the importer's labelled declarations", fontsize="small")
        bar.ax.yaxis.set_major_formatter(percent)
        bar.ax.tick_params(labelsize="small")
    axes.set_axis_off()
    axes.set_aspect("equal")
    return figure
