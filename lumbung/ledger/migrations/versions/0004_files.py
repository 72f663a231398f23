"""Dropped files: what came, what became of it, and which batch was read from which."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
GRANTS = (
    "GRANT SELECT, INSERT, UPDATE ON ledger.source_file TO lumbung_app",
    "GRANT SELECT, INSERT, DELETE ON ledger.batch_file TO lumbung_app",
)


def upgrade() -> None:
    """Create the two tables and the application's rights."""
    op.create_table(
        "source_file",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("dataset", sa.Text(), nullable=True),
        sa.Column("folder", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("periode", sa.Text(), nullable=True),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("modified_at", TIME, nullable=False),
        sa.Column("changed_ns", sa.BigInteger(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("batch_id", sa.Text(), nullable=True),
        sa.Column("arrived_at", TIME, nullable=False),
        sa.Column("left_at", TIME, nullable=True),
        sa.Column("removed_at", TIME, nullable=True),
        sa.Column("removed_why", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "state IN ('arrived', 'received', 'superseded', 'duplicate', 'refused')", name=op.f("ck_source_file_state")
        ),
        sa.CheckConstraint("(state = 'refused') <= (reason IS NOT NULL)", name=op.f("ck_source_file_refused_why")),
        sa.CheckConstraint("state = 'refused' OR dataset IS NOT NULL", name=op.f("ck_source_file_of_a_dataset")),
        sa.CheckConstraint("(removed_at IS NULL) = (removed_why IS NULL)", name=op.f("ck_source_file_removed_why")),
        sa.ForeignKeyConstraint(["batch_id"], ["ledger.batch.id"], name=op.f("fk_source_file_batch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source_file")),
        schema="ledger",
    )
    op.create_index("ix_source_file_system_state", "source_file", ["system", "state"], unique=False, schema="ledger")
    op.create_index("ix_source_file_dataset", "source_file", ["dataset"], unique=False, schema="ledger")
    op.create_table(
        "batch_file",
        sa.Column("batch_id", sa.Text(), nullable=False),
        sa.Column("file_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["ledger.batch.id"], name=op.f("fk_batch_file_batch_id")),
        sa.ForeignKeyConstraint(["file_id"], ["ledger.source_file.id"], name=op.f("fk_batch_file_file_id")),
        sa.PrimaryKeyConstraint("batch_id", "file_id", name=op.f("pk_batch_file")),
        schema="ledger",
    )
    for grant in GRANTS:
        op.execute(grant)


def downgrade() -> None:
    """Refused: the kept originals would be nobody's."""
    raise NotImplementedError("the record of dropped files is not undone; restore a backup instead")
