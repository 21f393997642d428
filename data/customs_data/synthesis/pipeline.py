"""From a source to synthetic declarations: the steps that all models share."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor

import numpy as np
import pandas as pd

from customs_data.errors import KitError
from customs_data.schema import COLUMN, COLUMNS, KEY
from customs_data.synthesis.encoding.codec import Codec
from customs_data.synthesis.encoding.rows import Ints
from customs_data.synthesis.parts import SourcePart, cut_source, draw_parts
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
        Labelled declarations from `customs_data.synthesis.read_source.read_source`.
    settings : Settings
        Model, rows, seed, ...
    executor : Executor, optional
        Fits and draws the chronological parts; the result does not depend on it.
    on_progress : callable
        Called with the number of a part (from 0) and the share of it that is done, from 0 to 1;
        with an executor only when the part is finished.

    Returns
    -------
    DataFrame, shape (settings.rows, 22)
        Sorted by date, with new Declaration IDs and new anonymous entity IDs.

    Raises
    ------
    KitError
        If the source is too small for the settings.

    Notes
    -----
    Steps of the paper's section 4: noise on each product's average unit price; product, route and
    tariff joined to one column; one model per chronological part, fitted and sampled given the
    label; the column split again; Item Price as Net Mass times unit price; HS code cut from ten
    digits to six. Further steps: masses that the source has for the same goods are moved, rows that
    repeat a source row are drawn again, and traders have histories.

    References
    ----------
    Jeong et al., 'Customs Import Declaration Datasets', arXiv:2208.02484, section 4.
    """
    fewest = FEWEST_ROWS * settings.splits
    if len(source) < fewest:
        raise KitError(
            f"The source has {len(source):,} labelled declarations, but {settings.splits} part(s) "
            f"of at least {FEWEST_ROWS} need {fewest:,}. Give more declarations"
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
        SourcePart(
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
    """Sort rows by date, number them, and convert them to the schema's types."""
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
    """Draw labels by their shares in the part, or with another share of fraud."""
    label = codec.label_of(part)
    weight = np.bincount(label, minlength=len(codec.labels)).astype(np.float64)
    if fraud_rate is not None:
        is_fraud = codec.labels[:, 0] == 1
        for kind, share in ((is_fraud, fraud_rate), (~is_fraud, 1 - fraud_rate)):
            if weight[kind].sum() == 0:
                raise KitError(
                    "A part of the source has only fraud or only honest declarations, so a fraud "
                    "rate cannot be chosen. Use fewer --splits."
                )
            weight[kind] *= share / weight[kind].sum()
    return rng.choice(len(weight), size=n_rows, p=weight / weight.sum()).astype(np.int64)
