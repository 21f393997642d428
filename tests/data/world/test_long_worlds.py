"""Worlds of other lengths: three months to ten years."""

from __future__ import annotations

import dataclasses
import datetime
import hashlib

import pytest

from customs_data.edition.generating import generate_edition, read_blueprint
from customs_data.edition.reveal import verify_reveal, write_reveal
from customs_data.edition.verification import verify_edition
from customs_data.world.configuration import load_configuration
from customs_data.world.simulate import World, simulate
from inside_world import SECRET

GOLDEN = "0797ce0d6e57c15681e5464b14424ae03af01cac56bb8733c1eea089437984a0"


@pytest.fixture(scope="module")
def decade() -> World:
    return simulate(load_configuration("decade"), SECRET, n_declarations=60_000)


def test_a_decade_grows_and_its_fraud_does_not(decade: World) -> None:
    frame = decade.declarations
    year = frame["Date"].dt.year
    rows = year.value_counts().sort_index()
    assert rows.index.tolist() == list(range(2010, 2020))
    assert ((rows / rows.shift()).dropna().between(1.0, 1.06)).all()
    fraud = frame.groupby(year)["Fraud"].mean()
    assert fraud.between(0.18, 0.25).all()


def test_importers_come_and_go_throughout_a_decade(decade: World) -> None:
    frame = decade.declarations
    year = frame["Date"].dt.year
    first = year.groupby(frame["Importer ID"]).min().value_counts()
    active = frame.groupby(year)["Importer ID"].nunique()
    # Each later year has newcomers, about as many as the others, and about as many traders.
    assert first[range(2012, 2020)].between(300, 900).all()
    assert active.max() < 1.4 * active.min()


def test_late_clusters_start_after_the_training_period(decade: World) -> None:
    late = decade.declarations["Date"][decade.unrecorded["Late Cluster"]]
    assert len(late) > 50
    assert late.min() >= decade.declarations["Date"].iloc[0].replace(year=2018, month=1, day=1)


@pytest.mark.parametrize("months", [(1, 1, 1), (2, 1, 1), (23, 1, 2), (48, 48, 24)])
def test_a_world_can_have_any_length(months: tuple[int, int, int]) -> None:
    practice = load_configuration("practice")
    period = dataclasses.replace(
        practice.period, months=months, reference_rows=None, growth=0.05, seasons=True,
        first_day=datetime.date(2016, 2, 1),
    )  # fmt: skip
    late = (0.7 * period.n_days, 0.8 * period.n_days)
    clusters = dataclasses.replace(practice.clusters, late_days=late)
    world = simulate(
        dataclasses.replace(practice, period=period, clusters=clusters), SECRET,
        n_declarations=5_000,
    )  # fmt: skip
    dates = world.declarations["Date"]
    assert dates.is_monotonic_increasing
    assert dates.iloc[0].date() >= period.first_day
    assert dates.iloc[-1].date() < period.month_starts()[-1]
    ends = [period.month_starts()[sum(months[: number + 1])] for number in range(3)]
    counts = [(dates < str(end)).sum() for end in ends]
    assert counts == [sum(world.period_rows[: number + 1]) for number in range(3)]
    assert world.declarations["Fraud"].mean() == pytest.approx(0.2165, abs=0.03)


def test_late_rings_start_within_the_window() -> None:
    practice = load_configuration("practice")
    period = dataclasses.replace(practice.period, months=(1, 1, 1))
    with pytest.raises(ValueError, match=r"late_days .* day 450, but the window has 91"):
        dataclasses.replace(practice, period=period)


def test_an_edition_of_a_decade_is_made_again_from_its_reveal(tmp_path) -> None:
    blueprint = read_blueprint(config="decade", n_declarations=3_000)
    made = tmp_path / "decade"
    manifest = generate_edition(blueprint, SECRET, made, origin="published-seed")
    assert manifest.configuration["world"]["period"] == {
        "first_day": "2010-01-01", "months": [96, 12, 12], "growth": 0.03, "seasons": True,
    }  # fmt: skip
    assert all(check.passed for check in verify_edition(made))
    write_reveal(made, tmp_path / "reveal.json")
    checks = verify_reveal(made / "public", tmp_path / "reveal.json")
    assert [check.name for check in checks if check.passed] == ["revealed labels", "regeneration"]


def test_golden_decade() -> None:
    world = simulate(load_configuration("decade"), SECRET, n_declarations=2_000)
    text = "".join(
        table.to_csv(index=False)
        for table in (world.declarations, world.oracle, world.truth, world.networks)
    )
    assert hashlib.sha256(text.encode()).hexdigest() == GOLDEN
