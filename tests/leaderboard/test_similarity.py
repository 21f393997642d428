"""The report of similar submissions: what it finds, and what it leaves alone."""

from __future__ import annotations

import json
from itertools import combinations

import numpy as np
import pytest
from scipy.stats import spearmanr

from customs_leaderboard.organizing.status import read_activity
from customs_leaderboard.service.admin import answers
from customs_leaderboard.service.admin.similar import SimilarReports
from customs_leaderboard.similarity import pairs as pairs_module
from customs_leaderboard.similarity.pairs import Thresholds, similar_pairs
from customs_leaderboard.similarity.report import new_book, report_similar
from customs_leaderboard.similarity.sketches import SketchBook, correlation, top_of
from customs_leaderboard.store.schema import Member, Submission
from customs_leaderboard.submissions.submit import submit_file
from customs_leaderboard.teams.teams import add_team
from customs_scorer import write_submission
from leaderboard.conftest import scores_of


@pytest.fixture
def send_scores(board, edition, tmp_path):
    """Send scores for a team by name: ``send_scores("Busan", scores)``; return the number."""
    teams = {}

    def send(name, scores, newline="\n"):
        if name not in teams:
            teams[name] = add_team(board, name)[0].number
        path = write_submission(edition, scores, tmp_path / f"{len(list(tmp_path.iterdir()))}.csv")
        path.write_bytes(path.read_bytes().replace(b"\n", newline.encode()))
        return submit_file(board, teams[name], path).number

    return send


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_copies_are_listed_and_independent_work_is_not(board, edition, send_scores):
    rng = np.random.default_rng(0)
    original = scores_of(edition, 0.5, seed=1)
    spread = original.std()
    send_scores("Original", original)
    send_scores("Copy", original, newline="\r\n")
    send_scores("Function", np.exp(original / spread))
    send_scores("Jitter", original + rng.normal(size=len(original)) * spread * 0.003)
    send_scores("Own", scores_of(edition, 0.95, seed=2))
    send_scores("Own too", scores_of(edition, 0.95, seed=3))
    report = report_similar(board)
    assert (report.n_compared, report.n_submissions, report.n_unchecked) == (6, 6, 0)
    (group,) = report.identical
    assert [team.name for team in group.teams] == ["Original", "Copy"]
    assert group.submissions == [1, 2]
    named = {tuple(team.name for team in pair.teams): pair for pair in report.pairs}
    assert set(named) == set(combinations(("Original", "Copy", "Function", "Jitter"), 2)) - {
        ("Original", "Copy")
    }
    assert named["Original", "Function"].kind == "same order"
    assert named["Original", "Function"].rank_correlation == 1.0
    jitter = named["Original", "Jitter"]
    assert jitter.kind == "nearly identical"
    assert 0.9995 < jitter.rank_correlation < 1
    assert jitter.submissions == [1, 4]
    loose = report_similar(board, thresholds=Thresholds(0.5, 0.5))
    assert ("Own", "Own too") in {tuple(t.name for t in pair.teams) for pair in loose.pairs}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_teams_own_submissions_are_never_a_pair(board, edition, send_scores):
    scores = scores_of(edition, 0.5, seed=1)
    for factor in (1, 2, 3):
        send_scores("Busan", scores * factor)
    send_scores("Incheon", scores * 4)
    report = report_similar(board)
    (pair,) = report.pairs
    assert [team.name for team in pair.teams] == ["Busan", "Incheon"]
    assert pair.n_pairs == 3
    assert len(report_similar(board, which="leading").pairs) == 1
    assert report_similar(board, which="leading").n_compared == 3  # best, newest; newest


def test_addresses_and_names_that_teams_share(board, edition, send_scores):
    numbers = [
        send_scores(name, scores_of(edition, 0.5, s)) for s, name in enumerate(["AA", "BB", "CC"])
    ]
    with board.database.writing() as session:
        for number, sender in zip(numbers, ("x", "x", "y"), strict=True):
            session.get_one(Submission, number).sender = sender
        for team, name in ((1, "Kim"), (2, ""), (3, "KIM")):
            session.add(
                Member(team_number=team, name=name, token_sha256=str(team), made_at=board.now())
            )
    report = report_similar(board)
    assert [[team.name for team in shared.teams] for shared in report.addresses] == [["AA", "BB"]]
    (shared,) = report.names
    assert (shared.name, [team.name for team in shared.teams]) == ("Kim", ["AA", "CC"])


@pytest.mark.parametrize("block", [3, 100])
def test_blocks_find_what_a_comparison_of_all_pairs_finds(monkeypatch, block):
    monkeypatch.setattr(pairs_module, "_BLOCK", block)
    rng = np.random.default_rng(5)
    n_rows, teams = 400, [1, 2, 3, 1, 2, 3, 4, 4, 5, 5, 6]
    base = rng.normal(size=n_rows)
    noise = rng.uniform(0, 0.6, size=len(teams))
    files = [base + level * rng.normal(size=n_rows) for level in noise]
    book = SketchBook(n_rows, 0.05)  # fewer rows than a sketch samples: its correlations are exact
    for number, scores in enumerate(files):
        book.add(number, scores)
    thresholds = Thresholds(0.95, 0.8)
    expected: dict[tuple[int, int], list[tuple[float, float]]] = {}
    for (i, one), (j, other) in combinations(enumerate(files), 2):
        rho = spearmanr(one, other).statistic
        assert correlation(one, other) == pytest.approx(rho)
        overlap = (top_of(one, 20) & top_of(other, 20)).sum() / 20
        if teams[i] != teams[j] and (rho >= 0.95 or overlap >= 0.8):
            key = tuple(sorted((teams[i], teams[j])))
            expected.setdefault(key, []).append((overlap, rho))
    similar = similar_pairs(book, range(len(files)), teams, thresholds)
    assert len(expected) > 3
    assert {tuple(sorted(teams[n] for n in pair.numbers)) for pair in similar} == set(expected)
    for pair in similar:
        values = expected[tuple(sorted(teams[n] for n in pair.numbers))]
        assert (pair.overlap, pair.correlation) == pytest.approx(max(values), abs=1e-5)
        assert pair.n_pairs == len(values)


def test_equal_scores_and_ties_do_no_harm():
    constant, rising = np.zeros(50), np.arange(50.0)
    assert correlation(constant, rising) == 0.0
    assert correlation(rising, -rising) == pytest.approx(-1)
    assert top_of(constant, 3).tolist() == [True] * 3 + [False] * 47


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_book_reads_each_file_once(board, edition, send_scores, monkeypatch):
    send_scores("AA", scores_of(edition, 0.5, 1))
    book = new_book(board)
    assert report_similar(board, book=book).n_compared == 1
    send_scores("BB", scores_of(edition, 0.5, 2))
    steps = []
    report_similar(board, book=book, on_step=lambda *step: steps.append(step))
    assert steps == [(1, 1)]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_report_as_json_and_as_a_page(board, edition, send_scores):
    scores = scores_of(edition, 0.5, 1)
    for name in ("AA", "BB"):
        send_scores(name, scores)
    send_scores("CC", scores * 2)
    reports = SimilarReports(board)
    report = reports.make()
    assert reports.get() is report  # nothing new
    answer = answers.SimilarityAnswer(**json.loads(json.dumps(report.as_dict())))
    assert answer.note.startswith("A hint, not proof.")
    html = report.to_html("Busan 2026")
    for text in ("A hint, not proof", "AA, BB", "same order", "1.00000"):
        assert text in html
    assert {team.name for team in read_activity(board)} == {"AA", "BB", "CC"}
