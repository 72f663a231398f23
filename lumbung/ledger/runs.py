"""Runs: opening (idempotent on the trigger), the pinned source snapshot, the end of extraction, closing."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, text, update

from lumbung.ledger.audit import append_audit
from lumbung.ledger.base import Store, now, utc
from lumbung.ledger.errors import NotInLedger, StateError
from lumbung.ledger.records import Extracted, Run, RunKind, RunState
from lumbung.ledger.schema import batch, run


def _run(row: Row[Any]) -> Run:
    """The record of one row of `ledger.run`."""
    fields = dict(row._mapping)
    start, end = fields.pop("window_from"), fields.pop("window_to")
    datasets = fields.pop("datasets")
    return Run(**fields, window=(start, end) if start else None, datasets=None if datasets is None else tuple(datasets))


class Runs(Store):
    """The runs of all systems."""

    def open_run(
        self,
        system: str,
        kind: RunKind,
        trigger: str,
        actor: str,
        window: tuple[datetime, datetime] | None = None,
        datasets: Sequence[str] | None = None,
    ) -> Run:
        """The run of this trigger: a new one, or the one opened before (a failed one is running again).

        `window` is the closed window [A, B] of a backfill, aware datetimes. Raises StateError when the trigger belongs
        to another system, ValueError when A is after B.
        """
        start, end = (utc(window[0], "window from"), utc(window[1], "window to")) if window else (None, None)
        if start and end and start > end:
            raise ValueError(f"window of {system}: from {start.isoformat()} is after to {end.isoformat()}")
        with self.transaction() as connection:
            connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('ledger.run'))"))
            known = connection.execute(select(run).where(run.c.trigger == trigger).with_for_update()).one_or_none()
            if known is not None:
                return self._reopen(connection, _run(known), system, actor)
            seq = connection.execute(
                select(func.coalesce(func.max(run.c.seq), 0) + 1).where(run.c.system == system)
            ).scalar_one()
            row = connection.execute(
                insert(run)
                .values(
                    id=f"{system}-{seq:06d}",
                    system=system,
                    seq=seq,
                    kind=kind,
                    trigger=trigger,
                    actor=actor,
                    window_from=start,
                    window_to=end,
                    datasets=None if datasets is None else list(datasets),
                    state="running",
                    opened_at=now(),
                )
                .returning(run)
            ).one()
            opened = _run(row)
            detail = {
                "kind": kind,
                "trigger": trigger,
                "window": [start.isoformat(), end.isoformat()] if start and end else None,
                "datasets": None if datasets is None else list(datasets),
            }
            append_audit(connection, actor, "run.open", opened.id, detail)
            return opened

    def _reopen(self, connection: Connection, known: Run, system: str, actor: str) -> Run:
        if known.system != system:
            raise StateError(
                f"trigger {known.trigger!r} belongs to run {known.id} of system {known.system}, not {system}"
            )
        if known.state != "failed":
            return known
        row = connection.execute(
            update(run).where(run.c.id == known.id).values(state="running", finished_at=None, error=None).returning(run)
        ).one()
        append_audit(connection, actor, "run.reopen", known.id, {"trigger": known.trigger})
        return _run(row)

    def run(self, run_id: str) -> Run:
        """The run of this id. Raises NotInLedger."""
        row = self._one(select(run).where(run.c.id == run_id))
        if row is None:
            raise NotInLedger(f"run {run_id!r} is not in the ledger")
        return _run(row)

    def run_by_trigger(self, trigger: str) -> Run | None:
        """The run that this trigger opened, if any."""
        row = self._one(select(run).where(run.c.trigger == trigger))
        return None if row is None else _run(row)

    def runs(self, system: str | None = None, states: Sequence[RunState] = (), limit: int | None = None) -> list[Run]:
        """Runs, newest first."""
        query = select(run).order_by(run.c.opened_at.desc(), run.c.seq.desc()).limit(limit)
        if system is not None:
            query = query.where(run.c.system == system)
        if states:
            query = query.where(run.c.state.in_(states))
        return [_run(row) for row in self._all(query)]

    def finish_run(self, run_id: str, state: RunState, error: str | None = None) -> Run:
        """Close a run as `done` or `failed`; repeating it does nothing. Raises StateError when it is done already."""
        with self.transaction() as connection:
            known = self._locked_run(connection, run_id)
            if known.state == state:
                return known
            if known.state == "done":
                raise StateError(f"run {run_id} is done and cannot become {state}")
            row = connection.execute(
                update(run).where(run.c.id == run_id).values(state=state, error=error, finished_at=now()).returning(run)
            ).one()
            append_audit(connection, known.actor, f"run.{state}", run_id, {"error": error} if error else {})
            return _run(row)

    def pin_snapshot(self, run_id: str, source_clock: datetime, to: datetime, snapshot_label: str) -> Run:
        """Write down which source snapshot the run reads: the source's clock, `to`, and the snapshot's label.

        May be repeated with a new snapshot until the extraction is complete; its unfinished batches start again.
        """
        with self.transaction() as connection:
            known = self._locked_run(connection, run_id)
            if known.extracted_at is not None:
                raise StateError(f"run {run_id} is already extracted at {known.to}; it cannot take another snapshot")
            row = connection.execute(
                update(run)
                .where(run.c.id == run_id)
                .values(
                    source_clock=utc(source_clock, "source clock"),
                    to=utc(to, "to"),
                    snapshot=snapshot_label,
                    state="running",
                    error=None,
                    finished_at=None,
                )
                .returning(run)
            ).one()
            return _run(row)

    def extraction_done(self, run_id: str, results: Sequence[Extracted], snapshot: str | None = None) -> Run:
        """All datasets of the run are in the spool, or stopped: mark batches and run in one transaction.

        Landing may start only after this, so that everything that lands is of one snapshot. Repeating it does nothing.
        `snapshot`: label of the one that the results were read from. Raises StateError when a batch of the run has no
        result, or when another attempt has pinned a newer snapshot: these rows end before its `to`.
        """
        with self.transaction() as connection:
            known = self._locked_run(connection, run_id)
            if known.extracted_at is not None:
                return known
            if snapshot is not None and snapshot != known.snapshot:
                raise StateError(
                    f"run {run_id}: another attempt has pinned snapshot {known.snapshot} since this one read "
                    f"{snapshot}; nothing was recorded, the next attempt finds what the other one did"
                )
            open_batches = {
                row.dataset: row.id
                for row in connection.execute(
                    select(batch.c.dataset, batch.c.id).where(batch.c.run_id == run_id, batch.c.state == "opened")
                )
            }
            without = set(open_batches) - {result.dataset for result in results}
            if without:
                raise StateError(f"run {run_id}: no result of extraction for {', '.join(sorted(without))}")
            moment = now()
            for result in results:
                if result.dataset not in open_batches:
                    continue
                values: dict[str, Any] = {"warnings": list(result.warnings)}
                if result.error is None:
                    values |= {
                        "state": "extracted",
                        "received": result.rows,
                        "digest": result.digest,
                        "schema_digest": result.schema_digest,
                        "spool_path": result.spool_path,
                        "source_clock": known.source_clock,
                        "extracted_at": moment,
                    }
                else:
                    values |= {"state": "stopped", "error": result.error, "stopped_at": moment}
                connection.execute(update(batch).where(batch.c.id == open_batches[result.dataset]).values(values))
            row = connection.execute(
                update(run).where(run.c.id == run_id).values(extracted_at=moment).returning(run)
            ).one()
            for result in results:
                subject = open_batches.get(result.dataset)
                if subject and result.error:
                    append_audit(connection, known.actor, "batch.stop", subject, {"error": result.error})
                if subject and result.warnings:
                    append_audit(connection, known.actor, "batch.warn", subject, {"warnings": list(result.warnings)})
            return _run(row)

    def supersede_abandoned(self, run_id: str, opened_before: datetime) -> list[str]:
        """Mark older runs of the same system that never finished reading, were opened before, and are covered by this.

        Nothing is lost: the watermark moves only with landing. Should such a run wake up after all, `pin_snapshot`
        takes the mark away again. Backfills are left alone, since nobody else reads their windows.
        Returns the ids of the runs that were marked.
        """
        with self.transaction() as connection:
            known = self._locked_run(connection, run_id)
            if known.window is not None or known.kind == "ulang":
                return []
            query = (
                update(run)
                .where(run.c.system == known.system, run.c.seq < known.seq, run.c.state == "running")
                .where(run.c.extracted_at.is_(None), run.c.window_from.is_(None), run.c.kind.in_(("jadwal", "manual")))
                .where(run.c.opened_at < utc(opened_before, "opened before"))
            )
            if known.datasets is not None:
                query = query.where(run.c.datasets.contained_by(list(known.datasets)))
            older = connection.execute(
                query.values(
                    state="superseded", error=f"tidak selesai; digantikan oleh run {run_id}", finished_at=now()
                ).returning(run.c.id)
            ).all()
            for old in older:
                append_audit(connection, known.actor, "run.supersede", old.id, {"by": run_id})
            return [old.id for old in older]

    def _locked_run(self, connection: Connection, run_id: str) -> Run:
        row = connection.execute(select(run).where(run.c.id == run_id).with_for_update()).one_or_none()
        if row is None:
            raise NotInLedger(f"run {run_id!r} is not in the ledger")
        return _run(row)
