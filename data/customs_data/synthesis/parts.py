"""Chronological parts of a source, each with its own model."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np
import pandas as pd

from customs_data.parallel import map_in_order
from customs_data.synthesis.encoding.codec import Codec
from customs_data.synthesis.encoding.rows import Ints, Progress
from customs_data.synthesis.models import MODELS, build_model
from customs_data.synthesis.repeats import repeats_source
from customs_data.synthesis.unseen_masses import freshen_masses

# Share of fitting in the time of a part.
_SHARE_OF_FITTING: Final = 0.7
_MOST_ROUNDS: Final = 40


@dataclass(frozen=True)
class SourcePart:
    """One part, and what to draw from its model.

    Attributes
    ----------
    number : int
        From 0, in chronological order.
    model : str
        Name in the catalogue.
    epochs : int or None
        Epochs of a network.
    seed : int
        Seed of the synthesis; each part has its own random stream.
    source : DataFrame
        Declarations of this part.
    label : ndarray of int64, shape (n_rows,)
        Labels of the rows to draw.
    """

    number: int
    model: str
    epochs: int | None
    seed: int
    source: pd.DataFrame
    label: Ints


def cut_source(
    source: pd.DataFrame, n_parts: int, n_rows: int
) -> Iterator[tuple[pd.DataFrame, int]]:
    """Cut declarations, sorted by date, into parts; yield each with its number of rows to draw."""
    edges = np.linspace(0, len(source), n_parts + 1).round().astype(np.int64)
    # Rounding cumulative shares makes the parts add up.
    rows = np.diff((edges / len(source) * n_rows).round().astype(np.int64))
    for start, stop, n in zip(edges[:-1], edges[1:], rows, strict=True):
        yield source.iloc[start:stop].reset_index(drop=True), int(n)


def draw_part(
    codec: Codec,
    source: pd.DataFrame,
    part: SourcePart,
    on_progress: Progress = lambda done: None,
) -> pd.DataFrame:
    """Fit the model of one part and draw its rows.

    Rows that repeat a source row are drawn again with the same label, up to forty times.
    """
    rng = np.random.default_rng([part.seed, 100 + part.number])
    fitted_to = codec.encode(part.source)
    model = build_model(part.model, seed=int(rng.integers(2**31 - 1)), epochs=part.epochs)
    model.fit(fitted_to, rng, lambda done: on_progress(_SHARE_OF_FITTING * done))
    rows = model.sample(part.label, rng)
    if MODELS[part.model].repeats:
        on_progress(1.0)
        return codec.decode(rows, rng)
    everything = codec.encode(source)
    frame = pd.DataFrame()
    again = np.arange(len(rows))
    for _ in range(_MOST_ROUNDS):
        if len(again) < len(rows):
            rows = rows.with_rows(again, model.sample(rows.label[again], rng))
        rows = freshen_masses(rows, everything, codec, rng)
        drawn = codec.decode(rows.take(again), rng)
        frame = drawn if frame.empty else _replaced(frame, again, drawn)
        again = again[repeats_source(drawn, source)]
        if not len(again):
            break
    on_progress(1.0)
    return frame


def _replaced(frame: pd.DataFrame, places: Ints, drawn: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with the rows at `places` replaced."""
    return pd.concat([frame.drop(places), drawn.set_index(pd.Index(places))]).sort_index()


def draw_parts(
    parts: list[SourcePart],
    codec: Codec,
    source: pd.DataFrame,
    executor: Executor | None,
    on_progress: Callable[[int, float], None],
) -> list[pd.DataFrame]:
    """Draw all parts, in order; an executor reports progress by whole parts."""
    if executor is None:
        return [draw_part(codec, source, part, partial(on_progress, part.number)) for part in parts]
    draw = partial(draw_part, codec, source)
    return list(
        map_in_order(draw, parts, executor, on_done=lambda part, _: on_progress(part.number, 1.0))
    )
