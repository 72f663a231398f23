"""Sapu dan pencocokan harian: menemukan baris yang terlambat di luar tumpang tindih dan yang dihapus di sumber.

For each system one fat task reads every dataset whole (a batch of its own, mode `sweep`) and one task
compares source, raw and curated key by key. A difference that is not zero fails the task, by name.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from airflow.sdk import DAG, Asset, CronTriggerTimetable, get_current_context, task

from lumbung.declarations import System, load_systems

ROOT = Path(__file__).resolve().parents[1]


def run_failed(context: Any) -> None:
    """Writes the failure of the sweep into the ledger, and says so to whoever is to be told."""
    from lumbung.ops.alerts import task_failed
    from lumbung.ops.runs import fail_sweep_from_dag

    failed = context["task_instance"].task_id, context.get("exception")
    try:
        fail_sweep_from_dag(context["dag"].dag_id, context["dag_run"], *failed)
    finally:  # the ledger may be what is down
        task_failed(context["dag"].dag_id, *failed)


def sweep_tasks(system: System) -> None:
    """Sweep, then reconcile, for one system."""

    @task(
        task_id=f"sapu_{system.code}",
        pool=system.pool,
        outlets=[Asset(name=f"{system.code}.curated", uri=f"lumbung://curated/{system.code}")],
    )
    def sweep(code: str) -> str:
        from lumbung.ops.alerts import recovered
        from lumbung.ops.runs import close_run, open_sweep_from_dag, require_done
        from lumbung.stages.conform import conform
        from lumbung.stages.extract import extract
        from lumbung.stages.land import land

        context = get_current_context()
        run_id = open_sweep_from_dag(code, context["dag"].dag_id, context["dag_run"])
        for stage in (extract, land, conform):  # conform validates what has landed, group by group
            stage(run_id)
        close_run(run_id)
        require_done(run_id)
        recovered(f"{context['dag'].dag_id}/sapu_{code}")
        return run_id

    @task(task_id=f"cocokkan_{system.code}", pool=system.pool)
    def reconcile(code: str) -> None:
        from lumbung.ops.alerts import recovered
        from lumbung.ops.reconcile import require_reconciled

        require_reconciled(code)
        recovered(f"{get_current_context()['dag'].dag_id}/cocokkan_{code}")

    sweep(system.code) >> reconcile(system.code)  # type: ignore[operator]


@task(task_id="catat_audit", pool="gudang")
def checkpoint() -> None:
    """Holds the audit chain against its checkpoints, and writes a new one, outside the ledger."""
    from lumbung.ops.alerts import recovered
    from lumbung.ops.runs import checkpoint_audit

    checkpoint_audit()
    recovered(f"{get_current_context()['dag'].dag_id}/catat_audit")


@task(task_id="periksa_keterlambatan", pool="gudang")
def lateness() -> None:
    """Says which datasets are later than their contract promises, wait for a decision, or are past a waiver's end."""
    from lumbung.ops.alerts import check_lateness, recovered
    from lumbung.ops.halts import tell, tell_overdue

    check_lateness()
    tell()
    tell_overdue()
    recovered(f"{get_current_context()['dag'].dag_id}/periksa_keterlambatan")


with DAG(
    dag_id="sapu_harian",
    description="Sapu dan pencocokan harian semua sistem",
    doc_md=__doc__,
    schedule=CronTriggerTimetable("30 2 * * *", timezone="Asia/Jakarta", run_immediately=timedelta(0)),
    catchup=False,
    max_active_runs=1,
    tags=["sapu", "pencocokan"],
    default_args={
        "owner": "diskominfo",
        "retries": 2,
        "retry_delay": timedelta(minutes=1),
        "retry_exponential_backoff": True,
        "max_retry_delay": timedelta(minutes=30),
        "execution_timeout": timedelta(hours=3),
        "on_failure_callback": run_failed,
    },
) as dag:
    for _head in load_systems(ROOT):
        sweep_tasks(_head.system)
    checkpoint()
    lateness()
