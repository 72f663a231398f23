"""Trigger a run through Airflow and wait, on the ledger, until its marts and publications are done too."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from lumbung.ledger import Ledger, MartsRun, Run
from lumbung.ops.airflow import Airflow
from lumbung.ops.progress import Progress

MARTS_DAG = "mart_publikasi"
POLL_SECONDS = 0.5
REPEATED_SECONDS = 5  # how often Airflow is asked for attempts that failed
GRACE_SECONDS = 15  # an asset event may get lost: after this long the marts' DAG is triggered by hand


class RunFailed(RuntimeError):
    """The run, or the marts and publications after it, failed; the message is the reason from the ledger."""


def run_name() -> str:
    """A DAG run's name that does not repeat."""
    return f"cli-{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"


def _poll(until: float, what: str) -> None:
    if time.monotonic() > until:
        raise RunFailed(
            f"Batas waktu habis saat menunggu {what}; run tetap berjalan, lihat Airflow dan `lumbung status`."
        )
    time.sleep(POLL_SECONDS)


def run_system(
    system: str,
    conf: Mapping[str, Any],
    say: Callable[[str], None],
    actor: str,
    timeout_s: float = 3600,
) -> Run:
    """Runs a system's DAG and everything that follows from it.

    Args:
        system: system code.
        conf: parameters of the DAG (`mode`, `dari`, `sampai`, `dataset`).
        say: receives lines of progress.
        actor: who asks for it, recorded beside the account of Airflow that carries it out.
        timeout_s: seconds after which waiting (not the run) ends.

    Raises:
        RunFailed: with the reason that the ledger holds, or on time-out.
    """
    until = time.monotonic() + timeout_s
    airflow = Airflow(actor)
    ledger = Ledger.connect()
    dag_id, name = f"sistem_{system}", run_name()
    airflow.unpause(MARTS_DAG)
    since = datetime.now(UTC)
    airflow.trigger(dag_id, name, conf)
    say(f"{dag_id}: dipicu oleh {actor} lewat akun {airflow.user} sebagai {name}")
    run = _wait_for_run(ledger, airflow, dag_id, name, since, say, until)
    if run.state != "done":
        raise RunFailed(f"Run {run.id} ({run.state}): {run.error}")
    wait_for_marts(ledger, airflow, run, say, until)
    return run


def run_systems(
    confs: Mapping[str, Mapping[str, Any]], say: Callable[[str], None], actor: str, timeout_s: float = 3600
) -> list[Run]:
    """`run_system` of several systems side by side; `confs`: parameters by system.

    Raises:
        RunFailed: naming every system that failed, after all have ended.
    """
    if len(confs) == 1:
        ((system, conf),) = confs.items()
        return [run_system(system, conf, say, actor, timeout_s)]
    ended: dict[str, Run | Exception] = {}

    def one(system: str, conf: Mapping[str, Any]) -> None:
        try:
            ended[system] = run_system(system, conf, lambda line: say(f"{system}: {line.strip()}"), actor, timeout_s)
        except Exception as error:  # it is told below, when the others have ended too
            ended[system] = error

    # Daemons: who presses Ctrl-C does not wait for them; the runs themselves go on in Airflow.
    waiting = [threading.Thread(target=one, args=pair, daemon=True) for pair in confs.items()]
    for thread in waiting:
        thread.start()
    for thread in waiting:
        thread.join()
    failed = [f"{system}: {result}" for system, result in ended.items() if isinstance(result, Exception)]
    if failed:
        raise RunFailed("\n".join(failed))
    return [result for system in confs if isinstance(result := ended[system], Run)]


def refresh_marts(run: Run, say: Callable[[str], None], actor: str, timeout_s: float = 3600) -> MartsRun:
    """Triggers marts and publications for a run that did not go through Airflow (a replay), and waits for them.

    Raises:
        RunFailed: the refresh failed, with its reason, or time ran out.
    """
    airflow = Airflow(actor)
    airflow.trigger(MARTS_DAG, run_name(), {})
    return wait_for_marts(Ledger.connect(), airflow, run, say, time.monotonic() + timeout_s)


def _wait_for_run(
    ledger: Ledger,
    airflow: Airflow,
    dag_id: str,
    name: str,
    since: datetime,
    say: Callable[[str], None],
    until: float,
) -> Run:
    progress = Progress(say)
    repeated: set[str] = set()
    look_at = time.monotonic()
    while True:
        if time.monotonic() >= look_at:
            for line in airflow.repeated(dag_id, name):
                if line not in repeated:
                    say(f"  {line}")
                    repeated.add(line)
            look_at = time.monotonic() + REPEATED_SECONDS
        run = ledger.run_by_trigger(f"{dag_id}/{name}")
        if run is not None:
            progress.tell(ledger.batches(run_id=run.id))
            if run.state != "running":
                return run
        if airflow.state(dag_id, name) == "failed":
            run = ledger.run_by_trigger(f"{dag_id}/{name}")
            if run is None or run.state == "running":
                raise RunFailed(
                    f"DAG {dag_id} run {name} gagal sebelum tercatat di ledger: {_told_reason(ledger, dag_id, since)}"
                )
            return run
        _poll(until, f"{dag_id} {name}")


def _told_reason(ledger: Ledger, dag_id: str, since: datetime) -> str:
    """What the alert about the DAG's failed task says, if there is one already."""
    told = [one.text for one in ledger.open_alerts() if one.cause.startswith(f"{dag_id}/") and one.seen_at >= since]
    return told[-1] if told else "lihat log tugasnya di Airflow."


def wait_for_marts(ledger: Ledger, airflow: Airflow, run: Run, say: Callable[[str], None], until: float) -> MartsRun:
    """Waits for the refresh of marts and publications that saw `run` finished.

    Raises:
        RunFailed: the refresh failed, with its reason, or time ran out.
    """
    by_hand_at = time.monotonic() + GRACE_SECONDS
    told = ""
    while True:
        refresh = ledger.marts_run_covering(run.system, run.seq)
        if refresh is not None:
            if told != refresh.id:
                say(f"mart dan publikasi: {refresh.id}")
                told = refresh.id
            if refresh.state == "done":
                return refresh
            if refresh.state == "failed" and not airflow.active(MARTS_DAG):
                raise RunFailed(f"Mart atau publikasi ({refresh.id}) gagal: {refresh.error}")
        elif time.monotonic() > by_hand_at:
            if not airflow.active(MARTS_DAG):
                airflow.trigger(MARTS_DAG, run_name(), {})
                say("mart dan publikasi: dipicu")
            by_hand_at = time.monotonic() + GRACE_SECONDS
        _poll(until, "mart dan publikasi")
