"""Scores are rows by metric instead of columns of the submission."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_COLUMNS = {f"{period}_at_{n}": (period, f"precision_at_{n}")
            for period in ("public", "private") for n in (5, 10)}  # fmt: skip


def upgrade() -> None:
    """Create the table of scores, move the values, drop their columns."""
    op.create_table(
        "score",
        sa.Column("submission_number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("period", sa.String(8), nullable=False),
        sa.Column("metric", sa.String(80), nullable=False),
        sa.Column("value", sa.Float(53), nullable=False),
        sa.ForeignKeyConstraint(
            ["submission_number"], ["submission.number"], name="fk_score_submission_number"
        ),
        sa.PrimaryKeyConstraint("submission_number", "period", "metric", name="pk_score"),
    )
    for column, (period, metric) in _COLUMNS.items():
        op.execute(
            f"INSERT INTO score SELECT number, '{period}', '{metric}', {column} "  # noqa: S608
            "FROM submission"
        )
    with op.batch_alter_table("submission") as submission:
        for column in _COLUMNS:
            submission.drop_column(column)
