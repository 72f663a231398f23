"""Batches that wait for a decision, because more of their rows were refused than their dataset allows, and waivers.

A halt stands while its batch is `landed`: judged as it is now or let go on it becomes validated, made up for by a newer
whole read it is stopped. Waivers are append-only, each by a named actor with reason and end, each in the audit chain.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, Select, insert, select
from sqlalchemy.dialects.postgresql import insert as upsert

from lumbung.ledger.audit import append_audit
from lumbung.ledger.base import Store, now
from lumbung.ledger.batches import locked_batch
from lumbung.ledger.errors import StateError
from lumbung.ledger.records import Counts, Halt, RuleCount, Waiver
from lumbung.ledger.schema import batch, halt, run, waiver

_COUNTS = ("received", "accepted", "quarantined", "duplicate")


def _halt(row: Row[Any]) -> Halt:
    fields = dict(row._mapping)
    counts = Counts(*(fields.pop(name) for name in _COUNTS))
    return Halt(**fields, counts=counts)


class Halts(Store):
    """What waits, and who let it go on."""

    def halt(
        self,
        batch_id: str,
        counts: Counts,
        fresh: int,
        limit: tuple[Decimal, int],
        rules: Sequence[RuleCount],
        inputs_digest: str,
    ) -> Halt:
        """Let a landed batch wait: what its verdict would be, and the limit (percent, from rows) that it is above.

        `fresh`: refused rows that were not refused before. A batch that is judged again has one halt, the newest.
        Raises StateError when the batch is not `landed`.
        """
        values: Mapping[str, Any] = {
            **{name: getattr(counts, name) for name in _COUNTS},
            "fresh": fresh,
            "most_refused": limit[0],
            "from_rows": limit[1],
            "rules": {rule.rule: rule.count for rule in rules if rule.count and rule.severity == "error"},
            "inputs_digest": inputs_digest,
            "at": now(),
        }
        with self.transaction() as connection:
            known = locked_batch(connection, batch_id)
            if known.state != "landed":
                raise StateError(f"batch {batch_id} of {known.dataset} is {known.state}: only a landed batch can wait")
            written = upsert(halt).values(batch_id=batch_id, dataset=known.dataset, **values)
            statement = written.on_conflict_do_update(index_elements=[halt.c.batch_id], set_=values)
            made = _halt(connection.execute(statement.returning(halt)).one())
            actor = connection.execute(select(run.c.actor).where(run.c.id == known.run_id)).scalar_one()
            detail = {"fresh": fresh, "accepted": counts.accepted, "most_refused": str(limit[0]), "from_rows": limit[1]}
            append_audit(connection, actor, "batch.halt", batch_id, detail)
            return made

    def halts(self, dataset: str | None = None, system: str | None = None) -> list[Halt]:
        """Halts whose batches wait now, in landing order."""
        query = _waiting(select(halt))
        if dataset is not None:
            query = query.where(halt.c.dataset == dataset)
        if system is not None:
            query = query.where(batch.c.system == system)
        return [_halt(row) for row in self._all(query.order_by(batch.c.landed_seq))]

    def halt_of(self, batch_id: str) -> Halt | None:
        """The halt of a batch, also when it does not wait any more."""
        row = self._one(select(halt).where(halt.c.batch_id == batch_id))
        return None if row is None else _halt(row)

    def waive(self, batch_id: str, actor: str, reason: str, until: date) -> Waiver:
        """Let a batch that waits go on, at the latest on day `until`, with so many refused rows as it waits with now.

        Raises StateError when the batch does not wait.
        """
        with self.transaction() as connection:
            known = locked_batch(connection, batch_id)
            waiting = connection.execute(select(halt).where(halt.c.batch_id == batch_id)).one_or_none()
            if known.state != "landed" or waiting is None:
                raise StateError(
                    f"batch {batch_id} of {known.dataset} is {known.state} and does not wait for a decision"
                )
            values = {"batch_id": batch_id, "fresh": waiting.fresh, "actor": actor, "reason": reason, "until": until}
            given = connection.execute(insert(waiver).values(**values, at=now()).returning(waiver)).one()
            detail = {"reason": reason, "until": until.isoformat(), "fresh": waiting.fresh}
            append_audit(connection, actor, "batch.waive", batch_id, detail)
            return Waiver(**given._mapping)

    def waivers(self, batch_id: str | None = None) -> list[Waiver]:
        """Waivers (of a batch), oldest first."""
        query = select(waiver).order_by(waiver.c.id)
        if batch_id is not None:
            query = query.where(waiver.c.batch_id == batch_id)
        return [Waiver(**row._mapping) for row in self._all(query)]


def _waiting(query: Select[Any]) -> Select[Any]:
    return query.join(batch, batch.c.id == halt.c.batch_id).where(batch.c.state == "landed")
