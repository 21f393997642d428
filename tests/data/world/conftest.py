"""One world of the release's size, which the tests of its mechanisms share."""

from __future__ import annotations

import pytest

from customs_data.world.configuration import Configuration, load_configuration
from customs_data.world.simulate import World, prepare, simulate
from inside_world import SECRET, Inside


@pytest.fixture(scope="session")
def configuration() -> Configuration:
    return load_configuration("practice")


@pytest.fixture(scope="session")
def world(configuration: Configuration) -> World:
    return simulate(configuration, SECRET)


@pytest.fixture(scope="session")
def inside(configuration: Configuration) -> Inside:
    return Inside(prepare(configuration, SECRET))
