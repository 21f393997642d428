"""A competition ranked by a metric that is no mean of gains, or of which less is better."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from customs_data.edition.layout import Layout
from customs_data.errors import InvalidEditionError, KitError
from customs_leaderboard.board import make_board
from customs_leaderboard.standings.close import close_competition
from customs_leaderboard.standings.export import standings_table
from customs_leaderboard.standings.public import public_standings, team_history
from customs_leaderboard.submissions.judge import Judge
from customs_leaderboard.submissions.submit import submit_file
from customs_leaderboard.teams.teams import add_team
from customs_scorer import write_submission
from customs_scorer.metrics import InspectionMetric, Metric, TaskMetrics


class AveragePrecision(Metric):
    """Mean over the frauds of the share of frauds among all that score as high."""

    def value(self, answers, answer):
        fraud = answers["Fraud"].to_numpy()[np.argsort(-answer, kind="stable")]
        return float((np.cumsum(fraud) / np.arange(1, len(fraud) + 1))[fraud == 1].mean())


AVERAGE_PRECISION = AveragePrecision("average_precision", "average precision")
#: Share of honest declarations among those opened.
WASTE = InspectionMetric(
    name="waste", title="waste", rate=0.05, higher_is_better=False,
    amounts=lambda answers: np.asarray(answers["Fraud"] == 0),
)  # fmt: skip


@pytest.fixture
def ranked_by(monkeypatch, edition_path):
    """Let the task rank by other metrics: ``ranked_by(WASTE)``."""

    def rank(*metrics):
        task_metrics = TaskMetrics(ranked=metrics)
        for module in ("board", "submissions.judge", "standings.reference_scores"):
            path = f"customs_leaderboard.{module}.metrics_of"
            monkeypatch.setattr(path, lambda _task: task_metrics)
        judge = Judge(Layout.of(edition_path))
        monkeypatch.setattr("customs_leaderboard.board.load_judge", lambda _edition: judge)

    return rank


@pytest.fixture
def send(edition, tmp_path):
    """Send a file that knows more or less of the labels: ``send(board, team, strength)``."""

    def send_file(board, team, strength):
        noise = np.random.default_rng(int(10 * strength)).normal(size=len(edition.test))
        scores = noise + strength * board.judge.solution["Fraud"].to_numpy()
        path = write_submission(edition, scores, tmp_path / f"{team.number}-{strength}.csv")
        return submit_file(board, team.number, path)

    return send_file


@pytest.mark.parametrize("metric", [AVERAGE_PRECISION, WASTE], ids=lambda metric: metric.name)
def test_teams_are_ranked_by_the_metric(ranked_by, metric, board_of, send, clock, exact_scores):
    ranked_by(metric)
    board = board_of()
    for name, strengths in (("Poor", (0.0, 0.5)), ("Good", (1.0, 5.0)), ("Fair", (0.0, 1.5))):
        team, _ = add_team(board, name)
        for receipt in [send(board, team, strength) for strength in strengths]:
            exact = exact_scores(board)[receipt.number]["public"][metric.name]
            assert not receipt.improved or abs(receipt.shown - exact) < 0.0101  # one step
    rows = public_standings(board).rows
    assert [row.team for row in rows] == ["Good", "Fair", "Poor"]
    assert (rows[0].score > rows[2].score) == metric.higher_is_better
    assert board.rules["ranking"] == f"{metric.title}, then the earlier submission"
    clock.forward(days=30)
    final = close_competition(board, n_replicates=20)
    assert [row.team for row in final.rows] == ["Good", "Fair", "Poor"]
    best = final.rows[0]
    assert (best.selected, best.submission, best.public_rank) == ([3, 4], 4, 1)
    private = best.scores["private"]
    low, high = private[f"{metric.name}_interval"]
    assert low <= private[metric.name] <= high
    assert (best.caught is None) == (metric is AVERAGE_PRECISION)
    assert team_history(board, best.team_number)[0].exact["private"] == {
        metric.name: private[metric.name]
    }
    assert list(standings_table(board)[0])[3:6] == [
        f"private_{metric.name}", f"private_{metric.name}_low", f"private_{metric.name}_high"
    ]  # fmt: skip


@pytest.mark.parametrize(
    "rules", [{"ladder": "paired"}, {"ladder": "parameter_free"}, {"ladder_ground_errors": 4.0}]
)
def test_a_ladder_that_needs_gains_is_refused(ranked_by, rules, competition, tmp_path):
    ranked_by(AVERAGE_PRECISION)
    with pytest.raises(KitError, match=r"average precision is no mean of gains.*--ladder step"):
        make_board(tmp_path / "b", replace(competition, **rules))
    assert not (tmp_path / "b").exists()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "rules",
    [{"ladder": "paired"}, {"ladder": "parameter_free"}, {"ladder_ground_errors": 4.0}],
    ids=lambda rules: str(*rules.values()),
)
def test_less_is_better_on_every_ladder(ranked_by, rules, board_of, send):
    ranked_by(WASTE)
    board = board_of(**rules)
    team, _ = add_team(board, "Team A")
    first, good, worse = (send(board, team, strength) for strength in (0.0, 5.0, 0.5))
    assert (first.improved, good.improved, worse.improved) == (True, True, False)
    assert first.shown > 0.6 > 0.2 > good.shown == worse.shown


def test_a_metric_without_a_value_is_reported(ranked_by):
    nothing = replace(WASTE, title="recall of nothing", per="all",
                      amounts=lambda answers: np.zeros(len(answers), dtype=bool))  # fmt: skip
    with pytest.raises(InvalidEditionError, match="recall of nothing has no value in the public"):
        ranked_by(nothing)
