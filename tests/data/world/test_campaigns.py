"""Campaigns: segments, their days, and that other worlds know nothing of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from customs_data.edition.generating import Blueprint, read_blueprint, simulate_world
from customs_data.keyed_random import secret_of_seed
from customs_data.world.configuration import load_configuration
from customs_data.world.simulate import World

_SECRET = secret_of_seed(5)


@pytest.fixture(scope="module")
def blueprint() -> Blueprint:
    return read_blueprint(config="shifting", n_declarations=20_000)


@pytest.fixture(scope="module")
def world(blueprint: Blueprint) -> World:
    return simulate_world(blueprint, _SECRET)


def _days(world: World) -> np.ndarray:
    date = world.declarations["Date"].to_numpy().astype("datetime64[D]")
    return (date - date[0]).astype(np.int64)


def _rates(world: World) -> dict[str, tuple[float, float, int]]:
    """Share of the declarations, fraud rate and first day of each campaign."""
    name = world.unrecorded["Campaign"].astype(str).to_numpy()
    fraud, day = world.declarations["Fraud"].to_numpy(), _days(world)
    return {
        it: ((name == it).mean(), fraud[name == it].mean(), int(day[name == it].min()))
        for it in np.unique(name)
    }


def test_a_plateau_is_mediocre_and_pockets_are_rich_from_their_day_on(
    blueprint: Blueprint, world: World
) -> None:
    settings = blueprint.configuration.campaigns
    assert settings is not None
    rates = _rates(world)
    _, background, _ = rates.pop("")
    _, plateau, first = rates.pop("plateau-1")
    assert first < 7
    assert background < 0.05 < 0.15 < plateau < 0.45
    assert list(rates) == ["pocket-1", "pocket-2", "pocket-3"]
    for _, rate, first in rates.values():
        assert rate > 0.6
        assert settings.pocket_days[0] <= first <= settings.pocket_days[1] + 14


def test_the_labels_have_the_configured_rate(blueprint: Blueprint, world: World) -> None:
    rate = blueprint.configuration.inspection.fraud_rate
    assert world.declarations["Fraud"].mean() == pytest.approx(rate, abs=0.01)


def test_the_oracle_knows_campaigns(world: World) -> None:
    name = world.unrecorded["Campaign"].astype(str).to_numpy()
    fraud = world.declarations["Fraud"].to_numpy()
    believed = world.oracle["Posterior Probability"].to_numpy()
    for it in np.unique(name):
        rows = name == it
        assert believed[rows].mean() == pytest.approx(fraud[rows].mean(), abs=0.06), it


def test_sizes_out_of_range_are_refused(blueprint: Blueprint) -> None:
    settings = blueprint.configuration.campaigns
    assert settings is not None
    with pytest.raises(ValueError, match="pocket_share"):
        replace(settings, pocket_share=(0.2, 1.2))


def test_volume_and_routes_do_not_show_a_campaign(blueprint: Blueprint, world: World) -> None:
    """Who files what and when is the same without effect: only cheats change their forms."""
    settings = blueprint.configuration.campaigns
    assert settings is not None
    name = world.unrecorded["Campaign"].astype(str).to_numpy()
    for it in ("pocket-1", "pocket-2", "pocket-3"):
        day = _days(world)[name == it]
        month, n = np.unique((day - day.min()) // 30, return_counts=True)
        whole = np.array([((_days(world) - day.min()) // 30 == i).sum() for i in month])
        share = (n / whole)[:-1]  # the last month may be cut
        assert share.max() < 2.5 * share.min(), it


def test_worlds_without_campaigns_are_what_they_were() -> None:
    """The section is no part of the streams' keys where a file does not have it."""
    assert "campaigns" not in load_configuration("practice").as_dict()
