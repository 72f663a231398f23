"""Tables that were taken back to an earlier snapshot: append-only, each by a named actor, each in the audit chain.

The record is written before the table moves: should the process die in between, the ledger claims less than is there,
never more, and the rollback can be asked for again.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, insert, select

from lumbung.ledger.audit import append_audit
from lumbung.ledger.base import Store, now
from lumbung.ledger.records import WHOLE, MartRefresh, Rollback
from lumbung.ledger.schema import batch, mart_refresh, rollback

_JUDGED = ("validated", "conformed")


def _rollback(row: Row[Any]) -> Rollback:
    fields = dict(row._mapping)
    fields["undone"] = tuple(fields["undone"])
    return Rollback(**fields)


class Rollbacks(Store):
    """Rollbacks of curated tables and of marts."""

    def record_rollback(
        self,
        table: str,
        from_snapshot: int,
        to_snapshot: int,
        undone: Sequence[str],
        rows: tuple[int, int, int],
        actor: str,
        *,
        dataset: str | None = None,
        as_of: datetime | None = None,
        mart: MartRefresh | None = None,
    ) -> Rollback:
        """Write down a rollback, `rows` as (gained, lost, changed); hold the table's lock meanwhile.

        Of a curated table `dataset` and `as_of` are given; of a mart the record of the refresh that it goes back to:
        a copy of it, under the rollback's label, becomes the mart's newest record.
        """
        with self.transaction() as connection:
            if mart is None:
                judged = select(func.max(batch.c.landed_seq)).where(
                    batch.c.dataset == dataset, batch.c.state.in_(_JUDGED)
                )
            else:
                judged = select(func.max(mart_refresh.c.id)).where(mart_refresh.c.mart == mart.mart)
            values = {
                "table_name": table,
                "dataset": dataset,
                "from_snapshot": from_snapshot,
                "to_snapshot": to_snapshot,
                "after": connection.execute(judged).scalar() or 0,
                "as_of": mart.as_of if mart else as_of,
                "undone": list(undone),
                "gained": rows[0],
                "lost": rows[1],
                "changed": rows[2],
                "actor": actor,
                "at": now(),
            }
            done = _rollback(connection.execute(insert(rollback).values(values).returning(rollback)).one())
            if mart is not None:
                connection.execute(
                    insert(mart_refresh).values(
                        mart=mart.mart,
                        run_label=done.label,
                        as_of=mart.as_of,
                        inputs=dict(mart.inputs),
                        rows=mart.rows,
                        counted=mart.counted,
                        excluded=dict(mart.excluded),
                        snapshot_id=to_snapshot,
                        digest=mart.digest,
                        at=done.at,
                    )
                )
            detail = {"rollback": done.label, "from": from_snapshot, "to": to_snapshot, "undone": list(undone)}
            append_audit(connection, actor, "table.rollback", table, detail)
            return done

    def latest_rollback(self, table: str) -> Rollback | None:
        """The newest rollback of a table."""
        query = select(rollback).where(rollback.c.table_name == table).order_by(rollback.c.id.desc()).limit(1)
        row = self._one(query)
        return None if row is None else _rollback(row)

    def open_rollback(self, dataset: str) -> Rollback | None:
        """The newest rollback of a dataset's table whose rows no whole read has brought back yet, if any."""
        found = self.open_rollbacks(dataset)
        return found[-1] if found else None

    def open_rollbacks(self, dataset: str) -> list[Rollback]:
        """Rollbacks of a dataset's table whose rows no whole read has brought back yet, oldest first.

        Only a whole read that was judged after the rollback brings back everything: what is gone lies before the
        watermark, and what was deleted at the source meanwhile shows in no window.
        """
        made_up = select(batch.c.id).where(
            batch.c.dataset == rollback.c.dataset,
            batch.c.mode.in_(WHOLE),
            batch.c.state == "conformed",
            batch.c.landed_seq > rollback.c.after,
        )
        query = select(rollback).where(rollback.c.dataset == dataset, ~made_up.exists()).order_by(rollback.c.id)
        return [_rollback(row) for row in self._all(query)]
