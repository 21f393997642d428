"""Private profiles of sources that lack columns or have extra ones: the budget and its bounds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from absent_columns import EXTRA, LEAST, with_extra
from customs_data.errors import KitError
from customs_data.files.writing import write_table
from customs_data.private_profile.accounting import recompute
from customs_data.private_profile.assembling import assemble
from customs_data.private_profile.contributions import bound, read_contributions
from customs_data.private_profile.making import make_private_profile
from customs_data.private_profile.measuring import measure
from customs_data.private_profile.membership import rehearse
from customs_data.private_profile.noise import SecureNoise
from customs_data.private_profile.plan import SHARES, Plan
from customs_data.private_profile.tables import NoisyTables
from customs_data.profile import load_profile
from customs_data.release.checking import check_release
from customs_data.release.page import release_page
from recorded_sums import changes_of, sums_of
from seeded_noise import SeededNoise

MOST = LEAST["Importer ID", "Item Price"]
CASES = {
    "one code": (("Office ID",), EXTRA),
    "mode and couriers": (("Mode of Transport", "Courier ID"), {}),
    "masses and origins": (("Country of Origin", "Net Mass"), {}),
    "prices and rates": (("Tax Rate", "Item Price"), EXTRA),
    "nearly all": (MOST, EXTRA),
}


@pytest.fixture(scope="module")
def frame(traders):
    return with_extra(traders)


def plan_of(case, epsilon=100.0):
    absent, extra = CASES[case]
    return Plan(epsilon, absent=absent, extra=extra)


def left(frame, case):
    return frame.drop(columns=list(CASES[case][0]))


def newcomer(others, kind):
    """Return sixty declarations of one importer, as extreme as can be."""
    rng = np.random.default_rng(3)
    rows = others.iloc[rng.integers(0, len(others), 60)].reset_index(drop=True)
    if kind == "all alike":
        rows = rows.iloc[[0] * 60].reset_index(drop=True)
    if kind == "all new":
        rows["HS6 Code"] = [f"{980000 + i}" for i in range(60)]
        rows["Channel"] = [f"channel {i}" for i in range(60)]
        rows["Gross Mass"] = np.geomspace(1e-9, 1e15, 60)
    if kind == "enormous":
        numbers = {"Net Mass": 1e15, "Item Price": 1e-15, "Gross Mass": -1e15}
        rows = rows.assign(**{name: x for name, x in numbers.items() if name in rows})
    return rows.assign(**{"Importer ID": "NEW"})


@pytest.mark.parametrize("kind", ["mixed", "all alike", "all new", "enormous"])
@pytest.mark.parametrize("case", CASES)
def test_one_importer_more_changes_no_table_by_more_than_it_states(frame, case, kind):
    plan, others = plan_of(case), left(frame, case)
    rows = bound(read_contributions([others], plan.absent, plan.extra), plan.most_declarations)
    tables = measure(rows, plan, SeededNoise())
    before = sums_of([others], plan, tables)
    after = sums_of([others, newcomer(others, kind)], plan, tables)
    assert before.keys() == after.keys() == {*plan.tables}
    moved = set()
    for name, table in after.items():
        changes = changes_of(name, before[name], table, tables[name].record)
        moved |= {name} if changes else set()
    assert {*map("extra: {}".format, plan.extra)} <= moved


@pytest.mark.parametrize("case", CASES)
def test_tables_of_absent_columns_take_nothing_of_the_budget(frame, case):
    plan = plan_of(case, epsilon=50.0)
    guarantee = make_private_profile([left(frame, case)], plan).privacy
    assert sum(map(plan.share, plan.tables)) == pytest.approx(1.0)
    assert [table.name for table in guarantee.tables if {*table.columns} & {*plan.absent}] == []
    assert {table.name for table in guarantee.tables} == {*plan.tables}
    # What they leave goes to the others, so that epsilon is what was asked, and no more.
    assert 49.0 < recompute(guarantee)[0] <= 50.0
    assert recompute(guarantee)[0] == pytest.approx(guarantee.epsilon, rel=1e-6)
    whole = Plan(50.0)
    common = [name for name in plan.tables if name in SHARES]
    if not plan.extra:
        assert all(plan.share(name) > whole.share(name) for name in common)


def test_with_all_columns_the_shares_are_as_planned():
    plan = Plan(1.0)
    assert {*plan.tables} == {*SHARES}
    assert all(plan.share(name) == pytest.approx(share) for name, share in SHARES.items())


@pytest.mark.parametrize("case", CASES)
def test_a_profile_is_a_function_of_the_noisy_tables_alone(frame, case):
    """The shipped profile is public, and nothing else is filled in."""
    plan = plan_of(case)
    rows = read_contributions([left(frame, case)], plan.absent, plan.extra)
    tables = measure(bound(rows, plan.most_declarations), plan, SeededNoise())
    noise = SeededNoise.source, SeededNoise.library
    profile = assemble(tables, plan, noise, {})
    assert assemble(NoisyTables.from_json(tables.to_json()), plan, noise, {}) == profile


def test_what_the_cells_of_an_absent_column_say_is_not_read(frame):
    """Not even whether there are any: the plan decides, not the declarations."""
    plan = plan_of("masses and origins")
    profiles = [
        make_private_profile([given], plan, noise=SeededNoise(share=1e-6))
        for given in (frame, left(frame, "masses and origins"))
    ]
    assert profiles[0] == replace(profiles[1], privacy=profiles[0].privacy)
    assert profiles[0].privacy == profiles[1].privacy


def test_extra_columns_are_counted(frame):
    plan = Plan(100.0, extra=EXTRA)
    profile = make_private_profile([frame], plan, noise=SeededNoise(share=1e-6))
    channel = profile.extra["Channel"]
    assert channel.type == "category"
    expected = frame["Channel"].fillna("").value_counts()
    assert {name: round(n, -1) for name, n in channel.counts.items()} == {
        name: round(n, -1) for name, n in expected.items()
    }
    gross = profile.extra["Gross Mass"]
    assert gross.type == "number"
    assert gross.counts[""] == pytest.approx(frame["Gross Mass"].isna().sum(), abs=1)
    assert gross.counts["1 to 2"] == pytest.approx(frame["Gross Mass"].between(1, 2).sum(), abs=1)


def test_without_importers_nothing_can_be_protected():
    with pytest.raises(KitError, match="protects importers, and the source lacks Importer ID"):
        Plan(1.0, absent=("Importer ID",))
    with pytest.raises(KitError, match="The source lacks Net Mass or Item Price"):
        Plan(1.0, absent=("Net Mass", "Item Price"))


@pytest.fixture(scope="module")
def folder(frame, tmp_path_factory):
    """A private profile without masses and origins, and its declarations."""
    path = tmp_path_factory.mktemp("absent")
    case = "masses and origins"
    lacking = left(frame, case).drop(columns=[*EXTRA])
    write_table(lacking, path / "declarations.csv")
    make_private_profile([lacking], plan_of(case, 90.0)).save(path / "profile")
    return path


def test_the_release_report_says_what_the_source_lacks(folder):
    report = check_release(folder / "profile", source=[folder / "declarations.csv"])
    assert report.epsilon_again == pytest.approx(report.guarantee.epsilon, rel=1e-6)
    assert len(report.neighbours) == 3
    assert not any("damaged" in problem for problem in report.problems)
    page = release_page(report)
    assert "in a world as in the public release: Country of Origin, Net Mass." in page


def test_the_source_of_a_report_is_that_of_the_profile(folder, frame, tmp_path):
    write_table(frame.drop(columns=[*EXTRA]), tmp_path / "whole.csv")
    with pytest.raises(KitError, match="do not have the same columns"):
        check_release(folder / "profile", source=[tmp_path / "whole.csv"])


@pytest.mark.parametrize(
    ("forge", "odd"),
    [
        # A table that was paid for, but is no longer named: less epsilon than was spent.
        (lambda p: _with_tables(p, p.privacy.tables[1:]), "values of HS6 Code"),
        # The same, and the columns said to be absent.
        (lambda p: replace(p, absent=("Country of Origin",)), "masses"),
        (lambda p: replace(p, absent=("Country of Origin", "Net Mass", "Office ID")), "Office ID"),
        (lambda p: _with_tables(p, (*p.privacy.tables, p.privacy.tables[0])), "a table twice"),
        # Couriers of the source that are said to be public.
        (
            lambda p: _with_tables(
                replace(p, absent=(*p.absent, "Courier ID")),
                [it for it in p.privacy.tables if "Courier" not in " ".join(it.columns)],
            ),
            "does not say of Courier ID",
        ),
    ],
)
def test_a_budget_that_does_not_fit_the_columns_is_noticed(folder, tmp_path, forge, odd):
    forged = forge(load_profile(folder / "profile"))
    forged.save(tmp_path / "forged")
    problems = check_release(tmp_path / "forged").problems
    assert any("It was changed or damaged" in it or "it was changed" in it for it in problems)
    assert any(odd in it for it in problems)


def _with_tables(profile, tables):
    return replace(profile, privacy=replace(profile.privacy, tables=tables))


def test_the_attack_is_rehearsed_on_the_columns_that_are_there(frame):
    plan = plan_of("one code")
    rows = read_contributions([left(frame, "one code")], plan.absent, plan.extra)
    for attack in (
        *rehearse(rows, plan, SecureNoise()),
        *rehearse(rows, None, min_count=2, absent=plan.absent),
    ):
        assert 0.4 < attack.auc <= 1.0
