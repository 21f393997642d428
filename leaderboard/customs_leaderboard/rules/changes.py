"""Changes of the rules in competition.toml: which are allowed, and how they are logged."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from customs_data.errors import KitError
from customs_leaderboard.rules.competition import RULES_BEFORE
from customs_leaderboard.store.actions import ORGANIZER
from customs_leaderboard.store.audit_log import append_entry
from customs_leaderboard.store.schema import Solution

if TYPE_CHECKING:
    from customs_leaderboard.board import Board
    from customs_leaderboard.contest import Contest

#: Rules that an organizer may change during a competition; changes are written to the audit log.
CHANGEABLE: Final = (
    "title", "daily_limit", "hourly_limit", "total_limit", "refused_limit", "late_submissions",
    "max_upload_mib", "contact", "private", "phases", "milestones",
)  # fmt: skip
#: The commitment of the edition itself, if its solution was replaced.
_FIRST: Final = select(Solution.previous_commitment).order_by(Solution.number).limit(1)


def rules_json(board: Contest) -> str:
    """Return the rules as the database contains them."""
    return json.dumps(board.rules, sort_keys=True)


def compare_rules(board: Board) -> None:
    """Check that the edition is that of the start; then as `compare_announced`."""
    with board.database.reading() as session:
        commitment = session.scalar(_FIRST) or board.state(session).commitment
    if board.manifest.commitment != commitment:
        raise KitError(
            f"{board.competition.edition} is not the edition of this competition: its commitment "
            "differs. Restore the edition from a backup."
        )
    compare_announced(board, board.folder.competition_file, CHANGEABLE, RULES_BEFORE)


def compare_announced(
    contest: Contest, path: Path, changeable: Collection[str], before: Mapping[str, Any]
) -> None:
    """Write changed rules to the audit log; refuse changes to rules that cannot change.

    Parameters
    ----------
    contest : Contest
        The competition, with the rules as they are now.
    path : path
        File of the rules, for the message.
    changeable : collection of str
        Rules that may change.
    before : mapping
        Values of rules that competitions announced before do not have.

    Raises
    ------
    KitError
        If another rule was changed.
    """
    new = contest.rules
    with contest.database.reading() as session:
        old: dict[str, Any] = {**before, **json.loads(contest.state(session).rules)}
    changed = [name for name in new if new[name] != old[name]]
    if fixed := [name for name in changed if name not in changeable]:
        raise KitError(
            f"{path}: {', '.join(fixed)} cannot change after the "
            f"announcement. Set {fixed[0]} back to {old[fixed[0]]!r}"
            + (" and use `customs-kit leaderboard extend`." if "closes" in fixed else ".")
        )
    if not changed:
        return
    with contest.database.writing() as session:
        state = contest.state(session, "write")
        if state.rules == rules_json(contest):  # another process was faster
            return
        state.rules = rules_json(contest)
        details = {name: {"old": old[name], "new": new[name]} for name in changed}
        append_entry(contest.database, session, contest.now(), ORGANIZER, "rules changed", details)
