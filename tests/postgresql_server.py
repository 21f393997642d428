"""A PostgreSQL server for tests, in a scratch folder that is deleted afterwards."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import psycopg
import pytest

REQUIRED = "CUSTOMS_KIT_REQUIRE_POSTGRES"
# PostgreSQL refuses to run as root; the system's packages make this user.
UNPRIVILEGED = "postgres"
_SECONDS = 120


def find_binaries() -> Path | None:
    """Return the folder of initdb and pg_ctl, of the newest version."""
    initdb = shutil.which("initdb")
    if initdb:
        return Path(initdb).parent
    installed = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest = sorted(installed, key=lambda path: float(path.parts[-3]))
    return newest[-1].parent if newest else None


class PostgresqlServer:
    """A cluster that listens on a Unix socket only."""

    def __init__(self, binaries: Path) -> None:
        self._binaries = binaries
        # Not in pytest's folder: the path of a socket has at most 107 characters.
        self._folder = Path(tempfile.mkdtemp(prefix="kit-pg-"))
        if os.geteuid() == 0:
            shutil.chown(self._folder, UNPRIVILEGED)
        self._data = self._folder / "data"
        self._n_databases = 0
        self._run(
            "initdb", "--pgdata", self._data, "--username", "postgres", "--auth", "trust",
            "--encoding", "UTF8", "--no-locale", "--no-sync",
        )  # fmt: skip
        self.start()

    def _run(self, program: str, *arguments: object) -> None:
        before = ["runuser", "-u", UNPRIVILEGED, "--"] if os.geteuid() == 0 else []
        command = [*before, str(self._binaries / program), *map(str, arguments)]
        # Output to a file: the server would keep a pipe open.
        with (self._folder.parent / f"{self._folder.name}.log").open("a+") as log:
            done = subprocess.run(
                command,
                cwd="/",
                stdout=log,
                stderr=subprocess.STDOUT,
                check=False,
                timeout=_SECONDS,
            )
            if done.returncode:
                log.seek(0)
                raise RuntimeError(f"{program} failed: {log.read()[-2000:]}")

    def start(self) -> None:
        # No fsync: tests stop the client or the server, never the machine.
        options = f"-F -c listen_addresses='' -c unix_socket_directories={self._folder}"
        self._run("pg_ctl", "-D", self._data, "-w", "-o", options, "start")

    def stop(self) -> None:
        self._run("pg_ctl", "-D", self._data, "-m", "immediate", "-w", "stop")

    def new_database(self, dump: str = "") -> str:
        """Make a schema, which is to a client what a database is; return its address.

        `dump` is the output of ``pg_dump --schema board1``; without it the schema is empty.
        """
        self._n_databases += 1
        name = f"board{self._n_databases}"
        address = f"postgresql://postgres@/postgres?host={self._folder}"
        commands = [line for line in dump.splitlines() if not line.startswith("\\")]  # psql's own
        create = "\n".join(commands).replace("board1", name) or f"CREATE SCHEMA {name}"
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(create)
        return f"{address}&options=-csearch_path%3D{name}"

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)
        (self._folder.parent / f"{self._folder.name}.log").unlink(missing_ok=True)


def start_or_skip() -> PostgresqlServer:
    """Start a server; without PostgreSQL, skip the tests, or fail if it is required."""
    binaries = find_binaries()
    if binaries is not None:
        return PostgresqlServer(binaries)
    reason = (
        "PostgreSQL is NOT TESTED: it is not installed. Install it (apt-get install postgresql); "
        f"{REQUIRED}=1 makes this an error."
    )
    if os.environ.get(REQUIRED) == "1":
        pytest.fail(reason)
    pytest.skip(reason)
