"""What the ledger gives back: frozen records, detached from the database. All datetimes are aware UTC."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, Literal

RunKind = Literal["jadwal", "manual", "isi-ulang", "sapu", "ulang"]
"""Why a run exists: schedule, by hand, backfill of a window, sweep of whole tables, replay of refused rows."""

RunState = Literal["running", "done", "failed", "superseded"]

Mode = Literal["window", "full", "sweep", "replay"]

BatchState = Literal["opened", "extracted", "landed", "validated", "conformed", "stopped"]

Severity = Literal["error", "warning", "info"]


@dataclass(frozen=True, slots=True)
class Run:
    """One extraction of one system: one source snapshot, one upper bound `to` for all its windows.

    `window` is the re-read window [A, B] of a backfill, else None. `datasets` limits the run, None means all.
    `source_clock`, `to` and `snapshot` are None until `pin_snapshot`; `extracted_at` until every dataset is in spool.
    """

    id: str
    system: str
    seq: int
    kind: RunKind
    trigger: str
    actor: str
    window: tuple[datetime, datetime] | None
    datasets: tuple[str, ...] | None
    source_clock: datetime | None
    to: datetime | None
    snapshot: str | None
    state: RunState
    error: str | None
    opened_at: datetime
    extracted_at: datetime | None
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class Batch:
    """One dataset within one run. `received = accepted + quarantined + duplicate` once validated.

    `window_from` is the exclusive lower bound that was really asked of the source (watermark - overlap; None = no lower
    bound), `window_to` the inclusive upper one. `digest` is the order-insensitive content digest of the received rows.
    `same_as` names the earlier batch of the same content when nothing had to be computed again.
    """

    id: str
    run_id: str
    system: str
    dataset: str
    mode: Mode
    window_from: datetime | None
    window_to: datetime | None
    state: BatchState
    received: int | None
    accepted: int | None
    quarantined: int | None
    duplicate: int | None
    digest: str | None
    schema_digest: str | None
    inputs_digest: str | None
    spool_path: str | None
    raw_path: str | None
    raw_bytes: int | None
    snapshot_id: int | None
    contract_version: str
    replay_of: str | None
    same_as: str | None
    error: str | None
    warnings: tuple[str, ...]
    source_clock: datetime | None
    opened_at: datetime
    extracted_at: datetime | None
    landed_at: datetime | None
    validated_at: datetime | None
    conformed_at: datetime | None
    stopped_at: datetime | None


@dataclass(frozen=True, slots=True)
class Counts:
    """The four numbers of a validated batch, in rows."""

    received: int
    accepted: int
    quarantined: int
    duplicate: int

    @property
    def balanced(self) -> bool:
        """Whether every received row is exactly one of accepted, quarantined, duplicate."""
        return self.received == self.accepted + self.quarantined + self.duplicate


@dataclass(frozen=True, slots=True)
class Halt:
    """A batch that was judged and has to wait for a decision: more of its rows are refused than its dataset allows.

    `counts`: what the verdict would be; `fresh`: refused rows that were not refused before; `rules`: rows per error
    rule. `most_refused` (percent of the new rows) and `from_rows`: the limit then. `inputs_digest`: what it was judged
    against.
    """

    batch_id: str
    dataset: str
    counts: Counts
    fresh: int
    most_refused: Decimal
    from_rows: int
    rules: Mapping[str, int]
    inputs_digest: str
    at: datetime

    @property
    def percent(self) -> Decimal:
        """Refused for the first time, of a hundred rows that are new (refused or accepted)."""
        return Decimal(100 * self.fresh) / Decimal(self.fresh + self.counts.accepted)


@dataclass(frozen=True, slots=True)
class Waiver:
    """Who let a batch that waited go on, with so many refused rows (`fresh`), why, and until which day."""

    id: int
    batch_id: str
    fresh: int
    actor: str
    reason: str
    until: date
    at: datetime


@dataclass(frozen=True, slots=True)
class RuleCount:
    """How many received rows broke one rule, by our count and by Great Expectations' (None: the rule is not GX's)."""

    rule: str
    severity: Severity
    count: int
    gx_count: int | None = None


@dataclass(frozen=True, slots=True)
class RefusedKey:
    """One quarantined row of a batch: its row number (1-based, `_row`) and the hash of its key."""

    row_no: int
    key_hash: str


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A quarantined row as the ledger keeps it. `state` is `open` until a later batch brings the key again."""

    batch_id: str
    dataset: str
    row_no: int
    key_hash: str
    state: Literal["open", "closed"]
    closed_by: str | None
    why: str | None
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Extracted:
    """One dataset of a run as it lies in the spool, or the reason why the dataset was stopped (`error`)."""

    dataset: str
    rows: int = 0
    digest: str = ""
    schema_digest: str = ""
    spool_path: str = ""
    warnings: tuple[str, ...] = ()
    error: str | None = None


@dataclass(frozen=True, slots=True)
class MartsRun:
    """One pass over marts and publications. `covers` gives per system the highest finished run it could see."""

    id: str
    seq: int
    trigger: str
    actor: str
    covers: Mapping[str, int]
    state: Literal["running", "done", "failed"]
    error: str | None
    opened_at: datetime
    finished_at: datetime | None


WHOLE: Final[tuple[Mode, ...]] = ("full", "sweep")
"""Modes that read every row of the source: what does not come is not there."""
REPLACED: Final = "digantikan"
"""Why a refused row was closed whose key came again, whatever became of it then."""
COMPLETE: Final[tuple[RunKind, ...]] = ("jadwal", "manual", "sapu")
"""Kinds of run that bring a dataset up to their source clock; a backfill or a replay does not."""
ROLLED_BACK: Final = "kembali-"
"""How the label of a mart's record begins that a rollback wrote, instead of a pass over the marts."""


@dataclass(frozen=True, slots=True)
class Rollback:
    """A table that was taken back to an earlier snapshot.

    `after`: of a curated table the landing number of the last batch that was judged before, of a mart the number of its
    newest record then. `as_of`: up to which source clock the table is complete again. `undone`: ids of the batches or
    passes whose work is gone. `gained`, `lost`, `changed`: rows.
    """

    id: int
    table_name: str
    dataset: str | None
    from_snapshot: int
    to_snapshot: int
    after: int
    as_of: datetime | None
    undone: tuple[str, ...]
    gained: int
    lost: int
    changed: int
    actor: str
    at: datetime

    @property
    def label(self) -> str:
        """Its name in records of marts and in messages."""
        return f"{ROLLED_BACK}{self.id:06d}"


@dataclass(frozen=True, slots=True)
class MartRefresh:
    """One refresh of a mart: what it was computed from and what it counted."""

    id: int
    mart: str
    run_label: str
    as_of: datetime
    inputs: Mapping[str, Any]
    rows: int
    counted: int
    excluded: Mapping[str, int]
    snapshot_id: int | None
    digest: str
    at: datetime

    @property
    def rolled_back(self) -> bool:
        """Whether the mart stands where a rollback put it and was not refreshed since."""
        return self.run_label.startswith(ROLLED_BACK)


@dataclass(frozen=True, slots=True)
class MonthlyBatches:
    """What a dataset received in a month (`YYYY-MM`), over the batches that brought something new."""

    month: str
    dataset: str
    batches: int
    received: int
    accepted: int
    quarantined: int
    duplicate: int


@dataclass(frozen=True, slots=True)
class MonthlyRule:
    """In how many batches of a month (`YYYY-MM`) a rule judged how many rows of a dataset, and how many broke it."""

    month: str
    dataset: str
    rule: str
    severity: Severity
    batches: int
    judged: int
    broken: int


@dataclass(frozen=True, slots=True)
class PublicationRecord:
    """One attempt to publish; `state`: it reached the portal, it was unchanged, or a finding blocked it."""

    id: int
    publication: str
    run_label: str
    version: str
    digest: str
    mart: str
    mart_snapshot: int | None
    rows: int
    suppressed: int
    state: Literal["published", "unchanged", "blocked"]
    findings: tuple[Mapping[str, Any], ...]
    resource_id: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One link of the audit chain. `detail` is the canonical JSON text that the hash was computed over."""

    seq: int
    at: datetime
    actor: str
    action: str
    subject: str
    detail: str
    previous: str
    hash: str


def made_up_for(batch: Batch, batches: Iterable[Batch]) -> bool:
    """Whether a batch that was stopped after landing is needed no more: a whole read of its dataset came after it.

    `batches`: those of the dataset.
    """
    return (
        batch.state == "stopped"
        and batch.landed_at is not None
        and any(
            other.mode in WHOLE
            and other.state == "conformed"
            and other.landed_at is not None
            and other.landed_at > batch.landed_at
            for other in batches
        )
    )
