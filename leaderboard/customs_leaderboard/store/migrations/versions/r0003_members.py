"""Members with tokens, access codes, refused files, solutions; more columns of submissions."""

from __future__ import annotations

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# Times are text (`customs_leaderboard.store.schema.UtcTime`).
_MOMENT = sa.String(27)


def upgrade() -> None:
    """Create the new tables, move each team's token to its first member, add columns."""
    _create_member()
    op.execute(
        "INSERT INTO member (team_number, name, token_sha256, made_at) "
        "SELECT number, '', token_sha256, made_at FROM team ORDER BY number"
    )
    with op.batch_alter_table("team") as team:
        team.drop_constraint("uq_team_token_sha256", type_="unique")
        team.drop_column("token_sha256")
        team.alter_column("name_key", type_=sa.String(200), existing_type=sa.String(40))
        team.add_column(sa.Column("disabled_reason", sa.Text(), nullable=True))
    _create_access_code()
    op.create_table(
        "refusal",
        sa.Column("team_number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("n_files", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["team_number"], ["team.number"], name="fk_refusal_team_number"),
        sa.PrimaryKeyConstraint("team_number", "day", name="pk_refusal"),
    )
    op.create_table(
        "solution",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("commitment", sa.String(64), nullable=False),
        sa.Column("previous_commitment", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_solution"),
    )
    with op.batch_alter_table("submission") as submission:
        submission.add_column(sa.Column("answer_sha256", sa.String(64), nullable=True))
        submission.add_column(sa.Column("member_number", sa.Integer(), nullable=True))
        submission.add_column(sa.Column("note", sa.String(200), nullable=False, server_default=""))
        submission.add_column(sa.Column("sender", sa.String(32), nullable=True))
        submission.add_column(sa.Column("struck_at", _MOMENT, nullable=True))
        submission.add_column(sa.Column("struck_reason", sa.Text(), nullable=True))
        submission.create_unique_constraint(
            "uq_submission_team_number_answer_sha256", ["team_number", "answer_sha256"]
        )
        submission.create_foreign_key(
            "fk_submission_member_number", "member", ["member_number"], ["number"]
        )
    with op.batch_alter_table("submission") as submission:
        submission.alter_column("note", server_default=None, existing_type=sa.String(200))
    with op.batch_alter_table("score") as score:
        score.add_column(sa.Column("previous_value", sa.Float(53), nullable=True))
    op.create_index("ix_audit_entry_actor", "audit_entry", ["actor"])
    op.create_index("ix_audit_entry_action", "audit_entry", ["action"])
    with op.batch_alter_table("state") as state:
        state.add_column(
            sa.Column(
                "address_key", sa.String(64), nullable=False, server_default=secrets.token_hex(32)
            )
        )
    with op.batch_alter_table("state") as state:
        state.alter_column("address_key", server_default=None, existing_type=sa.String(64))


def _create_member() -> None:
    op.create_table(
        "member",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("team_number", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("token_sha256", sa.String(64), nullable=False),
        sa.Column("made_at", _MOMENT, nullable=False),
        sa.Column("revoked_at", _MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["team_number"], ["team.number"], name="fk_member_team_number"),
        sa.PrimaryKeyConstraint("number", name="pk_member"),
        sa.UniqueConstraint("token_sha256", name="uq_member_token_sha256"),
    )
    op.create_index("ix_member_team_number", "member", ["team_number"])


def _create_access_code() -> None:
    op.create_table(
        "access_code",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("code_sha256", sa.String(64), nullable=False),
        sa.Column("team_number", sa.Integer(), nullable=True),
        sa.Column("made_at", _MOMENT, nullable=False),
        sa.Column("expires_at", _MOMENT, nullable=True),
        sa.Column("n_uses_left", sa.Integer(), nullable=True),
        sa.Column("revoked_at", _MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["team_number"], ["team.number"], name="fk_access_code_team_number"
        ),
        sa.PrimaryKeyConstraint("number", name="pk_access_code"),
        sa.UniqueConstraint("code_sha256", name="uq_access_code_code_sha256"),
    )
