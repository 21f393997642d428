"""Verify a competition: run every check, and say what could not be checked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from customs_data.errors import KitError
from customs_leaderboard.board import Board
from customs_leaderboard.verification import final, replay
from customs_leaderboard.verification.chain import chain_faults, clock_faults, readable_entries
from customs_leaderboard.verification.files import Files, Scored, score_again
from customs_leaderboard.verification.ladder import ladder_faults, stored_gains, unproved_teams
from customs_leaderboard.verification.records import Records, read_records
from customs_leaderboard.verification.report import Check, Report
from customs_scorer.metrics.gains import Gains

#: Called with a number of files and returns a function to call with the number of those done.
Progress = Callable[[int], Callable[[int], None]]


@dataclass(frozen=True)
class Scope:
    """What a verification covers.

    Attributes
    ----------
    kept_hash : str or None
        A hash that somebody noted; one of the log's entries must have it.
    quick : bool
        Do not score files again.
    files : set of int or None
        Submissions whose files are at hand; None for all.
    """

    kept_hash: str | None = None
    quick: bool = False
    files: set[int] | None = None


def verify_board(
    board: Board, scope: Scope | None = None, progress: Progress = lambda _: lambda _: None
) -> Report:
    """Verify a competition.

    Parameters
    ----------
    board : Board
        The competition; it may be running.
    scope : Scope, optional
        What is covered; everything if omitted.
    progress : callable
        Shows how many files are scored.

    Returns
    -------
    Report
        Each finding names what is wrong. The checks are: the chain, its times, state and rules,
        teams, selections, submissions with their commitments, files, scores, the Ladder, and the
        final standings.
    """
    scope = scope or Scope()
    files = Files.list(board, scope.files)
    try:
        records = read_records(board)
    except (ValueError, TypeError) as error:
        return Report([Check("rows", "Every row can be read.", [f"One cannot: {error}."])], [])
    entries = readable_entries(records.log)
    logged = replay.replay_log(entries)
    checks = [
        Check("chain", f"{len(records.log):,} entries follow from each other.",
              [*chain_faults(records.log, scope.kept_hash), *logged.faults]),
        Check("times", "No entry lies before the one before it.", [*clock_faults(entries)]),
        Check("state", "Rules, deadline and phase are those of the log.",
              [*replay.state_faults(records, logged, board.manifest.commitment)]),
        Check("teams", "Names and disabled teams are those of the log.",
              [*replay.team_faults(records, logged)]),
        Check("selections", "Selections are those of the log.",
              [*replay.selection_faults(records, logged)]),
        Check("submissions", "Submissions are those of the log, exact scores those committed to.",
              [*replay.submission_faults(records, logged)]),
        Check("files", "Every accepted file is there with its SHA-256, and no other.",
              [*files.faults(records)]),
    ]  # fmt: skip
    gains = _gains(board, records)
    if not scope.quick:
        scored = score_again(files, records, progress(len(files.whole)))
        gains |= scored.gains
        checks.append(_scores(scored))
    unproved = [*_unproved(records, logged, scope)]
    checks.append(
        Check("Ladder", "Every score on the board is the one that the Ladder gives.",
              _guarded(lambda: ladder_faults(board, records, gains)))
    )  # fmt: skip
    if left_out := unproved_teams(records, gains):
        unproved.append(
            "The Ladder compares files. It was not replayed for teams whose files were not all "
            f"read: {len(left_out):,}."
        )
    standings = [*final.logged_faults(records, logged)]
    standings += final.computed_faults(board, records, logged, quick=scope.quick)
    checks.append(
        Check(
            "standings",
            "There are no final standings yet."
            if records.final is None
            else "The final standings are those of the log, and computed again the same.",
            standings,
        )
    )
    return Report(checks, unproved)


def _scores(scored: Scored) -> Check:
    return Check("scores", "Every file scored again gives the stored scores.", scored.faults)


def _gains(board: Board, records: Records) -> dict[int, Gains | float]:
    return stored_gains(board, records) if board.ladder.kind == "step" else {}


def _guarded(check: Callable[[], Iterator[str]]) -> list[str]:
    """Return findings; values that cannot even be read are one."""
    try:
        return [*check()]
    except (KitError, ValueError, ZeroDivisionError) as error:
        return [f"The Ladder cannot be replayed: {error}"]


def _unproved(records: Records, logged: replay.Replay, scope: Scope) -> Iterator[str]:
    if scope.kept_hash is None:
        yield (
            "No noted hash was given (--kept): whoever can write to the database could have "
            "replaced the whole log."
        )
    accepted = logged.accepted.values()
    if n := sum("commitment" not in entry.details for entry in accepted):
        yield (
            "Submissions accepted by an earlier release, whose log does not commit to exact "
            f"scores: {n:,}." + ("" if scope.quick else " Only their files prove them.")
        )
    if n := sum(
        "commitment" in entry.details and logged.n_later_solutions(entry) > 1 for entry in accepted
    ):
        yield (
            "Submissions accepted before the labels were replaced twice, whose first exact scores "
            f"are no longer stored: {n:,}."
        )
    if scope.files is not None and (n := len(records.submissions.keys() - scope.files)):
        yield (
            f"Submissions that do not decide the standings, whose files are not published: {n:,}. "
            "Their exact scores are only those that the log commits to."
        )
    if logged.computed is not None and "sha256" not in logged.computed.details:
        yield "The final standings are of an earlier release, whose log has no SHA-256 of them."
    if scope.quick:
        yield "No file was scored again (--quick)."
