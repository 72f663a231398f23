"""The ledger (PostgreSQL, schema `ledger`): runs, batches, watermarks, counts, refused rows, publications, audit."""

from lumbung.ledger.audit import AuditHead
from lumbung.ledger.erasures import ErasureRequest
from lumbung.ledger.errors import CountsError, LedgerError, LockBusy, LockLost, NotInLedger, StateError
from lumbung.ledger.records import (
    COMPLETE,
    WHOLE,
    AuditEntry,
    Batch,
    BatchState,
    Counts,
    Extracted,
    MartRefresh,
    MartsRun,
    Mode,
    PublicationRecord,
    RefusedKey,
    RefusedRow,
    Rollback,
    RuleCount,
    Run,
    RunKind,
    RunState,
    Severity,
)
from lumbung.ledger.store import Ledger

__all__ = [
    "COMPLETE",
    "WHOLE",
    "AuditEntry",
    "AuditHead",
    "Batch",
    "BatchState",
    "Counts",
    "CountsError",
    "ErasureRequest",
    "Extracted",
    "Ledger",
    "LedgerError",
    "LockBusy",
    "LockLost",
    "MartRefresh",
    "MartsRun",
    "Mode",
    "NotInLedger",
    "PublicationRecord",
    "RefusedKey",
    "RefusedRow",
    "Rollback",
    "RuleCount",
    "Run",
    "RunKind",
    "RunState",
    "Severity",
    "StateError",
]
