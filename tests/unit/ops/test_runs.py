"""How a DAG run becomes a run of the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest

from lumbung.ops.runs import actor_of, kind_of, trigger_of, window_of


@dataclass
class DagRun:
    """What of Airflow's DagRun is looked at."""

    run_id: str = "manual__1"
    run_type: str = "manual"
    triggering_user_name: str | None = "sari"
    conf: dict[str, Any] | None = None


@pytest.mark.parametrize(
    ("run_type", "params", "kind"),
    [
        pytest.param("scheduled", {}, "jadwal", id="schedule"),
        pytest.param("manual", {}, "manual", id="by hand"),
        pytest.param("scheduled", {"mode": "sapu"}, "sapu", id="sweep"),
        pytest.param("manual", {"dari": "a", "sampai": "b"}, "isi-ulang", id="backfill"),
        pytest.param("manual", {"mode": "biasa"}, "manual", id="plain"),
    ],
)
def test_kind(run_type: str, params: dict[str, str], kind: str) -> None:
    assert kind_of(DagRun(run_type=run_type), params) == kind


def test_trigger_names_dag_run_and_system() -> None:
    assert trigger_of("sistem_siak", DagRun()) == "sistem_siak/manual__1"
    assert trigger_of("sapu_harian", DagRun(), "siak") == "sapu_harian/manual__1/siak"


@pytest.mark.parametrize(
    ("account", "conf", "actor"),
    [
        pytest.param("sari", None, "sari", id="an account of Airflow"),
        pytest.param("sari", {"mode": "biasa"}, "sari", id="with parameters"),
        pytest.param(None, None, "airflow", id="schedule"),
        pytest.param("lumbung", {"pelaku": "cli:budi"}, "cli:budi via lumbung", id="command line"),
        pytest.param("sari", {"pelaku": "cli:budi"}, "cli:budi via sari", id="sari poses as budi: both stand there"),
        pytest.param("sari", {"pelaku": "budi"}, "sari", id="not a name of the command line"),
        pytest.param("sari", {"pelaku": "cli:budi via lumbung"}, "sari", id="sari poses as the account too"),
        pytest.param("sari", {"pelaku": "cli:budi\n"}, "sari", id="a line too many"),
        pytest.param("sari", {"pelaku": ["cli:budi"]}, "sari", id="no text"),
    ],
)
def test_the_actor_is_never_without_the_account_that_triggered(
    account: str | None, conf: dict[str, Any] | None, actor: str
) -> None:
    assert actor_of(DagRun(triggering_user_name=account, conf=conf)) == actor


def test_window_is_read_with_its_zone() -> None:
    window = window_of({"dari": "2026-01-01T00:00:00+07:00", "sampai": "2026-01-02T00:00:00+07:00"})
    assert window is not None
    assert window[0] == datetime.fromisoformat("2025-12-31T17:00:00+00:00")
    assert window[1] - window[0] == timedelta(days=1)


def test_no_window_without_bounds() -> None:
    assert window_of({"dari": None, "sampai": None}) is None


@pytest.mark.parametrize(
    ("begin", "end", "says"),
    [
        pytest.param("2026-01-01T00:00:00+07:00", None, "kedua batas", id="one end"),
        pytest.param("2026-01-01T00:00:00", "2026-01-02T00:00:00", "zona waktu", id="no zone"),
        pytest.param("2026-01-02T00:00:00+07:00", "2026-01-01T00:00:00+07:00", "kosong", id="empty"),
    ],
)
def test_wrong_windows_are_refused(begin: str, end: str | None, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        window_of({"dari": begin, "sampai": end})


def test_a_sweep_has_no_window() -> None:
    window = {"dari": "2026-01-01T00:00:00+07:00", "sampai": "2026-01-02T00:00:00+07:00"}
    with pytest.raises(ValueError, match="Sapu membaca semuanya"):
        window_of({"mode": "sapu", **window})
    assert window_of({"mode": "sapu", "dari": None, "sampai": None}) is None
