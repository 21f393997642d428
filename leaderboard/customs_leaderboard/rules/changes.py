"""Changes of the rules in competition.toml: which are allowed, and how they are logged."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from customs_data.errors import KitError
from customs_leaderboard.rules.competition import RULES_BEFORE
from customs_leaderboard.store.actions import ORGANIZER
from customs_leaderboard.store.audit_log import append_entry
from customs_leaderboard.store.schema import Solution

if TYPE_CHECKING:
    from customs_leaderboard.board import Board

#: Rules that an organizer may change during a competition; changes are written to the audit log.
CHANGEABLE: Final = (
    "title", "daily_limit", "hourly_limit", "total_limit", "refused_limit", "late_submissions",
    "max_upload_mib", "contact", "private", "phases", "milestones",
)  # fmt: skip
#: The commitment of the edition itself, if its solution was replaced.
_FIRST: Final = select(Solution.previous_commitment).order_by(Solution.number).limit(1)


def rules_json(board: Board) -> str:
    """Return the rules as the database contains them."""
    return json.dumps(board.rules, sort_keys=True)


def compare_rules(board: Board) -> None:
    """Write changed rules to the audit log; refuse changes to rules that cannot change."""
    competition, new = board.competition, board.rules
    with board.database.reading() as session:
        state = board.state(session)
        old: dict[str, Any] = {**RULES_BEFORE, **json.loads(state.rules)}
        commitment = session.scalar(_FIRST) or state.commitment
    if board.manifest.commitment != commitment:
        raise KitError(
            f"{competition.edition} is not the edition of this competition: its commitment "
            "differs. Restore the edition from a backup."
        )
    changed = [name for name in new if new[name] != old[name]]
    if fixed := [name for name in changed if name not in CHANGEABLE]:
        raise KitError(
            f"{board.folder.competition_file}: {', '.join(fixed)} cannot change after the "
            f"announcement. Set {fixed[0]} back to {old[fixed[0]]!r}"
            + (" and use `customs-kit leaderboard extend`." if "closes" in fixed else ".")
        )
    if not changed:
        return
    with board.database.writing() as session:
        state = board.state(session, "write")
        if state.rules == rules_json(board):  # another process was faster
            return
        state.rules = rules_json(board)
        details = {name: {"old": old[name], "new": new[name]} for name in changed}
        append_entry(board.database, session, board.now(), ORGANIZER, "rules changed", details)
