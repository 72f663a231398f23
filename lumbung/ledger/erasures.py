"""Erasure on request: who asked for it on what legal ground, and how many rows went from where. No value in clear.

`subject_hash` and `key_hash` are keyed hashes (HMAC): a bare hash of a NIK could be found again by trying them all.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Row, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from lumbung.ledger.audit import append_audit
from lumbung.ledger.base import Store, now
from lumbung.ledger.schema import erased_key, erasure, erasure_request, refused

ErasedPart = Literal["raw", "quarantine", "curated"]


@dataclass(frozen=True, slots=True)
class ErasureRequest:
    """One request: rows of `dataset` chosen by `columns`, whose values are only in the keyed hash `subject_hash`."""

    id: str
    seq: int
    dataset: str
    columns: tuple[str, ...]
    subject_hash: str
    ground: str
    reason: str
    actor: str
    state: Literal["running", "done"]
    opened_at: datetime
    finished_at: datetime | None


def _request(row: Row[Any]) -> ErasureRequest:
    return ErasureRequest(**{**row._mapping, "columns": tuple(row._mapping["columns"])})


class Erasures(Store):
    """Requests of erasure and what they took."""

    def open_erasure(
        self, dataset: str, columns: Sequence[str], subject_hash: str, ground: str, reason: str, actor: str
    ) -> ErasureRequest:
        """The unfinished request of this subject, or a new one."""
        with self.transaction() as connection:
            connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('ledger.erasure_request'))"))
            row = connection.execute(
                select(erasure_request).where(
                    erasure_request.c.dataset == dataset,
                    erasure_request.c.subject_hash == subject_hash,
                    erasure_request.c.state == "running",
                )
            ).one_or_none()
            if row is not None:
                return _request(row)
            seq = connection.execute(select(func.coalesce(func.max(erasure_request.c.seq), 0) + 1)).scalar_one()
            values = {
                "id": f"hapus-{seq:06d}",
                "seq": seq,
                "dataset": dataset,
                "columns": list(columns),
                "subject_hash": subject_hash,
                "ground": ground,
                "reason": reason,
                "actor": actor,
                "state": "running",
                "opened_at": now(),
            }
            row = connection.execute(insert(erasure_request).values(values).returning(erasure_request)).one()
            detail = {"dataset": dataset, "columns": list(columns), "ground": ground, "reason": reason}
            append_audit(connection, actor, "forget.open", row.id, detail)
            return _request(row)

    def running_erasure(self, dataset: str, subject_hash: str) -> ErasureRequest | None:
        """The request of this subject that was begun and not finished, if any."""
        row = self._one(
            select(erasure_request).where(
                erasure_request.c.dataset == dataset,
                erasure_request.c.subject_hash == subject_hash,
                erasure_request.c.state == "running",
            )
        )
        return None if row is None else _request(row)

    def erased(self, request: ErasureRequest, batch_id: str, part: ErasedPart, rows: int) -> None:
        """Write down that `rows` rows of a batch go; the first count stands, since a repetition finds fewer."""
        with self.transaction() as connection:
            connection.execute(
                upsert(erasure)
                .values(
                    request_id=request.id,
                    batch_id=batch_id,
                    part=part,
                    dataset=request.dataset,
                    rows=rows,
                    at=now(),
                )
                .on_conflict_do_nothing()
            )

    def erase_refused(self, request: ErasureRequest, batch_id: str, row_nos: Sequence[int]) -> None:
        """Close the refused rows that are erased, and forget the hashes of their keys."""
        with self.transaction() as connection:
            connection.execute(
                update(refused)
                .where(refused.c.batch_id == batch_id, refused.c.row_no.in_(row_nos))
                .values(
                    key_hash="",
                    state="closed",
                    why=func.coalesce(refused.c.why, f"dihapus atas permintaan {request.id}"),
                    at=func.coalesce(refused.c.at, now()),
                )
            )

    def remember_erased(self, request: ErasureRequest, key_hashes: Iterable[str]) -> None:
        """Keep the keyed hashes of the erased keys, so that one that comes back is noticed."""
        with self.transaction() as connection:
            for key_hash in sorted(set(key_hashes)):
                connection.execute(
                    upsert(erased_key)
                    .values(dataset=request.dataset, key_hash=key_hash, request_id=request.id)
                    .on_conflict_do_nothing()
                )

    def erased_keys(self, dataset: str) -> set[str]:
        """Keyed hashes of all keys that were ever erased from a dataset."""
        return {row.key_hash for row in self._all(select(erased_key.c.key_hash).where(erased_key.c.dataset == dataset))}

    def erasures(self, request_id: str) -> dict[tuple[str, str], int]:
        """Rows by (batch, part) of a request."""
        found = self._all(
            select(erasure.c.batch_id, erasure.c.part, erasure.c.rows).where(erasure.c.request_id == request_id)
        )
        return {(row.batch_id, row.part): row.rows for row in found}

    def erased_from_raw(self, dataset: str) -> dict[str, int]:
        """Rows by batch that requests took, or are taking, out of a dataset's raw files."""
        query = (
            select(erasure.c.batch_id, func.sum(erasure.c.rows).label("rows"))
            .where(erasure.c.dataset == dataset, erasure.c.part == "raw")
            .group_by(erasure.c.batch_id)
        )
        return {row.batch_id: int(row.rows) for row in self._all(query)}

    def finish_erasure(self, request: ErasureRequest, actor: str) -> ErasureRequest:
        """Close a request; the audit gets the rows per part."""
        with self.transaction() as connection:
            row = connection.execute(
                update(erasure_request)
                .where(erasure_request.c.id == request.id)
                .values(state="done", finished_at=now())
                .returning(erasure_request)
            ).one()
            parts = connection.execute(
                select(erasure.c.part, func.sum(erasure.c.rows).label("rows"), func.count().label("batches"))
                .where(erasure.c.request_id == request.id)
                .group_by(erasure.c.part)
            ).all()
            detail = {part.part: {"rows": int(part.rows), "batches": part.batches} for part in parts}
            append_audit(connection, actor, "forget.done", request.id, detail)
            return _request(row)
