"""Alerts: one per cause, open until the cause is over; to which channels it went."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import case, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from lumbung.ledger.base import Store, now
from lumbung.ledger.schema import alert


@dataclass(frozen=True, slots=True)
class AlertRecord:
    """A cause as it was last seen. `sent`: per channel the fingerprint that went there."""

    cause: str
    fingerprint: str
    state: Literal["open", "closed"]
    text: str
    since: datetime
    seen_at: datetime
    sent: dict[str, Any]


class AlertStore(Store):
    """Causes and what was sent about them."""

    def see_alert(self, cause: str, fingerprint: str, text: str) -> AlertRecord:
        """The cause is there (again): opened, or its text brought up to date; one that comes back is open since now."""
        moment = now()
        with self.transaction() as connection:
            values = {"fingerprint": fingerprint, "state": "open", "text": text, "seen_at": moment}
            statement = upsert(alert).values(cause=cause, since=moment, sent={}, **values)
            since = case((alert.c.state == "closed", moment), else_=alert.c.since)
            connection.execute(
                statement.on_conflict_do_update(index_elements=[alert.c.cause], set_={**values, "since": since})
            )
            row = connection.execute(select(alert).where(alert.c.cause == cause)).one()
            return AlertRecord(**row._mapping)

    def alert_sent(self, cause: str, sent: dict[str, str]) -> None:
        """To which channels the alert has gone by now, with which fingerprint."""
        with self.transaction() as connection:
            connection.execute(update(alert).where(alert.c.cause == cause).values(sent=sent))

    def close_alert(self, cause: str) -> AlertRecord | None:
        """The cause is over: the alert as it was; None when there was none open."""
        with self.transaction() as connection:
            row = connection.execute(
                select(alert).where(alert.c.cause == cause, alert.c.state == "open").with_for_update()
            ).one_or_none()
            if row is None:
                return None
            closing = {"state": "closed", "sent": {}, "seen_at": now()}
            connection.execute(update(alert).where(alert.c.cause == cause).values(closing))
            return AlertRecord(**row._mapping)

    def open_alerts(self) -> list[AlertRecord]:
        """Alerts whose cause is not over, oldest first."""
        query = select(alert).where(alert.c.state == "open").order_by(alert.c.since, alert.c.cause)
        return [AlertRecord(**row._mapping) for row in self._all(query)]
