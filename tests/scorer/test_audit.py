from __future__ import annotations

import shutil

import numpy as np
import pandas as pd
import pytest

from customs_data.edition.generating import generate_edition, read_blueprint
from customs_data.edition.importing import import_edition
from customs_data.edition.loading import load_edition
from customs_data.errors import KitError
from customs_data.streams import secret_of_seed
from customs_scorer.audit.report import audit_edition
from customs_scorer.ceiling import oracle_ceiling


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    path = tmp_path_factory.mktemp("audit") / "world"
    blueprint = read_blueprint(n_declarations=20_000)
    generate_edition(blueprint, secret_of_seed(2), path, origin="published-seed")
    return load_edition(path)


def failures(edition):
    return {test.name for test in audit_edition(edition).tests if not test.passed}


def test_a_simulated_edition_passes(world):
    report = audit_edition(world)
    assert [test.name for test in report.tests if not test.passed] == []
    assert report.passed
    page = report.to_html()
    assert all(test.name in page for test in report.tests if "'" not in test.name)
    assert "http" not in page.replace('lang="en"', "")


def test_erased_labels_do_not_make_a_sound_edition_fail(tmp_path):
    """The audit is of the world, not of the erasure: an organizer knows the erased labels."""
    blueprint = read_blueprint(n_declarations=20_000, label_rate=0.1, erasure="inspection")
    generate_edition(blueprint, secret_of_seed(2), tmp_path / "e", origin="published-seed")
    assert failures(load_edition(tmp_path / "e")) == set()


def test_an_edition_that_can_be_looked_up_fails(sample, tmp_path):
    """Test rows that repeat training rows with their labels, as in the public release."""
    rng = np.random.default_rng(0)
    train = pd.concat([sample["train"], sample["public"], sample["private"]], ignore_index=True)
    train["Date"] = pd.Timestamp("2020-06-01") + pd.to_timedelta(
        rng.integers(0, 200, len(train)), unit="D"
    ).astype("timedelta64[s]")
    periods = {"train": train.sort_values("Date", ignore_index=True)}
    for i, (name, month) in enumerate((("public", "2021-01-05"), ("private", "2021-04-05"))):
        copied = train.sample(700, random_state=i).reset_index(drop=True)
        copied["Date"] = pd.Series(pd.Timestamp(month), index=copied.index).astype("datetime64[s]")
        copied["Declaration ID"] = [f"{i}{j:07d}" for j in range(len(copied))]
        periods[name] = copied
    import_edition(periods, tmp_path / "e")
    found = failures(load_edition(tmp_path / "e"))
    assert {"six-tuple look-up", "exact Item Price look-up", "twins across the split"} <= found


def rewrite(world, tmp_path, change):
    """The world's edition with its source columns changed before it is written."""
    frames = {}
    from customs_data.edition.loading import load_solution

    solution = load_solution(world.layout, world.test["Declaration ID"])
    train = world.train.assign(Fraud=world.y, **{"Critical Fraud": world.y_critical})
    test = world.test.assign(
        Fraud=solution["Fraud"].to_numpy(),
        **{"Critical Fraud": solution["Critical Fraud"].to_numpy()},
    )
    public = world.test_period == "public"
    for name, frame in (("train", train), ("public", test[public]), ("private", test[~public])):
        frames[name] = change(frame.reset_index(drop=True), name)
    import_edition(frames, tmp_path / "changed")
    return load_edition(tmp_path / "changed")


def test_decimals_that_follow_the_label_are_found(world, tmp_path):
    def change(frame, name):
        mass = frame["Net Mass"].round(0) + 1
        return frame.assign(**{"Net Mass": mass + np.where(frame["Fraud"] == 1, 0.125, 0.5)})

    assert "number formats and gaps, by label" in failures(rewrite(world, tmp_path, change))


def test_ids_that_follow_the_label_are_found(world, tmp_path):
    def change(frame, name):
        digit = {"train": "1", "public": "2", "private": "3"}[name]
        first = np.where(frame["Fraud"] == 1, "9", "1")
        ids = [f"{f}{digit}{i:06d}" for i, f in enumerate(first)]
        return frame.assign(**{"Declaration ID": ids})

    found = failures(rewrite(world, tmp_path, change))
    assert {"Declaration ID", "row order"} <= found


def test_periods_that_can_be_told_apart_are_found(world, tmp_path):
    def change(frame, name):
        return frame.assign(**{"Office ID": "later" if name == "private" else "earlier"})

    assert "adversarial validation" in failures(rewrite(world, tmp_path, change))


def test_a_stray_file_in_public_is_found(edition_copy):
    (edition_copy / "public/solution.csv").write_text("Declaration ID,Fraud\n1,1\n")
    assert "public/ is sound" in failures(load_edition(edition_copy))


def test_a_team_audits_the_training_period(public_copy):
    report = audit_edition(load_edition(public_copy))
    assert {test.name for test in report.tests} >= {"six-tuple look-up", "row order"}


def test_too_few_labels_are_a_kit_error(sample, tmp_path):
    import_edition(sample, tmp_path / "e", label_rate=0.02)
    shutil.rmtree(tmp_path / "e/hidden")  # a team, which knows the published labels only
    with pytest.raises(KitError, match="20 frauds"):
        audit_edition(load_edition(tmp_path / "e"))


def test_the_ceiling_is_high_and_the_schemes_are_fraud(world):
    found = oracle_ceiling(world)
    for period in ("public", "private"):
        assert 0.8 < found["ceiling"][period]["precision_at_5"] <= 1
    honest = found["schemes"].pop("honest")
    assert honest["fraud_rate"] < 0.05
    assert all(held["fraud_rate"] > 0.8 for held in found["schemes"].values())
