"""The tables of a competition's database; migrations/ creates them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Dialect,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
    and_,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from customs_leaderboard.errors import DamagedDatabaseError

_NAMES: Final = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcTime(TypeDecorator[datetime]):
    """A time as text that sorts and reads the same everywhere: 2026-01-02T03:04:05.678901Z."""

    LENGTH: Final = 27
    impl = String(LENGTH)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        """Convert a time to its stored text."""
        return None if value is None else self.as_text(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Convert stored text to a time; `verify` names one that was changed by hand."""
        if value is None:
            return None
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            raise DamagedDatabaseError(f"{value[:40]!r} is no time") from None
        return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)

    @staticmethod
    def as_text(moment: datetime) -> str:
        """Return a time as the database contains it."""
        if moment.utcoffset() is None:
            raise ValueError("The time has no time zone.")
        return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class Base(DeclarativeBase):
    """Base of the tables; gives every constraint a name that migrations can use."""

    metadata = MetaData(naming_convention=_NAMES)


class State(Base):
    """The competition's state; one row.

    `rules` is the content of competition.toml when it was last read, as canonical JSON; `closes`
    is the deadline with all extensions; `address_key` (hexadecimal) is the key that client
    addresses are hashed with. The commitment is that of the newest solution.
    """

    __tablename__ = "state"
    __table_args__ = (CheckConstraint("number = 1", name="one_row"),)

    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    edition: Mapped[str] = mapped_column(String(64))
    commitment: Mapped[str] = mapped_column(String(64))
    rules: Mapped[str] = mapped_column(Text)
    closes: Mapped[datetime] = mapped_column(UtcTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcTime)
    revealed_at: Mapped[datetime | None] = mapped_column(UtcTime)
    address_key: Mapped[str] = mapped_column(String(64))


class Solution(Base):
    """A solution file that replaced the edition's one during the competition (a rejudge).

    `commitment` is that of the new labels, `previous_commitment` the one before.
    """

    __tablename__ = "solution"

    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(UtcTime)
    reason: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String(64))
    commitment: Mapped[str] = mapped_column(String(64))
    previous_commitment: Mapped[str] = mapped_column(String(64))


class Team(Base):
    """A team and its place on the leaderboard; its members have the tokens.

    `best_shown`, `n_submissions` and `improved_at` follow from the ranked submissions (`RANKED`).
    They are copied here in the transaction of the submission, so that the standings are one short
    query. `best_submission` is the submission whose score is `best_shown`. No two teams have the
    same `name_key`.
    """

    __tablename__ = "team"

    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    name: Mapped[str] = mapped_column(String(40))
    name_key: Mapped[str] = mapped_column(String(200), unique=True)
    made_at: Mapped[datetime] = mapped_column(UtcTime)
    disabled_at: Mapped[datetime | None] = mapped_column(UtcTime)
    disabled_reason: Mapped[str | None] = mapped_column(Text)
    n_submissions: Mapped[int] = mapped_column(Integer, default=0)
    best_shown: Mapped[float | None] = mapped_column(Float(53))
    improved_at: Mapped[datetime | None] = mapped_column(UtcTime)
    best_submission: Mapped[int | None] = mapped_column(Integer)


class Member(Base):
    """A member of a team, with a token. The first member of a team may have an empty name."""

    __tablename__ = "member"

    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    team_number: Mapped[int] = mapped_column(ForeignKey("team.number"), index=True)
    name: Mapped[str] = mapped_column(String(80), default="")
    token_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    made_at: Mapped[datetime] = mapped_column(UtcTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcTime)


class AccessCode(Base):
    """A secret that gives access to something other than a team's submissions.

    `kind` is "organizer" (the admin page), "view" (a private competition), "register" (make a
    team) or "join" (become a member of `team_number`). Without `n_uses_left` it may be used any
    number of times.
    """

    __tablename__ = "access_code"

    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    kind: Mapped[str] = mapped_column(String(12))
    code_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    team_number: Mapped[int | None] = mapped_column(ForeignKey("team.number"))
    made_at: Mapped[datetime] = mapped_column(UtcTime)
    expires_at: Mapped[datetime | None] = mapped_column(UtcTime)
    n_uses_left: Mapped[int | None] = mapped_column(Integer)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcTime)


class Submission(Base):
    """An accepted file. `shown` is the laddered public score after it.

    `answer_sha256` is the hash of the scores in the file, the same for every way to write them;
    rows of earlier releases have none. `sender` is a keyed hash of the client's address. A struck
    submission is not ranked.
    """

    __tablename__ = "submission"
    __table_args__ = (
        # The database, too, refuses the same file and the same answer a second time.
        UniqueConstraint("team_number", "sha256"),
        UniqueConstraint("team_number", "answer_sha256"),
        Index(None, "team_number", "day"),
        Index(None, "improved"),
    )

    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    team_number: Mapped[int] = mapped_column(ForeignKey("team.number"))
    sha256: Mapped[str] = mapped_column(String(64))
    suffix: Mapped[str] = mapped_column(String(8))
    n_bytes: Mapped[int] = mapped_column(Integer)
    received_at: Mapped[datetime] = mapped_column(UtcTime)
    day: Mapped[str] = mapped_column(String(10))
    late: Mapped[bool] = mapped_column(Boolean)
    improved: Mapped[bool] = mapped_column(Boolean)
    shown: Mapped[float | None] = mapped_column(Float(53))
    answer_sha256: Mapped[str | None] = mapped_column(String(64))
    member_number: Mapped[int | None] = mapped_column(ForeignKey("member.number"))
    note: Mapped[str] = mapped_column(String(200), default="")
    sender: Mapped[str | None] = mapped_column(String(32))
    struck_at: Mapped[datetime | None] = mapped_column(UtcTime)
    struck_reason: Mapped[str | None] = mapped_column(Text)


#: Condition of the submissions that are ranked.
RANKED: Final = and_(Submission.late.is_(False), Submission.struck_at.is_(None))


class Refusal(Base):
    """Number of a team's files that were refused on one day (UTC)."""

    __tablename__ = "refusal"

    team_number: Mapped[int] = mapped_column(
        ForeignKey("team.number"), primary_key=True, autoincrement=False
    )
    day: Mapped[str] = mapped_column(String(10), primary_key=True)
    n_files: Mapped[int] = mapped_column(Integer)


class Score(Base):
    """Exact value of one metric for a submission in one period ("public" or "private").

    `value` is computed with the newest solution, `previous_value` with the one before it.
    """

    __tablename__ = "score"

    submission_number: Mapped[int] = mapped_column(
        ForeignKey("submission.number"), primary_key=True, autoincrement=False
    )
    period: Mapped[str] = mapped_column(String(8), primary_key=True)
    metric: Mapped[str] = mapped_column(String(80), primary_key=True)
    value: Mapped[float] = mapped_column(Float(53))
    previous_value: Mapped[float | None] = mapped_column(Float(53))


class Selection(Base):
    """A submission that a team wants to be judged by."""

    __tablename__ = "selection"

    submission_number: Mapped[int] = mapped_column(
        ForeignKey("submission.number"), primary_key=True, autoincrement=False
    )
    team_number: Mapped[int] = mapped_column(ForeignKey("team.number"), index=True)
    selected_at: Mapped[datetime] = mapped_column(UtcTime)


class AuditEntry(Base):
    """An entry of the audit log (`audit_log`)."""

    __tablename__ = "audit_entry"
    __table_args__ = (Index(None, "actor"), Index(None, "action"))

    sequence: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(UtcTime)
    actor: Mapped[str] = mapped_column(String(80))
    action: Mapped[str] = mapped_column(String(40))
    details: Mapped[str] = mapped_column(Text)
    previous_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64), unique=True)


class FinalResult(Base):
    """The final standings as JSON; one row."""

    __tablename__ = "final_result"
    __table_args__ = (CheckConstraint("number = 1", name="one_row"),)

    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    content: Mapped[str] = mapped_column(Text)


class SeasonAttempt(Base):
    """A team's attempt in a competition of seasons; it is finished when all its worlds are.

    An attempt that was not finished when the team began another one is ended (`abandoned_at`).
    """

    __tablename__ = "season_attempt"

    team_number: Mapped[int] = mapped_column(
        ForeignKey("team.number"), primary_key=True, autoincrement=False
    )
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    begun_at: Mapped[datetime] = mapped_column(UtcTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcTime)
    abandoned_at: Mapped[datetime | None] = mapped_column(UtcTime)


class SeasonStep(Base):
    """A week that was decided. The primary key lets nobody decide it twice.

    `selection` is `customs_scorer.season.selection.Selection.as_dict` as canonical JSON.
    """

    __tablename__ = "season_step"
    __table_args__ = (
        ForeignKeyConstraint(
            ["team_number", "attempt"], ["season_attempt.team_number", "season_attempt.number"]
        ),
    )

    team_number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    attempt: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    world: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    week: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    decided_at: Mapped[datetime] = mapped_column(UtcTime)
    selection: Mapped[str] = mapped_column(Text)


class SeasonResult(Base):
    """What a team reached on a world whose last week was decided; secret until the close.

    `scores` is `customs_scorer.season.measures.Totals.scores` as canonical JSON.
    """

    __tablename__ = "season_result"
    __table_args__ = (
        ForeignKeyConstraint(
            ["team_number", "attempt"], ["season_attempt.team_number", "season_attempt.number"]
        ),
    )

    team_number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    attempt: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    world: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    scores: Mapped[str] = mapped_column(Text)
