"""Pemeliharaan mingguan: salinan yang lewat masa simpan, snapshot lama, berkas kecil, dan sisa percobaan yang mati.

The first task makes the plan and writes all of it into its log; the second carries out exactly that plan, by its
checksum. A plan that died is carried on by the retry; one that no longer fits fails and is made anew next week, or by
hand: `bin/lumbung maintain`.
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
def rencana() -> str | None:
    """Makes the plan, logs every step, and returns its checksum; nothing when there is nothing to do."""
    from lumbung.ops.maintenance import log_plan

    return log_plan()


@task
def jalankan(checksum: str | None) -> None:
    """Carries out the plan of this checksum."""
    from lumbung.ops.alerts import recovered
    from lumbung.ops.maintenance import apply
    from lumbung.ops.runs import actor_of

    context = get_current_context()
    if checksum is not None:
        apply(checksum, actor_of(context["dag_run"]))
    recovered(f"{context['dag'].dag_id}/")


with DAG(
    dag_id="pemeliharaan",
    description="Pemeliharaan mingguan gudang data",
    doc_md=__doc__,
    schedule=CronTriggerTimetable("0 4 * * 0", timezone="Asia/Jakarta", run_immediately=False),
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
    jalankan(rencana())
