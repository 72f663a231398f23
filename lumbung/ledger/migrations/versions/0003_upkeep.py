"""Upkeep: what was removed when its time was over, what was erased by request, and which alerts are open."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
GRANTS = (
    "GRANT SELECT, INSERT, UPDATE ON ledger.maintenance, ledger.erasure_request, ledger.alert TO lumbung_app",
    "GRANT SELECT, INSERT ON ledger.removal, ledger.erasure, ledger.erased_key TO lumbung_app",
)


def upgrade() -> None:
    """Create the six tables and the application's rights."""
    op.create_table(
        "maintenance",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("checksum", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("steps", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("opened_at", TIME, nullable=False),
        sa.Column("finished_at", TIME, nullable=True),
        sa.CheckConstraint("state IN ('running', 'done', 'failed')", name=op.f("ck_maintenance_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_maintenance")),
        schema="ledger",
    )
    op.create_table(
        "removal",
        sa.Column("batch_id", sa.Text(), nullable=False),
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("dataset", sa.Text(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("maintenance_id", sa.BigInteger(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.CheckConstraint("part IN ('raw', 'quarantine')", name=op.f("ck_removal_part")),
        sa.CheckConstraint("rows >= 0 AND bytes >= 0", name=op.f("ck_removal_counts")),
        sa.ForeignKeyConstraint(["batch_id"], ["ledger.batch.id"], name=op.f("fk_removal_batch_id")),
        sa.ForeignKeyConstraint(["maintenance_id"], ["ledger.maintenance.id"], name=op.f("fk_removal_maintenance_id")),
        sa.PrimaryKeyConstraint("batch_id", "part", name=op.f("pk_removal")),
        schema="ledger",
    )
    op.create_index("ix_removal_dataset", "removal", ["dataset"], unique=False, schema="ledger")
    op.create_table(
        "erasure_request",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("dataset", sa.Text(), nullable=False),
        sa.Column("columns", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("subject_hash", sa.Text(), nullable=False),
        sa.Column("ground", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("opened_at", TIME, nullable=False),
        sa.Column("finished_at", TIME, nullable=True),
        sa.CheckConstraint("state IN ('running', 'done')", name=op.f("ck_erasure_request_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure_request")),
        sa.UniqueConstraint("seq", name=op.f("uq_erasure_request_seq")),
        schema="ledger",
    )
    op.create_table(
        "erasure",
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("batch_id", sa.Text(), nullable=False),
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("dataset", sa.Text(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.CheckConstraint("part IN ('raw', 'quarantine', 'curated')", name=op.f("ck_erasure_part")),
        sa.CheckConstraint("rows > 0", name=op.f("ck_erasure_rows")),
        sa.ForeignKeyConstraint(["batch_id"], ["ledger.batch.id"], name=op.f("fk_erasure_batch_id")),
        sa.ForeignKeyConstraint(["request_id"], ["ledger.erasure_request.id"], name=op.f("fk_erasure_request_id")),
        sa.PrimaryKeyConstraint("request_id", "batch_id", "part", name=op.f("pk_erasure")),
        schema="ledger",
    )
    op.create_index("ix_erasure_dataset", "erasure", ["dataset"], unique=False, schema="ledger")
    op.create_table(
        "erased_key",
        sa.Column("dataset", sa.Text(), nullable=False),
        sa.Column("key_hash", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["request_id"], ["ledger.erasure_request.id"], name=op.f("fk_erased_key_request_id")),
        sa.PrimaryKeyConstraint("dataset", "key_hash", name=op.f("pk_erased_key")),
        schema="ledger",
    )
    op.create_table(
        "alert",
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("since", TIME, nullable=False),
        sa.Column("seen_at", TIME, nullable=False),
        sa.Column("sent", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.CheckConstraint("state IN ('open', 'closed')", name=op.f("ck_alert_state")),
        sa.PrimaryKeyConstraint("cause", name=op.f("pk_alert")),
        schema="ledger",
    )
    for grant in GRANTS:
        op.execute(grant)


def downgrade() -> None:
    """Refused: what was removed and erased would look lost."""
    raise NotImplementedError("the record of removals and erasures is not undone; restore a backup instead")
