"""The calendar: windows of any length, growth, seasons, and holidays in years without counts."""

from __future__ import annotations

import dataclasses
import datetime
from collections import Counter
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from customs_data.errors import KitError
from customs_data.profile import Profile, load_profile
from customs_data.toml import from_table
from customs_data.world.calendar.daily_volume import Seasons, expected_volumes
from customs_data.world.calendar.months import Calendar, make_calendar
from customs_data.world.calendar.period import Period
from customs_data.world.configuration import SHIPPED, load_configuration
from customs_data.world.drawing.random_streams import Streams
from inside_world import SECRET

PROFILE = load_profile()
DECADE = load_configuration("decade").period


def calendar_of(period: Period, rows: int = 10_000) -> Calendar:
    return make_calendar(period, PROFILE, rows, Streams(SECRET, "calendar"))


def days_of(period: Period) -> list[datetime.date]:
    starts = period.month_starts()
    n_days = (starts[-1] - starts[0]).days
    return [starts[0] + datetime.timedelta(number) for number in range(n_days)]


def volumes(period: Period, profile: Profile = PROFILE) -> np.ndarray:
    return expected_volumes(period, profile, len(days_of(period)))


@pytest.mark.parametrize("name", sorted({*SHIPPED} - {"decade"}))
def test_a_setting_with_its_default_is_in_no_name_of_a_world(name: str) -> None:
    configuration = load_configuration(name)
    assert set(configuration.as_dict()["period"]) == {"first_day", "months", "reference_rows"}
    stated = dataclasses.replace(configuration.period, growth=0, seasons=False)
    assert dataclasses.replace(configuration, period=stated).as_dict() == configuration.as_dict()


def test_without_growth_and_seasons_volumes_are_those_of_weekdays() -> None:
    volume = volumes(Period(datetime.date(2019, 12, 1), (2, 18, 1)))
    counts = np.array(PROFILE.day_counts)
    assert (volume[31 : 31 + len(counts)] == counts + 0.25).all()
    assert volume[:7].tolist() == [14, 198, 129, 110, 109, 110, 23]  # from Sunday on
    assert (volume[:24] == volume[7:31]).all()


@pytest.mark.parametrize("seasons", [False, True])
@pytest.mark.parametrize("growth", [-0.2, 0.03, 1])
def test_each_year_grows_by_the_same_share(growth: float, seasons: bool) -> None:
    period = dataclasses.replace(DECADE, growth=growth, seasons=seasons)
    flat = volumes(dataclasses.replace(period, growth=0.0))
    factor = volumes(period) / flat
    factor /= factor[0]
    starts = [(day - period.first_day).days for day in period.month_starts()[:-1:12]]
    assert np.allclose(factor[starts], (1 + growth) ** np.arange(10), rtol=1e-6)
    steps = np.diff(factor) * np.sign(growth)
    assert (steps > 0).all()
    # On a straight line within a year.
    assert np.allclose(steps[1:364], steps[0], rtol=1e-3)


def test_volumes_are_whole_numbers_that_doubles_add_exactly() -> None:
    volume = volumes(DECADE)
    assert (volume == np.floor(volume)).all()
    assert volume.min() > 0
    assert sum(int(it) for it in volume) < 2**53


def test_growth_applies_between_periods_unless_their_rows_are_given() -> None:
    flat = dataclasses.replace(DECADE, growth=0.0, seasons=False)
    grown = dataclasses.replace(flat, growth=0.1)
    assert calendar_of(flat).period_rows == pytest.approx((8_000, 1_000, 1_000), abs=5)
    # 1.1^0 + ... + 1.1^7 = 11.436, 1.1^8 = 2.144 and 1.1^9 = 2.358 of 15.937.
    assert calendar_of(grown).period_rows == pytest.approx((7_175, 1_345, 1_480), abs=5)
    fixed = dataclasses.replace(grown, reference_rows=(8, 1, 1))
    assert calendar_of(fixed).period_rows == (8_000, 1_000, 1_000)
    first, *_, last = [month for month in calendar_of(fixed).months if month.period == 0]
    assert last.stop - last.start > 1.8 * (first.stop - first.start)


WEEKDAYS = (200, 130, 110, 110, 120, 24, 12)
MONTHS = {month: Fraction(10 + month % 3 - 1, 10) for month in range(1, 13)}
START = datetime.date(2020, 1, 1)


def counts_of(holidays: dict[datetime.date, Fraction], n_days: int) -> tuple[int, ...]:
    counts = []
    for number in range(n_days):
        day = START + datetime.timedelta(number)
        count = 1000 * WEEKDAYS[day.weekday()] * MONTHS[day.month] * holidays.get(day, 1)
        counts.append(round(count))
    return tuple(counts)


def test_weekdays_months_and_holidays_are_read_from_the_counts() -> None:
    day = datetime.date
    low = Fraction(1, 5)
    holidays = {
        day(2020, 1, 1): low, day(2021, 1, 1): low,  # seen twice
        day(2020, 5, 1): low,  # a Friday, and a Saturday in 2021
        day(2021, 3, 1): low,  # a Monday, and a Sunday in 2020
        day(2020, 12, 25): low,  # seen once
        day(2020, 1, 27): low, day(2021, 2, 11): low,  # moves: the other year's date is busy
    }  # fmt: skip
    seasons = Seasons.of(START, counts_of(holidays, 547))
    assert set(seasons.holiday) == {(1, 1), (5, 1), (3, 1), (12, 25)}
    assert seasons.working == {0, 1, 2, 3, 4}
    for number, month in MONTHS.items():
        # Months that the window has twice weigh as much as the others.
        ratio = seasons.month[number] / seasons.month[1]
        assert float(ratio) == pytest.approx(float(month / MONTHS[1]), rel=0.01)
    for number in range(7):
        share = seasons.weekday[number] / seasons.weekday[0]
        assert float(share) == pytest.approx(WEEKDAYS[number] / WEEKDAYS[0], rel=0.05)
    christmas, before = seasons.on(day(2030, 12, 25)), seasons.on(day(2030, 12, 18))
    assert float(christmas / before) == pytest.approx(0.2, rel=0.15)
    # A Sunday is a Sunday, holiday or not.
    assert seasons.on(day(2033, 12, 25)) == seasons.on(day(2033, 12, 18))


@pytest.mark.parametrize("counts", [(0,), (7,), (0, 0, 0, 0, 0, 0, 0, 0), (1, 2, 3)])
def test_a_profile_of_a_few_days_has_seasons(counts: tuple[int, ...]) -> None:
    profile = dataclasses.replace(PROFILE, day_counts=counts)
    assert (volumes(DECADE, profile) > 0).all()


def test_holidays_of_the_release_recur_in_every_year() -> None:
    days, volume = days_of(DECADE), volumes(DECADE)
    at = dict(zip(days, volume, strict=True))
    for year in range(2010, 2020):
        for month, date in ((1, 1), (3, 1), (5, 5), (10, 9), (12, 25)):
            holiday = datetime.date(year, month, date)
            week_apart = holiday + datetime.timedelta(21 if month == 1 else -21)
            if holiday.weekday() < 5:
                assert at[holiday] < 0.5 * at[week_apart]


def test_leap_days_have_a_volume_and_a_place() -> None:
    days, volume = days_of(DECADE), volumes(DECADE)
    leap = [number for number, day in enumerate(days) if (day.month, day.day) == (2, 29)]
    assert [days[number].year for number in leap] == [2012, 2016]
    for number in leap:
        assert volume[number] == pytest.approx(volume[number - 7], rel=0.01)
    calendar = calendar_of(DECADE)
    lengths = Counter(len(month.volume) for month in calendar.months)
    assert lengths == {31: 70, 30: 40, 29: 2, 28: 8}
    # A window that begins in a March counts its years from there.
    march = volumes(dataclasses.replace(DECADE, first_day=datetime.date(2011, 3, 1)))
    assert (march > 0).all()


@settings(max_examples=60, deadline=None)
@given(
    months=st.tuples(*[st.integers(1, 40)] * 3),
    first_month=st.integers(0, 12 * 30),
    growth=st.sampled_from([0.0, 0.03, -0.5, 1.0]) | st.floats(-0.5, 1.0),
    seasons=st.booleans(),
    reference_rows=st.none() | st.tuples(*[st.integers(1, 9)] * 3),
    rows=st.integers(100, 3_000),
)
def test_months_cover_every_declaration_of_any_window(
    months, first_month, growth, seasons, reference_rows, rows
) -> None:
    first_day = datetime.date(2000 + first_month // 12, first_month % 12 + 1, 1)
    period = Period(first_day, months, reference_rows, growth, seasons)
    calendar = calendar_of(period, rows)
    assert [month.period for month in calendar.months] == [
        number for number, count in enumerate(months) for _ in range(count)
    ]
    edges = [0, *(month.stop for month in calendar.months)]
    assert [month.start for month in calendar.months] == edges[:-1]
    assert edges[-1] == rows
    assert all(start <= stop for start, stop in pairwise(edges))
    ends = np.cumsum(calendar.period_rows).tolist()
    last = np.cumsum(months).tolist()
    assert ends == [calendar.months[number - 1].stop for number in last]
    first_days = [month.first_day for month in calendar.months]
    lengths = [len(month.volume) for month in calendar.months]
    assert first_days == (np.cumsum(lengths) - lengths).tolist()
    assert calendar.n_days == sum(lengths)
    day = calendar.day(0, rows)
    for month in calendar.months:
        part = day[month.start : month.stop]
        assert ((month.first_day <= part) & (part < month.first_day + len(month.volume))).all()


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"growth": float("nan")}, "growth is nan: give a share between -0.5 and 1.0"),
        ({"growth": 3}, "growth is 3: give a share"),
        ({"growth": "3 %"}, "growth must be a number"),
        ({"seasons": 0.5}, "seasons must be true or false"),
        ({"months": [1200, 12, 12]}, "1224 months from 2010-01-01 is not within 1900 to 2100"),
        ({"first_day": datetime.date(1899, 12, 1)}, "not within 1900 to 2100"),
        ({"first_day": datetime.date(2010, 1, 2)}, "give the first day of a month"),
        ({"reference_rows": [8, 1, 0]}, "a number below 1"),
    ],
)
def test_senseless_periods_are_refused(change: dict[str, object], complaint: str) -> None:
    table = {"first_day": DECADE.first_day, "months": [96, 12, 12]} | change
    with pytest.raises(KitError, match=complaint):
        from_table(Period, table, str(Path("my.toml")))


def test_a_window_may_end_with_the_last_year_of_declarations() -> None:
    period = Period(datetime.date(2099, 1, 1), (12, 6, 6), growth=0.1, seasons=True)
    assert days_of(period)[-1] == datetime.date(2100, 12, 31)
    assert len(volumes(period)) == 730
