"""Rows of a competition of seasons, from its database or from published evidence."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import select

from customs_data.errors import KitError
from customs_leaderboard.rules.schedule import parse_time
from customs_leaderboard.season.board import SeasonBoard, generator_version
from customs_leaderboard.season.ending import COLUMNS, FORMAT, SECRET
from customs_leaderboard.store.schema import (
    AuditEntry,
    Base,
    FinalResult,
    SeasonAttempt,
    SeasonResult,
    SeasonStep,
    State,
    Team,
    UtcTime,
)
from customs_leaderboard.verification.published import Evidence, read_evidence

Row = TypeVar("Row", bound=Base)


@dataclass(frozen=True)
class SeasonRecords:
    """What a verification reads.

    Attributes
    ----------
    secret : bytes
        The master secret.
    generator_version : str
        Version of customs-kit that it was committed to with.
    state : State
    log : list of AuditEntry
        In the order of their sequence.
    teams : list of Team
    attempts : list of SeasonAttempt
    steps : list of SeasonStep
        By team, attempt, world and week.
    results : list of SeasonResult
    final : str or None
        The stored final table (JSON).
    """

    secret: bytes
    generator_version: str
    state: State
    log: list[AuditEntry]
    teams: list[Team]
    attempts: list[SeasonAttempt]
    steps: list[SeasonStep]
    results: list[SeasonResult]
    final: str | None


def records_of_board(board: SeasonBoard) -> SeasonRecords:
    """Read the rows of a competition; it may be running."""
    secret = board.secret
    with board.database.reading() as session:

        def rows(kind: type[Row]) -> list[Row]:
            return list(session.scalars(select(kind).order_by(*kind.__table__.primary_key)))

        return SeasonRecords(
            secret,
            generator_version(),
            board.state(session),
            rows(AuditEntry),
            rows(Team),
            rows(SeasonAttempt),
            rows(SeasonStep),
            rows(SeasonResult),
            session.scalar(select(FinalResult.content)),
        )


def records_of_evidence(file: Path) -> tuple[SeasonRecords, Evidence]:
    """Read published evidence.

    Raises
    ------
    KitError
        If the file is no evidence of a competition of seasons, or damaged.
    """
    evidence = read_evidence(file, FORMAT)
    try:
        revealed = json.loads(evidence.parts[SECRET])
        (state,) = _rows(evidence, State)
        finals = evidence.rows("final_result")
        records = SeasonRecords(
            bytes.fromhex(revealed["secret"]),
            str(revealed["generator_version"]),
            state,
            _rows(evidence, AuditEntry),
            _rows(evidence, Team),
            _rows(evidence, SeasonAttempt),
            _rows(evidence, SeasonStep),
            _rows(evidence, SeasonResult),
            finals[0]["content"] if finals else None,
        )
    except (KeyError, ValueError, TypeError) as error:
        raise KitError(f"{file} is damaged: {type(error).__name__} ({error}).") from None
    return records, evidence


def _rows(evidence: Evidence, kind: type[Row]) -> list[Row]:
    table = Base.metadata.tables[kind.__tablename__]
    times = {column.name for column in table.columns if isinstance(column.type, UtcTime)}
    rows: Iterable[dict[str, Any]] = evidence.rows(table.name)
    return [
        kind(
            **{
                name: parse_time(row[name]) if name in times and row[name] else row[name]
                for name in COLUMNS[table.name]
            }
        )
        for row in rows
    ]
