"""Taking things out: standings as a table, and a team's selected submissions for a re-run."""

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
from customs_leaderboard.board import Board
from customs_leaderboard.rules.competition import show_time
from customs_leaderboard.standings.compute_final import default_selection, read_stored
from customs_leaderboard.standings.final import FinalStandings, final_standings
from customs_leaderboard.standings.public import public_standings
from customs_leaderboard.store.audit_log import read_entries, team_actor
from customs_leaderboard.store.folder import write_durably
from customs_leaderboard.store.schema import Selection, Submission
from customs_leaderboard.teams.teams import find_team

_README: Final = """\
Selected submissions of a team, for comparing them with a re-run of its model.

edition.json        the edition: the model must be run on exactly these files (their SHA-256 stand
                    in it); `customs-kit data verify EDITION` checks a copy
team.json           the submissions: SHA-256 of each file, when it was received, exact scores
submissions/        the files as they were received
log.json            everything the audit log holds of the team

Run the team's model on the edition, then:
    customs-kit leaderboard export COMPETITION --team TEAM --compare FILE
    customs-kit score FILE --edition EDITION
"""


def standings_table(board: Board) -> list[dict[str, Any]]:
    """Return the standings as flat rows: final ones where there are any, else the public ones.

    Team names may stand in a spreadsheet: they begin with a letter or digit (`teams.check_name`).
    """
    finals = final_standings(board)
    if finals is None:
        return [row.as_dict() for row in public_standings(board).rows]
    return _flat(finals)


def export_standings(board: Board, out: Path) -> None:
    """Write the standings to a file: CSV, or JSON with everything that is known.

    Raises
    ------
    KitError
        If the name ends in neither ``.csv`` nor ``.json``, or the file exists.
    """
    _check_new(out)
    if out.suffix == ".csv":
        write_durably(out, to_csv(standings_table(board)).encode())
    elif out.suffix == ".json":
        finals = final_standings(board)
        held = public_standings(board) if finals is None else finals
        write_durably(out, (json.dumps(held.as_dict(), indent=2) + "\n").encode())
    else:
        raise KitError(f"Standings are written to a .csv or .json file, however: {out.name}.")


def to_csv(rows: list[dict[str, Any]]) -> str:
    """Return flat rows as CSV with a header line; no rows give no text."""
    if not rows:
        return ""
    stream = io.StringIO()
    writer = csv.DictWriter(stream, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue()


def export_team(board: Board, name: str, out: Path) -> list[int]:
    """Pack a team's selected submissions and what is needed to compare them with a re-run.

    Parameters
    ----------
    board : Board
        A competition that is closed.
    name : str
        Of the team.
    out : path
        A new zip file, readable by its owner only.

    Returns
    -------
    list of int
        Numbers of the submissions.

    Raises
    ------
    KitError
        Before the close, if there is no such team, it has no submission, or a file has changed.
    """
    _check_new(out)
    with board.database.reading() as session:
        if board.state(session).closed_at is None:
            raise KitError("Submissions are exported after the close, however: it is open.")
        team = find_team(session, name)
        own = list(
            session.scalars(
                select(Submission)
                .where(Submission.team_number == team.number, Submission.late.is_(False))
                .order_by(Submission.number)
            )
        )
        chosen = set(
            session.scalars(
                select(Selection.submission_number).where(Selection.team_number == team.number)
            )
        )
        log = read_entries(session, actor=team_actor(team.number))
    if not own:
        raise KitError(f"{team.name} must have a submission, however: it has none.")
    selected = [held for held in own if held.number in chosen] or default_selection(
        own, board.competition.n_selections
    )
    content = {
        "competition": board.competition.title,
        "edition": board.manifest.name,
        "commitment": board.manifest.commitment,
        "team": team.name,
        "selected_by_team": bool(chosen),
        "submissions": [_submission(held) for held in selected],
    }
    parts: dict[str, bytes] = {
        "README.txt": _README.encode(),
        "team.json": _json(content),
        "log.json": _json([entry.as_dict() for entry in log]),
        MANIFEST: (board.layout.public / MANIFEST).read_bytes(),
    }
    for held in selected:
        read_stored(board, held)  # the file is what was counted
        path = board.folder.submission_path(team.number, held.sha256, held.suffix)
        parts[f"submissions/{held.number}{held.suffix}"] = path.read_bytes()
    write_durably(out, _zip(parts))
    return [held.number for held in selected]


def _submission(held: Submission) -> dict[str, Any]:
    return {
        "number": held.number,
        "file": f"submissions/{held.number}{held.suffix}",
        "sha256": held.sha256,
        "received_at": show_time(held.received_at),
        "public": {"precision_at_5": held.public_at_5, "precision_at_10": held.public_at_10},
        "private": {"precision_at_5": held.private_at_5, "precision_at_10": held.private_at_10},
    }


def _flat(finals: FinalStandings) -> list[dict[str, Any]]:
    rows = []
    for row in finals.rows:
        flat: dict[str, Any] = {"rank": row.rank, "team": row.team, "team_number": row.team_number}
        for period in ("private", "public"):
            held = row.scores[period]
            for percent in (5, 10):
                low, high = held[f"interval_at_{percent}"]
                flat[f"{period}_precision_at_{percent}"] = held[f"precision_at_{percent}"]
                flat[f"{period}_low_at_{percent}"] = low
                flat[f"{period}_high_at_{percent}"] = high
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


def _check_new(out: Path) -> None:
    if out.exists():
        raise KitError(f"{out} must be a new file, however: it exists. Choose another name.")
    if not out.parent.is_dir():
        raise KitError(f"{out.parent} must be a folder, however: there is none.")


def _json(data: Any) -> bytes:
    return (json.dumps(data, indent=2) + "\n").encode()


def _zip(parts: dict[str, bytes]) -> bytes:
    """Pack files without their times, so that the same content gives the same bytes."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in parts.items():
            packed.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return stream.getvalue()
