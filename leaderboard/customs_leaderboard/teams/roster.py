"""Import of many teams from a table: all rows, or none and every problem by its line."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from customs_data.errors import KitError
from customs_data.files.atomic import write_atomically
from customs_data.files.csv_parsing import check_encoding
from customs_data.files.recognition import known_format, likely_encoding
from customs_leaderboard.contest import Contest
from customs_leaderboard.store.actions import ORGANIZER
from customs_leaderboard.store.folder import check_new
from customs_leaderboard.store.schema import Member, Team
from customs_leaderboard.teams.codes import insert_code
from customs_leaderboard.teams.members import MAX_MEMBERS, insert_member, log_member
from customs_leaderboard.teams.names import check_free, check_member_name, check_name, key_of
from customs_leaderboard.teams.teams import check_active, insert_team, lock_teams, log_team

_MAX_BYTES: Final = 4 << 20
_JOIN_USES: Final = 10
_CODECS: Final = {"cp949 (EUC-KR)": "cp949", "Latin-1 (Windows-1252)": "cp1252"}
_DELIMITERS: Final = ",;\t"


@dataclass(frozen=True)
class Row:
    """A line of the table; the first member of a team may have no name."""

    line: int
    team: str
    member: str


@dataclass(frozen=True)
class NewToken:
    """A token that was made, and the link for further members of the team."""

    team: str
    member: str
    token: str
    join_url: str | None


@dataclass
class _Known:
    """A team of the competition or of the lines before, with the names of its members."""

    name: str
    problem: str = ""
    members: set[str] = field(default_factory=set)
    lines: dict[str, int] = field(default_factory=dict)


def import_teams(
    board: Contest, table: Path, out: Path, *, public_url: str | None = None
) -> list[NewToken]:
    """Add the teams and members of a table that are new, and write their tokens.

    Parameters
    ----------
    board : Contest
        The competition.
    table : path
        CSV with the column ``team``, and perhaps ``member``: one line per member.
    out : path
        New CSV file for the tokens, readable by its owner only.
    public_url : str, optional
        Address of the leaderboard; then each team gets a link by which ten more members can join.

    Returns
    -------
    list of NewToken
        In the order of the table; empty if nothing was new (then no file is written).

    Raises
    ------
    KitError
        If the table cannot be read, any line has a problem, or `out` cannot be written. Then
        nothing was added.
    """
    rows = read_rows(table)
    check_new(out)
    is_written = False
    try:
        with board.database.writing() as session:
            # Teams before the state, as submissions do: two transactions must not wait for each
            # other. Names are compared by one transaction at a time.
            keys = {key_of(row.team) for row in rows}
            numbers = session.scalars(select(Team.number).where(Team.name_key.in_(keys))).all()
            lock_teams(board.database, session, numbers)
            board.state(session, "write")
            tokens = _add(board, session, _plan(session, rows, table.name), public_url)
            if tokens:  # before the commit: a token that is not written is lost
                text = _to_csv(tokens, with_urls=public_url is not None)
                write_atomically(out, text, mode=0o600, must_be_new=True)
                is_written = True
    except BaseException:
        if is_written:
            out.unlink(missing_ok=True)
        raise
    return tokens


def read_rows(table: Path) -> list[Row]:
    """Read a table of teams: comma, semicolon or tab; UTF-8, UTF-16, cp949 or Windows-1252.

    Raises
    ------
    KitError
        If it cannot be read, is no such text, or lacks the column ``team``.
    """
    try:
        content = table.read_bytes()
    except FileNotFoundError:
        raise KitError(f"No such file: {table}.") from None
    except OSError as error:
        raise KitError(f"{table} cannot be read: {error.strerror}.") from None
    if len(content) > _MAX_BYTES:
        raise KitError(f"{table} is larger than {_MAX_BYTES >> 20} MiB. Split it.")
    return _parse(_decode(content, table.name), table.name)


def _decode(content: bytes, source: str) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):  # Excel's "Unicode text"
        return content.decode("utf-16", errors="replace")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        codec = _CODECS.get(likely_encoding(content, error.start))
        if known_format(content) is None and codec is not None:
            return content.decode(codec)
        check_encoding(content, source)  # names what the file is
        raise
    if known_format(content) is not None:
        check_encoding(content, source)
    return text


def _parse(text: str, source: str) -> list[Row]:
    delimiter = next((d for d in _DELIMITERS if d in text.partition("\n")[0]), ",")
    lines = text.splitlines(keepends=True)
    n_skipped = 0
    if lines and lines[0].strip().strip('"').lower().startswith("sep="):  # written by Excel
        delimiter = lines[0].strip().strip('"')[4:] or delimiter
        n_skipped = 1
    reader = csv.reader(io.StringIO("".join(lines[n_skipped:]), newline=""), delimiter=delimiter)
    header = [cell.strip().casefold() for cell in next(reader, [])]
    if header.count("team") != 1 or header.count("member") > 1:
        raise KitError(
            f"{source} needs a header line with one column `team`, and perhaps one `member`. It "
            f"has: {', '.join(header)[:200] or 'nothing'}."
        )
    place, member_place = header.index("team"), header.index("member") if "member" in header else -1
    rows = []
    try:
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            full = [cell.strip() for cell in cells] + [""] * len(header)
            member = "" if member_place < 0 else full[member_place]
            rows.append(Row(reader.line_num + n_skipped, full[place], member))
    except csv.Error as error:
        line = reader.line_num + n_skipped
        raise KitError(f"{source}, line {line} is no CSV: {error}.") from None
    if not rows:
        raise KitError(f"{source} has no teams below its header.")
    return rows


def _plan(session: Session, rows: Sequence[Row], source: str) -> list[Row]:
    """Return the rows that are new, with names in their normal form; refuse all with a problem."""
    known = _known_teams(session)
    new, problems = [], []
    for row in rows:
        try:
            if (normal := _check(row, known)) is not None:
                new.append(normal)
        except KitError as error:
            problems.append(f"line {row.line}: {error}")
    if problems:
        listed = "\n".join(f"  - {problem}" for problem in problems)
        count = f"{len(problems)} problem{'s' if len(problems) > 1 else ''}"
        raise KitError(f"{source}: {count}; nothing was added.\n{listed}")
    return new


def _known_teams(session: Session) -> dict[str, _Known]:
    known = {}
    numbers = {}
    for team in session.scalars(select(Team)):
        problem = "" if team.disabled_at is None else f"{team.name} is disabled."
        numbers[team.number] = known[team.name_key] = _Known(team.name, problem)
    for number, name in session.execute(
        select(Member.team_number, Member.name).where(Member.revoked_at.is_(None))
    ):
        numbers[number].members.add(key_of(name))
    return known


def _check(row: Row, known: dict[str, _Known]) -> Row | None:
    """Return a row with its names in normal form; None if it is not new."""
    key, member_key = key_of(row.team), key_of(row.member)
    team = known.get(key)
    if team is None:
        name = check_name(row.team)
        check_free(name, (other.name for other in known.values()))
        team = known[key] = _Known(name)
    elif team.problem:
        raise KitError(team.problem)
    if row.member:
        check_member_name(row.member)
    if (earlier := team.lines.get(member_key)) is not None:
        raise KitError(f"The same team and member are in line {earlier}. Delete one of the lines.")
    team.lines[member_key] = row.line
    # Without a name a line means the team, which has a member by then.
    if member_key in team.members or (not row.member and team.members):
        return None
    team.members.add(member_key)
    if len(team.members) > MAX_MEMBERS:
        raise KitError(f"A team can have {MAX_MEMBERS} members.")
    return Row(row.line, team.name, row.member)


def _add(
    board: Contest, session: Session, rows: Sequence[Row], public_url: str | None
) -> list[NewToken]:
    teams = {team.name_key: team for team in session.scalars(select(Team))}
    urls: dict[int, str | None] = {}
    tokens = []
    for row in rows:
        team = teams.get(key_of(row.team))
        if team is None:
            team, member, token = insert_team(board, session, row.team, row.member)
            teams[team.name_key] = team
            log_team(board, session, ORGANIZER, "team added", team)
        else:
            check_active(team)
            member, token = insert_member(board, session, team, row.member)
            log_member(board, session, ORGANIZER, "member added", member)
        if team.number not in urls:
            urls[team.number] = _join_url(board, session, team, public_url)
        tokens.append(NewToken(team.name, member.name, token, urls[team.number]))
    return tokens


def _join_url(board: Contest, session: Session, team: Team, public_url: str | None) -> str | None:
    if public_url is None:
        return None
    _, code = insert_code(board, session, "join", team_number=team.number, n_uses=_JOIN_USES)
    return f"{public_url.rstrip('/')}/join#{code}"


def _to_csv(tokens: Sequence[NewToken], *, with_urls: bool) -> str:
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["team", "member", "token", *(["join_url"] if with_urls else [])])
    for one in tokens:
        writer.writerow(
            [one.team, one.member, one.token, *([one.join_url or ""] if with_urls else [])]
        )
    return stream.getvalue()
