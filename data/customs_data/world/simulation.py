"""A world whose declarations are made month by month, or in pieces."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from customs_data.parallel import map_in_order, spans
from customs_data.world.calendar.months import Month
from customs_data.world.cheating import Constants, cheat_and_inspect, scheme_mix
from customs_data.world.drawing.identifiers import DeclarationIds
from customs_data.world.honest_trade import draw_importers
from customs_data.world.paperwork import (
    Columns,
    Names,
    Text,
    declared_columns,
    join_rows,
    order_of_ids,
    true_columns,
)
from customs_data.world.posterior.bayes import Posterior
from customs_data.world.schemes import POSTERIORS, PRIORS, SCHEMES, Occasions
from customs_data.world.setup import WorldSetup

IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class Simulation:
    """World whose declarations are made month by month, or in pieces of any size.

    Only the agents of all declarations are in memory. It makes every column of a `World` except
    those `omitted`.
    """

    setup: WorldSetup
    constants: Constants
    names: Names
    occasions: Occasions
    posterior: Posterior
    declaration_ids: DeclarationIds
    omitted: frozenset[str] = frozenset()

    def without(self, names: Iterable[str]) -> Simulation:
        """Return the simulation without some columns, which saves their computation."""
        return replace(self, omitted=frozenset(names))

    def months(
        self,
        period: int | None = None,
        *,
        executor: Executor | None = None,
        with_posterior: bool = True,
    ) -> Iterator[Columns]:
        """Yield the columns of each month, sorted by date.

        Parameters
        ----------
        period : int, optional
            0 = training, 1 = public, 2 = private; all three by default.
        executor : Executor, optional
            Makes the months; the result does not depend on it.
        with_posterior : bool
            Whether to compute what is given the form, a sixth of the work.

        Yields
        ------
        dict
            Every column of a `World`; Declaration ID in int64.
        """
        return map_in_order(
            partial(_make_month, self, with_posterior), self.months_of(period), executor
        )

    def months_of(self, period: int | None = None) -> list[Month]:
        """Return the months of a period (of all three by default) that have declarations."""
        months = self.setup.calendar.months
        return [m for m in months if m.stop > m.start and period in (None, m.period)]

    def month(self, month: Month, *, with_posterior: bool = True) -> Columns:
        """Return the columns of a month, sorted by date; see `months`."""
        made = self._spans(month.start, month.stop, with_posterior)
        return self.join_pieces(month, list(made))

    def piece(self, start: int, stop: int, *, with_posterior: bool = True) -> Columns:
        """Return the declarations ``start .. stop - 1``, in the order in which they are drawn.

        They have no Declaration ID yet, which belongs to the place in the month (`join_pieces`).
        A value depends on its declaration alone, not on the piece that it is made in.

        Raises
        ------
        ValueError
            If the piece is empty or no part of the world.
        """
        n_declarations = self.setup.calendar.months[-1].stop
        if not 0 <= start < stop <= n_declarations:
            raise ValueError(
                f"There is no piece {start} .. {stop} of {n_declarations:,} declarations."
            )
        made = list(self._spans(start, stop, with_posterior))
        return join_rows(made, np.arange(stop - start))

    def join_pieces(self, month: Month, pieces: list[Columns]) -> Columns:
        """Return a month made of the pieces that together are its declarations, in their order.

        The pieces are emptied to save memory.
        """
        calendar = self.setup.calendar
        columns = join_rows(pieces, calendar.order(month, calendar.day(month.start, month.stop)))
        columns["Declaration ID"] = self.declaration_ids.issue(month.start, month.stop)
        return columns

    def _spans(self, start: int, stop: int, with_posterior: bool) -> Iterator[Columns]:
        """Yield the columns of a piece in spans that fit into the processor's cache."""
        day = self.setup.calendar.day(start, stop)
        importer = draw_importers(self.setup.population, day, start, self.setup.streams)
        for first, last in spans(stop, start):
            rows = slice(first - start, last - start)
            yield _make_span(self, with_posterior, first, day[rows], importer[rows])

    def no_importers(self) -> NDArray[np.bool_]:
        """Return False for each importer, to be marked for `networks_table`."""
        return np.zeros(len(self.setup.population.importers), dtype=np.bool_)

    def networks_table(self, declares: NDArray[np.bool_]) -> pa.Table:
        """Return firm and network of each importer that declares something (see `World`)."""
        importers, names = self.setup.population.importers, self.setup.cluster_names
        rows = np.flatnonzero(declares)
        ids = pc.take(self.names.importer, pa.array(rows))
        order = order_of_ids(ids)
        rows = rows[order]
        network = _last_if_missing(importers.cluster[rows], names)
        return pa.table(
            {
                "Importer ID": pc.take(ids, pa.array(order)),
                "Firm": pc.take(self.names.importer, pa.array(importers.firm[rows])),
                "Network": Text(network, names).to_arrow(),
            }
        )


def _make_month(simulation: Simulation, with_posterior: bool, month: Month) -> Columns:
    return simulation.month(month, with_posterior=with_posterior)


def _make_span(
    simulation: Simulation,
    with_posterior: bool,
    start: int,
    day: IntArray,
    importer: NDArray[np.int32],
) -> Columns:
    """Return the columns of the declarations from `start` on, in the order of their draws."""
    setup = simulation.setup
    draft, risks = setup.draft(start, day, importer)
    world = (
        setup.configuration,
        setup.market,
        setup.population,
        setup.effects,
        simulation.occasions,
        draft,
        risks,
    )
    outcome = cheat_and_inspect(*world, simulation.constants, setup.streams)
    columns = declared_columns(
        setup.configuration.trade,
        setup.profile,
        setup.market,
        simulation.names,
        setup.calendar,
        draft,
        outcome,
        setup.streams,
    )
    columns["Fraud Probability"] = outcome.probability
    if with_posterior:
        # Without the columns of schemes, half of the numbers need not be joined and sorted.
        mix = None if simulation.omitted.issuperset(_OF_SCHEMES) else scheme_mix(*world)
        columns |= simulation.posterior.columns(draft, outcome.probability, mix)
    columns["Scheme"] = Text(_last_if_missing(outcome.scheme, _SCHEMES), _SCHEMES)
    ring = np.where(risks.in_ring, draft.cluster, -1)
    columns["Ring"] = Text(_last_if_missing(ring, setup.ring_names), setup.ring_names)
    columns |= true_columns(setup.market, draft, outcome, columns)
    columns["Violation"] = Text(_last_if_missing(outcome.violation, _SCHEMES), _SCHEMES)
    names = setup.cluster_names
    active = setup.effects.campaigns.active(draft.cell, draft.filing, day)
    campaign = np.where(risks.in_ring, -1, active)
    columns |= {
        "Cluster": Text(_last_if_missing(draft.cluster, names), names),
        "Late Cluster": (draft.cluster >= 0) & setup.population.clusters.is_late[draft.cluster],
        "Look-alike": Text(_last_if_missing(outcome.lookalike, _SCHEMES), _SCHEMES),
        "Campaign": Text(_last_if_missing(campaign, setup.campaign_names), setup.campaign_names),
    }
    return {name: column for name, column in columns.items() if name not in simulation.omitted}


def _last_if_missing(code: NDArray[Any], values: pa.StringArray) -> NDArray[np.int32]:
    """Return the codes, -1 as that of the last value, the empty text."""
    return np.where(code < 0, len(values) - 1, code).astype(np.int32)


_SCHEMES = pa.array([*SCHEMES, ""], pa.string())
_OF_SCHEMES = (*POSTERIORS, *PRIORS)
