"""What the database must contain according to the log, and what contradicts it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from customs_leaderboard.rules.competition import RULES_BEFORE
from customs_leaderboard.rules.schedule import show_time
from customs_leaderboard.store import actions
from customs_leaderboard.store.actions import team_actor
from customs_leaderboard.store.audit_log import Entry
from customs_leaderboard.store.commitments import commit_to, logged_facts, sealed_facts
from customs_leaderboard.store.schema import Submission, UtcTime
from customs_leaderboard.verification.records import Records

_EDITION: Final = {"edition", "commitment"}


@dataclass
class Replay:
    """The competition's state after all entries of the log.

    Attributes
    ----------
    accepted : dict of int to Entry
        The entry of each submission.
    shown : dict of int to float or None
        Score on the board after each submission, after corrections.
    corrected : set of int
        Submissions whose shown score was corrected.
    corrected_at : int
        Sequence of the newest correction, after which Ladders were replayed; 0 if there is none.
    struck : set of int
        Submissions that are struck.
    teams : dict of int to str
        Names of the teams.
    disabled : set of int
        Teams that are disabled.
    selections : dict of int to list of int
        Selected submissions by team.
    rules : dict of str to Any
        The rules.
    closes : str or None
        The deadline.
    closed, revealed : bool
        Whether the competition is closed, and its labels are revealed.
    commitments : list of (int, str)
        Commitments to the labels, each with the sequence of its entry.
    faults : list of str
        Entries without the details of their action.
    renewed : Entry or None
        The entry that commits to all scores with the newest labels, if these were replaced.
    computed : Entry or None
        The entry of the newest final standings, unless a correction has withdrawn them.
    """

    accepted: dict[int, Entry] = field(default_factory=dict)
    shown: dict[int, float | None] = field(default_factory=dict)
    corrected: set[int] = field(default_factory=set)
    corrected_at: int = 0
    struck: set[int] = field(default_factory=set)
    teams: dict[int, str] = field(default_factory=dict)
    disabled: set[int] = field(default_factory=set)
    selections: dict[int, list[int]] = field(default_factory=dict)
    rules: dict[str, Any] = field(default_factory=lambda: dict(RULES_BEFORE))
    closes: str | None = None
    closed: bool = False
    revealed: bool = False
    commitments: list[tuple[int, str]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    renewed: Entry | None = None
    computed: Entry | None = None

    def add(self, entry: Entry) -> None:
        """Add the next entry."""
        details = entry.details
        if "team" in details and "name" in details:
            self.teams[details["team"]] = details["name"]
        match entry.action:
            case "competition made":
                self.rules |= {k: x for k, x in details.items() if k not in _EDITION}
                self.closes = details["closes"]
                self.commitments.append((entry.sequence, details["commitment"]))
            case "rules changed":
                self.rules |= {name: change["new"] for name, change in details.items()}
            case "deadline extended":
                self.closes = details["new"]
            case "submission accepted":
                self.accepted[details["submission"]] = entry
                self.shown[details["submission"]] = details.get("shown")
            case "ladder replayed":
                shown = {int(number): score for number, score in details["shown"].items()}
                self.shown |= shown
                self.corrected |= shown.keys()
            case "selection changed":
                self.selections[int(entry.actor.removeprefix("team "))] = details["submissions"]
            case "competition closed":
                self.closed = True
            case "final standings computed":
                self.computed = entry
            case actions.SCORES_RENEWED:
                self.renewed = entry
            case "labels revealed":
                self.revealed = True
            case _:
                self._correct(entry)

    def _correct(self, entry: Entry) -> None:
        details = entry.details
        match entry.action:
            case "submission struck":
                self.struck.add(details["submission"])
            case "submission restored":
                self.struck.discard(details["submission"])
            case "team disabled":
                self.disabled.add(details["team"])
            case "team enabled":
                self.disabled.discard(details["team"])
            case "solution replaced":
                self.commitments.append((entry.sequence, details["commitment"]["new"]))
                self.renewed = None
            case _:
                return
        self.computed, self.corrected_at = None, entry.sequence

    def n_later_solutions(self, entry: Entry) -> int:
        """Return how often the labels were replaced after an entry."""
        return sum(sequence > entry.sequence for sequence, _ in self.commitments)


def replay_log(entries: Sequence[Entry]) -> Replay:
    """Return the state after all entries, given in the order of their sequence."""
    replay = Replay()
    for entry in entries:
        try:
            replay.add(entry)
        except (KeyError, TypeError, ValueError):
            replay.faults.append(
                f"Entry {entry.sequence} lacks details of {entry.action!r}, or they are wrong."
            )
    return replay


def state_faults(records: Records, replay: Replay, commitment: str) -> Iterator[str]:
    """Yield what the competition's state and rules have that the log has not.

    `commitment` is that of the edition.
    """
    if replay.commitments and (first := replay.commitments[0][1]) != commitment:
        yield f"The edition's commitment is {commitment}, but {first} by the log."
    state = records.state
    rules = {**RULES_BEFORE, **json.loads(state.rules)}
    for name, value in rules.items():
        if name in replay.rules and replay.rules[name] != value:
            yield f"The rule {name} is {value!r}, but {replay.rules[name]!r} by the log."
    if replay.closes is not None and show_time(state.closes) != replay.closes:
        yield f"The deadline is {show_time(state.closes)}, but {replay.closes} by the log."
    for what, is_so, logged in (
        ("closed", state.closed_at is not None, replay.closed),
        ("revealed", state.revealed_at is not None, replay.revealed),
    ):
        if is_so != logged:
            by_database, by_log = ("" if it else "not " for it in (is_so, logged))
            yield f"The competition is {by_database}{what}, but {by_log}{what} by the log."
    if replay.commitments and replay.commitments[-1][1] != state.commitment:
        yield (
            f"The commitment to the labels is {state.commitment}, but "
            f"{replay.commitments[-1][1]} by the log."
        )


def team_faults(records: Records, replay: Replay) -> Iterator[str]:
    """Yield teams, names, disabled teams and selections that differ from the log."""
    for number in sorted(records.teams.keys() | replay.teams.keys()):
        team = records.teams.get(number)
        if team is None:
            yield f"Team {number} ({replay.teams[number]}) of the log is missing."
            continue
        if number not in replay.teams:
            yield f"Team {number} ({team.name}) is not in the log."
        elif team.name != replay.teams[number]:
            yield f"Team {number} is {team.name!r}, but {replay.teams[number]!r} by the log."
        if (team.disabled_at is not None) != (number in replay.disabled):
            words = ("disabled", "not disabled")
            is_so, logged = words if team.disabled_at is not None else words[::-1]
            yield f"Team {number} ({team.name}) is {is_so}, but {logged} by the log."


def selection_faults(records: Records, replay: Replay) -> Iterator[str]:
    """Yield teams whose selections differ from the log."""
    for number in sorted(records.selections.keys() | replay.selections.keys()):
        stored = sorted(records.selections.get(number, ()))
        logged = sorted(replay.selections.get(number, ()))
        if stored != logged:
            yield f"Team {number} selected {_listed(stored)}, but {_listed(logged)} by the log."


def submission_faults(records: Records, replay: Replay) -> Iterator[str]:
    """Yield submissions that differ from their entries, or from what these commit to."""
    for number in sorted(records.submissions.keys() | replay.accepted.keys()):
        submission, entry = records.submissions.get(number), replay.accepted.get(number)
        if submission is None:
            assert entry is not None
            yield f"Submission {number} of the log (entry {entry.sequence}) is missing."
        elif entry is None:
            yield f"Submission {number} (team {submission.team_number}) is not in the log."
        else:
            yield from _differences(submission, entry, replay)
            if scores_differ(records, submission, entry, replay):
                yield (
                    f"{name_of(submission)}: the stored exact scores are not those that the log "
                    f"commits to (entry {entry.sequence})."
                )

    if (renewed := replay.renewed) is not None:
        numbers = [n for n, entry in replay.accepted.items() if entry.sequence < renewed.sequence]
        facts = {"scores": {str(n): records.scores.get(n, {}) for n in numbers}}
        if commit_to(renewed.details["salt"], facts) != renewed.details["commitment"]:
            yield (
                "The stored exact scores are not those that the log commits to after the labels "
                f"were replaced (entry {renewed.sequence})."
            )


def _differences(submission: Submission, entry: Entry, replay: Replay) -> Iterator[str]:
    number = submission.number
    if entry.actor != team_actor(submission.team_number):
        yield f"{name_of(submission)} is of {entry.actor} by the log (entry {entry.sequence})."
    logged = dict(entry.details)
    if "shown" in logged or number in replay.corrected:
        logged["shown"] = replay.shown[number]
    if entry.sequence < replay.corrected_at:
        logged.pop("improved", None)  # `ladder` checks it
    logged.setdefault("received_at", UtcTime.as_text(entry.at))
    logged.setdefault("late", False)
    for name, value in logged_facts(submission).items():
        if name in logged and value != logged[name]:
            yield (
                f"{name_of(submission)}: {name} is {value}, but {logged[name]} by the log (entry "
                f"{entry.sequence})."
            )
    if (submission.struck_at is not None) != (number in replay.struck):
        is_so = "struck" if submission.struck_at is not None else "not struck"
        yield f"{name_of(submission)} is {is_so}, but the log says otherwise."
    if submission.day != UtcTime.as_text(submission.received_at)[:10]:
        yield f"{name_of(submission)} counts on {submission.day}, but was received on another day."


def scores_differ(
    records: Records, submission: Submission, entry: Entry, replay: Replay
) -> bool | None:
    """Whether stored exact scores contradict an entry's commitment; None if nobody can say."""
    n_later = replay.n_later_solutions(entry)
    if "commitment" not in entry.details or n_later > 1:
        return None
    stored = records.previous_scores if n_later else records.scores
    facts = sealed_facts(submission, stored.get(submission.number, {}))
    return bool(commit_to(entry.details["salt"], facts) != entry.details["commitment"])


def name_of(submission: Submission) -> str:
    """Return a submission as findings name it."""
    return f"Submission {submission.number} (team {submission.team_number})"


def _listed(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers)) or "nothing"
