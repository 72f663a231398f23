"""The ledger (PostgreSQL, schema `ledger`): runs, batches, watermarks, counts, refused rows, publications, audit."""

from lumbung.ledger.audit import AuditHead
from lumbung.ledger.errors import CountsError, LedgerError, LockBusy, NotInLedger, StateError
from lumbung.ledger.records import (
    AuditEntry,
    Batch,
    BatchState,
    Counts,
    Extracted,
    MartRefresh,
    MartsRun,
    Mode,
    MonthlyBatches,
    MonthlyRule,
    PublicationRecord,
    RefusedKey,
    RefusedRow,
    RuleCount,
    Run,
    RunKind,
    RunState,
    Severity,
)
from lumbung.ledger.store import Ledger

__all__ = [
    "AuditEntry",
    "AuditHead",
    "Batch",
    "BatchState",
    "Counts",
    "CountsError",
    "Extracted",
    "Ledger",
    "LedgerError",
    "LockBusy",
    "MartRefresh",
    "MartsRun",
    "Mode",
    "MonthlyBatches",
    "MonthlyRule",
    "NotInLedger",
    "PublicationRecord",
    "RefusedKey",
    "RefusedRow",
    "RuleCount",
    "Run",
    "RunKind",
    "RunState",
    "Severity",
    "StateError",
]
