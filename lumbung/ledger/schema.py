"""The ledger's tables as SQLAlchemy metadata (schema `ledger`). Migrations create them; a test compares both.

Times are `timestamptz`. States are guarded twice: by the store's transitions and by CHECK constraints here.
"""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    MetaData,
    Numeric,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

SCHEMA = "ledger"
LANDED_SEQUENCE = f"{SCHEMA}.landed_seq"

metadata = MetaData(
    schema=SCHEMA,
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    },
)
TIME = DateTime(timezone=True)

run = Table(
    "run",
    metadata,
    Column("id", Text, primary_key=True),
    Column("system", Text, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("trigger", Text, nullable=False, unique=True),
    Column("actor", Text, nullable=False),
    Column("window_from", TIME),
    Column("window_to", TIME),
    Column("datasets", ARRAY(Text)),
    Column("source_clock", TIME),
    Column("to", TIME),
    Column("snapshot", Text),
    Column("state", Text, nullable=False),
    Column("error", Text),
    Column("opened_at", TIME, nullable=False),
    Column("extracted_at", TIME),
    Column("finished_at", TIME),
    UniqueConstraint("system", "seq"),
    CheckConstraint("kind IN ('jadwal', 'manual', 'isi-ulang', 'sapu', 'ulang')", name="kind"),
    CheckConstraint("state IN ('running', 'done', 'failed', 'superseded')", name="state"),
    CheckConstraint("(window_from IS NULL) = (window_to IS NULL) AND window_from <= window_to", name="window"),
)

batch = Table(
    "batch",
    metadata,
    Column("id", Text, primary_key=True),
    Column("seq", BigInteger, Identity(always=True), nullable=False, unique=True),
    Column("run_id", Text, ForeignKey("ledger.run.id"), nullable=False),
    Column("system", Text, nullable=False),
    Column("dataset", Text, nullable=False),
    Column("mode", Text, nullable=False),
    Column("window_from", TIME),
    Column("window_to", TIME),
    Column("state", Text, nullable=False),
    Column("received", BigInteger),
    Column("accepted", BigInteger),
    Column("quarantined", BigInteger),
    Column("duplicate", BigInteger),
    Column("digest", Text),
    Column("schema_digest", Text),
    Column("inputs_digest", Text),
    Column("spool_path", Text),
    Column("raw_path", Text),
    Column("raw_bytes", BigInteger),
    Column("snapshot_id", BigInteger),
    Column("contract_version", Text, nullable=False),
    Column("replay_of", Text, ForeignKey("ledger.batch.id")),
    Column("same_as", Text, ForeignKey("ledger.batch.id")),
    Column("error", Text),
    Column("warnings", ARRAY(Text), nullable=False, server_default="{}"),
    Column("source_clock", TIME),
    Column("opened_at", TIME, nullable=False),
    Column("extracted_at", TIME),
    Column("landed_at", TIME),
    Column("landed_seq", BigInteger, unique=True),
    Column("validated_at", TIME),
    Column("conformed_at", TIME),
    Column("stopped_at", TIME),
    UniqueConstraint("run_id", "dataset"),
    CheckConstraint("mode IN ('window', 'full', 'sweep', 'replay')", name="mode"),
    CheckConstraint(
        "state IN ('opened', 'extracted', 'landed', 'validated', 'conformed', 'stopped')",
        name="state",
    ),
    CheckConstraint(
        "accepted IS NULL OR (received IS NOT NULL AND quarantined IS NOT NULL AND duplicate IS NOT NULL"
        " AND received = accepted + quarantined + duplicate)",
        name="nothing_lost_nothing_twice",
    ),
    CheckConstraint("received >= 0 AND accepted >= 0 AND quarantined >= 0 AND duplicate >= 0", name="counts"),
    CheckConstraint("state NOT IN ('validated', 'conformed') OR accepted IS NOT NULL", name="counted_when_validated"),
    CheckConstraint("(mode = 'replay') = (replay_of IS NOT NULL)", name="replay_of"),
    Index("ix_batch_dataset_seq", "dataset", "seq"),
    Index("ix_batch_system_state", "system", "state"),
)

rule_count = Table(
    "rule_count",
    metadata,
    Column("batch_id", Text, ForeignKey("ledger.batch.id"), primary_key=True),
    Column("rule", Text, primary_key=True),
    Column("severity", Text, nullable=False),
    Column("count", BigInteger, nullable=False),
    Column("gx_count", BigInteger),
    CheckConstraint("severity IN ('error', 'warning', 'info')", name="severity"),
)

refused = Table(
    "refused",
    metadata,
    Column("batch_id", Text, ForeignKey("ledger.batch.id"), primary_key=True),
    Column("row_no", BigInteger, primary_key=True, autoincrement=False),
    Column("dataset", Text, nullable=False),
    Column("key_hash", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("closed_by", Text, ForeignKey("ledger.batch.id")),
    Column("why", Text),
    Column("at", TIME),
    CheckConstraint("state IN ('open', 'closed')", name="state"),
    CheckConstraint("(state = 'closed') = (why IS NOT NULL)", name="closed_why"),
    Index("ix_refused_dataset_key_hash", "dataset", "key_hash"),
)

halt = Table(
    "halt",
    metadata,
    Column("batch_id", Text, ForeignKey("ledger.batch.id"), primary_key=True),
    Column("dataset", Text, nullable=False),
    Column("received", BigInteger, nullable=False),
    Column("accepted", BigInteger, nullable=False),
    Column("quarantined", BigInteger, nullable=False),
    Column("duplicate", BigInteger, nullable=False),
    Column("fresh", BigInteger, nullable=False),
    Column("most_refused", Numeric(5, 2), nullable=False),
    Column("from_rows", BigInteger, nullable=False),
    Column("rules", JSONB, nullable=False),
    Column("inputs_digest", Text, nullable=False),
    Column("at", TIME, nullable=False),
    CheckConstraint("received = accepted + quarantined + duplicate", name="nothing_lost_nothing_twice"),
    CheckConstraint("fresh > 0 AND fresh <= quarantined", name="fresh"),
    Index("ix_halt_dataset", "dataset"),
)

waiver = Table(
    "waiver",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("batch_id", Text, ForeignKey("ledger.halt.batch_id"), nullable=False),
    Column("fresh", BigInteger, nullable=False),
    Column("actor", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("until", Date, nullable=False),
    Column("at", TIME, nullable=False),
    CheckConstraint("actor <> ''", name="named_actor"),
    CheckConstraint("reason <> ''", name="said_why"),
    Index("ix_waiver_batch_id", "batch_id"),
)

watermark = Table(
    "watermark",
    metadata,
    Column("dataset", Text, primary_key=True),
    Column("value", TIME, nullable=False),
    Column("batch_id", Text, ForeignKey("ledger.batch.id"), nullable=False),
    Column("at", TIME, nullable=False),
)

marts_run = Table(
    "marts_run",
    metadata,
    Column("id", Text, primary_key=True),
    Column("seq", Integer, nullable=False, unique=True),
    Column("trigger", Text, nullable=False, unique=True),
    Column("actor", Text, nullable=False),
    Column("covers", JSONB, nullable=False),
    Column("state", Text, nullable=False),
    Column("error", Text),
    Column("opened_at", TIME, nullable=False),
    Column("finished_at", TIME),
    CheckConstraint("state IN ('running', 'done', 'failed')", name="state"),
)

mart_refresh = Table(
    "mart_refresh",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("mart", Text, nullable=False),
    Column("run_label", Text, nullable=False),
    Column("as_of", TIME, nullable=False),
    Column("inputs", JSONB, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("counted", BigInteger, nullable=False),
    Column("excluded", JSONB, nullable=False),
    Column("snapshot_id", BigInteger),
    Column("digest", Text, nullable=False),
    Column("at", TIME, nullable=False),
    UniqueConstraint("mart", "run_label"),
)

publication = Table(
    "publication",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("publication", Text, nullable=False),
    Column("run_label", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("mart", Text, nullable=False),
    Column("mart_snapshot", BigInteger),
    Column("rows", BigInteger, nullable=False),
    Column("suppressed", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("findings", JSONB, nullable=False),
    Column("resource_id", Text),
    Column("at", TIME, nullable=False),
    CheckConstraint("state IN ('published', 'unchanged', 'blocked')", name="state"),
    Index("ix_publication_publication_id", "publication", "id"),
)

rollback = Table(
    "rollback",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("table_name", Text, nullable=False),
    Column("dataset", Text),
    Column("from_snapshot", BigInteger, nullable=False),
    Column("to_snapshot", BigInteger, nullable=False),
    Column("after", BigInteger, nullable=False),
    Column("as_of", TIME),
    Column("undone", JSONB, nullable=False),
    Column("gained", BigInteger, nullable=False),
    Column("lost", BigInteger, nullable=False),
    Column("changed", BigInteger, nullable=False),
    Column("actor", Text, nullable=False),
    Column("at", TIME, nullable=False),
    CheckConstraint("actor <> ''", name="named_actor"),
    Index("ix_rollback_table_name_id", "table_name", "id"),
)

audit = Table(
    "audit",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("at", TIME, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("previous", Text, nullable=False),
    Column("hash", Text, nullable=False, unique=True),
    CheckConstraint("actor <> ''", name="named_actor"),
)

maintenance = Table(
    "maintenance",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("checksum", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("steps", JSONB, nullable=False),
    Column("state", Text, nullable=False),
    Column("error", Text),
    Column("opened_at", TIME, nullable=False),
    Column("finished_at", TIME),
    CheckConstraint("state IN ('running', 'done', 'failed')", name="state"),
)

removal = Table(
    "removal",
    metadata,
    Column("batch_id", Text, ForeignKey("ledger.batch.id"), primary_key=True),
    Column("part", Text, primary_key=True),
    Column("dataset", Text, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("maintenance_id", BigInteger, ForeignKey("ledger.maintenance.id"), nullable=False),
    Column("at", TIME, nullable=False),
    CheckConstraint("part IN ('raw', 'quarantine')", name="part"),
    CheckConstraint("rows >= 0 AND bytes >= 0", name="counts"),
    Index("ix_removal_dataset", "dataset"),
)

erasure_request = Table(
    "erasure_request",
    metadata,
    Column("id", Text, primary_key=True),
    Column("seq", Integer, nullable=False, unique=True),
    Column("dataset", Text, nullable=False),
    Column("columns", ARRAY(Text), nullable=False),
    Column("subject_hash", Text, nullable=False),
    Column("ground", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("opened_at", TIME, nullable=False),
    Column("finished_at", TIME),
    CheckConstraint("state IN ('running', 'done')", name="state"),
)

erasure = Table(
    "erasure",
    metadata,
    Column("request_id", Text, ForeignKey("ledger.erasure_request.id"), primary_key=True),
    Column("batch_id", Text, ForeignKey("ledger.batch.id"), primary_key=True),
    Column("part", Text, primary_key=True),
    Column("dataset", Text, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("at", TIME, nullable=False),
    CheckConstraint("part IN ('raw', 'quarantine', 'curated')", name="part"),
    CheckConstraint("rows > 0", name="rows"),
    Index("ix_erasure_dataset", "dataset"),
)

erased_key = Table(
    "erased_key",
    metadata,
    Column("dataset", Text, primary_key=True),
    Column("key_hash", Text, primary_key=True),
    Column("request_id", Text, ForeignKey("ledger.erasure_request.id"), nullable=False),
)

alert = Table(
    "alert",
    metadata,
    Column("cause", Text, primary_key=True),
    Column("fingerprint", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("since", TIME, nullable=False),
    Column("seen_at", TIME, nullable=False),
    Column("sent", JSONB, nullable=False),
    CheckConstraint("state IN ('open', 'closed')", name="state"),
)

source_file = Table(
    "source_file",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("system", Text, nullable=False),
    Column("dataset", Text),
    Column("folder", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("periode", Text),
    Column("sha256", Text, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("modified_at", TIME, nullable=False),
    Column("changed_ns", BigInteger, nullable=False),
    Column("rows", BigInteger),
    Column("state", Text, nullable=False),
    Column("reason", Text),
    Column("batch_id", Text, ForeignKey("ledger.batch.id")),
    Column("arrived_at", TIME, nullable=False),
    Column("left_at", TIME),
    Column("removed_at", TIME),
    Column("removed_why", Text),
    CheckConstraint("state IN ('arrived', 'received', 'superseded', 'duplicate', 'refused')", name="state"),
    CheckConstraint("(state = 'refused') <= (reason IS NOT NULL)", name="refused_why"),
    CheckConstraint("state = 'refused' OR dataset IS NOT NULL", name="of_a_dataset"),
    CheckConstraint("(removed_at IS NULL) = (removed_why IS NULL)", name="removed_why"),
    Index("ix_source_file_system_state", "system", "state"),
    Index("ix_source_file_dataset", "dataset"),
)

batch_file = Table(
    "batch_file",
    metadata,
    Column("batch_id", Text, ForeignKey("ledger.batch.id"), primary_key=True),
    Column("file_id", BigInteger, ForeignKey("ledger.source_file.id"), primary_key=True, autoincrement=False),
)
