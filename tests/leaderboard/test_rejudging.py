"""A new solution: every submission is scored again, and old and new values are public."""

from dataclasses import replace

import pandas as pd
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from customs_data.edition.hidden import load_solution
from customs_data.edition.importing import import_edition
from customs_data.edition.layout import Layout
from customs_data.edition.loading import load_edition
from customs_data.edition.reveal import verify_reveal
from customs_data.errors import KitError
from customs_data.files.writing import csv_chunks
from customs_leaderboard.board import make_board, open_board
from customs_leaderboard.corrections.rejudging import rejudge
from customs_leaderboard.corrections.striking import strike
from customs_leaderboard.errors import UnavailableError
from customs_leaderboard.service.app import make_app
from customs_leaderboard.standings.close import close_competition, reveal_labels
from customs_leaderboard.standings.final import final_standings
from customs_leaderboard.standings.public import public_standings, team_history
from customs_leaderboard.store.audit_log import read_entries, verify_chain
from customs_leaderboard.store.backup import write_backup
from customs_leaderboard.store.restore import restore_backup
from customs_leaderboard.store.schema import Score, Solution
from customs_leaderboard.submissions.judge import load_judge
from customs_leaderboard.submissions.submit import submit_file
from customs_leaderboard.teams.teams import add_team
from customs_leaderboard.verification.published import verify_evidence
from customs_leaderboard.verification.verify import Scope, verify_board

REASON = "Appeals of May"


@pytest.fixture(scope="module")
def imported_path(tmp_path_factory, edition):
    """The small edition, imported: its training declarations are also its two test periods."""
    frame = edition.train.assign(**{name: edition.labels[name] for name in edition.labels})
    frame = frame[frame["Fraud"] >= 0].sort_values("Date", kind="stable")
    days = frame["Date"].quantile([0.4, 0.7]).tolist()
    path = tmp_path_factory.mktemp("imported") / "imported"
    import_edition(
        {
            "train": frame[frame["Date"] <= days[0]],
            "public": frame[(frame["Date"] > days[0]) & (frame["Date"] <= days[1])],
            "private": frame[frame["Date"] > days[1]],
        },
        path,
    )
    return path


@pytest.fixture
def board(tmp_path, database_url, clock, competition, imported_path):
    rules = replace(competition, edition=imported_path)
    board = make_board(tmp_path / "board", rules, database_url=database_url, clock=clock)
    yield board
    board.close_connections()


def write_solution(path, solution):
    path.write_bytes(b"".join(csv_chunks(solution)))
    return path


@pytest.fixture
def corrected(imported_path, tmp_path):
    """Only 30 declarations of each period are fraud, all honest before; rows in another order."""
    solution = load_solution(Layout.of(imported_path))
    for usage in ("Public", "Private"):
        honest = solution[(solution["Usage"] == usage) & (solution["Fraud"] == 0)].index[:30]
        solution.loc[solution["Usage"] == usage, ["Fraud", "Critical Fraud"]] = 0
        solution.loc[honest, "Fraud"] = 1
    return write_solution(tmp_path / "corrected.csv", solution[::-1])


@pytest.fixture
def sent(board, imported_path, tmp_path, corrected):
    """Two teams: A sends the old labels and then the new ones, B only the old ones."""
    teams = [add_team(board, name)[0] for name in ("Team A", "Team B")]
    old = load_solution(Layout.of(imported_path))
    new = pd.read_csv(corrected, dtype={"Declaration ID": str})
    for team, labels, noise in ((0, old, 0), (0, new, 0), (1, old, 1)):
        path = tmp_path / "file.csv"
        lines = [f"{i},{y + noise}\n" for i, y in zip(labels["Declaration ID"], labels["Fraud"],
                                                      strict=True)]  # fmt: skip
        path.write_text("".join(["Declaration ID,Fraud Score\n", *lines]))
        submit_file(board, teams[team].number, path)
    return teams


def newest(board, action):
    with board.database.reading() as session:
        verify_chain(session)
        return read_entries(session, actions=(action,), limit=1)[0]


def test_of_two_rejudges_at_once_the_first_keeps_its_labels(
    board, sent, corrected, imported_path, tmp_path, database_url, clock, monkeypatch
):
    late = pd.read_csv(corrected, dtype={"Declaration ID": str})
    late.loc[late["Fraud"].idxmax(), "Fraud"] = 0
    write_solution(tmp_path / "late.csv", late)
    other = open_board(board.folder.root, database_url=database_url, clock=clock)
    loads = []

    def load(*args):
        loads.append(args)
        if len(loads) == 1:  # the slower command has chosen its number and prepared its labels
            rejudge(other, corrected, REASON)
        return load_judge(*args)

    monkeypatch.setattr("customs_leaderboard.corrections.rejudging.load_judge", load)
    with pytest.raises(KitError, match="Another command has replaced the solution meanwhile"):
        rejudge(board, tmp_path / "late.csv", "Appeals of June")
    other.close_connections()
    assert [path.name for path in board.folder.solutions.iterdir()] == ["1.csv"]
    assert not verify_board(board).findings
    assert rejudge(board, tmp_path / "late.csv", "Appeals of June").n_submissions == 3


def test_a_reveal_and_a_rejudge_at_once_agree_on_the_labels(
    board, sent, corrected, tmp_path, clock, monkeypatch
):
    clock.forward(days=31)
    close_competition(board, n_replicates=20)
    with monkeypatch.context() as patch:
        patch.setattr(
            "customs_leaderboard.standings.close.write_evidence",
            lambda *_: rejudge(board, corrected, REASON),
        )
        with pytest.raises(KitError, match="corrected something meanwhile"):
            reveal_labels(board)

    def load(*args):
        reveal_labels(board)
        return load_judge(*args)

    other = pd.read_csv(corrected, dtype={"Declaration ID": str})
    other.loc[other["Fraud"].idxmax(), "Fraud"] = 0
    write_solution(tmp_path / "other.csv", other)
    monkeypatch.setattr("customs_leaderboard.corrections.rejudging.load_judge", load)
    with pytest.raises(KitError, match="labels are revealed"):
        rejudge(board, tmp_path / "other.csv", "Too late")
    assert not verify_board(board).findings


def test_before_the_close_scores_and_ladder_are_those_of_the_new_labels(
    board, sent, corrected, tmp_path, clock, database_url, exact_scores, imported_path
):
    before, exact = public_standings(board), exact_scores(board)
    edition_files = {p: p.read_bytes() for p in imported_path.rglob("*") if p.is_file()}
    result = rejudge(board, corrected, REASON)
    assert result.n_submissions == 3
    # The same as a competition that had the new labels from its beginning.
    judge = board.judge
    again = exact_scores(board)
    for number, scores in again.items():
        path = next(iter(p for p in board.folder.submissions.glob("*/*")
                         if p.name.startswith(sha_of(board, number))))  # fmt: skip
        assert scores == judge.score(judge.read(path))
    assert again != exact
    with board.database.reading() as session:
        rows = session.scalars(select(Score)).all()
        (solution,) = session.scalars(select(Solution)).all()
        assert board.state(session).commitment == result.commitment == judge.commitment
    for row in rows:
        assert row.previous_value == exact[row.submission_number][row.period][row.metric]
    after = public_standings(board)
    a_old, a_new = ({row.team: row.score for row in one.rows} for one in (before, after))
    entry = newest(board, "solution replaced")
    assert entry.details == {
        "reason": REASON,
        "commitment": {"old": board.manifest.commitment, "new": result.commitment},
        "n_submissions": 3,
        "scores": {name: {"old": a_old[name], "new": a_new[name]} for name in a_old
                   if a_old[name] != a_new[name]},
    }  # fmt: skip
    assert entry.details["scores"]
    assert solution.sha256 not in str(entry.as_dict())
    own = team_history(board, sent[0].number)
    assert {(one.exact, one.previous_exact) for one in own} == {(None, None)}
    assert edition_files == {p: p.read_bytes() for p in imported_path.rglob("*") if p.is_file()}
    assert board.folder.solution_path(1).stat().st_mode & 0o777 == 0o600
    assert board.folder.solutions.stat().st_mode & 0o777 == 0o700
    with TestClient(make_app(board)) as client:
        edition = client.get("/api/v1/competition").json()["edition"]
        assert edition["commitment"] == board.manifest.commitment
        assert [one["commitment"] for one in edition["solutions"]] == [result.commitment]
        assert result.commitment in client.get("/about").text
        assert REASON in client.get("/log").text
    # A restart uses the newest solution, and so does a restored backup.
    reopened = open_board(board.folder.root, database_url=database_url, clock=clock)
    assert reopened.judge.commitment == result.commitment
    reopened.close_connections()
    write_backup(board, tmp_path / "b.tar")
    restored = restore_backup(tmp_path / "b.tar", tmp_path / "again", clock=clock)
    assert restored.judge.commitment == result.commitment
    assert public_standings(restored) == after
    assert restored.folder.solution_path(1).stat().st_mode & 0o777 == 0o600
    restored.close_connections()


def sha_of(board, number):
    from customs_leaderboard.store.schema import Submission

    with board.database.reading() as session:
        return session.get_one(Submission, number).sha256


def test_a_second_rejudge_back_to_the_first_labels_restores_every_score(
    board, sent, corrected, imported_path, tmp_path, exact_scores
):
    strike(board, 3, "Copied")
    before, exact = public_standings(board), exact_scores(board)
    rejudge(board, corrected, REASON)
    assert verify_board(board).findings == []
    with pytest.raises(KitError, match="has already"):
        rejudge(board, corrected, REASON)
    assert sorted(p.name for p in board.folder.solutions.iterdir()) == ["1.csv"]
    old = write_solution(tmp_path / "old.csv", load_solution(Layout.of(imported_path)))
    result = rejudge(board, old, "The appeals were withdrawn")
    assert result.commitment == board.manifest.commitment
    assert exact_scores(board) == exact
    assert [(r.team, r.score) for r in public_standings(board).rows] == [
        (r.team, r.score) for r in before.rows
    ]
    report = verify_board(board)
    assert report.findings == []
    assert any("labels were replaced twice" in sentence for sentence in report.unproved)
    with board.database.writing() as session:
        session.scalars(select(Score)).first().value = 0.999
    (line,) = verify_board(board, Scope(quick=True)).findings[:1]
    assert "not those that the log commits to after the labels were replaced" in line


def test_after_the_close_both_exact_values_are_public_and_the_reveal_has_both_labels(
    board, sent, corrected, clock, imported_path
):
    clock.forward(days=31)
    before = close_competition(board, n_replicates=10)
    with TestClient(make_app(board)) as client:
        assert "the score before" not in client.get("/").text
    rejudge(board, corrected, REASON)
    after = final_standings(board)
    assert after.n_replicates == 10
    old = {row.team: row for row in before.rows}
    for row in after.rows:
        exact = {one.number: one for one in team_history(board, row.team_number)}[row.submission]
        for period in ("public", "private"):
            assert row.scores[period]["previous"] == exact.previous_exact[period]
            assert row.scores[period]["precision_at_5"] == exact.exact[period]["precision_at_5"]
    same = [row for row in after.rows if row.submission == old[row.team].submission]
    assert same
    for row in same:
        was = old[row.team].scores["private"]["precision_at_5"]
        assert row.scores["private"]["previous"]["precision_at_5"] == was
    with TestClient(make_app(board)) as client:
        page = client.get("/").text
        for row in after.rows:
            was = row.scores["private"]["previous"]["precision_at_5"]
            assert f"was {was:.4f}" in page or f"was {was:.3f}" in page
        assert '"was" is the score before' in page
        assert client.get("/api/v1/final").json()["rows"][0]["scores"]["private"]["previous"]
    path = reveal_labels(board)
    checks = {check.name: check for check in verify_reveal(imported_path, path)}
    assert all(check.passed for check in checks.values())
    assert board.judge.commitment in checks["newest labels"].explanation
    with TestClient(make_app(board)) as client:
        page = client.get("/").text
        assert board.judge.commitment in page
        assert "Nonce and hidden labels are published" in page  # there is no secret
    report = verify_evidence(board.folder.evidence_file, imported_path, path)
    assert report.findings == []
    assert not any("simulator" in sentence for sentence in report.unproved)
    assert verify_board(board).findings == []
    assert verify_evidence(board.folder.evidence_file, imported_path, path).findings == []
    with pytest.raises(KitError, match="can no longer be replaced"):
        rejudge(board, corrected, REASON)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_wrong_solutions_change_nothing(board, sent, imported_path, tmp_path, corrected):
    solution = load_solution(Layout.of(imported_path))
    other = {
        "one row for each": solution[1:],
        "must be unique": pd.concat([solution, solution[:1]]),
        "the column Usage of hidden": solution.assign(Usage=solution["Usage"].to_numpy()[::-1]),
        "has already": solution,
    }
    before = public_standings(board)
    for said, content in other.items():
        with pytest.raises(KitError, match=said):
            rejudge(board, write_solution(tmp_path / "s.csv", content), REASON)
    with pytest.raises(KitError, match="No such file"):
        rejudge(board, tmp_path / "none.csv", REASON)
    with pytest.raises(KitError, match="Give a reason"):
        rejudge(board, corrected, "")
    assert list(board.folder.solutions.iterdir()) == []
    assert public_standings(board) == before


def test_a_generated_edition_is_refused(tmp_path, competition, clock, corrected):
    board = make_board(tmp_path / "generated", competition, clock=clock)
    with pytest.raises(KitError, match="was generated: its secret gives the labels again"):
        rejudge(board, corrected, REASON)
    assert not board.folder.solutions.exists()
    board.close_connections()


def test_a_service_takes_the_new_labels_with_the_next_file(
    board, sent, corrected, clock, database_url, imported_path, tmp_path, monkeypatch
):
    """Another process rejudges, between two files, and while a file is being scored."""
    other = open_board(board.folder.root, database_url=database_url, clock=clock)
    assert board.judge.commitment == board.manifest.commitment
    result = rejudge(other, corrected, REASON)
    edition = load_edition(imported_path)
    path = tmp_path / "next.csv"
    edition.sample_submission.to_csv(path, index=False)
    receipt = submit_file(board, sent[1].number, path)
    assert board.judge.commitment == result.commitment
    old = write_solution(tmp_path / "old.csv", load_solution(Layout.of(imported_path)))
    real = type(board.judge).score

    def meanwhile(judge, answer):
        scores = real(judge, answer)
        monkeypatch.undo()
        rejudge(other, old, "Withdrawn")
        return scores

    monkeypatch.setattr(type(board.judge), "score", meanwhile)
    path.write_text(path.read_text() + "\n")
    lines = path.read_text().splitlines()
    path.write_text("\n".join([lines[0], f"{lines[1].split(',')[0]},7", *lines[2:]]))
    with pytest.raises(UnavailableError, match="has just replaced the solution"):
        submit_file(board, sent[1].number, path)
    assert submit_file(board, sent[1].number, path).number == receipt.number + 1
    assert board.judge.commitment == board.manifest.commitment
    other.close_connections()
