"""Alerts about failures and lateness: always into the log, by webhook and e-mail where the settings say so.

One alert per cause: it is sent when the cause appears or says something else, not again while it stays the same, and
once more when it is over. Personal values are masked. An alert never makes worse what it reports: what cannot be
delivered after a few attempts is logged, and tried again when the cause is seen next. When the ledger, which knows what
was sent, does not answer, the alert goes out all the same, each time that the cause is seen.
"""

from __future__ import annotations

import hashlib
import logging
import re
import smtplib
import socket
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import TYPE_CHECKING, Final

import httpx
from tenacity import Retrying, stop_after_attempt, wait_exponential_jitter

from lumbung.declarations import load
from lumbung.ledger import Ledger
from lumbung.masking import masked
from lumbung.settings import Settings, settings

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger(__name__)

WEBHOOK_SECRET: Final = "alert_webhook_url"  # noqa: S105 - the secret's name
PASSWORD_SECRET: Final = "alert_smtp_password"  # noqa: S105 - the secret's name
LONGEST: Final = 2000
_CHANGING: Final = re.compile(r"\b[a-z_]+-\d{6}\b|\d{4}-\d{2}-\d{2}[T ][\d:.+Z-]+|\b[0-9a-f]{8}-[0-9a-f-]{27}\b")


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent: `cause` names the thing, `state` is `gagal`, `pulih` or `uji`."""

    cause: str
    state: str
    text: str
    profile: str
    at: str

    @property
    def subject(self) -> str:
        """The line of an e-mail."""
        return f"[Lumbung {self.profile}] {self.state}: {self.cause}"


def raise_alert(cause: str, text: str, ledger: Ledger | None = None, place: Settings | None = None) -> None:
    """Say that something is wrong. `cause` stays the same as long as it is the same thing, whatever run it hits.

    Without its ledger nobody knows what was sent before: it is sent then, rather once too often.
    """
    place = place or settings()
    short = masked(text)[:LONGEST]
    print_of = fingerprint(short)
    log.error("alert %s: %s", cause, short)
    sent: dict[str, str] = {}
    try:
        ledger = ledger or Ledger.connect()
        known = ledger.see_alert(cause, print_of, short)
        sent = {name: was for name, was in known.sent.items() if was == print_of}
    except Exception as error:
        ledger = None
        log.error("alert %s: sent without the ledger, which does not answer: %s", cause, type(error).__name__)
    waiting = {name: send for name, send in channels(place).items() if name not in sent}
    delivered = _deliver(_message(cause, "gagal", short, place), waiting, place)
    if ledger is not None:
        _remember(ledger, cause, sent | dict.fromkeys(delivered, print_of))


def _remember(ledger: Ledger, cause: str, sent: dict[str, str]) -> None:
    try:
        ledger.alert_sent(cause, sent)
    except Exception as error:
        log.error("alert %s: the ledger did not note what was sent: %s", cause, type(error).__name__)


def clear_alert(cause: str, ledger: Ledger | None = None, place: Settings | None = None) -> None:
    """Say that it is over, to those who heard of it; nothing happens when nothing was open."""
    ledger, place = ledger or Ledger.connect(), place or settings()
    known = ledger.close_alert(cause)
    if known is None:
        return
    log.info("alert %s: over, was open since %s", cause, known.since.isoformat(timespec="seconds"))
    told = {name: send for name, send in channels(place).items() if name in known.sent}
    _deliver(_message(cause, "pulih", known.text, place), told, place)


def trial(place: Settings | None = None) -> dict[str, bool]:
    """Send a trial to every channel that is set; whether each took it."""
    place = place or settings()
    ways = channels(place)
    message = _message("uji-coba", "uji", "Ini uji coba peringatan Lumbung; tidak ada yang rusak.", place)
    delivered = _deliver(message, ways, place)
    return {name: name in delivered for name in ways}


def fingerprint(text: str) -> str:
    """What a text says, whatever run and moment it names."""
    return hashlib.sha256(_CHANGING.sub("#", text).encode()).hexdigest()[:16]


def channels(place: Settings) -> dict[str, Callable[[Message], None]]:
    """The channels that the settings name."""
    found: dict[str, Callable[[Message], None]] = {}
    if place.alerts.webhook:
        found["webhook"] = lambda message: _post(message, place)
    if place.alerts.smtp_host and place.alerts.recipients:
        found["surel"] = lambda message: _mail(message, place)
    return found


def _deliver(message: Message, ways: dict[str, Callable[[Message], None]], place: Settings) -> list[str]:
    """The channels that took the message, each within the settings' attempts."""
    delivered = []
    for name, send in ways.items():
        try:
            for attempt in Retrying(
                stop=stop_after_attempt(place.alerts.attempts),
                wait=wait_exponential_jitter(initial=0.2, max=5),
                reraise=True,
            ):
                with attempt:
                    send(message)
            delivered.append(name)
        except Exception as error:  # whatever ails one channel must not keep the alert from the next
            said = type(error).__name__  # its text may hold the address, which is a secret
            log.error(
                "alert %s: %s did not take it (%d attempts): %s", message.cause, name, place.alerts.attempts, said
            )
    return delivered


def _message(cause: str, state: str, text: str, place: Settings) -> Message:
    return Message(cause, state, text, place.profile, datetime.now(UTC).isoformat(timespec="seconds"))


def _post(message: Message, place: Settings) -> None:
    """POST as JSON; `text` is what chat systems show."""
    body = {
        "text": f"{message.subject}\n{message.text}",
        "cause": message.cause,
        "state": message.state,
        "profile": message.profile,
        "at": message.at,
        "host": socket.gethostname(),
    }
    address = place.secret(WEBHOOK_SECRET)
    httpx.post(address, json=body, timeout=place.alerts.timeout_s, follow_redirects=False).raise_for_status()


def _mail(message: Message, place: Settings) -> None:
    mail = EmailMessage()
    mail["Subject"] = message.subject
    mail["From"] = place.alerts.sender
    mail["To"] = ", ".join(place.alerts.recipients)
    mail.set_content(f"{message.text}\n\n{message.at} {socket.gethostname()}\n")
    with smtplib.SMTP(place.alerts.smtp_host, place.alerts.smtp_port, timeout=place.alerts.timeout_s) as server:
        if place.alerts.smtp_starttls:
            server.starttls()
        if place.alerts.smtp_user:
            server.login(place.alerts.smtp_user, place.secret(PASSWORD_SECRET))
        server.send_message(mail)


def task_failed(dag_id: str, task_id: str, exception: object) -> None:
    """A task of Airflow has no attempt left. Never raises: the callback has the ledger to write to as well."""
    try:
        text = f"Tugas {task_id} dari {dag_id} gagal: {exception or 'lihat log tugas di Airflow'}"
        raise_alert(f"{dag_id}/{task_id}", text)
    except Exception:
        log.exception("alert %s/%s: could not be raised", dag_id, task_id)


def recovered(cause: str) -> None:
    """What had failed under this cause has succeeded; one that ends in "/" stands for all below it. Never raises."""
    try:
        ledger = Ledger.connect()
        try:
            for known in ledger.open_alerts():
                if known.cause == cause or (cause.endswith("/") and known.cause.startswith(cause)):
                    clear_alert(known.cause, ledger)
        finally:
            ledger.close()
    except Exception:
        log.exception("alert %s: could not be cleared", cause)


def check_lateness(ledger: Ledger | None = None) -> list[str]:
    """Raise an alert for every system with late datasets, and clear those of the others; the late datasets.

    A system's datasets come together, therefore one alert per system; it is sent again when another one is late.
    """
    from lumbung.ops.status import status_rows

    ledger = ledger or Ledger.connect()
    systems = load().systems
    by_system: dict[str, list[str]] = {}
    for row in status_rows(ledger):
        late = by_system.setdefault(row["system"], [])
        if row["late"]:
            since = f"terakhir masuk {row['last_success']:%Y-%m-%d}" if row["last_success"] else "belum pernah masuk"
            late.append(f"{row['system']}.{row['dataset']} ({since})")
    for system, late in by_system.items():
        if late:
            owner = systems[system]
            asked = f"minta berkasnya dari {owner.owner_name}, lalu " if owner.files is not None else ""
            step = f"{asked}`bin/lumbung run {system}`"
            text = f"Terlambat dari janji kesegarannya: {', '.join(late)}. Langkah berikut: {step}."
            raise_alert(f"terlambat/{system}", text, ledger)
        else:
            clear_alert(f"terlambat/{system}", ledger)
    return [name for late in by_system.values() for name in late]
