"""The release report: figures for whoever signs, and what speaks against signing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from customs_data.calibration.counting import make_profile
from customs_data.edition.generating import generate_edition, read_blueprint
from customs_data.edition.importing import import_edition
from customs_data.errors import KitError
from customs_data.files.writing import write_table
from customs_data.keyed_random import secret_of_seed
from customs_data.private_profile.making import make_private_profile
from customs_data.private_profile.noise import SecureNoise
from customs_data.private_profile.plan import Plan
from customs_data.release.checking import check_release
from customs_data.release.page import release_page
from page_outline import check_self_contained
from seeded_noise import SeededNoise

HOSTILE = "</td><script>alert(1)</script>{{ 7 * 7 }}"


@pytest.fixture(scope="module")
def folder(traders, tmp_path_factory):
    """Declarations, a private profile of them, and one without privacy."""
    path = tmp_path_factory.mktemp("release")
    write_table(traders, path / "declarations.csv")
    note = {"name": HOSTILE}
    make_private_profile([traders], Plan(50.0), note).save(path / "private.json.gz")
    make_profile(traders, 2).save(path / "counted.json.gz")
    return path


@pytest.fixture(scope="module")
def report(folder):
    source = [folder / "declarations.csv"]
    return check_release(folder / "private.json.gz", source=source)


def test_the_report_of_a_private_profile_has_budget_attack_and_neighbours(report):
    assert report.epsilon_again == pytest.approx(report.guarantee.epsilon, rel=1e-6)
    assert [attack.knowledge for attack in report.attacks] == [
        "a sample of others",
        "everybody else",
    ]
    for attack in report.attacks:
        assert attack.n_members == 400  # of 500: 50 are outsiders, 50 the sample
        assert attack.n_outsiders == 50
    assert 0.5 < report.ceiling < 1.0
    assert report.attacks[1].auc <= report.ceiling + 0.01
    assert len(report.neighbours) == 3
    assert any("one ID at a time" in sentence for sentence in report.remains)


def test_the_page_contains_the_figures_and_no_foreign_html(report):
    page = release_page(report)
    check_self_contained(page)
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert f"{report.guarantee.epsilon:.3g}" in page
    for table in report.guarantee.tables:
        assert f"{table.name}</th>" in page
    assert f"{report.attacks[0].auc:.3f}" in page


def test_without_privacy_the_attacker_wins_and_the_report_says_so(folder):
    counted = check_release(folder / "counted.json.gz", source=[folder / "declarations.csv"])
    assert counted.guarantee is None
    assert counted.attacks[1].auc > 0.99
    assert "no guarantee of privacy" in counted.problems[0]
    assert "There is none" in release_page(counted)


def test_without_the_source_the_report_says_what_it_lacks(folder):
    report = check_release(folder / "private.json.gz")
    assert report.attacks == ()
    assert "--source" in report.problems[-1]
    assert "say why so much is needed" in report.problems[0]  # 50
    assert "Not rehearsed" in release_page(report)


def test_a_forged_or_seeded_guarantee_is_a_problem(traders, folder, tmp_path):
    from customs_data.profile import load_profile

    profile = load_profile(folder / "private.json.gz")
    forged = replace(profile, privacy=replace(profile.privacy, epsilon=0.1))
    forged.save(tmp_path / "forged.json.gz")
    assert "states epsilon 0.1" in check_release(tmp_path / "forged.json.gz").problems[0]
    seeded = make_private_profile([traders], Plan(50.0), noise=SeededNoise())
    seeded.save(tmp_path / "seeded.json.gz")
    report = check_release(tmp_path / "seeded.json.gz")
    assert "guarantees nothing" in report.problems[0]
    assert report.epsilon_again is None


def test_editions_are_reported_with_their_own_profile(folder, tmp_path, sample):
    path = folder / "private.json.gz"
    blueprint = read_blueprint(profile=path, n_declarations=500)
    generate_edition(
        blueprint, secret_of_seed(1), tmp_path / "made", origin="published-seed", seed=1
    )
    report = check_release(tmp_path / "made", profile=path)
    assert report.kind == "edition"
    assert report.guarantee is not None
    with pytest.raises(KitError, match="was not generated with the shipped profile"):
        check_release(tmp_path / "made")
    import_edition(sample, tmp_path / "imported")
    imported = check_release(tmp_path / "imported")
    assert "imported declarations themselves" in imported.problems[0]
    with pytest.raises(KitError, match="neither a profile nor an edition"):
        check_release(tmp_path)
    with pytest.raises(KitError, match="--profile is for editions"):
        check_release(path, profile=path)


def test_the_secure_noise_of_the_library_is_not_repeated(traders):
    import numpy as np

    zeros = np.zeros(50, dtype=np.int64)
    noise = SecureNoise()
    assert not np.array_equal(noise.add(zeros, 1e6), noise.add(zeros, 1e6))
