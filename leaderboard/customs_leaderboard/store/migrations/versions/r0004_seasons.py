"""Attempts, decided weeks and results of competitions of seasons."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# Times are text (`customs_leaderboard.store.schema.UtcTime`).
_MOMENT = sa.String(27)


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "season_attempt",
        sa.Column("team_number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("begun_at", _MOMENT, nullable=False),
        sa.Column("finished_at", _MOMENT, nullable=True),
        sa.Column("abandoned_at", _MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["team_number"], ["team.number"], name="fk_season_attempt_team_number"
        ),
        sa.PrimaryKeyConstraint("team_number", "number", name="pk_season_attempt"),
    )
    _create_of_attempt(
        "season_step",
        sa.Column("week", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("decided_at", _MOMENT, nullable=False),
        sa.Column("selection", sa.Text(), nullable=False),
        key=("week",),
    )
    _create_of_attempt("season_result", sa.Column("scores", sa.Text(), nullable=False))


def _create_of_attempt(name: str, *columns: sa.Column[object], key: tuple[str, ...] = ()) -> None:
    of_world = ("team_number", "attempt", "world")
    op.create_table(
        name,
        *(sa.Column(it, sa.Integer(), autoincrement=False, nullable=False) for it in of_world),
        *columns,
        sa.ForeignKeyConstraint(
            ["team_number", "attempt"],
            ["season_attempt.team_number", "season_attempt.number"],
            name=f"fk_{name}_team_number",
        ),
        sa.PrimaryKeyConstraint(*of_world, *key, name=f"pk_{name}"),
    )
