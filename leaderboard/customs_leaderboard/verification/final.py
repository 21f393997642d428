"""Check the final standings: against the log, and by computing them again."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Iterator
from typing import Any, Final

from customs_data.edition.layout import USAGES
from customs_data.errors import KitError
from customs_leaderboard.board import Board
from customs_leaderboard.standings.compute_final import compute_final, rank_teams
from customs_leaderboard.store.commitments import canonical_json
from customs_leaderboard.verification.records import Records
from customs_leaderboard.verification.replay import Replay

#: They come from the simulator, and nobody can compute them from labels alone.
SIMULATED: Final = ("ceiling", "prior", "frauds_by_scheme", "caught")
_N_DIFFERENCES: Final = 3
# In earlier releases, teams with the same public score had different public ranks.
_RANKED_ANEW: Final = ("public_rank", "shake_up")
_RENAMED: Final = {"team"}  # names may have changed since; their SHA-256 is checked anyway


def logged_faults(records: Records, replay: Replay) -> Iterator[str]:
    """Yield what contradicts the SHA-256 that the log contains."""
    if replay.computed is None:
        if records.final is not None:
            yield "There are final standings, but none in the log."
        return
    number = replay.computed.sequence
    if records.final is None:
        yield f"The final standings of the log (entry {number}) are missing."
        return
    try:
        content = canonical_json(json.loads(records.final))
    except ValueError:
        yield "The final standings are damaged: they are not JSON."
        return
    sha256, logged = hashlib.sha256(content.encode()).hexdigest(), replay.computed.details
    if sha256 != logged.get("sha256", sha256):
        yield (
            f"The final standings were changed: their SHA-256 is {sha256}, but {logged['sha256']} "
            f"by the log (entry {number})."
        )


def computed_faults(
    board: Board, records: Records, replay: Replay, *, quick: bool
) -> Iterator[str]:
    """Yield how the stored final standings differ from those computed again.

    Parameters
    ----------
    board : Board
        The competition.
    records : Records
        Its rows.
    replay : Replay
        What the log says.
    quick : bool
        Compute only ranks, selections and ranked scores, from the stored scores.
    """
    if records.final is None:
        return
    try:
        stored = json.loads(records.final)
        if quick:
            stored = {"rows": _essence(stored["rows"], board)}
            again = {"rows": _essence(_rank_again(board), board)}
        else:
            again = compute_final(board, n_replicates=stored["n_replicates"]).as_dict()
            ignored: tuple[str, ...] = () if board.newest_judge().layout.has_oracle else SIMULATED
            if replay.computed is not None and "sha256" not in replay.computed.details:
                ignored += _RANKED_ANEW
            stored = {"prior": None} | stored  # standings of earlier releases have no prior
            stored, again = _without(stored, ignored), _without(again, ignored)
    except KitError as error:
        yield f"The final standings cannot be computed again: {error}"
        return
    except (ValueError, TypeError, KeyError) as error:
        yield f"The final standings are damaged: {type(error).__name__} ({error})."
        return
    yield from _lines(stored, again)


def _essence(rows: Iterable[dict[str, Any]], board: Board) -> list[dict[str, Any]]:
    """Return ranks, selections and ranked scores of some rows of standings."""
    names = ("rank", "team_number", "submission", "selected", "selected_by_team", "shown")
    return [
        {name: row[name] for name in names}
        | {
            f"{period} {metric.name}": row["scores"][period][metric.name]
            for period in USAGES
            for metric in board.metrics.ranked
        }
        for row in rows
    ]


def _rank_again(board: Board) -> Iterator[dict[str, Any]]:
    """Yield the rows that follow from stored scores and selections alone."""
    for rank, ranked in enumerate(rank_teams(board), start=1):
        yield {
            "rank": rank,
            "team_number": ranked.team.number,
            "submission": ranked.best.number,
            "selected": [submission.number for submission in ranked.selected],
            "selected_by_team": ranked.by_team,
            "shown": ranked.team.best_shown,
            "scores": ranked.scores,
        }


def _without(standings: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    rows = [{k: x for k, x in row.items() if k not in names} for row in standings["rows"]]
    kept = {name: value for name, value in standings.items() if name not in names}
    return {**kept, "rows": rows}


def _lines(stored: dict[str, Any], again: dict[str, Any]) -> Iterator[str]:
    """Yield one line for each row that differs, and one for all that is not in rows."""
    rows, rows_again = stored.pop("rows"), again.pop("rows")
    if len(rows) != len(rows_again):
        yield f"Final standings: {len(rows)} teams are stored, but {len(rows_again)} computed."
    for number, (row, other) in enumerate(zip(rows, rows_again, strict=False), start=1):
        differences = [*_differences(row, other)]
        where = f"row {number} (team {row.get('team_number')})"
        if (team := other["team_number"]) != row.get("team_number"):
            yield f"Final standings, {where}: by the computation, team {team} belongs here."
        elif differences:
            yield f"Final standings, {where}: {_listed(differences)}."
    if differences := [*_differences(stored, again)]:
        yield f"Final standings: {_listed(differences)}."


def _listed(differences: list[tuple[str, Any, Any]]) -> str:
    named = [
        f"{where} is {was}, but {value} computed"
        for where, was, value in differences[:_N_DIFFERENCES]
    ]
    more = len(differences) - len(named)
    return "; ".join(named) + (f"; {more} other values differ" if more else "")


def _differences(stored: Any, again: Any, where: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Yield the innermost places where two values differ; floats may differ in the last digits."""
    if isinstance(stored, dict) and isinstance(again, dict):
        for name in sorted((stored.keys() | again.keys()) - _RENAMED):
            path = f"{where} {name}".strip()
            yield from _differences(stored.get(name), again.get(name), path)
    elif isinstance(stored, list) and isinstance(again, list):
        if len(stored) != len(again):
            yield where, stored, again
            return
        for i, (one, other) in enumerate(zip(stored, again, strict=True), start=1):
            yield from _differences(one, other, f"{where} {i}")
    elif isinstance(stored, float) and isinstance(again, float):
        if not math.isclose(stored, again, rel_tol=1e-9, abs_tol=1e-12):
            yield where, stored, again
    elif stored != again:
        yield where, stored, again
