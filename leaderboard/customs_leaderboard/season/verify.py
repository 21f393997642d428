"""Verify a competition of seasons: repeat every finished attempt from secret and selections."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from customs_data.errors import KitError
from customs_data.toml import from_table
from customs_leaderboard.rules.schedule import parse_time
from customs_leaderboard.season.board import SeasonBoard
from customs_leaderboard.season.live import Place
from customs_leaderboard.season.records import (
    SeasonRecords,
    records_of_board,
    records_of_evidence,
)
from customs_leaderboard.season.reports import hash_reports, hash_selection, reports_as_rows
from customs_leaderboard.season.rules import SeasonRules
from customs_leaderboard.season.secret import commitment_of, world_key
from customs_leaderboard.season.standings import hash_table, rank_teams
from customs_leaderboard.season.storing import sealed_scores
from customs_leaderboard.standings.close import COMPUTED
from customs_leaderboard.store.actions import (
    ATTEMPT_BEGUN,
    WEEK_DECIDED,
    WORLDS_REVEALED,
    team_actor,
)
from customs_leaderboard.store.audit_log import Entry
from customs_leaderboard.store.commitments import canonical_json, commit_to
from customs_leaderboard.store.schema import SeasonStep
from customs_leaderboard.verification.chain import chain_faults, clock_faults, readable_entries
from customs_leaderboard.verification.report import Check, Report
from customs_scorer.season.environment import InspectionSeason
from customs_scorer.season.measures import total_season
from customs_scorer.season.selection import Selection

Decision = tuple[int, int, int, int]  # team, attempt, world, week


@dataclass(frozen=True)
class SeasonScope:
    """What a verification covers.

    Attributes
    ----------
    kept_hash : str or None
        A hash that somebody noted; one of the log's entries must have it.
    quick : bool
        Do not simulate the worlds.
    """

    kept_hash: str | None = None
    quick: bool = False


def verify_season(
    what: SeasonBoard | Path,
    scope: SeasonScope | None = None,
    progress: Callable[[int], Callable[[int], None]] = lambda _: lambda _: None,
) -> Report:
    """Verify a competition or its published evidence.

    Parameters
    ----------
    what : SeasonBoard or path
        A competition, which may be running, or the evidence.
    scope : SeasonScope, optional
    progress : callable
        Called with the number of worlds; returns what is called with the number of those done.

    Raises
    ------
    KitError
        If the evidence cannot be read at all.
    """
    scope = scope or SeasonScope()
    checks = []
    if isinstance(what, SeasonBoard):
        records = records_of_board(what)
    else:
        records, evidence = records_of_evidence(what)
        checks.append(
            Check(
                "evidence",
                f"All parts are there and unchanged. SHA-256 of the file: {evidence.sha256}.",
                evidence.findings,
            )
        )
    entries = readable_entries(records.log)
    logged = {decision: entry for entry in entries if (decision := _decision_of(entry))}
    checks += [
        Check(
            "chain",
            f"{len(records.log):,} entries follow from each other.",
            [*chain_faults(records.log, scope.kept_hash)],
        ),
        Check("times", "No entry lies before the one before it.", [*clock_faults(entries)]),
        Check(
            "commitment",
            "Secret, rules and version give the commitment of the first entry.",
            [*_commitment_faults(records, entries)],
        ),
        Check(
            "decisions",
            f"{len(records.steps):,} decisions are those of the log, week after week.",
            [*_decision_faults(records, entries, logged)],
        ),
        Check(
            "attempts",
            "Attempts were begun, ended and finished as the log says.",
            [*_attempt_faults(records, entries)],
        ),
    ]
    if not scope.quick:
        played = _finished_worlds(records)
        done = progress(len(played))
        findings: list[str] = []
        for place, steps in played.items():
            findings += _world_faults(records, place, steps, logged)
            done(1)
        checks.append(
            Check(
                "worlds",
                f"{len(played):,} worlds of finished attempts, simulated from the secret and "
                "played again, give the same reports and scores.",
                findings,
            )
        )
    checks.append(
        Check(
            "standings",
            "The final table follows from the scores and has the hash of the log."
            if records.final
            else "There is no final table yet.",
            [*_table_faults(records, entries)],
        )
    )
    return Report(checks, [*_unproved(scope)])


def _unproved(scope: SeasonScope) -> Iterator[str]:
    if scope.kept_hash is None:
        yield (
            "No noted hash was given (--kept): whoever can write to the database could have "
            "replaced the whole log."
        )
    if scope.quick:
        yield "No world was simulated (--quick)."


def _decision_of(entry: Entry) -> Decision | None:
    if entry.action != WEEK_DECIDED:
        return None
    details = entry.details
    team = int(entry.actor.rpartition(" ")[2])
    return team, details["attempt"], details["world"], details["week"]


def _key(step: SeasonStep) -> Decision:
    return step.team_number, step.attempt, step.world, step.week


def _place(decision: Decision) -> str:
    team, attempt, world, week = decision
    return f"Team {team}, attempt {attempt}, world {world}, week {week}"


def _rules_of(records: SeasonRecords) -> SeasonRules:
    data = json.loads(records.state.rules)
    times = {name: parse_time(data[name]) for name in ("opens", "closes")}
    return from_table(SeasonRules, {**data, **times}, "rules")


def _commitment_faults(records: SeasonRecords, entries: list[Entry]) -> Iterator[str]:
    made = next((entry for entry in entries if entry.action == "competition made"), None)
    if made is None:
        yield "The log has no entry of the start."
        return
    committed = made.details.get("commitment")
    try:
        rules = _rules_of(records)
    except (KitError, ValueError, KeyError) as error:
        yield f"The rules cannot be read: {error}"
        return
    given = commitment_of(records.secret, rules, records.generator_version)
    if given != committed or records.state.commitment != committed:
        yield (
            f"The secret gives the commitment {given}, but {committed} was published at the start."
        )
    for entry in entries:
        if entry.action == WORLDS_REVEALED and entry.details["secret"] != records.secret.hex():
            yield f"Entry {entry.sequence} revealed another secret."


def _decision_faults(
    records: SeasonRecords, entries: list[Entry], logged: dict[Decision, Entry]
) -> Iterator[str]:
    n_logged = sum(entry.action == WEEK_DECIDED for entry in entries)
    if n_logged != len(logged):
        yield f"The log has {n_logged - len(logged)} weeks that were decided twice."
    stored = {_key(step): step for step in records.steps}
    for decision in sorted(logged.keys() - stored.keys()):
        yield f"{_place(decision)}: it is in the log, but its row is missing."
    for decision in sorted(stored.keys() - logged.keys()):
        yield f"{_place(decision)}: its row is not in the log."
    for decision in sorted(stored.keys() & logged.keys()):
        selection = stored[decision].selection
        if hash_selection(selection) != logged[decision].details["selection_sha256"]:
            yield f"{_place(decision)}: its selection is not that of the log."
    weeks: dict[tuple[int, ...], int] = defaultdict(int)
    for decision, entry in logged.items():
        weeks[decision[:3]] += 1
        if weeks[decision[:3]] != decision[3]:
            yield f"{_place(decision)}: entry {entry.sequence} is out of order."


def _attempt_faults(records: SeasonRecords, entries: list[Entry]) -> Iterator[str]:
    """Yield attempts and teams that the log has otherwise: they decide which attempt counts."""
    begun, ended, finished = set(), set(), set()
    disabled = set()
    for entry in entries:
        details = entry.details
        if entry.action == ATTEMPT_BEGUN:
            begun.add((entry.actor, details["attempt"]))
            ended |= {(entry.actor, details["ended"])} if details["ended"] else set()
        elif entry.action == WEEK_DECIDED and details.get("finishes"):
            finished.add((entry.actor, details["attempt"]))
        elif entry.action == "team disabled":
            disabled.add(details["team"])
        elif entry.action == "team enabled":
            disabled.discard(details["team"])
    rows = {(team_actor(one.team_number), one.number): one for one in records.attempts}
    for what, logged, stored in (
        ("begun", begun, set(rows)),
        ("ended", ended, {key for key, one in rows.items() if one.abandoned_at is not None}),
        ("finished", finished, {key for key, one in rows.items() if one.finished_at is not None}),
    ):
        for actor, number in sorted(logged ^ stored):
            yield f"Attempt {number} of {actor} was {what} by the log or by its row, not by both."
    for team in records.teams:
        if (team.disabled_at is not None) != (team.number in disabled):
            yield f"Team {team.number} is disabled by the log or by its row, not by both."


def _finished_worlds(records: SeasonRecords) -> dict[Place, list[SeasonStep]]:
    finished = {
        (one.team_number, one.number) for one in records.attempts if one.finished_at is not None
    }
    worlds: dict[Place, list[SeasonStep]] = defaultdict(list)
    for step in sorted(records.steps, key=_key):
        if (step.team_number, step.attempt) in finished:
            worlds[Place(step.team_number, step.attempt, step.world)].append(step)
    return worlds


def _world_faults(
    records: SeasonRecords, place: Place, steps: list[SeasonStep], logged: dict[Decision, Entry]
) -> Iterator[str]:
    rules = _rules_of(records)
    arrivals = rules.make_world(world_key(records.secret, *place))
    season = InspectionSeason(arrivals, rules.budget, rules.delay)
    season.reset()
    name = f"Team {place.team_number}, attempt {place.attempt}, world {place.world}"
    for step in steps:
        try:
            season.step(Selection.from_dict(json.loads(step.selection)))
        except (KitError, ValueError, KeyError, TypeError) as error:
            yield f"{name}, week {step.week}: the selection cannot be opened: {error}"
            return
        entry = logged.get(_key(step))
        reports = hash_reports(reports_as_rows(season.reports_after(step.week)))
        if entry is not None and reports != entry.details["reports_sha256"]:
            yield f"{name}, week {step.week}: the reports were not those of the world."
    if len(steps) != season.n_weeks:
        yield f"{name}: it has {len(steps)} weeks of {season.n_weeks}."
        return
    scores = json.loads(canonical_json(total_season(arrivals, season.opened).scores()))
    stored = {Place(row.team_number, row.attempt, row.world): row.scores for row in records.results}
    if place not in stored or json.loads(stored[place]) != scores:
        yield f"{name}: the stored scores are not those of the season played again."
    entry = logged.get((*place, season.n_weeks))
    if entry is not None and not _is_sealed(entry, place, scores):
        yield f"{name}: entry {entry.sequence} does not commit to these scores."


def _is_sealed(entry: Entry, place: Place, scores: dict[str, Any]) -> bool:
    salt = str(entry.details.get("salt"))
    return commit_to(salt, sealed_scores(place, scores)) == entry.details.get("commitment")


def _table_faults(records: SeasonRecords, entries: list[Entry]) -> Iterator[str]:
    computed = [entry for entry in entries if entry.action == COMPUTED]
    if records.final is None:
        return
    if not computed or computed[-1].details["sha256"] != hash_table(records.final):
        yield "The final table has another hash than the log."
    results: dict[tuple[int, int], list[dict[str, Any]]] = defaultdict(list)
    for row in sorted(records.results, key=lambda one: one.world):
        results[row.team_number, row.attempt].append(json.loads(row.scores))
    again = rank_teams(records.teams, records.attempts, results).as_dict()["rows"]
    stored = json.loads(records.final)["rows"]
    for row in (*again, *stored):
        del row["team"]  # it may have been renamed since
    if json.loads(canonical_json({"rows": again}))["rows"] != stored:
        yield "The final table does not follow from the scores."
