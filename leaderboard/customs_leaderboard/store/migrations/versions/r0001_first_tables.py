"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# Times are text (`customs_leaderboard.store.schema.UtcTime`).
_MOMENT = sa.String(27)


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "audit_entry",
        sa.Column("sequence", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("actor", sa.String(80), nullable=False),
        sa.Column("action", sa.String(40), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("previous_hash", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name="pk_audit_entry"),
        sa.UniqueConstraint("hash", name="uq_audit_entry_hash"),
    )
    op.create_table(
        "final_result",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.CheckConstraint("number = 1", name=op.f("ck_final_result_one_row")),
        sa.PrimaryKeyConstraint("number", name="pk_final_result"),
    )
    op.create_table(
        "state",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("edition", sa.String(64), nullable=False),
        sa.Column("commitment", sa.String(64), nullable=False),
        sa.Column("rules", sa.Text(), nullable=False),
        sa.Column("closes", _MOMENT, nullable=False),
        sa.Column("closed_at", _MOMENT, nullable=True),
        sa.Column("revealed_at", _MOMENT, nullable=True),
        sa.CheckConstraint("number = 1", name=op.f("ck_state_one_row")),
        sa.PrimaryKeyConstraint("number", name="pk_state"),
    )
    op.create_table(
        "team",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("name_key", sa.String(40), nullable=False),
        sa.Column("token_sha256", sa.String(64), nullable=False),
        sa.Column("made_at", _MOMENT, nullable=False),
        sa.Column("disabled_at", _MOMENT, nullable=True),
        sa.Column("n_submissions", sa.Integer(), nullable=False),
        sa.Column("best_shown", sa.Float(53), nullable=True),
        sa.Column("improved_at", _MOMENT, nullable=True),
        sa.Column("best_submission", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("number", name="pk_team"),
        sa.UniqueConstraint("name_key", name="uq_team_name_key"),
        sa.UniqueConstraint("token_sha256", name="uq_team_token_sha256"),
    )
    op.create_table(
        "submission",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("team_number", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("suffix", sa.String(8), nullable=False),
        sa.Column("n_bytes", sa.Integer(), nullable=False),
        sa.Column("received_at", _MOMENT, nullable=False),
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("improved", sa.Boolean(), nullable=False),
        sa.Column("shown", sa.Float(53), nullable=True),
        sa.Column("public_at_5", sa.Float(53), nullable=False),
        sa.Column("public_at_10", sa.Float(53), nullable=False),
        sa.Column("private_at_5", sa.Float(53), nullable=False),
        sa.Column("private_at_10", sa.Float(53), nullable=False),
        sa.ForeignKeyConstraint(["team_number"], ["team.number"], name="fk_submission_team_number"),
        sa.PrimaryKeyConstraint("number", name="pk_submission"),
        sa.UniqueConstraint("team_number", "sha256", name="uq_submission_team_number_sha256"),
    )
    op.create_index("ix_submission_improved", "submission", ["improved"])
    op.create_index("ix_submission_team_number_day", "submission", ["team_number", "day"])
    op.create_table(
        "selection",
        sa.Column("submission_number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("team_number", sa.Integer(), nullable=False),
        sa.Column("selected_at", _MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["submission_number"], ["submission.number"], name="fk_selection_submission_number"
        ),
        sa.ForeignKeyConstraint(["team_number"], ["team.number"], name="fk_selection_team_number"),
        sa.PrimaryKeyConstraint("submission_number", name="pk_selection"),
    )
    op.create_index("ix_selection_team_number", "selection", ["team_number"])
