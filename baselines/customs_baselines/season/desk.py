"""A strategy at work: it gets messages and answers them, in whatever process."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

import pandas as pd

from customs_baselines.catalogue import find_baseline
from customs_baselines.contract import accepted_keywords, make_model
from customs_baselines.running.own_loading import load_own, make_own_model
from customs_baselines.running.own_model import own_parts
from customs_baselines.season.catalogue import is_strategy, load_strategy
from customs_baselines.season.model_strategy import ModelStrategy
from customs_baselines.season.week import Office, Week
from customs_data.errors import KitError
from customs_scorer.season.selection import Selection


class Desk:
    """A strategy with everything that it has been told.

    Parameters
    ----------
    strategy : object
        With ``select(week)``, and ``observe(reports)`` if it likes.
    seed : int
        Of what is drawn for it.
    """

    def __init__(self, strategy: Any, seed: int) -> None:
        self.strategy = strategy
        self.seed = seed
        self._office: Office | None = None

    def decide(self, message: dict[str, Any]) -> Any:
        """Return what the strategy opens, as plain data.

        Parameters
        ----------
        message : dict
            ``number``, ``n_inspections``; ``arrivals`` and, before the first week, ``history``:
            `Office`; ``reports``: those that arrived since the last message.
        """
        if self._office is None:
            self._office = message["history"]
        office = self._office
        office.file(message["arrivals"])
        office.report(message["reports"])
        if hasattr(self.strategy, "observe"):
            self.strategy.observe(message["reports"])
        arrivals = message["arrivals"].declarations
        if arrivals.empty:  # a holiday: nothing to decide
            return []
        week = Week(message["number"], message["n_inspections"], office, arrivals, self.seed)
        return _plain(self.strategy.select(week), week.number)


def _plain(answer: Any, week: int) -> Any:
    """Return an answer as JSON has it; what the rows are is checked where they are opened."""
    if isinstance(answer, Selection):
        return answer.as_dict()
    if hasattr(answer, "tolist"):
        return answer.tolist()
    is_list = isinstance(answer, Iterable) and not isinstance(answer, str | bytes | dict)
    if not is_list or isinstance(answer, pd.DataFrame):
        raise KitError(
            f"select must return a list of rows or Declaration IDs in week {week}, but it returned "
            f"{type(answer).__name__}."
        )
    return list(answer)


def make_strategy(reference: str, offered: dict[str, Any], source: bytes | None = None) -> Any:
    """Return a strategy of the catalogue or of a team's file; or one around a fraud model.

    Parameters
    ----------
    reference : str
        From `resolve_strategy`.
    offered : dict
        Constructor arguments; each is passed to classes that take it. ``refit_every`` is needed.
    source : bytes, optional
        Content of the team's file.

    Raises
    ------
    KitError
        If a class of a team's own is neither strategy nor model, or as `make_model` and
        `make_own_model`.
    """
    refit_every = offered["refit_every"]
    own = own_parts(reference)
    if own is None and is_strategy(reference):
        loaded = load_strategy(reference)
        return loaded(**accepted_keywords(loaded, offered))
    if own is None:
        baseline = find_baseline(reference)
        given = offered if baseline.recipe is None else offered | {"recipe": baseline.recipe}
        return ModelStrategy(partial(make_model, baseline.load_class(), given), refit_every)
    value = load_own(*own, source)
    if isinstance(value, type) and not (hasattr(value, "select") or hasattr(value, "fit")):
        raise KitError(
            f"{own[1]} is neither a strategy with select(week) nor a model with fit(X, y) and "
            "predict_proba(X)."
        )
    if isinstance(value, type) and callable(getattr(value, "select", None)):
        return value(**accepted_keywords(value, offered | {"seed": offered["random_state"]}))
    return ModelStrategy(partial(make_own_model, *own, offered, source), refit_every)
