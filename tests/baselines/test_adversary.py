from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from command_line import kit
from customs_baselines.adversary.audit import LABEL_RATES, N_RESULTS, audit_adversary, keep_labels
from customs_baselines.adversary.detector import ClusterDetector
from customs_baselines.adversary.forms import HONEST, compare_forms
from customs_baselines.adversary.group_column import score_with_groups
from customs_baselines.adversary.keyed_rows import KeyedRows
from customs_baselines.adversary.own_worlds import KnownWorld, know_edition, make_own_worlds
from customs_baselines.adversary.recovery import measure_recovery
from customs_baselines.adversary.seller_rule import join_by_sellers
from customs_data.edition.generating import generate_edition, read_blueprint, simulate_world
from customs_data.edition.importing import import_edition
from customs_data.edition.loading import load_edition
from customs_data.errors import KitError
from customs_data.keyed_random import secret_of_seed
from customs_data.schema import DECLARED_COLUMNS, TEXT_DTYPE
from customs_scorer.audit.evidence import AuditTest, Skipped, gather_evidence


@pytest.fixture(scope="module")
def world():
    return simulate_world(read_blueprint(n_declarations=3000), secret_of_seed(5))


@pytest.fixture(scope="module")
def edition(tmp_path_factory):
    path = tmp_path_factory.mktemp("adversary") / "e"
    blueprint = read_blueprint(n_declarations=3000)
    generate_edition(blueprint, secret_of_seed(5), path, origin="published-seed")
    return load_edition(path)


def test_recovery_of_the_clusters_themselves_is_perfect_and_of_one_group_pure_chance():
    cluster = np.array([0, 0, 1, 1, 1, -1, -1])
    perfect = measure_recovery(cluster, cluster)
    assert (perfect.recall_x_purity, perfect.b_cubed) == (1.0, 1.0)
    one = measure_recovery(np.zeros(7, dtype=np.int64), cluster)
    assert (one.recall, one.completeness) == (1.0, 1.0)
    assert one.purity == 3 / 7
    # Two rows see 2 of 7 of their cluster, three see 3 of 7.
    assert one.precision == pytest.approx((2 * 2 / 7 + 3 * 3 / 7) / 5)


def test_rows_in_no_group_count_zero_and_groups_of_one_row_complete_nothing():
    cluster = np.array([0, 0, 0, 0])
    half = measure_recovery(np.array([3, 3, -1, -1]), cluster)
    assert (half.recall, half.purity) == (0.5, 1.0)
    assert (half.precision, half.completeness) == (0.5, 0.25)
    singles = measure_recovery(np.arange(4), cluster)
    assert (singles.recall_x_purity, singles.precision, singles.completeness) == (1.0, 1.0, 0.25)
    nothing = measure_recovery(np.full(4, -1), cluster)
    assert (nothing.recall, nothing.purity, nothing.b_cubed) == (0.0, 0.0, 0.0)


def made_up_trade(world, sellers, pools):
    """One declaration per importer, seller and (departure, chapter)."""
    n = len(sellers)
    frame = world.declarations[list(DECLARED_COLUMNS)].iloc[:n].reset_index(drop=True)
    texts = {
        "Importer ID": [f"IMP{i // 2:04d}" for i in range(n)],
        "Seller ID": sellers,
        "Country of Departure": [pool[0] for pool in pools],
        "HS6 Code": [pool[1] + "0000" for pool in pools],
    }
    return frame.assign(**{name: pd.array(text, TEXT_DTYPE) for name, text in texts.items()})


def test_the_rule_joins_importers_of_a_seller_of_several_pools_and_no_others(world):
    """Importers 0-3 buy everything from one seller; 4-7 one kind of goods from another."""
    pools = [("CN", "61"), ("US", "84"), ("DE", "30"), ("JP", "85")] * 2 + [("CN", "61")] * 8
    X = made_up_trade(world, ["RING"] * 8 + ["HONEST"] * 8, pools)
    group = join_by_sellers(KeyedRows(X))
    assert len(set(group[:8])) == 1
    assert group[0] >= 0
    assert (group[8:] == -1).all()


def test_the_rule_recovers_nothing_of_a_world(world):
    known = make_own_worlds(read_blueprint(), 1, n_declarations=12_000)[0]
    measured = measure_recovery(join_by_sellers(KeyedRows(known.X)), known.cluster)
    assert measured.precision < 0.05


def test_forms_are_compared_by_scheme_and_the_accused_are_left_out(world):
    declared = world.declarations[list(HONEST)].iloc[:6].reset_index(drop=True)
    truth = declared.rename(columns=HONEST)
    truth["Violation"] = [
        "undervaluation",
        "undervaluation",
        "false origin",
        "x",
        "",
        "origin marking",
    ]
    scheme = pd.Series(
        ["undervaluation", "undervaluation", "false origin", "", "x", "origin marking"]
    )
    truth.loc[0, "True Item Price"] *= 2
    truth.loc[2, "True Country of Origin"] = "??"
    counts = compare_forms(declared, truth, scheme)
    assert counts["frauds"].to_dict() == {"undervaluation": 2, "false origin": 1}
    assert counts["equal"].to_dict() == {"undervaluation": 1, "false origin": 0}


def test_fraud_of_a_world_leaves_its_trace(world):
    counts = compare_forms(world.declarations, world.truth, world.oracle["Scheme"])
    assert counts["frauds"].sum() > 400
    assert counts["equal"].sum() <= 0.03 * counts["frauds"].sum()
    assert not counts["equal"].get("misclassification", 0)
    assert not counts["equal"].get("wrong tariff rate", 0)


@pytest.mark.training
def test_a_column_of_groups_that_tell_the_label_is_worth_much(world):
    X = world.declarations[list(DECLARED_COLUMNS)]
    y = world.declarations["Fraud"].to_numpy(np.int8)
    half = len(X) // 2
    train, later = X.iloc[:half].reset_index(drop=True), X.iloc[half:].reset_index(drop=True)
    telling = np.where(np.random.default_rng(0).random(len(y)) < 0.1, 1 - y, y).astype(np.int64)
    opened = []
    for groups in (None, (telling[:half], telling[half:])):
        scores = score_with_groups(train, y[:half], later, groups)
        top = np.argsort(-scores)[: half // 20]
        opened.append(y[half:][top].mean())
    assert opened[1] > opened[0] + 0.1


def test_an_organizer_knows_the_clusters_of_an_edition(edition, world):
    known = know_edition(edition)
    names = world.unrecorded["Cluster"].set_axis(world.declarations["Declaration ID"])
    of_row = names[known.X["Declaration ID"]].to_numpy()
    assert ((of_row == "") == (known.cluster < 0)).all()
    assert len(set(zip(of_row, known.cluster, strict=True))) == len(set(of_row))


def test_what_an_edition_does_not_allow_is_skipped_with_a_sentence(edition, tmp_path):
    evidence = gather_evidence(edition)
    results = list(audit_adversary(edition, evidence))
    assert [test.name for test in results if isinstance(test, Skipped)] == [
        "label-free recovery",  # too small
        "transfer, better orientation",
    ]
    assert [test.passed for test in results if isinstance(test, AuditTest)] == [True, True]
    (tmp_path / "team").symlink_to(edition.layout.public)
    team = load_edition(tmp_path / "team")
    skipped = list(audit_adversary(team, gather_evidence(team)))
    assert all(isinstance(test, Skipped) for test in skipped)
    with pytest.raises(KitError, match="organizer's copy"):
        know_edition(team)


def test_an_imported_edition_has_no_simulator_to_read(sample, tmp_path):
    import_edition({name: sample[name] for name in ("train", "public", "private")}, tmp_path / "e")
    imported = load_edition(tmp_path / "e")
    [skipped] = audit_adversary(imported, None)
    assert "imported" in skipped.reason


def test_a_share_of_the_labels_is_kept(edition):
    evidence = gather_evidence(edition)
    all_, tenth = (keep_labels(evidence, rate) for rate in LABEL_RATES)
    assert (all_ == evidence.y).all()
    assert (tenth >= 0).sum() == round(0.1 * len(evidence.y))
    assert (tenth[tenth >= 0] == evidence.y[tenth >= 0]).all()


@pytest.mark.slow
def test_a_detector_learned_on_own_worlds_recovers_more_than_chance():
    *learned, target = make_own_worlds(read_blueprint(), 4, n_declarations=12_000)
    detector = ClusterDetector().fit(learned)
    measured = measure_recovery(detector.groups(target.X), target.cluster)
    shuffled = np.random.default_rng(0).permutation(target.cluster)
    chance = measure_recovery(detector.groups(target.X), shuffled)
    assert measured.b_cubed > 0.1
    assert measured.b_cubed > 10 * chance.b_cubed
    again = ClusterDetector().fit(learned).groups(KnownWorld(target.X, target.cluster).X)
    assert (again == detector.groups(target.X)).all()


@pytest.mark.slow
def test_the_whole_audit_with_the_adversary(tmp_path):
    blueprint = read_blueprint(n_declarations=12_000)
    path = tmp_path / "e"
    generate_edition(blueprint, secret_of_seed(5), path, origin="published-seed")
    page = tmp_path / "audit.html"
    ran = kit("data", "audit", path, "--adversary", "--json", "--html", page)
    report = json.loads(ran.stdout)
    assert len(report["adversary"]["tests"]) == N_RESULTS
    assert report["adversary"]["skipped"] == []
    assert ran.returncode == (0 if report["passed"] else 1)
    text = page.read_text()
    assert "<h2>The adversary" in text
    assert all(test["name"] in text for test in report["adversary"]["tests"])
