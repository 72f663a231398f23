"""The audit chain: append-only, each entry carrying the hash of the one before it, always a named actor.

The hash is SHA-256 over the previous hash and the canonical JSON of the entry, computed under an advisory lock so that
two writers never build on the same link. A chain alone does not show that its end was cut off: `audit_head` gives size
and head for a checkpoint kept elsewhere, and `verify_audit(size, head)` holds the chain against it.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, insert, select, text

from lumbung.ledger.base import Store, canonical_json, now
from lumbung.ledger.records import AuditEntry
from lumbung.ledger.schema import audit

GENESIS = "0" * 64
CHECKPOINT = "audit.checkpoint"
_CHAIN_LOCK = 0x6C75_6D62  # "lumb": one writer of the chain at a time


class AuditHead(NamedTuple):
    """Length of the chain and the hash of its last entry."""

    size: int
    head: str


def entry_hash(seq: int, at: datetime, actor: str, action: str, subject: str, detail: str, previous: str) -> str:
    """SHA-256 (hex) of one entry. `detail` is the canonical JSON text as stored, `at` counts in UTC microseconds."""
    body = canonical_json(
        {
            "seq": seq,
            "at": at.astimezone(UTC).isoformat(timespec="microseconds"),
            "actor": actor,
            "action": action,
            "subject": subject,
            "detail": detail,
        }
    )
    return hashlib.sha256(f"{previous}\n{body}".encode()).hexdigest()


def append_audit(
    connection: Connection, actor: str, action: str, subject: str, detail: Mapping[str, Any]
) -> AuditEntry:
    """Add one entry within the caller's transaction. Call it last: it holds the chain's lock until the commit.

    Raises ValueError when the actor is blank: an act without a name is not allowed.
    """
    if not actor.strip():
        raise ValueError(f"audit entry {action!r} on {subject!r} has no actor; pass the account that did it")
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _CHAIN_LOCK})
    last = connection.execute(select(audit.c.seq, audit.c.hash).order_by(audit.c.seq.desc()).limit(1)).one_or_none()
    seq, previous = (last.seq + 1, last.hash) if last else (1, GENESIS)
    at, body = now(), canonical_json(detail)
    entry = AuditEntry(
        seq, at, actor, action, subject, body, previous, entry_hash(seq, at, actor, action, subject, body, previous)
    )
    connection.execute(
        insert(audit).values(
            seq=entry.seq,
            at=entry.at,
            actor=entry.actor,
            action=entry.action,
            subject=entry.subject,
            detail=entry.detail,
            previous=entry.previous,
            hash=entry.hash,
        )
    )
    return entry


class Audit(Store):
    """Writing, reading and checking the chain."""

    def audit(self, actor: str, action: str, subject: str, detail: Mapping[str, Any] | None = None) -> AuditEntry:
        """Record that `actor` did `action` to `subject`. `detail` must be JSON and hold no personal value."""
        with self.transaction() as connection:
            return append_audit(connection, actor, action, subject, detail or {})

    def audit_entries(self, subject: str | None = None, limit: int | None = None) -> list[AuditEntry]:
        """Entries of a subject (or all), newest first."""
        query = select(audit).order_by(audit.c.seq.desc())
        if subject is not None:
            query = query.where(audit.c.subject == subject)
        return [AuditEntry(**row._mapping) for row in self._all(query.limit(limit))]

    def audit_head(self) -> AuditHead:
        """Size and head of the chain, to be kept where the ledger's operator cannot reach."""
        query = select(audit.c.seq, audit.c.hash).order_by(audit.c.seq.desc()).limit(1)
        last = self._one(query)
        return AuditHead(last.seq, last.hash) if last else AuditHead(0, GENESIS)

    def audit_checkpoints(self) -> list[tuple[int, str]]:
        """Number and signature of the checkpoints that the chain itself acknowledges, oldest first."""
        query = select(audit.c.detail).where(audit.c.action == CHECKPOINT).order_by(audit.c.seq)
        found = [json.loads(row.detail) for row in self._all(query)]
        return [(int(one["number"]), str(one["signature"])) for one in found]

    def verify_audit(self, size: int | None = None, head: str | None = None) -> list[str]:
        """Problems of the chain, empty when it is whole: changed entries, gaps, and (given a checkpoint) a cut end."""
        problems: list[str] = []
        expected, previous = 1, GENESIS
        with self.engine.connect() as connection:
            for row in connection.execution_options(yield_per=5000).execute(select(audit).order_by(audit.c.seq)):
                if row.seq != expected:
                    problems.append(f"audit entry {expected} is missing before entry {row.seq}")
                if row.previous != previous:
                    problems.append(f"audit entry {row.seq} does not follow the hash of the entry before it")
                if row.hash != entry_hash(
                    row.seq, row.at, row.actor, row.action, row.subject, row.detail, row.previous
                ):
                    problems.append(f"audit entry {row.seq} ({row.action} {row.subject}) was changed after writing")
                if size is not None and row.seq == size and row.hash != head:
                    problems.append(f"audit entry {row.seq} is not the one of the checkpoint")
                expected, previous = row.seq + 1, row.hash
            if size is not None and expected - 1 < size:
                problems.append(f"the chain ends at entry {expected - 1}, the checkpoint knew {size}: the end was cut")
            count = connection.execute(select(func.count()).select_from(audit)).scalar_one()
        if count != expected - 1 and not problems:
            problems.append(f"the chain has {count} entries, its last number is {expected - 1}")
        return problems
