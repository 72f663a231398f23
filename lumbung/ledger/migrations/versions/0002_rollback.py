"""Rollbacks: which table was taken back to which snapshot, by whom, and what that undid."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table; the application may add to it and read it, never change it."""
    op.create_table(
        "rollback",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("table_name", sa.Text(), nullable=False),
        sa.Column("dataset", sa.Text(), nullable=True),
        sa.Column("from_snapshot", sa.BigInteger(), nullable=False),
        sa.Column("to_snapshot", sa.BigInteger(), nullable=False),
        sa.Column("after", sa.BigInteger(), nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("gained", sa.BigInteger(), nullable=False),
        sa.Column("lost", sa.BigInteger(), nullable=False),
        sa.Column("changed", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("actor <> ''", name=op.f("ck_rollback_named_actor")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rollback")),
        schema="ledger",
    )
    op.create_index("ix_rollback_table_name_id", "rollback", ["table_name", "id"], unique=False, schema="ledger")
    op.execute("GRANT SELECT, INSERT ON ledger.rollback TO lumbung_app")


def downgrade() -> None:
    """Refused: the ledger holds the only record of what was done."""
    raise NotImplementedError("a migration of the ledger is not undone; restore a backup instead")
