"""The ledger: runs, batches, refused rows, watermarks, products and the audit chain."""

from pathlib import Path

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

GUARDS = Path(__file__).parents[1] / "0001_guards.sql"


def upgrade() -> None:
    """Create tables, guards and rights."""
    op.create_table(
        "audit",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("previous", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.CheckConstraint("actor <> ''", name=op.f("ck_audit_named_actor")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit")),
        sa.UniqueConstraint("hash", name=op.f("uq_audit_hash")),
        schema="ledger",
    )
    op.create_table(
        "mart_refresh",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("mart", sa.Text(), nullable=False),
        sa.Column("run_label", sa.Text(), nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
        sa.Column("inputs", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("counted", sa.BigInteger(), nullable=False),
        sa.Column("excluded", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("snapshot_id", sa.BigInteger(), nullable=True),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mart_refresh")),
        sa.UniqueConstraint("mart", "run_label", name=op.f("uq_mart_refresh_mart_run_label")),
        schema="ledger",
    )
    op.create_table(
        "marts_run",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("trigger", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("covers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('running', 'done', 'failed')", name=op.f("ck_marts_run_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_marts_run")),
        sa.UniqueConstraint("seq", name=op.f("uq_marts_run_seq")),
        sa.UniqueConstraint("trigger", name=op.f("uq_marts_run_trigger")),
        schema="ledger",
    )
    op.create_table(
        "publication",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("publication", sa.Text(), nullable=False),
        sa.Column("run_label", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("mart", sa.Text(), nullable=False),
        sa.Column("mart_snapshot", sa.BigInteger(), nullable=True),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("suppressed", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("findings", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("resource_id", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state IN ('published', 'unchanged', 'blocked')", name=op.f("ck_publication_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_publication")),
        schema="ledger",
    )
    op.create_index(
        "ix_publication_publication_id", "publication", ["publication", "id"], unique=False, schema="ledger"
    )
    op.create_table(
        "run",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("trigger", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("window_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("window_to", sa.DateTime(timezone=True), nullable=True),
        sa.Column("datasets", sa.ARRAY(sa.Text()), nullable=True),
        sa.Column("source_clock", sa.DateTime(timezone=True), nullable=True),
        sa.Column("to", sa.DateTime(timezone=True), nullable=True),
        sa.Column("snapshot", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("extracted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('jadwal', 'manual', 'isi-ulang', 'sapu', 'ulang')", name=op.f("ck_run_kind")),
        sa.CheckConstraint("state IN ('running', 'done', 'failed', 'superseded')", name=op.f("ck_run_state")),
        sa.CheckConstraint(
            "(window_from IS NULL) = (window_to IS NULL) AND window_from <= window_to", name=op.f("ck_run_window")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_run")),
        sa.UniqueConstraint("system", "seq", name=op.f("uq_run_system_seq")),
        sa.UniqueConstraint("trigger", name=op.f("uq_run_trigger")),
        schema="ledger",
    )
    op.create_table(
        "batch",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("dataset", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("window_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("window_to", sa.DateTime(timezone=True), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=True),
        sa.Column("accepted", sa.BigInteger(), nullable=True),
        sa.Column("quarantined", sa.BigInteger(), nullable=True),
        sa.Column("duplicate", sa.BigInteger(), nullable=True),
        sa.Column("digest", sa.Text(), nullable=True),
        sa.Column("schema_digest", sa.Text(), nullable=True),
        sa.Column("inputs_digest", sa.Text(), nullable=True),
        sa.Column("spool_path", sa.Text(), nullable=True),
        sa.Column("raw_path", sa.Text(), nullable=True),
        sa.Column("raw_bytes", sa.BigInteger(), nullable=True),
        sa.Column("snapshot_id", sa.BigInteger(), nullable=True),
        sa.Column("contract_version", sa.Text(), nullable=False),
        sa.Column("replay_of", sa.Text(), nullable=True),
        sa.Column("same_as", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("warnings", sa.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("source_clock", sa.DateTime(timezone=True), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("extracted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("landed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("landed_seq", sa.BigInteger(), nullable=True),
        sa.Column("validated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("conformed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(mode = 'replay') = (replay_of IS NOT NULL)", name=op.f("ck_batch_replay_of")),
        sa.CheckConstraint("mode IN ('window', 'full', 'sweep', 'replay')", name=op.f("ck_batch_mode")),
        sa.CheckConstraint(
            "state IN ('opened', 'extracted', 'landed', 'validated', 'conformed', 'stopped')",
            name=op.f("ck_batch_state"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('validated', 'conformed') OR accepted IS NOT NULL",
            name=op.f("ck_batch_counted_when_validated"),
        ),
        sa.CheckConstraint(
            "accepted IS NULL OR (received IS NOT NULL AND quarantined IS NOT NULL AND duplicate IS NOT NULL"
            " AND received = accepted + quarantined + duplicate)",
            name=op.f("ck_batch_nothing_lost_nothing_twice"),
        ),
        sa.CheckConstraint(
            "received >= 0 AND accepted >= 0 AND quarantined >= 0 AND duplicate >= 0", name=op.f("ck_batch_counts")
        ),
        sa.ForeignKeyConstraint(["replay_of"], ["ledger.batch.id"], name=op.f("fk_batch_replay_of")),
        sa.ForeignKeyConstraint(["run_id"], ["ledger.run.id"], name=op.f("fk_batch_run_id")),
        sa.ForeignKeyConstraint(["same_as"], ["ledger.batch.id"], name=op.f("fk_batch_same_as")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batch")),
        sa.UniqueConstraint("landed_seq", name=op.f("uq_batch_landed_seq")),
        sa.UniqueConstraint("run_id", "dataset", name=op.f("uq_batch_run_id_dataset")),
        sa.UniqueConstraint("seq", name=op.f("uq_batch_seq")),
        schema="ledger",
    )
    op.create_index("ix_batch_dataset_seq", "batch", ["dataset", "seq"], unique=False, schema="ledger")
    op.create_index("ix_batch_system_state", "batch", ["system", "state"], unique=False, schema="ledger")
    op.create_table(
        "refused",
        sa.Column("batch_id", sa.Text(), nullable=False),
        sa.Column("row_no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("dataset", sa.Text(), nullable=False),
        sa.Column("key_hash", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("closed_by", sa.Text(), nullable=True),
        sa.Column("why", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(state = 'closed') = (why IS NOT NULL)", name=op.f("ck_refused_closed_why")),
        sa.CheckConstraint("state IN ('open', 'closed')", name=op.f("ck_refused_state")),
        sa.ForeignKeyConstraint(["batch_id"], ["ledger.batch.id"], name=op.f("fk_refused_batch_id")),
        sa.ForeignKeyConstraint(["closed_by"], ["ledger.batch.id"], name=op.f("fk_refused_closed_by")),
        sa.PrimaryKeyConstraint("batch_id", "row_no", name=op.f("pk_refused")),
        schema="ledger",
    )
    op.create_index("ix_refused_dataset_key_hash", "refused", ["dataset", "key_hash"], unique=False, schema="ledger")
    op.create_table(
        "rule_count",
        sa.Column("batch_id", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("gx_count", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("severity IN ('error', 'warning', 'info')", name=op.f("ck_rule_count_severity")),
        sa.ForeignKeyConstraint(["batch_id"], ["ledger.batch.id"], name=op.f("fk_rule_count_batch_id")),
        sa.PrimaryKeyConstraint("batch_id", "rule", name=op.f("pk_rule_count")),
        schema="ledger",
    )
    op.create_table(
        "watermark",
        sa.Column("dataset", sa.Text(), nullable=False),
        sa.Column("value", sa.DateTime(timezone=True), nullable=False),
        sa.Column("batch_id", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["ledger.batch.id"], name=op.f("fk_watermark_batch_id")),
        sa.PrimaryKeyConstraint("dataset", name=op.f("pk_watermark")),
        schema="ledger",
    )
    op.execute(sa.text(GUARDS.read_text(encoding="utf-8").replace(":", "\\:")))


def downgrade() -> None:
    """Refused: the ledger holds the only record of what was done."""
    raise NotImplementedError("the first migration of the ledger is not undone; restore a backup instead")
