"""Tables of a competition for a terminal."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from customs_leaderboard.rules.schedule import show_time
from customs_leaderboard.standings.final import key_beside

if TYPE_CHECKING:
    from customs_leaderboard.season.standings import SeasonTable
    from customs_leaderboard.similarity.report import SimilarityReport
    from customs_leaderboard.standings.final import FinalStandings
    from customs_leaderboard.standings.public import PublicStandings
    from customs_leaderboard.standings.reference_scores import ReferenceScores
    from customs_leaderboard.standings.rerun import Agreement
    from customs_leaderboard.store.audit_log import Entry
    from customs_scorer.metrics import TaskMetrics


def public_table(
    title: str, standings: PublicStandings, references: ReferenceScores, metrics: TaskMetrics
) -> Table:
    """Standings before the close, with the reference scores below."""
    table = Table(
        title=Text(f"{title}: {standings.phase}, closes {show_time(standings.closes)}"),
        title_justify="left",
        caption_justify="left",
    )
    metric = metrics.ranked[0]
    public = f"public {metric.short or metric.title}"
    for name in ("rank", "team", public, "submissions", "last improvement"):
        table.add_column(name, justify="left" if name == "team" else "right")
    for row in standings.rows:
        cells = (f"{row.score:.3f}", f"{row.n_submissions:,}", show_time(row.improved_at))
        table.add_row(str(row.rank), row.team, *cells)
    levels = [f"{level.name} {level.score:.3f}" for level in references.baselines]
    if references.ceiling is not None:
        levels.append(f"ceiling {references.ceiling.score:.3f}")
    if references.prior is not None:
        levels.append(f"prior {references.prior.score:.3f}")
    if levels:
        table.caption = Text(f"Means over other editions: {', '.join(levels)}")
    return table


def season_final_table(title: str, finals: SeasonTable) -> Table:
    """Final table of a competition of seasons."""
    table = Table(title=Text(f"{title}: final table"), title_justify="left")
    for name in ("rank", "team", "precision", "worlds", "critical frauds", "attempt", "begun"):
        table.add_column(name, justify="left" if name == "team" else "right")
    for row in finals.rows:
        error = "" if row.error is None else f" ± {row.error:.3f}"
        n_critical = sum(world["critical_found"] for world in row.worlds)
        table.add_row(
            str(row.rank),
            row.team,
            f"{row.precision:.3f}{error}",
            str(len(row.worlds)),
            f"{n_critical:,}",
            str(row.attempt),
            str(row.n_begun),
        )
    return table


def final_table(title: str, finals: FinalStandings, metrics: TaskMetrics) -> Table:
    """Final standings."""
    table = Table(title=Text(f"{title}: final standings"), title_justify="left")
    first, *others = metrics.ranked
    short, *shorts = (metric.short or metric.title for metric in metrics.ranked)
    for name in (
        "rank", "team", f"private {short}", "95 %", *(f"private {other}" for other in shorts),
        f"public {short}", "rank, 95 %", "shake-up", "submission",
    ):  # fmt: skip
        table.add_column(name, justify="left" if name == "team" else "right")
    for row in finals.rows:
        private, public = row.scores["private"], row.scores["public"]
        low, high = private[first.interval_name]
        table.add_row(
            str(row.rank),
            row.team,
            f"{private[first.name]:.4f}",
            f"{low:.3f} .. {high:.3f}",
            *(f"{private[metric.name]:.4f}" for metric in others),
            f"{public[first.name]:.4f}",
            f"{row.rank_low} .. {row.rank_high}",
            f"{row.shake_up:+d}" if row.shake_up else "0",
            str(row.submission),
        )
    return table


def teams_table(teams: list[dict[str, Any]]) -> Table:
    """Teams in the order they were added."""
    table = Table(title="Teams", title_justify="left")
    for name in ("number", "team", "added", "members", "submissions", "disabled"):
        table.add_column(name, justify="left" if name == "team" else "right")
    for team in teams:
        table.add_row(
            str(team["number"]),
            team["name"],
            team["made_at"],
            f"{team['n_members']:,}",
            f"{team['n_submissions']:,}",
            f"{team['disabled_at']} {team['disabled_reason'] or ''}" if team["disabled_at"] else "",
        )
    return table


def members_table(team: str, members: list[dict[str, Any]]) -> Table:
    """Members of a team in the order they were added."""
    table = Table(title=Text(f"Members of {team}"), title_justify="left")
    for name in ("number", "member", "added", "revoked", "submissions"):
        table.add_column(name, justify="left" if name == "member" else "right", overflow="fold")
    for one in members:
        sent = ", ".join(map(str, one["submissions"]))
        cells = (one["name"], one["made_at"], one["revoked_at"] or "", sent)
        table.add_row(str(one["number"]), *cells)
    return table


def codes_table(codes: list[dict[str, Any]]) -> Table:
    """Codes to register or join that work, oldest first."""
    table = Table(title="Invitations", title_justify="left")
    for name in ("number", "for", "made", "expires", "uses left"):
        table.add_column(name, justify="left" if name == "for" else "right")
    for code in codes:
        what = "new teams" if code["team"] is None else f"joining {code['team']}"
        uses = "any" if code["n_uses_left"] is None else f"{code['n_uses_left']:,}"
        table.add_row(
            str(code["number"]), what, code["made_at"], code["expires_at"] or "never", uses
        )
    return table


def log_table(entries: list[Entry]) -> Table:
    """The audit log, oldest entry first."""
    table = Table(title="Audit log", title_justify="left")
    table.add_column("entry", justify="right")
    for name in ("at", "who", "what", "details"):
        table.add_column(name, overflow="fold")
    for entry in entries:
        cells = (
            show_time(entry.at),
            entry.actor,
            entry.action,
            json.dumps(_readable(entry.details), ensure_ascii=False),
        )
        table.add_row(str(entry.sequence), *cells)
    return table


def _readable(details: dict[str, Any]) -> dict[str, Any]:
    """Return details without salt and salted commitment, which `log --json` has."""
    sealing = ("salt", "commitment") if "salt" in details else ()
    return {name: value for name, value in details.items() if name not in sealing}


def agreement_table(agreement: Agreement, metrics: TaskMetrics) -> Table:
    """Comparison of a re-run with its submission."""
    table = Table(title=f"Submission {agreement.submission} and its re-run", title_justify="left")
    for name in ("", "original", "re-run", "opened by both"):
        table.add_column(name, justify="right" if name else "left")
    for period, scores in agreement.periods.items():
        for metric in metrics.ranked:
            original, rerun = (scores[key_beside(metric, w)] for w in ("original", "rerun"))
            same = scores.get(key_beside(metric, "same_opened"))
            cells = (f"{original:.4f}", f"{rerun:.4f}", "" if same is None else f"{same:.1%}")
            table.add_row(f"{period} {metric.title}", *cells)
    same_scores = "All scores are the same." if agreement.identical else "The scores differ."
    table.caption = f"Rank correlation {agreement.rank_correlation:.4f}. {same_scores}"
    return table


def similar_table(report: SimilarityReport) -> Table:
    """Groups and pairs of teams with similar submissions, the most similar first."""
    from customs_leaderboard.similarity.report import join_names

    title = (
        f"Similar submissions ({report.n_compared:,} of {report.n_submissions:,} compared): "
        f"{len(report.identical):,} identical, {len(report.pairs):,} others"
    )
    table = Table(title=Text(title), title_justify="left")
    table.add_column("teams", overflow="fold")
    table.add_column("how similar")
    for name in ("submissions", "rank correlation", "same highest scores", "pairs"):
        table.add_column(name, justify="right")
    for group in report.identical:
        numbers = ", ".join(map(str, group.submissions))
        table.add_row(Text(join_names(group.teams)), "identical", numbers, "", "", "")
    for pair in report.pairs:
        table.add_row(
            Text(join_names(pair.teams)),
            pair.kind,
            ", ".join(map(str, pair.submissions)),
            f"{pair.rank_correlation:.5f}",
            f"{pair.overlap:.1%}",
            f"{pair.n_pairs:,}",
        )
    return table
