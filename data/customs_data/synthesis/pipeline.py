"""From a source to synthetic declarations: the route every model shares."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor

import numpy as np
import pandas as pd

from customs_data.errors import KitError
from customs_data.schema import COLUMN, COLUMNS, KEY
from customs_data.synthesis.encoding.codec import Codec
from customs_data.synthesis.encoding.rows import Ints
from customs_data.synthesis.parts import Part, cut_source, draw_parts
from customs_data.synthesis.settings import FEWEST_ROWS, Settings
from customs_data.synthesis.traders.histories import lay_on_histories
from customs_data.synthesis.traders.identity import issue_keys


def synthesize(
    source: pd.DataFrame,
    settings: Settings,
    *,
    executor: Executor | None = None,
    on_progress: Callable[[int, float], None] = lambda part, done: None,
) -> pd.DataFrame:
    """Fit a model to declarations and draw new ones.

    Parameters
    ----------
    source : DataFrame, shape (n_declarations, 22 or 23)
        Labelled declarations, as `customs_data.synthesis.source.read_source` gives them.
    settings : Settings
        Model, rows, seed, ...
    executor : Executor, optional
        Works on the chronological parts; the result does not depend on it.
    on_progress : callable
        Called with the number of a part (from 0) and the share of it that is done, from 0 to 1;
        with an executor only when the part is finished.

    Returns
    -------
    DataFrame, shape (settings.rows, 22)
        In the order of the dates, with new Declaration IDs and new anonymous entity IDs.

    Raises
    ------
    KitError
        If the source is too small for the settings.

    Notes
    -----
    Section 4 of the paper, in this order: noise on the average unit price of each product; product,
    route and tariff aggregated into one column; one model a chronological part, fitted and sampled
    given the label; the column split again, Item Price rebuilt as Net Mass times unit price, ten
    digits cut to six. What the paper lacks: masses that are in the source with the same goods are
    moved, rows that repeat a row of the source are drawn again, and traders have histories.

    References
    ----------
    Jeong et al., 'Customs Import Declaration Datasets', arXiv:2208.02484, section 4.
    """
    fewest = FEWEST_ROWS * settings.splits
    if len(source) < fewest:
        raise KitError(
            f"A source must have at least {FEWEST_ROWS} labelled declarations for each of its "
            f"{settings.splits} part(s), however: it has {len(source):,}. Give more declarations"
            + (" or fewer --splits." if settings.splits > 1 else ".")
        )
    if settings.paper_exact:
        from customs_data.synthesis.paper_recipe import synthesize_as_published

        return finish(synthesize_as_published(source, settings), settings)
    rng = _stream(settings.seed, 0)
    source = source.sort_values(["Date", KEY], kind="stable", ignore_index=True)
    codec = Codec.of(source, price_noise=settings.price_noise, rng=rng)
    n_rows = len(source) if settings.rows is None else settings.rows
    parts = [
        Part(
            number=i,
            model=settings.model,
            epochs=settings.epochs,
            seed=settings.seed,
            source=part,
            label=_draw_labels(part, codec, n, settings.fraud_rate, rng),
        )
        for i, (part, n) in enumerate(cut_source(source, settings.splits, n_rows))
    ]
    drawn = draw_parts(parts, codec, source, executor, on_progress)
    rows = pd.concat(drawn, ignore_index=True)
    rows = lay_on_histories(rows, source, rewired=settings.rewired, rng=_stream(settings.seed, 1))
    return finish(rows, settings)


def finish(rows: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """Put rows into the order of their dates, number them, and give them the schema's types."""
    rng = _stream(settings.seed, 2)
    rows[KEY] = issue_keys(len(rows), rng)
    rows = rows[list(COLUMN)].astype({column.name: column.dtype for column in COLUMNS})
    return rows.sort_values(["Date", KEY], kind="stable", ignore_index=True)


def _stream(seed: int, number: int) -> np.random.Generator:
    return np.random.default_rng([seed, number])


def _draw_labels(
    part: pd.DataFrame,
    codec: Codec,
    n_rows: int,
    fraud_rate: float | None,
    rng: np.random.Generator,
) -> Ints:
    """Labels of the rows to draw: as in the part, or with another share of fraud."""
    label = codec.label_of(part)
    weight = np.bincount(label, minlength=len(codec.labels)).astype(np.float64)
    if fraud_rate is not None:
        is_fraud = codec.labels[:, 0] == 1
        for kind, share in ((is_fraud, fraud_rate), (~is_fraud, 1 - fraud_rate)):
            if weight[kind].sum() == 0:
                raise KitError(
                    "To choose the fraud rate, every part of the source must hold fraud and honest "
                    "declarations, however: one holds a single kind. Use fewer --splits."
                )
            weight[kind] *= share / weight[kind].sum()
    return rng.choice(len(weight), size=n_rows, p=weight / weight.sum()).astype(np.int64)
