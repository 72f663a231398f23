"""Halts and waivers: which batches wait for a decision on their quality, and who let one go on, why, until when."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create both tables; the application may add to waivers and read them, never change them."""
    op.create_table(
        "halt",
        sa.Column("batch_id", sa.Text(), nullable=False),
        sa.Column("dataset", sa.Text(), nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("accepted", sa.BigInteger(), nullable=False),
        sa.Column("quarantined", sa.BigInteger(), nullable=False),
        sa.Column("duplicate", sa.BigInteger(), nullable=False),
        sa.Column("fresh", sa.BigInteger(), nullable=False),
        sa.Column("most_refused", sa.Numeric(5, 2), nullable=False),
        sa.Column("from_rows", sa.BigInteger(), nullable=False),
        sa.Column("rules", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("inputs_digest", sa.Text(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.CheckConstraint(
            "received = accepted + quarantined + duplicate", name=op.f("ck_halt_nothing_lost_nothing_twice")
        ),
        sa.CheckConstraint("fresh > 0 AND fresh <= quarantined", name=op.f("ck_halt_fresh")),
        sa.ForeignKeyConstraint(["batch_id"], ["ledger.batch.id"], name=op.f("fk_halt_batch_id")),
        sa.PrimaryKeyConstraint("batch_id", name=op.f("pk_halt")),
        schema="ledger",
    )
    op.create_index("ix_halt_dataset", "halt", ["dataset"], unique=False, schema="ledger")
    op.create_table(
        "waiver",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("batch_id", sa.Text(), nullable=False),
        sa.Column("fresh", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.CheckConstraint("actor <> ''", name=op.f("ck_waiver_named_actor")),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_waiver_said_why")),
        sa.ForeignKeyConstraint(["batch_id"], ["ledger.halt.batch_id"], name=op.f("fk_waiver_batch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waiver")),
        schema="ledger",
    )
    op.create_index("ix_waiver_batch_id", "waiver", ["batch_id"], unique=False, schema="ledger")
    op.execute("GRANT SELECT, INSERT, UPDATE ON ledger.halt TO lumbung_app")
    op.execute("GRANT SELECT, INSERT ON ledger.waiver TO lumbung_app")


def downgrade() -> None:
    """Refused: who let what go on would be forgotten."""
    raise NotImplementedError("the record of waivers is not undone; restore a backup instead")
