"""What the ledger knows about quality: per month and dataset what was received, and which rules it broke."""

from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select

from lumbung.ledger.base import Store
from lumbung.ledger.records import REPLACED, MonthlyBatches, MonthlyRule
from lumbung.ledger.schema import batch, refused, rule_count

_JUDGED = ("validated", "conformed")


class Quality(Store):
    """Counts of judged batches by month of their source clock.

    Only batches that brought something new are counted: a row accepted, or a row refused that was not open before.
    Reading the same content again says nothing about its quality, and would say it every day. Replays are left out:
    their rows were received before.
    """

    def monthly_batches(self, system: str, timezone: str) -> list[MonthlyBatches]:
        """Per month (`YYYY-MM` in `timezone`) and dataset: batches and their four counts."""
        sums = [func.sum(batch.c[name]).label(name) for name in ("received", "accepted", "quarantined", "duplicate")]
        month = _month(timezone)
        query = _judged(select(month, batch.c.dataset, func.count().label("batches"), *sums), system)
        rows = self._all(query.group_by(month, batch.c.dataset).order_by(month, batch.c.dataset))
        return [
            MonthlyBatches(
                r.month, r.dataset, r.batches, int(r.received), int(r.accepted), int(r.quarantined), int(r.duplicate)
            )
            for r in rows
        ]

    def monthly_rules(self, system: str, timezone: str) -> list[MonthlyRule]:
        """Per month, dataset and rule: batches, rows judged and rows that broke it, also when none did."""
        month, count = _month(timezone), func.sum(rule_count.c.count)
        columns = (month, batch.c.dataset, rule_count.c.rule, rule_count.c.severity)
        judged = func.sum(batch.c.received).label("judged")
        joined = batch.join(rule_count, rule_count.c.batch_id == batch.c.id)
        batches = func.count().label("batches")
        query = _judged(select(*columns, batches, judged, count.label("broken")).select_from(joined), system)
        rows = self._all(query.group_by(*columns).order_by(*columns))
        return [
            MonthlyRule(r.month, r.dataset, r.rule, r.severity, r.batches, int(r.judged), int(r.broken)) for r in rows
        ]


def _month(timezone: str) -> ColumnElement[str]:
    return func.to_char(func.timezone(timezone, batch.c.source_clock), "YYYY-MM").label("month")


def _judged(query: Select[Any], system: str) -> Select[Any]:
    """Restrict to the system's judged batches that brought something new."""
    again = select(func.count()).where(refused.c.closed_by == batch.c.id, refused.c.why == REPLACED).scalar_subquery()
    return query.where(
        batch.c.system == system,
        batch.c.state.in_(_JUDGED),
        batch.c.mode != "replay",
        batch.c.same_as.is_(None),
        batch.c.source_clock.is_not(None),
        or_(batch.c.accepted > 0, batch.c.quarantined > again),
    )
