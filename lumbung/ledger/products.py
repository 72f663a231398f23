"""What was made of the batches: passes over the marts, mart refreshes with their inputs, publications."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Row, Select, func, insert, select, text, update

from lumbung.ledger.audit import append_audit
from lumbung.ledger.base import Store, now, utc
from lumbung.ledger.errors import NotInLedger
from lumbung.ledger.records import MartRefresh, MartsRun, PublicationRecord
from lumbung.ledger.schema import mart_refresh, marts_run, publication, run


def _publication(row: Row[Any]) -> PublicationRecord:
    fields = dict(row._mapping)
    fields["findings"] = tuple(fields["findings"])
    return PublicationRecord(**fields)


class Products(Store):
    """Marts and publications."""

    def open_marts_run(self, trigger: str, actor: str) -> MartsRun:
        """The pass of this trigger: a new one, or the one opened before (a failed one is running again).

        `covers` is taken at opening: per system the highest finished run, whose data this pass therefore sees.
        """
        with self.transaction() as connection:
            connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('ledger.marts_run'))"))
            covers = {
                row.system: row.seq
                for row in connection.execute(
                    select(run.c.system, func.max(run.c.seq).label("seq"))
                    .where(run.c.state.in_(("done", "failed")))
                    .group_by(run.c.system)
                )
            }
            known = connection.execute(select(marts_run).where(marts_run.c.trigger == trigger)).one_or_none()
            if known is not None and known.state != "failed":
                return MartsRun(**known._mapping)
            if known is not None:
                again = update(marts_run).where(marts_run.c.id == known.id)
                row = connection.execute(
                    again.values(state="running", error=None, finished_at=None, covers=covers).returning(marts_run)
                ).one()
            else:
                seq = connection.execute(select(func.coalesce(func.max(marts_run.c.seq), 0) + 1)).scalar_one()
                values = {"id": f"mart-{seq:06d}", "seq": seq, "trigger": trigger, "actor": actor, "covers": covers}
                row = connection.execute(
                    insert(marts_run).values(**values, state="running", opened_at=now()).returning(marts_run)
                ).one()
            append_audit(connection, actor, "marts.open", row.id, {"trigger": trigger, "covers": covers})
            return MartsRun(**row._mapping)

    def finish_marts_run(
        self, marts_run_id: str, state: Literal["done", "failed"], error: str | None = None
    ) -> MartsRun:
        """Close a pass over the marts."""
        with self.transaction() as connection:
            row = connection.execute(
                update(marts_run)
                .where(marts_run.c.id == marts_run_id)
                .values(state=state, error=error, finished_at=now())
                .returning(marts_run)
            ).one_or_none()
            if row is None:
                raise NotInLedger(f"marts run {marts_run_id!r} is not in the ledger")
            append_audit(connection, row.actor, f"marts.{state}", row.id, {"error": error} if error else {})
            return MartsRun(**row._mapping)

    def marts_run(self, marts_run_id: str) -> MartsRun:
        """The pass of this id. Raises NotInLedger."""
        row = self._one(select(marts_run).where(marts_run.c.id == marts_run_id))
        if row is None:
            raise NotInLedger(f"marts run {marts_run_id!r} is not in the ledger")
        return MartsRun(**row._mapping)

    def marts_run_by_trigger(self, trigger: str) -> MartsRun | None:
        """The pass that this trigger opened, if any."""
        row = self._one(select(marts_run).where(marts_run.c.trigger == trigger))
        return None if row is None else MartsRun(**row._mapping)

    def marts_runs(self, limit: int | None = None) -> list[MartsRun]:
        """Passes over the marts, newest first."""
        rows = self._all(select(marts_run).order_by(marts_run.c.seq.desc()).limit(limit))
        return [MartsRun(**row._mapping) for row in rows]

    def marts_run_covering(self, system: str, seq: int) -> MartsRun | None:
        """The newest pass that saw run `seq` of the system finished, in whatever state that pass is."""
        covered = marts_run.c.covers[system].as_integer() >= seq
        row = self._one(select(marts_run).where(covered).order_by(marts_run.c.seq.desc()).limit(1))
        return None if row is None else MartsRun(**row._mapping)

    def record_mart(
        self,
        mart: str,
        run_label: str,
        as_of: datetime,
        inputs: Mapping[str, Any],
        rows: int,
        counted: int,
        excluded: Mapping[str, int],
        snapshot_id: int | None,
        digest: str,
    ) -> MartRefresh:
        """Write down one refresh. The same mart and label again gives the record that is there."""
        with self.transaction() as connection:
            known = connection.execute(
                select(mart_refresh).where(mart_refresh.c.mart == mart, mart_refresh.c.run_label == run_label)
            ).one_or_none()
            if known is None:
                known = connection.execute(
                    insert(mart_refresh)
                    .values(
                        mart=mart,
                        run_label=run_label,
                        as_of=utc(as_of, "as of"),
                        inputs=dict(inputs),
                        rows=rows,
                        counted=counted,
                        excluded=dict(excluded),
                        snapshot_id=snapshot_id,
                        digest=digest,
                        at=now(),
                    )
                    .returning(mart_refresh)
                ).one()
            return MartRefresh(**known._mapping)

    def latest_mart(self, mart: str) -> MartRefresh | None:
        """The newest refresh of a mart."""
        row = self._one(_newest(select(mart_refresh).where(mart_refresh.c.mart == mart), mart_refresh.c.id))
        return None if row is None else MartRefresh(**row._mapping)

    def mart_by_snapshot(self, mart: str, snapshot_id: int) -> MartRefresh | None:
        """The newest refresh of a mart that wrote or kept this Iceberg snapshot."""
        query = select(mart_refresh).where(mart_refresh.c.mart == mart, mart_refresh.c.snapshot_id == snapshot_id)
        row = self._one(_newest(query, mart_refresh.c.id))
        return None if row is None else MartRefresh(**row._mapping)

    def record_publication(
        self,
        publication_id: str,
        run_label: str,
        version: str,
        digest: str,
        mart: str,
        mart_snapshot: int | None,
        rows: int,
        suppressed: int,
        state: Literal["published", "unchanged", "blocked"],
        findings: Sequence[Mapping[str, Any]],
        actor: str,
        resource_id: str | None = None,
    ) -> PublicationRecord:
        """Write down one attempt to publish; `published` and `blocked` go into the audit chain too."""
        with self.transaction() as connection:
            row = connection.execute(
                insert(publication)
                .values(
                    publication=publication_id,
                    run_label=run_label,
                    version=version,
                    digest=digest,
                    mart=mart,
                    mart_snapshot=mart_snapshot,
                    rows=rows,
                    suppressed=suppressed,
                    state=state,
                    findings=[dict(finding) for finding in findings],
                    resource_id=resource_id,
                    at=now(),
                )
                .returning(publication)
            ).one()
            if state != "unchanged":
                detail = {"version": version, "mart": mart, "rows": rows, "suppressed": suppressed, "run": run_label}
                if findings:
                    detail["findings"] = [dict(finding) for finding in findings]
                append_audit(connection, actor, f"publication.{state}", publication_id, detail)
            return _publication(row)

    def latest_publication(
        self, publication_id: str, states: Sequence[str] = ("published", "unchanged")
    ) -> PublicationRecord | None:
        """The newest record of a publication in one of `states` (empty: any)."""
        query = select(publication).where(publication.c.publication == publication_id)
        if states:
            query = query.where(publication.c.state.in_(states))
        row = self._one(_newest(query, publication.c.id))
        return None if row is None else _publication(row)


def _newest(query: Select[Any], column: Any) -> Select[Any]:
    return query.order_by(column.desc()).limit(1)
