"""Restore a backup into a new folder and an empty database."""

from __future__ import annotations

import hashlib
import json
import os
import re
import tarfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import IO, Any, Final

from sqlalchemy import MetaData, insert, text
from sqlalchemy.orm import Session

from customs_data.errors import KitError
from customs_data.files.atomic import write_atomically
from customs_leaderboard.board import Board, board_in
from customs_leaderboard.contest import Clock, refuse_competition, refuse_state, utc_now
from customs_leaderboard.errors import organizer_errors
from customs_leaderboard.rules.competition import read_competition
from customs_leaderboard.rules.schedule import parse_time
from customs_leaderboard.season.board import SeasonBoard, open_season_board
from customs_leaderboard.store.actions import ORGANIZER
from customs_leaderboard.store.audit_log import append_entry, verify_chain
from customs_leaderboard.store.backup import FORMATS, IN_FOLDERS, MANIFEST, TABLES
from customs_leaderboard.store.database import Database, open_database
from customs_leaderboard.store.folder import Folder
from customs_leaderboard.store.migrations import upgrade_tables
from customs_leaderboard.store.schema import UtcTime

_SUBMISSION: Final = re.compile(r"submissions/[0-9]+/[0-9a-f]{64}\.csv(\.gz)?")
_FILES: Final = (
    "competition.toml", "references.json", "reveal.json.gz", "evidence.zip", "season.toml",
    "secret.json",
)  # fmt: skip
_EXPECTED: Final = {MANIFEST, *_FILES, *(f"tables/{table}.jsonl" for table in TABLES)}
_ROWS_AT_A_TIME: Final = 1000
_READ_STEP: Final = 1 << 20


def restore_backup(
    file: Path,
    root: Path,
    *,
    edition: Path | None = None,
    database_url: str | None = None,
    clock: Clock = utc_now,
) -> Board | SeasonBoard:
    """Restore a competition; nothing is overwritten.

    Parameters
    ----------
    file : path
        Made by `write_backup`.
    root : path
        New or empty folder.
    edition : path, optional
        Folder of the organizer's copy of the edition, if it has moved.
    database_url : str, optional
        An empty PostgreSQL or SQLite database, instead of the embedded one.
    clock : callable
        Returns the current time (UTC).

    Returns
    -------
    Board or SeasonBoard
        The competition, with an audit log entry for the restore.

    Raises
    ------
    KitError
        If the backup is damaged, the folder or database is not empty, or the edition is another
        one. Folder and database are then as they were.
    """
    with (
        organizer_errors(root),
        Folder.new(root) as folder,
        closing(open_database(database_url, folder.database_file)) as database,
    ):
        parts = _unpack(file, folder)
        manifest = json.loads(parts[MANIFEST])
        _write_rules(folder, parts, edition)
        refuse_competition(database)
        if not folder.season_file.exists():
            _check_edition(folder, database, manifest)
        # Rows are inserted as they were, then upgraded like a running competition.
        with database.upgrading(manifest.get("revision", "0001")) as session:
            refuse_state(session)
            _insert_rows(session, parts)
            upgrade_tables(session.connection())
            _continue_numbers(database, session)
            verify_chain(session, manifest["log"])
            details = {"made_at": manifest["made_at"], "log": manifest["log"]}
            append_entry(database, session, clock(), ORGANIZER, "competition restored", details)
    restored = Folder(root)
    if restored.season_file.exists():
        return open_season_board(root, database_url=database_url, clock=clock)
    return board_in(root, read_competition(restored.competition_file), database_url, clock)


def _check_edition(folder: Folder, database: Database, manifest: dict[str, Any]) -> None:
    """Check that the rules name the edition of the backup."""
    competition = read_competition(folder.competition_file)
    if Board(folder, competition, database).manifest.commitment != manifest["commitment"]:
        raise KitError(
            f"{competition.edition} is not the backup's edition {manifest['edition']}: its "
            "commitment differs. Give the edition's folder with --edition."
        )


def _unpack(file: Path, folder: Folder) -> dict[str, bytes]:
    """Write submissions to the folder as they come; return everything else, checked."""
    damaged = f"{file} is not a complete backup of `customs-kit leaderboard backup`: "
    parts: dict[str, bytes] = {}
    unpacked: set[str] = set()
    try:
        with tarfile.open(file) as tar:
            for entry in tar:
                stream = tar.extractfile(entry) if entry.isreg() else None
                if stream is not None and _SUBMISSION.fullmatch(entry.name):
                    _put_submission(folder, entry.name, stream, damaged)
                    unpacked.add(entry.name)
                elif stream is not None and _is_part(entry.name) and entry.name not in parts:
                    parts[entry.name] = stream.read()
                else:
                    raise KitError(f"{damaged}unexpected part {entry.name[:80]!r}.")
        manifest = json.loads(parts[MANIFEST])
        if manifest["format"] not in FORMATS:
            raise KitError(f"{damaged}unknown format {str(manifest['format'])[:40]!r}.")
        sums: dict[str, str] = manifest["sha256"]
        accepted = {
            f"submissions/{row['team_number']}/{row['sha256']}{row['suffix']}"
            for row in _rows(parts["tables/submission.jsonl"])
        }
    except FileNotFoundError:
        raise KitError(f"No such file: {file}.") from None
    except (OSError, EOFError, tarfile.TarError, ValueError, KeyError, TypeError) as error:
        if getattr(error, "errno", None):  # a disk, not the backup
            raise
        raise KitError(f"{damaged}{type(error).__name__} ({error}).") from None
    if absent := ({*sums, MANIFEST} | accepted) - (parts.keys() | unpacked):
        raise KitError(f"{damaged}{min(absent)} is missing.")
    for name, content in parts.items():
        if name != MANIFEST and hashlib.sha256(content).hexdigest() != sums.get(name):
            raise KitError(f"{damaged}{name} has changed.")
    return parts


def _is_part(name: str) -> bool:
    return name in _EXPECTED or IN_FOLDERS.fullmatch(name) is not None


def _put_submission(folder: Folder, name: str, stream: IO[bytes], damaged: str) -> None:
    """Write one file and compare it with the SHA-256 in its name."""
    path = folder.root / name
    path.parent.mkdir(mode=0o700, exist_ok=True)
    digest = hashlib.sha256()
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        while part := stream.read(_READ_STEP):
            digest.update(part)
            out.write(part)
    if not path.name.startswith(digest.hexdigest()):
        raise KitError(f"{damaged}{name} has changed.")


def _write_rules(folder: Folder, parts: dict[str, bytes], edition: Path | None) -> None:
    for name in parts:
        if name in _FILES:
            write_atomically(folder.root / name, parts[name], mode=0o600)
        elif IN_FOLDERS.fullmatch(name):
            path = folder.root / name
            path.parent.mkdir(mode=0o700, exist_ok=True)
            write_atomically(path, parts[name], mode=0o600)
    if edition is not None and folder.competition_file.exists():
        moved = replace(read_competition(folder.competition_file), edition=edition.resolve())
        write_atomically(folder.competition_file, moved.to_toml(), mode=0o600)


def _rows(content: bytes) -> Iterator[dict[str, Any]]:
    for line in content.decode().splitlines():
        yield json.loads(line)


def _insert_rows(session: Session, parts: dict[str, bytes]) -> None:
    """Insert the rows of all tables that the database has at its present revision."""
    metadata = MetaData()
    metadata.reflect(session.connection())
    tables = [metadata.tables[name] for name in TABLES if name in metadata.tables]
    if any(f"tables/{table.name}.jsonl" not in parts for table in tables):
        raise KitError("The database has newer tables than the backup. Use an empty database.")
    for table in tables:
        times = [c.name for c in table.columns if getattr(c.type, "length", 0) == UtcTime.LENGTH]
        rows = list(_rows(parts[f"tables/{table.name}.jsonl"]))
        for row, time in product(rows, times):
            row[time] = row[time] and UtcTime.as_text(parse_time(row[time]))
        for start in range(0, len(rows), _ROWS_AT_A_TIME):
            session.execute(insert(table), rows[start : start + _ROWS_AT_A_TIME])


def _continue_numbers(database: Database, session: Session) -> None:
    """Let PostgreSQL's sequences continue after the restored rows; SQLite does so by itself."""
    if not database.is_postgresql:
        return
    for name in ("team", "member", "access_code", "submission"):
        session.execute(
            text(
                f"SELECT setval(pg_get_serial_sequence('{name}', 'number'), "  # noqa: S608
                f"coalesce(max(number), 0) + 1, false) FROM {name}"
            )
        )
