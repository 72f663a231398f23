"""Pemeliharaan mingguan: salinan yang lewat masa simpan, snapshot lama, berkas kecil, dan sisa percobaan yang mati.

The task makes the plan, writes all of it into its log and carries out exactly that plan, by its checksum. A retry makes
the plan anew: what a plan that died has not done is in the next one, and a table that has moved on meanwhile does not
keep the others waiting until next week. By hand: `bin/lumbung maintain`.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import DAG, CronTriggerTimetable, get_current_context, task


def maintenance_failed(context: Any) -> None:
    """Says so to whoever is to be told."""
    from lumbung.ops.alerts import task_failed

    task_failed(context["dag"].dag_id, context["task_instance"].task_id, context.get("exception"))


@task
def jalankan() -> None:
    """Makes the plan, logs every step, and carries it out; nothing when there is nothing to do."""
    from lumbung.ops.alerts import recovered
    from lumbung.ops.maintenance import apply, log_plan
    from lumbung.ops.runs import actor_of

    context = get_current_context()
    checksum = log_plan()
    if checksum is not None:
        apply(checksum, actor_of(context["dag_run"]))
    recovered(f"{context['dag'].dag_id}/")


with DAG(
    dag_id="pemeliharaan",
    description="Pemeliharaan mingguan gudang data",
    doc_md=__doc__,
    schedule=CronTriggerTimetable("0 4 * * 0", timezone="Asia/Jakarta", run_immediately=timedelta(0)),
    catchup=False,
    max_active_runs=1,
    tags=["pemeliharaan"],
    default_args={
        "owner": "diskominfo",
        "pool": "gudang",
        "retries": 2,
        "retry_delay": timedelta(minutes=5),
        "retry_exponential_backoff": True,
        "max_retry_delay": timedelta(minutes=30),
        "execution_timeout": timedelta(hours=3),
        "on_failure_callback": maintenance_failed,
    },
) as dag:
    jalankan()
