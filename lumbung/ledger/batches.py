"""Batches: one dataset within one run, and the guarded way of its states.

opened -> extracted -> landed -> validated -> conformed, and `stopped` from any of the first four. A step that is asked
again finds itself done and does nothing; a step asked from a wrong state raises StateError naming batch and state.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from lumbung.ledger.audit import append_audit
from lumbung.ledger.base import Store, now, utc
from lumbung.ledger.errors import NotInLedger, StateError
from lumbung.ledger.files import files_landed
from lumbung.ledger.records import Batch, BatchState, Mode
from lumbung.ledger.schema import LANDED_SEQUENCE, batch, halt, run
from lumbung.ledger.schema import watermark as marks

_ORDER: tuple[BatchState, ...] = ("opened", "extracted", "landed", "validated", "conformed")
_INTERNAL = ("seq", "landed_seq")


def to_batch(row: Row[Any]) -> Batch:
    """The record of one row of `ledger.batch`."""
    fields = {name: value for name, value in row._mapping.items() if name not in _INTERNAL}
    fields["warnings"] = tuple(fields["warnings"])
    return Batch(**fields)


def locked_batch(connection: Connection, batch_id: str) -> Batch:
    """The batch, locked until the transaction ends. Raises NotInLedger."""
    row = connection.execute(select(batch).where(batch.c.id == batch_id).with_for_update()).one_or_none()
    if row is None:
        raise NotInLedger(f"batch {batch_id!r} is not in the ledger")
    return to_batch(row)


def must_step(known: Batch, target: BatchState) -> bool:
    """Whether `known` still has to go to `target`: False when it is there or beyond.

    Raises StateError when the batch is stopped or the step before is missing.
    """
    if known.state == "stopped":
        raise StateError(f"batch {known.id} of {known.dataset} is stopped and cannot become {target}: {known.error}")
    at, wanted = _ORDER.index(known.state), _ORDER.index(target)
    if at >= wanted:
        return False
    if at != wanted - 1:
        raise StateError(
            f"batch {known.id} of {known.dataset} is {known.state} and cannot become {target}: "
            f"it must be {_ORDER[wanted - 1]} first"
        )
    return True


class Batches(Store):
    """The batches of all runs."""

    def add_batch(
        self,
        run_id: str,
        dataset: str,
        mode: Mode,
        window_from: datetime | None,
        window_to: datetime | None,
        contract_version: str,
        replay_of: str | None = None,
    ) -> Batch:
        """The batch of this dataset within this run: a new one, or the one added before.

        While it is only `opened` its window follows the run's newest snapshot. `window_from` exclusive, `window_to`
        inclusive; both None for a full read. Replays name the batch whose refused rows they take up again.
        """
        start = None if window_from is None else utc(window_from, "window from")
        end = None if window_to is None else utc(window_to, "window to")
        with self.transaction() as connection:
            owner = connection.execute(
                select(run.c.system, run.c.actor).where(run.c.id == run_id).with_for_update()
            ).one_or_none()
            if owner is None:
                raise NotInLedger(f"run {run_id!r} is not in the ledger")
            batch_id = f"{run_id}-{dataset}"
            row = connection.execute(select(batch).where(batch.c.id == batch_id)).one_or_none()
            if row is not None:
                if row.state == "opened" and (row.window_from, row.window_to, row.contract_version) != (
                    start,
                    end,
                    contract_version,
                ):
                    row = connection.execute(
                        update(batch)
                        .where(batch.c.id == batch_id)
                        .values(window_from=start, window_to=end, mode=mode, contract_version=contract_version)
                        .returning(batch)
                    ).one()
                return to_batch(row)
            row = connection.execute(
                insert(batch)
                .values(
                    id=batch_id,
                    run_id=run_id,
                    system=owner.system,
                    dataset=dataset,
                    mode=mode,
                    window_from=start,
                    window_to=end,
                    state="opened",
                    contract_version=contract_version,
                    replay_of=replay_of,
                    warnings=[],
                    opened_at=now(),
                )
                .returning(batch)
            ).one()
            if replay_of is not None:
                append_audit(connection, owner.actor, "batch.replay", batch_id, {"replay_of": replay_of})
            return to_batch(row)

    def batch(self, batch_id: str) -> Batch:
        """The batch of this id. Raises NotInLedger."""
        row = self._one(select(batch).where(batch.c.id == batch_id))
        if row is None:
            raise NotInLedger(f"batch {batch_id!r} is not in the ledger")
        return to_batch(row)

    def batches(
        self,
        run_id: str | None = None,
        system: str | None = None,
        dataset: str | None = None,
        states: Sequence[BatchState] = (),
        limit: int | None = None,
        newest_first: bool = False,
    ) -> list[Batch]:
        """Batches in the order of landing, which is that of their source snapshots; unlanded ones last."""
        query = select(batch)
        if newest_first:
            query = query.order_by(batch.c.landed_seq.desc().nulls_first(), batch.c.seq.desc())
        else:
            query = query.order_by(batch.c.landed_seq.asc().nulls_last(), batch.c.seq)
        for column, value in ((batch.c.run_id, run_id), (batch.c.system, system), (batch.c.dataset, dataset)):
            if value is not None:
                query = query.where(column == value)
        if states:
            query = query.where(batch.c.state.in_(states))
        return [to_batch(row) for row in self._all(query.limit(limit))]

    def extracted(
        self,
        batch_id: str,
        rows: int,
        digest: str,
        schema_digest: str,
        spool_path: str | None,
        source_clock: datetime | None,
    ) -> bool:
        """One batch is read (replays; the runs of a source use `extraction_done`). False when it was already."""
        with self.transaction() as connection:
            known = locked_batch(connection, batch_id)
            if not must_step(known, "extracted"):
                return False
            connection.execute(
                update(batch)
                .where(batch.c.id == batch_id)
                .values(
                    state="extracted",
                    received=rows,
                    digest=digest,
                    schema_digest=schema_digest,
                    spool_path=spool_path,
                    source_clock=None if source_clock is None else utc(source_clock, "source clock"),
                    extracted_at=now(),
                )
            )
            return True

    def landed(self, batch_id: str, raw_path: str, raw_bytes: int, watermark: datetime | None) -> bool:
        """The batch lies in raw: state and watermark in one transaction. False when it was landed already.

        The watermark never moves backwards; None leaves it alone (full reads, backfills, replays).
        Raises StateError while the run's extraction is not complete.
        """
        with self.transaction() as connection:
            known = locked_batch(connection, batch_id)
            if not must_step(known, "landed"):
                return False
            complete = connection.execute(select(run.c.extracted_at).where(run.c.id == known.run_id)).scalar_one()
            if complete is None and known.mode != "replay":
                raise StateError(f"batch {batch_id} cannot land: run {known.run_id} has not read all its datasets yet")
            moment = now()
            connection.execute(
                update(batch)
                .where(batch.c.id == batch_id)
                .values(
                    state="landed",
                    raw_path=raw_path,
                    raw_bytes=raw_bytes,
                    landed_at=moment,
                    landed_seq=text(f"nextval('{LANDED_SEQUENCE}')"),
                )
            )
            files_landed(connection, batch_id)
            if watermark is not None:
                mark = upsert(marks).values(
                    dataset=known.dataset, value=utc(watermark, "watermark"), batch_id=batch_id, at=moment
                )
                connection.execute(
                    mark.on_conflict_do_update(
                        index_elements=[marks.c.dataset],
                        set_={"value": mark.excluded.value, "batch_id": mark.excluded.batch_id, "at": mark.excluded.at},
                        where=marks.c.value < mark.excluded.value,
                    )
                )
            return True

    def conformed(self, batch_id: str, snapshot_id: int | None) -> bool:
        """The batch is in the curated table (Iceberg snapshot, None when nothing was written). False when it was."""
        with self.transaction() as connection:
            if not must_step(locked_batch(connection, batch_id), "conformed"):
                return False
            connection.execute(
                update(batch)
                .where(batch.c.id == batch_id)
                .values(state="conformed", snapshot_id=snapshot_id, conformed_at=now())
            )
            return True

    def stopped(self, batch_id: str, error: str) -> bool:
        """Stop the batch with a clear reason. False when it was stopped already; StateError when it is conformed."""
        with self.transaction() as connection:
            known = locked_batch(connection, batch_id)
            if known.state == "stopped":
                return False
            if known.state == "conformed":
                raise StateError(f"batch {batch_id} of {known.dataset} is conformed and cannot be stopped")
            connection.execute(
                update(batch).where(batch.c.id == batch_id).values(state="stopped", error=error, stopped_at=now())
            )
            actor = connection.execute(select(run.c.actor).where(run.c.id == known.run_id)).scalar_one()
            append_audit(connection, actor, "batch.stop", batch_id, {"error": error})
            return True

    def resume(self, batch_id: str, actor: str) -> Batch:
        """Put a batch that was stopped after landing back to `landed`, so that the next run validates it again.

        Raises StateError when the batch is not stopped or never landed (then the next run reads its window again).
        """
        with self.transaction() as connection:
            known = locked_batch(connection, batch_id)
            aside = connection.execute(select(halt.c.batch_id).where(halt.c.batch_id == batch_id)).one_or_none()
            if known.state != "stopped" or known.raw_path is None or known.accepted is not None or aside is not None:
                raise StateError(
                    f"batch {batch_id} of {known.dataset} is {known.state} and cannot be resumed: only a batch that "
                    "was stopped between landing and validation can, and that no newer whole read has made up for"
                )
            row = connection.execute(
                update(batch)
                .where(batch.c.id == batch_id)
                .values(state="landed", error=None, stopped_at=None)
                .returning(batch)
            ).one()
            append_audit(connection, actor, "batch.resume", batch_id, {"error": known.error})
            return to_batch(row)

    def watermark(self, dataset: str) -> datetime | None:
        """Up to where the dataset has landed, by the source's clock; None before the first window."""
        with self.engine.connect() as connection:
            return connection.execute(select(marks.c.value).where(marks.c.dataset == dataset)).scalar_one_or_none()

    def previous_conformed(self, batch_id: str) -> Batch | None:
        """The newest conformed batch of the same dataset that landed before this one (replays left out)."""
        known = self.batch(batch_id)
        seq = select(func.coalesce(func.max(batch.c.landed_seq), 2**62)).where(batch.c.id == batch_id)
        row = self._one(
            select(batch)
            .where(batch.c.dataset == known.dataset, batch.c.state == "conformed", batch.c.mode != "replay")
            .where(batch.c.id != batch_id, batch.c.landed_seq < seq.scalar_subquery())
            .order_by(batch.c.landed_seq.desc())
            .limit(1)
        )
        return None if row is None else to_batch(row)
