"""Runs as Airflow sees them, written into the ledger.

Airflow is the clock and the hand; the ledger alone knows what was done. The functions here turn a DAG run
into a run of the ledger (opened once, however often the task is repeated) and a failed task into a reason
that whoever waits can read. Airflow itself is not imported: a DAG run is anything with the attributes of
`AirflowRun`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Literal, Protocol

from lumbung.ledger import Ledger, Run, RunKind
from lumbung.ledger.checkpoint import verify_checkpoints, write_checkpoint
from lumbung.ops.halts import tell, waiting_lines
from lumbung.settings import settings

PERSON: Final = "pelaku"
"""The key of a DAG run's configuration under which the command line says who typed the command."""
_PERSON: Final = re.compile(r"cli:\S{1,100}")


class AirflowRun(Protocol):
    """What is used of Airflow's DagRun."""

    run_id: str
    run_type: Any
    triggering_user_name: str | None
    conf: dict[str, Any] | None


def trigger_of(dag_id: str, dag_run: AirflowRun, system: str | None = None) -> str:
    """The name that ties a DAG run to its run in the ledger: `<dag>/<dag run>[/<system>]`."""
    return "/".join(part for part in (dag_id, dag_run.run_id, system) if part)


def actor_of(dag_run: AirflowRun) -> str:
    """The account that triggered the DAG run; `airflow` when the schedule or an asset did.

    `cli:budi via lumbung` when the configuration names who typed the command: whoever may trigger can write that there,
    so the account that really triggered always stands beside it.
    """
    account = dag_run.triggering_user_name or "airflow"
    person = (dag_run.conf or {}).get(PERSON)
    return f"{person} via {account}" if isinstance(person, str) and _PERSON.fullmatch(person) else account


def system_of(dag_id: str) -> str:
    """The system code of `sistem_<code>`."""
    return dag_id.removeprefix("sistem_")


def kind_of(dag_run: AirflowRun, params: Mapping[str, Any]) -> RunKind:
    """The kind of a run: sweep and backfill by parameter, otherwise manual or scheduled."""
    if params.get("mode") == "sapu":
        return "sapu"
    if params.get("dari") or params.get("sampai"):
        return "isi-ulang"
    return "jadwal" if str(getattr(dag_run.run_type, "value", dag_run.run_type)) == "scheduled" else "manual"


def window_of(params: Mapping[str, Any]) -> tuple[datetime, datetime] | None:
    """The backfill window of the parameters, or None.

    Raises:
        ValueError: one end is missing, an end has no zone, the window is empty, or a sweep is asked for as well.
    """
    begin, end = params.get("dari"), params.get("sampai")
    if not begin and not end:
        return None
    if params.get("mode") == "sapu":
        raise ValueError("Sapu membaca semuanya: jendela (`dari`, `sampai`) tidak dapat diminta bersamanya.")
    if not begin or not end:
        raise ValueError("Isi ulang memerlukan kedua batas: `dari` dan `sampai`.")
    window = datetime.fromisoformat(begin), datetime.fromisoformat(end)
    if any(moment.tzinfo is None for moment in window):
        raise ValueError(
            f"`dari` ({begin}) dan `sampai` ({end}) harus menyebut zona waktu, misalnya 2026-01-01T00:00:00+07:00."
        )
    if window[0] >= window[1]:
        raise ValueError(f"Jendela isi ulang kosong: dari {begin} tidak sebelum sampai {end}.")
    return window


def open_from_dag(dag_id: str, dag_run: AirflowRun, params: Mapping[str, Any]) -> str:
    """Opens (or finds) the ledger's run of a system DAG run; returns its id."""
    system = system_of(dag_id)
    run = Ledger.connect().open_run(
        system,
        kind_of(dag_run, params),
        trigger_of(dag_id, dag_run),
        actor_of(dag_run),
        window=window_of(params),
        datasets=[f"{system}.{name}" for name in params.get("dataset") or ()] or None,
    )
    return run.id


def open_sweep_from_dag(system: str, dag_id: str, dag_run: AirflowRun) -> str:
    """Opens (or finds) the sweep run of one system; returns its id."""
    return Ledger.connect().open_run(system, "sapu", trigger_of(dag_id, dag_run, system), actor_of(dag_run)).id


def checkpoint_audit() -> None:
    """Signs how long the audit chain is now, outside the ledger: a chain cut at its end would otherwise look whole.

    Raises AuditBroken when the chain does not fit its checkpoints; it is not signed then.
    """
    ledger = Ledger.connect()
    problems = verify_checkpoints(ledger, settings())
    if problems:
        raise AuditBroken("Rantai audit tidak utuh:\n" + "\n".join(problems))
    write_checkpoint(ledger, settings())


def close_run(run_id: str) -> Run:
    """Closes a run: `done`, or `failed` with the reason of every batch of it that was stopped or waits for a decision.

    What did arrive stays promoted: only datasets linked to such a one wait. Who watches is told what waits.
    """
    ledger = Ledger.connect()
    tell(ledger, ledger.run(run_id).system)
    stopped = ledger.batches(run_id=run_id, states=("stopped",))
    waiting = waiting_lines(ledger, run_id)
    if not stopped and not waiting:
        return ledger.finish_run(run_id, "done")
    reasons = [f"- {batch.dataset} (batch {batch.id}): {batch.error}" for batch in stopped]
    counted = [(len(stopped), "dihentikan"), (len(waiting), "menunggu keputusan")]
    words = ", ".join(f"{number} dataset {word}" for number, word in counted if number)
    return ledger.finish_run(run_id, "failed", "\n".join([f"{words}.", *reasons, *waiting]))


def settle(promoted: Sequence[str]) -> None:
    """Closes anew the runs that had failed because batches of theirs waited, now that these are promoted."""
    ledger = Ledger.connect()
    for run_id in dict.fromkeys(ledger.batch(batch_id).run_id for batch_id in promoted):
        if ledger.run(run_id).state == "failed":
            close_run(run_id)


def require_done(run_id: str) -> None:
    """Raises RunStopped when the run was closed as failed; the message is the ledger's reason."""
    run = Ledger.connect().run(run_id)
    if run.state == "failed":
        raise RunStopped(f"Run {run_id}: {run.error}")


class AuditBroken(RuntimeError):
    """The audit chain was changed or cut; the message says where."""


class RunStopped(RuntimeError):
    """At least one batch of a run was stopped; the message names dataset, batch and reason."""


def _reason(task_id: str, exception: object) -> str:
    return f"tahap {task_id}: {exception or 'tidak ada keterangan; lihat log tugas di Airflow'}"


def fail_from_dag(dag_id: str, dag_run: AirflowRun, task_id: str, exception: object) -> None:
    """Writes the final failure of a system's task into its run."""
    _fail(trigger_of(dag_id, dag_run), _reason(task_id, exception))


def fail_sweep_from_dag(dag_id: str, dag_run: AirflowRun, task_id: str, exception: object) -> None:
    """Writes the final failure of `sapu_<system>` into its run."""
    _fail(trigger_of(dag_id, dag_run, task_id.partition("_")[2]), _reason(task_id, exception))


def _fail(trigger: str, reason: str) -> None:
    ledger = Ledger.connect()
    run = ledger.run_by_trigger(trigger)
    if run is not None and run.state == "running":
        ledger.finish_run(run.id, "failed", reason)


def open_marts_from_dag(dag_id: str, dag_run: AirflowRun) -> tuple[str, str]:
    """Opens (or finds) a refresh of marts and publications; returns (trigger, actor)."""
    trigger, actor = trigger_of(dag_id, dag_run), actor_of(dag_run)
    Ledger.connect().open_marts_run(trigger, actor)
    return trigger, actor


def close_marts(trigger: str) -> None:
    """Marks a refresh of marts and publications done."""
    _finish_marts(trigger, "done", None)


def fail_marts_from_dag(dag_id: str, dag_run: AirflowRun, task_id: str, exception: object) -> None:
    """Writes the final failure of a mart or publish task into its refresh."""
    _finish_marts(trigger_of(dag_id, dag_run), "failed", _reason(task_id, exception))


def _finish_marts(trigger: str, state: Literal["done", "failed"], error: str | None) -> None:
    ledger = Ledger.connect()
    refresh = ledger.marts_run_by_trigger(trigger)
    if refresh is not None:
        ledger.finish_marts_run(refresh.id, state, error)
