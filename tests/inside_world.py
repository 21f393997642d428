"""A world of the release's size before it becomes text."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from customs_data.world.cheating import Outcome, Risks, cheat_and_inspect
from customs_data.world.draft import Draft
from customs_data.world.honest_trade import Population, draw_importers
from customs_data.world.simulation import Simulation

SECRET = bytes(range(32))
N_ROWS = 54_000


@dataclass(frozen=True)
class Inside:
    """Agents of a world, and its declarations in the order of their draws."""

    simulation: Simulation

    @property
    def population(self) -> Population:
        return self.simulation.setup.population

    @cached_property
    def day(self) -> NDArray[np.int64]:
        return self.simulation.setup.calendar.day(0, N_ROWS)

    @cached_property
    def importer(self) -> NDArray[np.int32]:
        setup = self.simulation.setup
        return draw_importers(setup.population, self.day, 0, setup.streams)

    def draft(self) -> tuple[Draft, Risks]:
        return self.simulation.setup.draft(0, self.day, self.importer)

    @cached_property
    def honest(self) -> Draft:
        """All declarations as honest ones; never change them."""
        return self.draft()[0]

    @cached_property
    def declared(self) -> tuple[Draft, Outcome]:
        """All declarations as they are declared, and their truth."""
        setup = self.simulation.setup
        draft, risks = self.draft()
        outcome = cheat_and_inspect(
            setup.configuration, setup.market, setup.population, setup.effects,
            self.simulation.occasions, draft, risks, self.simulation.constants, setup.streams,
        )  # fmt: skip
        return draft, outcome
