"""Export standings as a table, and a team's selected submissions for a re-run."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select

from customs_data.edition.layout import MANIFEST
from customs_data.errors import KitError
from customs_data.files.atomic import write_atomically
from customs_leaderboard.board import Board
from customs_leaderboard.rules.schedule import show_time
from customs_leaderboard.standings.compute_final import default_selection
from customs_leaderboard.standings.final import FinalStandings, final_standings, key_beside
from customs_leaderboard.standings.public import public_standings
from customs_leaderboard.store.actions import team_actor
from customs_leaderboard.store.audit_log import read_entries
from customs_leaderboard.store.folder import check_new
from customs_leaderboard.store.schema import RANKED, Selection, Submission
from customs_leaderboard.store.scores import read_scores
from customs_leaderboard.teams.teams import find_team
from customs_scorer.metrics import TaskMetrics

_README: Final = """\
Selected submissions of a team, for comparing them with a re-run of its model.

edition.json        the edition: run the model on exactly these files (it lists their SHA-256);
                    `customs-kit data verify EDITION` checks a copy
team.json           the submissions: SHA-256 of each file, time of receipt, exact scores
submissions/        the files as they were received
log.json            the team's entries in the audit log

Run the team's model on the edition, then:
    customs-kit leaderboard export COMPETITION --team TEAM --compare FILE
    customs-kit score FILE --edition EDITION
"""


def standings_table(board: Board) -> list[dict[str, Any]]:
    """Return the standings as flat rows: the final ones if there are any, else the public ones.

    Team names are safe in a spreadsheet: they start with a letter or digit (`teams.check_name`).
    """
    final = final_standings(board)
    if final is None:
        return [row.as_dict() for row in public_standings(board).rows]
    return _flat(final, board.metrics)


def export_standings(board: Board, out: Path) -> None:
    """Write the standings to a file: CSV, or JSON with all details.

    Raises
    ------
    KitError
        If the name does not end in ``.csv`` or ``.json``, or the file exists.
    """
    check_new(out)
    if out.suffix == ".csv":
        write_atomically(out, to_csv(standings_table(board)), mode=0o600, must_be_new=True)
    elif out.suffix == ".json":
        standings = final_standings(board) or public_standings(board)
        write_atomically(out, _json(standings.as_dict()), mode=0o600, must_be_new=True)
    else:
        raise KitError(f"Standings are written to a .csv or .json file, not to {out.name}.")


def to_csv(rows: list[dict[str, Any]]) -> str:
    """Return flat rows as CSV with a header line; empty without rows."""
    if not rows:
        return ""
    stream = io.StringIO()
    writer = csv.DictWriter(stream, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue()


def export_team(board: Board, name: str, out: Path) -> list[int]:
    """Pack a team's selected submissions with what a re-run needs.

    Parameters
    ----------
    board : Board
        A closed competition.
    name : str
        The team's name.
    out : path
        A new zip file, readable by its owner only.

    Returns
    -------
    list of int
        Numbers of the submissions.

    Raises
    ------
    KitError
        Before the close; if there is no such team, it has no submission, or a file has changed.
    """
    check_new(out)
    with board.database.reading() as session:
        if board.state(session).closed_at is None:
            raise KitError("The competition is open. Submissions are exported after the close.")
        team = find_team(session, name)
        own = list(
            session.scalars(
                select(Submission)
                .where(Submission.team_number == team.number, RANKED)
                .order_by(Submission.number)
            )
        )
        chosen = set(
            session.scalars(
                select(Selection.submission_number).where(Selection.team_number == team.number)
            )
        )
        scores = read_scores(session, board.metrics, Submission.team_number == team.number)
        log = read_entries(session, actor=team_actor(team.number))
    if not own:
        raise KitError(f"{team.name} has no submission.")
    chosen_by_team = [one for one in own if one.number in chosen]
    selected = chosen_by_team or default_selection(board, own, scores)
    content = {
        "competition": board.competition.title,
        "edition": board.manifest.name,
        "commitment": board.manifest.commitment,
        "team": team.name,
        "selected_by_team": bool(chosen_by_team),
        "submissions": [
            {
                "number": one.number,
                "file": f"submissions/{one.number}{one.suffix}",
                "sha256": one.sha256,
                "received_at": show_time(one.received_at),
                **scores[one.number],
            }
            for one in selected
        ],
    }
    parts: dict[str, bytes] = {
        "README.txt": _README.encode(),
        "team.json": _json(content),
        "log.json": _json([entry.as_dict() for entry in log]),
        MANIFEST: (board.layout.public / MANIFEST).read_bytes(),
    }
    for submission in selected:
        path = board.folder.accepted_file(submission)
        parts[f"submissions/{submission.number}{submission.suffix}"] = path.read_bytes()
    write_atomically(out, _zip(parts), mode=0o600, must_be_new=True)
    return [submission.number for submission in selected]


def _flat(final: FinalStandings, metrics: TaskMetrics) -> list[dict[str, Any]]:
    rows = []
    for row in final.rows:
        flat: dict[str, Any] = {"rank": row.rank, "team": row.team, "team_number": row.team_number}
        for period in ("private", "public"):
            scores = row.scores[period]
            for metric in metrics.ranked:
                flat[f"{period}_{metric.name}"] = scores[metric.name]
                for word, end in zip(("low", "high"), scores[metric.interval_name], strict=True):
                    flat[f"{period}_{key_beside(metric, word)}"] = end
        flat |= {
            "rank_low": row.rank_low,
            "rank_high": row.rank_high,
            "first_share": row.first_share,
            "public_rank": row.public_rank,
            "shake_up": row.shake_up,
            "submission": row.submission,
        }
        rows.append(flat)
    return rows


def _json(data: Any) -> bytes:
    return (json.dumps(data, indent=2) + "\n").encode()


def _zip(parts: dict[str, bytes]) -> bytes:
    """Pack files without times, so that the same content gives the same bytes."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in parts.items():
            packed.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return stream.getvalue()
