"""Verify published evidence: make a competition of it in a scratch folder, and check that."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from sqlalchemy import insert
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from customs_data.edition.layout import Layout
from customs_data.edition.reveal import place_reveal, read_reveal
from customs_data.errors import KitError
from customs_data.temporary import scratch_folder
from customs_leaderboard.board import Board
from customs_leaderboard.rules.competition import Competition
from customs_leaderboard.rules.schedule import parse_time
from customs_leaderboard.standings.evidence import (
    COLUMNS,
    FORMAT,
    MANIFEST,
    deciding_submissions,
)
from customs_leaderboard.store.database import open_database
from customs_leaderboard.store.folder import Folder
from customs_leaderboard.store.schema import Base, UtcTime
from customs_leaderboard.verification.report import Check, Report
from customs_leaderboard.verification.verify import Progress, Scope, verify_board

_RULES: Final = (
    "title", "ladder", "ladder_step", "ladder_standard_errors", "ladder_ground_errors",
    "daily_limit", "n_selections",
)  # fmt: skip
_NAME: Final = "evidence"


@dataclass(frozen=True)
class Evidence:
    """Content of an evidence file."""

    parts: dict[str, bytes]
    sha256: str
    findings: list[str]

    def rows(self, table: str) -> list[dict[str, Any]]:
        """Return the rows of a table; KeyError, ValueError if it is missing or damaged."""
        content = self.parts[f"tables/{table}.jsonl"].decode()
        return [json.loads(line) for line in content.splitlines()]


def verify_evidence(
    file: Path,
    edition: Path,
    revealed: Path,
    scope: Scope | None = None,
    progress: Progress = lambda _: lambda _: None,
) -> Report:
    """Verify what an organizer published after the reveal; nobody else's help is needed.

    Parameters
    ----------
    file : path
        Made by `write_evidence`.
    edition : path
        The edition as teams have it (public/ is enough).
    revealed : path
        The published labels (`customs_data.edition.reveal.write_reveal`).
    scope, progress
        As of `verify_board`.

    Raises
    ------
    KitError
        If one of the files cannot be read at all.
    """
    evidence = read_evidence(file)
    checks = [
        Check(
            _NAME,
            f"All parts are there and unchanged. SHA-256 of the file: {evidence.sha256}. Compare "
            "it with the competition's public log.",
            evidence.findings,
        )
    ]
    reveal = read_reveal(revealed)
    with scratch_folder() as scratch:
        place_reveal(reveal, edition, scratch / "edition", scratch / "board" / "solutions")
        try:
            with _board_of(evidence, scratch) as board:
                board.newest_judge()
                decide = _deciding(evidence)
                report = verify_board(board, replace(scope or Scope(), files=decide), progress)
        except (KitError, KeyError, ValueError, TypeError, SQLAlchemyError) as error:
            reason = str(error) if isinstance(error, KitError) else type(error).__name__
            broken = f"The evidence and the reveal do not fit together: {reason}"
            return Report([*checks, Check("labels", "They fit the evidence.", [broken])], [])
    unproved = list(report.unproved)
    simulated = reveal["secret"] is not None and not Layout.find(edition).has_oracle
    if simulated and evidence.rows("final_result"):
        unproved.append(
            "Frauds by scheme and the ceiling in the final standings come from the simulator: "
            "`customs-kit data verify --revealed` makes the edition again."
        )
    return Report([*checks, *report.checks], unproved)


def read_evidence(file: Path, wanted: str = FORMAT) -> Evidence:
    """Read an evidence file, and compare its parts with its list of checksums.

    Parameters
    ----------
    file : path
    wanted : str
        Its format.

    Raises
    ------
    KitError
        If it is no evidence file.
    """
    try:
        with file.open("rb") as stream:
            sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
        with zipfile.ZipFile(file) as packed:
            names = packed.namelist()
            parts = {name: packed.read(name) for name in names}
        manifest = json.loads(parts[MANIFEST])
        if manifest["format"] != wanted:
            raise ValueError(f"its format is {str(manifest['format'])[:40]!r}")
        sums: dict[str, str] = dict(manifest["sha256"])
    except FileNotFoundError:
        raise KitError(f"No such file: {file}.") from None
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        raise KitError(
            f"{file} is no evidence of `customs-kit leaderboard reveal`, or damaged: {error}. "
            "Download it again."
        ) from None
    return Evidence(parts, sha256, [*_part_faults(names, parts, sums)])


def _part_faults(names: list[str], parts: dict[str, bytes], sums: dict[str, str]) -> Iterator[str]:
    for name in sorted({*names, *sums} - {MANIFEST}):
        if name not in parts:
            yield f"{name} is missing from the evidence."
        elif name not in sums or names.count(name) > 1:
            yield f"{name} does not belong to the evidence."
        elif hashlib.sha256(parts[name]).hexdigest() != sums[name]:
            yield f"{name} in the evidence was changed: its SHA-256 is not the listed one."


@contextmanager
def _board_of(evidence: Evidence, scratch: Path) -> Iterator[Board]:
    """Make a competition of the evidence, with an SQLite database."""
    folder = Folder(scratch / "board")
    for path in (folder.root, folder.submissions, folder.spool):
        path.mkdir(exist_ok=True)
    (state,) = evidence.rows("state")
    rules = json.loads(state["rules"])
    competition = Competition(
        edition=scratch / "edition",
        opens=parse_time(rules["opens"]),
        closes=parse_time(rules["closes"]),
        **{name: rules[name] for name in _RULES if name in rules},
    )
    with closing(open_database(None, folder.database_file)) as database:
        board = Board(folder, competition, database)
        with database.upgrading() as session:
            for table in COLUMNS:
                _insert(session, table, evidence.rows(table))
        suffixes = {".csv", ".csv.gz"}
        for row in evidence.rows("submission"):
            content = evidence.parts.get(f"submissions/{row['number']}{row['suffix']}")
            if content is None or row["suffix"] not in suffixes:
                continue
            path = folder.submission_path(
                int(row["team_number"]), hashlib.sha256(content).hexdigest(), row["suffix"]
            )
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(content)
        yield board


def _insert(session: Session, name: str, rows: list[dict[str, Any]]) -> None:
    table = Base.metadata.tables[name]
    times = [column.name for column in table.columns if isinstance(column.type, UtcTime)]
    extra = {"state": {"address_key": ""}, "submission": {"note": ""}}.get(name, {})
    for row in rows:
        values = {column: row[column] for column in COLUMNS[name]} | extra
        for time in times:
            values[time] = values[time] and parse_time(values[time])
        session.execute(insert(table), values)


def _deciding(evidence: Evidence) -> set[int]:
    rows = evidence.rows("final_result")
    return deciding_submissions(rows[0]["content"] if rows else None)
