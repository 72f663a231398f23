"""Satu DAG untuk tiap sistem sumber, dibuat dari `contracts/<sistem>/system.yaml`.

The factory holds no logic: it wires the four stages of a system (extract, land, validate, conform) in
their order and hands each one the run's id. What is read, how often, under which pool and with how many
retries is declared; what happens is in `lumbung.stages`. Nothing heavy is imported while parsing.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from airflow.sdk import DAG, Asset, CronTriggerTimetable, Param, get_current_context, task

from lumbung.declarations import SystemHead, load_systems

ROOT = Path(__file__).resolve().parents[1]

PARAMS = {
    "mode": Param(
        "biasa",
        type="string",
        enum=["biasa", "sapu"],
        title="Cara membaca",
        description="`biasa`: yang berubah sejak batas. `sapu`: baca utuh, menemukan yang terlambat dan terhapus.",
    ),
    "dari": Param(
        None,
        type=["null", "string"],
        format="date-time",
        title="Isi ulang: dari",
        description="Baca ulang jendela ini (ISO 8601 dengan zona, misalnya 2026-01-01T00:00:00+07:00).",
    ),
    "sampai": Param(
        None,
        type=["null", "string"],
        format="date-time",
        title="Isi ulang: sampai",
        description="Akhir jendela, inklusif.",
    ),
    "dataset": Param(
        None,
        type=["null", "array"],
        items={"type": "string", "pattern": "^[a-z_][a-z0-9_]*$"},
        title="Dataset",
        description="Hanya dataset ini (kosong: semua milik sistem).",
    ),
}


def curated_asset(system: str) -> Asset:
    """The asset that says "look now": the curated tables of `system` may have changed."""
    return Asset(name=f"{system}.curated", uri=f"lumbung://curated/{system}")


@task
def extract() -> str:
    """Reads all datasets of the system from one snapshot of the source; returns the run's id."""
    from airflow.sdk.exceptions import AirflowFailException

    from lumbung.ops.runs import open_from_dag
    from lumbung.stages.extract import extract as stage

    context = get_current_context()
    try:
        run_id = open_from_dag(context["dag"].dag_id, context["dag_run"], context["params"])
    except ValueError as error:  # parameters that no further attempt mends
        raise AirflowFailException(str(error)) from error
    stage(run_id)
    return run_id


@task
def land(run: str) -> str:
    """Moves the spool to raw storage, manifest and `_SUCCESS` last."""
    from lumbung.stages.land import land as stage

    stage(run)
    return run


@task(on_failure_callback=None)  # what still cannot be validated in conform fails there, with the reason
def validate(run: str) -> None:
    """Tags, splits and counts every landed batch in one pass."""
    from lumbung.stages.validate import validate as stage

    stage(run)


def conform_task(system: str) -> Any:
    """The last stage of a system; its success tells the marts to look.

    It runs for every landed run, also when a dataset could not be validated: the groups without that one are promoted.
    """

    @task(task_id="conform", outlets=[curated_asset(system)], trigger_rule="all_done_min_one_success")
    def conform(run: str) -> str:
        from lumbung.ops.runs import close_run
        from lumbung.stages.conform import conform as stage

        stage(run)
        close_run(run)  # before the asset event: the marts' pass counts the runs that are closed when it opens
        return run

    return conform


@task(retries=0)  # a stopped batch does not mend itself: the run fails at once, with the reason
def tutup(run: str) -> None:
    """Red when a dataset of the run was stopped, although the others have gone through."""
    from lumbung.ops.alerts import recovered
    from lumbung.ops.runs import require_done

    require_done(run)
    recovered(f"{get_current_context()['dag'].dag_id}/")


def run_failed(context: Any) -> None:
    """Writes the failure of a task that has no retry left into the ledger, and says so to whoever is to be told."""
    from lumbung.ops.alerts import task_failed
    from lumbung.ops.runs import fail_from_dag

    failed = context["task_instance"].task_id, context.get("exception")
    try:
        fail_from_dag(context["dag"].dag_id, context["dag_run"], *failed)
    finally:  # the ledger may be what is down
        task_failed(context["dag"].dag_id, *failed)


def docs(head: SystemHead) -> str:
    """What Airflow shows of the DAG, from the contracts' own text."""
    system = head.system
    lines = [
        f"# {system.name}",
        system.description,
        "",
        f"Pemilik: {system.owner_name}. Registrasi PSE {system.registration.number} ({system.registration.category}), "
        f"status **{system.registration.status}**. Kontak: {system.contact.name}.",
        "",
        "| Dataset | Judul | Dibaca |",
        "|---|---|---|",
        *(f"| `{dataset.name}` | {dataset.title} | {dataset.load} |" for dataset in head.datasets),
    ]
    return "\n".join(lines)


def system_dag(head: SystemHead) -> DAG:
    """The DAG of one system."""
    system = head.system
    with DAG(
        dag_id=f"sistem_{system.code}",
        description=f"{system.name}: dari sumber sampai kurasi",
        doc_md=docs(head),
        # not False: Airflow 3.3 then runs at once what was missed within the last tenth of the interval
        schedule=CronTriggerTimetable(system.schedule, timezone=system.timezone, run_immediately=timedelta(0)),
        catchup=False,
        max_active_runs=1,
        params=PARAMS,
        tags=["sistem", system.code, system.owner, system.theme],
        default_args={
            "owner": system.owner,
            "pool": system.pool,
            "retries": system.retries,
            "retry_delay": timedelta(seconds=system.retry_delay_s),
            "retry_exponential_backoff": True,
            "max_retry_delay": timedelta(minutes=30),
            "execution_timeout": timedelta(seconds=system.timeout_s),
            "on_failure_callback": run_failed,
        },
    ) as dag:
        landed = land(extract())
        conformed = conform_task(system.code)(landed)
        validate(landed) >> conformed  # type: ignore[operator]
        tutup(conformed)
    return dag


for _head in load_systems(ROOT):
    _dag = system_dag(_head)
    globals()[_dag.dag_id] = _dag
