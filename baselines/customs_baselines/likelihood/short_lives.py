"""How a shell's life differs from that of an ordinary importer."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from customs_baselines.likelihood.book import Book
from customs_data.world.configuration import Configuration

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_LIVES = 600  # simulated lives of each kind
_MOST_ROWS = 30  # more declarations say nothing more about the length of a life
_LEAST_DENSITY = 1e-7
_SHORTEST = 5.0  # days


def weigh_lives(book: Book, configuration: Configuration) -> FloatArray:
    """Return ln of P(days from first to last | shell) / P(the same | ordinary importer).

    Declarations fall evenly on a life. Its length is drawn as the generator draws it; an ordinary
    importer's is what the window shows of it.

    Parameters
    ----------
    book : Book
    configuration : Configuration

    Returns
    -------
    float64 array, shape (n_importers,)
        0 for importers with one declaration.
    """
    clusters, trade = configuration.clusters, configuration.trade
    rng = np.random.default_rng(0)
    window = float(book.n_days)
    spread = clusters.style_sizes["life"] * np.hypot(1.0, clusters.kind_sd)
    mean = clusters.shell_mean_life * np.exp(spread * rng.standard_normal(_LIVES))
    shell = np.minimum(clusters.shell_shortest_life - mean * np.log(rng.random(_LIVES)), window)
    life = trade.shortest_life - trade.mean_life * np.log(rng.random(_LIVES))
    visible = np.minimum(life, window) * np.sqrt(rng.random(_LIVES))
    stays = rng.random(_LIVES) < trade.lifelong_share
    ordinary = np.maximum(np.where(stays, window, visible), _SHORTEST)
    first, last = np.full(book.n_importers, book.n_days), np.zeros(book.n_importers, dtype=np.int64)
    np.minimum.at(first, book.importer, book.day)
    np.maximum.at(last, book.importer, book.day)
    ratio = np.zeros(book.n_importers)
    for n in range(2, _MOST_ROWS + 1):
        rows = np.flatnonzero(np.minimum(book.n_declarations, _MOST_ROWS) == n)
        if len(rows):
            span, place = np.unique((last - first)[rows], return_inverse=True)
            by_span = np.log(_weigh_spans(n, shell, span) / _weigh_spans(n, ordinary, span))
            ratio[rows] = by_span[place.reshape(-1)]
    return ratio


def _weigh_spans(n: int, life: FloatArray, span: IntArray) -> FloatArray:
    """Return the density of spans (days) of n uniform days, on average over lives."""
    share = (span[None] + 0.5) / life[:, None]
    inside = np.where(share < 1.0, share, 1.0)
    density = n * (n - 1) * inside ** (n - 2) * (1.0 - inside) / life[:, None]
    return np.asarray(density.mean(axis=0) + _LEAST_DENSITY)
