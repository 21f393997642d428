"""Final standings, as computed at the close."""

import numpy as np
import pytest

from customs_data.edition.hidden import load_oracle
from customs_data.edition.layout import Layout
from customs_data.errors import KitError
from customs_leaderboard.corrections.disabling import disable_team
from customs_leaderboard.standings.close import close_competition, recompute_final
from customs_leaderboard.standings.compute_final import compute_final, default_selection
from customs_leaderboard.standings.final import final_standings
from customs_leaderboard.standings.public import public_standings, team_history
from customs_leaderboard.standings.select import select_submissions
from customs_leaderboard.store.schema import Submission
from customs_leaderboard.submissions.submit import submit_file
from customs_leaderboard.teams.teams import add_team, rename_team
from customs_scorer.bootstrap import joint_bootstrap
from customs_scorer.metrics.inspection import precision_at
from customs_scorer.ranking import score_files
from customs_scorer.submissions import read_submission

N_REPLICATES = 200


@pytest.fixture
def teams(board):
    return [add_team(board, f"Team {letter}")[0] for letter in "ABCD"]


@pytest.fixture
def sent(teams, send):
    """Team A sends three files, B and C one each, D none; numbers by team."""
    plan = [(0, 1, 0.9), (1, 2, 0.5), (0, 3, 0.2), (2, 4, 0.0), (0, 5, 0.7)]
    numbers = {}
    for team, seed, quality in plan:
        numbers.setdefault(team, []).append(send(teams[team], seed, quality).number)
    return numbers


@pytest.fixture
def close(board, clock):
    def close_board():
        clock.forward(days=30)
        return close_competition(board, n_replicates=N_REPLICATES)

    return close_board


def test_scores_are_those_of_the_scorecard(board, teams, sent, close, make_file, edition_path):
    select_submissions(board, teams[0].number, [sent[0][1]])
    rows = {row.team: row for row in close().rows}
    files = {"Team A": make_file(3, 0.2), "Team B": make_file(2), "Team C": make_file(4, 0.0)}
    for standing in score_files(list(files.values()), edition_path, n_replicates=N_REPLICATES):
        (name,) = [n for n, path in files.items() if str(path) == standing.file]
        for period in ("public", "private"):
            card = getattr(standing.scorecard, period)
            for field, value in rows[name].scores[period].items():
                expected = card[field]
                assert value == (list(expected) if isinstance(expected, tuple) else expected), field


def test_teams_are_ranked_on_their_best_selection(board, teams, sent, close):
    select_submissions(board, teams[0].number, sent[0][1:])
    finals = close()
    assert [row.rank for row in finals.rows] == [1, 2, 3]
    keys = [
        tuple(-row.scores["private"][f"precision_at_{n}"] for n in (5, 10)) for row in finals.rows
    ]
    assert keys == sorted(keys)
    history = {s.number: s for s in team_history(board, teams[0].number)}
    (first,) = [row for row in finals.rows if row.team == "Team A"]
    assert (first.selected, first.selected_by_team) == (sent[0][1:], True)
    best = max(sent[0][1:], key=lambda n: history[n].exact["private"]["precision_at_5"])
    assert first.submission == best


def test_without_a_choice_the_best_public_scores_are_taken(board, teams, sent, close):
    finals = close()
    (row,) = [row for row in finals.rows if row.team == "Team A"]
    own = team_history(board, teams[0].number)
    by_public = sorted(own, key=lambda s: ([-p for p in s.exact["public"].values()], s.number))
    assert (row.selected_by_team, set(row.selected)) == (False, {s.number for s in by_public[:2]})


@pytest.mark.parametrize(("n_selections", "numbers"), [(1, [3]), (3, [2, 3, 4])])
def test_equal_public_scores_count_by_ten_percent_then_the_earlier(board_of, n_selections, numbers):
    pairs = [(0.2, 0.2), (0.3, 0.1), (0.3, 0.2), (0.3, 0.2)]
    names = ("precision_at_5", "precision_at_10")
    scores = {
        i: {"public": dict(zip(names, pair, strict=True))} for i, pair in enumerate(pairs, start=1)
    }
    submissions = [Submission(number=number) for number in scores]
    board = board_of(n_selections=n_selections)
    assert [s.number for s in default_selection(board, submissions, scores)] == numbers


def test_equal_scores_are_ranked_by_the_earlier_submission(board, teams, send, close):
    for team in (teams[2], teams[0], teams[1]):
        send(team, 1)
    assert [row.team for row in close().rows] == ["Team C", "Team A", "Team B"]


def test_rank_ranges_are_a_joint_bootstrap(board, teams, sent, close, make_file):
    """Compute the ranks in each sample here, from samples of each submission alone."""
    finals = close()
    judge = board.judge
    rows = judge.row_numbers("private")
    boots = []
    for row in finals.rows:
        history = {s.number: s for s in team_history(board, row.team_number)}
        name = f"{history[row.submission].sha256}.csv"
        path = board.folder.submissions / str(row.team_number) / name
        scores = read_submission(path, judge.expected_ids)[rows]
        answers = judge.answers("private")
        boots += list(
            joint_bootstrap(
                judge.metrics.ranked, answers, [scores], n_replicates=N_REPLICATES, seed=0
            )
        )
    ranks = np.empty((len(boots), N_REPLICATES), dtype=int)
    for i in range(N_REPLICATES):
        order = sorted(range(len(boots)), key=lambda t: (-boots[t][0][i], -boots[t][1][i], t))
        for rank, team in enumerate(order, start=1):
            ranks[team, i] = rank
    for row, own in zip(finals.rows, np.sort(ranks, axis=1), strict=True):
        # 2.5 % and 97.5 % of 200 samples: the 5th and the 195th
        assert (row.rank_low, row.rank_high) == (own[4], own[194])
        assert row.first_share == (own == 1).mean()
        assert row.rank_low <= row.rank_high
    assert sum(row.first_share for row in finals.rows) == pytest.approx(1)


def test_shake_up_is_from_the_board_to_the_final_rank(board, sent, close):
    public = {row.team: row.rank for row in public_standings(board).rows}
    for row in close().rows:
        assert row.public_rank == public[row.team]
        assert row.shake_up == public[row.team] - row.rank


def test_frauds_are_counted_by_scheme(board, sent, close, edition_path):
    finals = close()
    fraud = board.judge.solution.set_index("Declaration ID")
    fraud = fraud[(fraud["Fraud"] == 1) & (fraud["Usage"] == "Private")]
    oracle = load_oracle(Layout.of(edition_path)).set_index("Declaration ID")["Scheme"]
    expected = oracle.loc[fraud.index].fillna("honest").replace("", "honest").value_counts()
    assert finals.frauds_by_scheme == expected.to_dict()
    for row in finals.rows:
        k = -(-finals.periods["private"]["n_declarations"] // 20)
        n_caught = row.scores["private"]["precision_at_5"] * k
        assert sum(row.caught.values()) == pytest.approx(n_caught)
        assert all(row.caught[name] <= n for name, n in finals.frauds_by_scheme.items())


@pytest.mark.parametrize(
    ("name", "column"),
    [("ceiling", "Posterior Probability"), ("prior", "Fraud Probability")],
)
def test_the_ceiling_is_that_of_the_true_probabilities(
    board, sent, close, edition_path, name, column
):
    scores = getattr(close(), name)
    oracle = load_oracle(Layout.of(edition_path)).set_index("Declaration ID")
    ids = board.judge.expected_ids.iloc[board.judge.row_numbers("private")]
    probability = oracle.loc[list(ids), column].to_numpy(float)
    expected = precision_at(board.judge.answers("private")["Fraud"].to_numpy(), probability, 0.05)
    assert scores["private"]["precision_at_5"] == expected


def test_late_files_and_disabled_teams_have_no_rank(board, teams, sent, send, close, clock):
    clock.forward(days=30)
    late = send(teams[3], 9, 1.0)
    assert late.late
    disable_team(board, "Team B", "Two accounts")
    finals = close()
    assert {row.team for row in finals.rows} == {"Team A", "Team C"}


def test_disabling_after_the_close_moves_the_others_up(board, sent, close):
    first = close().rows[0].team
    disable_team(board, first, "Two accounts")
    finals = recompute_final(board, n_replicates=N_REPLICATES)
    assert [row.rank for row in finals.rows] == [1, 2]
    assert first not in {row.team for row in finals.rows}
    assert final_standings(board) == finals


def test_standings_are_kept_and_read_again(board, sent, close):
    assert final_standings(board) is None
    assert recompute_final(board) is None
    finals = close()
    assert final_standings(board) == finals
    rename_team(board, "Team A", "Team Z")
    assert {row.team for row in final_standings(board).rows} == {"Team Z", "Team B", "Team C"}


def test_a_competition_without_a_submission_has_empty_standings(board, close):
    assert close().rows == []


def test_a_changed_or_missing_file_is_reported(board, teams, sent, make_file):
    path = next(board.folder.submissions.glob(f"{teams[1].number}/*"))
    content = path.read_bytes()
    path.write_bytes(make_file(77).read_bytes())
    with pytest.raises(KitError, match="has changed since it was accepted"):
        compute_final(board, n_replicates=10)
    path.unlink()
    with pytest.raises(KitError, match="cannot be read"):
        compute_final(board, n_replicates=10)
    path.write_bytes(content)
    assert len(compute_final(board, n_replicates=10).rows) == 3


def test_an_imported_edition_has_no_schemes(sample_path, competition, clock, tmp_path, make_file):
    from dataclasses import replace

    from customs_data.edition.loading import load_edition
    from customs_leaderboard.board import make_board
    from customs_scorer import write_submission

    board = make_board(tmp_path / "b", replace(competition, edition=sample_path), clock=clock)
    team, _ = add_team(board, "Team A")
    edition = load_edition(sample_path)
    scores = np.arange(len(edition.test))
    submit_file(board, team.number, write_submission(edition, scores, tmp_path / "s.csv"))
    finals = close_competition(board, early=True, n_replicates=10)
    board.close_connections()
    assert (finals.frauds_by_scheme, finals.ceiling, finals.rows[0].caught) == (None, None, None)
