"""The DAGs: which ones exist, and that each carries what an operator relies on."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]
SYSTEMS = {f"sistem_{path.parent.name}" for path in (ROOT / "contracts").glob("*/system.yaml")}
EXPECTED = {*SYSTEMS, "mart_publikasi", "sapu_harian", "pemeliharaan"}


@pytest.fixture(scope="module")
def dags() -> dict[str, Any]:
    """All DAGs of dags/, parsed as the DAG processor would; no database is touched."""
    os.environ.setdefault("AIRFLOW__CORE__LOAD_EXAMPLES", "False")
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(dag_folder=str(ROOT / "dags"))
    assert bag.import_errors == {}
    return dict(bag.dags)


def test_one_dag_per_declared_system_and_the_common_ones(dags: dict[str, Any]) -> None:
    assert "sistem_siak" in SYSTEMS
    assert set(dags) == EXPECTED


@pytest.mark.parametrize("dag_id", sorted(EXPECTED))
def test_every_dag_has_docs_tags_and_one_run_at_a_time(dags: dict[str, Any], dag_id: str) -> None:
    dag = dags[dag_id]
    assert dag.doc_md and len(dag.doc_md) > 80
    assert dag.tags
    assert dag.max_active_runs == 1
    assert not dag.catchup


@pytest.mark.parametrize("dag_id", sorted(EXPECTED))
def test_every_task_has_owner_pool_timeout_and_backoff(dags: dict[str, Any], dag_id: str) -> None:
    for task in dags[dag_id].tasks:
        assert task.owner not in ("", "airflow"), task.task_id
        assert task.pool != "default_pool", task.task_id
        assert isinstance(task.execution_timeout, timedelta), task.task_id
        assert task.retry_exponential_backoff, task.task_id
        assert task.retries >= 1 or task.task_id == "tutup", task.task_id


def test_stages_follow_each_other(dags: dict[str, Any]) -> None:
    dag = dags["sistem_siak"]
    assert [task.task_id for task in dag.topological_sort()] == ["extract", "land", "validate", "conform", "tutup"]


def test_a_dataset_that_cannot_be_validated_does_not_keep_the_others_from_conform(dags: dict[str, Any]) -> None:
    """Conform runs when land succeeded, whatever became of validate, and not when land failed."""
    conform = dags["sistem_siak"].get_task("conform")
    assert conform.upstream_task_ids == {"land", "validate"}
    assert conform.trigger_rule == "all_done_min_one_success"
    assert not dags["sistem_siak"].get_task("validate").on_failure_callback


@pytest.mark.parametrize("dag_id", sorted(EXPECTED))
def test_with_the_ledger_down_a_failure_is_told_all_the_same(
    dags: dict[str, Any], dag_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lumbung.ops import alerts, runs

    def down(*_: object) -> None:
        raise ConnectionError("ledger")

    told: list[object] = []
    for name in ("fail_from_dag", "fail_sweep_from_dag", "fail_marts_from_dag"):
        monkeypatch.setattr(runs, name, down)
    monkeypatch.setattr(alerts, "task_failed", lambda *said: told.append(said[:2]))
    for task in dags[dag_id].tasks:
        for callback in task.on_failure_callback or ():
            told.clear()
            context = {"dag": SimpleNamespace(dag_id=dag_id), "dag_run": None, "task_instance": task}
            with suppress(ConnectionError):
                callback(context)
            assert told == [(dag_id, task.task_id)]


def test_the_look_for_late_datasets_clears_its_own_failure(
    dags: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from lumbung.ops import alerts, halts

    cleared: list[str] = []
    dag = dags["sapu_harian"]
    monkeypatch.setattr(halts, "tell", list)
    monkeypatch.setattr(halts, "tell_overdue", list)
    look = dag.get_task("periksa_keterlambatan").python_callable
    monkeypatch.setattr(alerts, "check_lateness", list)
    monkeypatch.setattr(alerts, "recovered", cleared.append)
    monkeypatch.setitem(look.__globals__, "get_current_context", lambda: {"dag": dag})
    look()
    assert cleared == ["sapu_harian/periksa_keterlambatan"]


@pytest.mark.parametrize("dag_id", sorted(EXPECTED))
def test_task_arguments_do_not_bear_reserved_names(dags: dict[str, Any], dag_id: str) -> None:
    """Airflow refuses at run time, not at parse time, an argument that is a key of its context."""
    from airflow.sdk.definitions.context import Context

    for task in dags[dag_id].tasks:
        names = set(inspect.signature(task.python_callable).parameters)
        assert not names & (set(Context.__annotations__) | {"run_id", "ti", "dag_id", "task_id"}), task.task_id


@pytest.mark.parametrize("dag_id", sorted(EXPECTED))
def test_unpausing_does_not_make_up_for_a_missed_time(
    dags: dict[str, Any], dag_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a start date the newest missed run would start at once, beside the one that was asked for; so would one that
    was missed within the last tenth of the interval, whatever Airflow says of `run_immediately=False`.
    """
    from airflow.serialization.decoders import decode_timetable
    from airflow.serialization.encoders import encode_timetable
    from airflow.timetables import trigger

    assert dags[dag_id].start_date is None
    schedule = decode_timetable(encode_timetable(dags[dag_id].timetable))
    cron: Any = getattr(schedule, "timetable", schedule)
    missed = cron._align_to_prev(trigger.coerce_datetime(trigger.utcnow()))
    just_after = missed.add(seconds=5)
    monkeypatch.setattr(trigger, "utcnow", lambda: just_after)
    assert cron._calc_first_run() > just_after


def test_every_attempt_of_the_maintenance_carries_out_the_plan_that_it_made_itself(
    dags: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A plan of an earlier task or attempt fits no more once a mart pass or conform has moved a table."""
    assert [task.task_id for task in dags["pemeliharaan"].tasks] == ["jalankan"]
    attempt = dags["pemeliharaan"].get_task("jalankan").python_callable
    plans, carried_out = iter(["a" * 12, "b" * 12, None]), []
    monkeypatch.setattr("lumbung.ops.maintenance.log_plan", lambda: next(plans))
    monkeypatch.setattr("lumbung.ops.maintenance.apply", lambda checksum, actor: carried_out.append((checksum, actor)))
    monkeypatch.setattr("lumbung.ops.alerts.recovered", lambda prefix: None)
    monkeypatch.setattr("lumbung.ops.runs.actor_of", lambda run: run)
    context = {"dag": dags["pemeliharaan"], "dag_run": "airflow"}
    monkeypatch.setitem(attempt.__globals__, "get_current_context", lambda: context)
    for _ in range(3):
        attempt()
    assert carried_out == [("a" * 12, "airflow"), ("b" * 12, "airflow")]


def test_backfill_parameters_have_a_schema(dags: dict[str, Any]) -> None:
    params = dags["sistem_siak"].params
    assert params.get_param("mode").schema["enum"] == ["biasa", "sapu"]
    assert params.get_param("dari").schema["format"] == "date-time"
    assert params.get_param("dataset").schema["items"]["pattern"] == "^[a-z_][a-z0-9_]*$"


@pytest.mark.parametrize("dag_id", ["sistem_siak", "mart_publikasi"])
def test_the_person_who_asked_passes_the_parameters(dags: dict[str, Any], dag_id: str) -> None:
    """Who typed the command travels in the configuration, beside the parameters that a DAG declares."""
    from airflow.serialization.serialized_objects import DagSerialization

    from lumbung.ops.runs import PERSON

    stored = DagSerialization.from_dict(DagSerialization.to_dict(dags[dag_id]))
    assert stored.params.deep_merge({PERSON: "cli:budi"}).validate()[PERSON] == "cli:budi"


def test_parameters_that_no_attempt_mends_fail_the_run_at_once(
    dags: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from airflow.sdk.exceptions import AirflowFailException

    from lumbung.ops import runs

    def refused(*_: object) -> str:
        raise ValueError("Jendela isi ulang kosong")

    monkeypatch.setattr(runs, "open_from_dag", refused)
    extract = dags["sistem_siak"].get_task("extract").python_callable
    context = {"dag": dags["sistem_siak"], "dag_run": None, "params": {}}
    monkeypatch.setitem(extract.__globals__, "get_current_context", lambda: context)
    with pytest.raises(AirflowFailException, match="Jendela isi ulang kosong"):
        extract()


def test_parsing_loads_neither_spark_nor_great_expectations() -> None:
    """Nothing heavy at import: a DAG file is parsed again and again."""
    program = (
        "import runpy, sys, pathlib\n"
        "for path in sorted(pathlib.Path('dags').glob('*.py')): runpy.run_path(str(path))\n"
        "print([name for name in ('pyspark', 'great_expectations') if name in sys.modules])"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    answer = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert answer.stdout.splitlines()[-1] == "[]"
