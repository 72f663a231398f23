"""Mart dan publikasi: satu DAG, dibangunkan oleh data kurasi yang baru atau oleh jam.

An asset event only says "look now" and can get lost or doubled (apache/airflow#56050), therefore the
clock wakes this DAG too, and the stages take what to do from the ledger: they drain everything pending.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from airflow.sdk import DAG, Asset, AssetAny, AssetOrTimeSchedule, CronTriggerTimetable, get_current_context, task

from lumbung.declarations import load_systems

ROOT = Path(__file__).resolve().parents[1]
ASSETS = [
    Asset(name=f"{head.system.code}.curated", uri=f"lumbung://curated/{head.system.code}")
    for head in load_systems(ROOT)
]


def marts_failed(context: Any) -> None:
    """Writes the failure into the ledger, for those who wait there, and says so to whoever is to be told."""
    from lumbung.ops.alerts import task_failed
    from lumbung.ops.runs import fail_marts_from_dag

    failed = context["task_instance"].task_id, context.get("exception")
    try:
        fail_marts_from_dag(context["dag"].dag_id, context["dag_run"], *failed)
    finally:  # the ledger may be what is down
        task_failed(context["dag"].dag_id, *failed)


@task
def mart() -> str:
    """Refreshes every mart whose inputs moved; returns the trigger that names this refresh in the ledger."""
    from lumbung.ops.runs import open_marts_from_dag
    from lumbung.stages.mart import refresh

    context = get_current_context()
    trigger, actor = open_marts_from_dag(context["dag"].dag_id, context["dag_run"])
    refresh(trigger, actor)
    return trigger


@task
def publish(trigger: str) -> str:
    """Publishes every mart whose public content changed."""
    from lumbung.ops.alerts import recovered
    from lumbung.ops.runs import actor_of, close_marts
    from lumbung.stages.publish import publish as stage

    context = get_current_context()
    stage(trigger, actor_of(context["dag_run"]))
    close_marts(trigger)
    recovered(f"{context['dag'].dag_id}/")
    return trigger


with DAG(
    dag_id="mart_publikasi",
    description="Mart dan publikasi ke portal data terbuka",
    doc_md=__doc__,
    schedule=AssetOrTimeSchedule(
        timetable=CronTriggerTimetable("*/30 * * * *", timezone="Asia/Jakarta", run_immediately=timedelta(0)),
        assets=AssetAny(*ASSETS),
    ),
    catchup=False,
    max_active_runs=1,
    tags=["mart", "publikasi"],
    default_args={
        "owner": "diskominfo",
        "pool": "gudang",
        "retries": 2,
        "retry_delay": timedelta(seconds=20),
        "retry_exponential_backoff": True,
        "max_retry_delay": timedelta(minutes=10),
        "execution_timeout": timedelta(minutes=60),
        "on_failure_callback": marts_failed,
    },
) as dag:
    publish(mart())
