"""What the doctor makes of what it sees."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from lumbung.ledger.alerts import AlertRecord
from lumbung.ops.doctor import alerts, failed_dags, room

MOMENT = datetime(2026, 2, 4, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize(("gigabytes", "state"), [(4.9, "perhatian"), (5.0, "baik")])
def test_little_room_is_said_with_the_next_step(gigabytes: float, state: str) -> None:
    finding = room("diska", "/x", gigabytes, 5.0, "kosongkan")
    assert (finding.state, finding.next_step) == (state, "kosongkan" if state == "perhatian" else "")


@pytest.mark.parametrize(
    ("cause", "state", "step"),
    [
        ("sistem_siak/extract", "rusak", "`bin/lumbung run siak`"),
        ("mart_publikasi/mart", "rusak", "jalankan lagi DAG mart_publikasi"),
        ("terlambat/sismiop", "perhatian", "bin/lumbung run sismiop"),
        ("kembali/siak", "perhatian", "tanyakan kepada pemilik datanya"),
        ("berkas/covid", "perhatian", "bin/lumbung files covid"),
        ("mutu/covid.harian", "perhatian", "bin/lumbung waive"),
        ("izin/covid.harian", "perhatian", "bin/lumbung refusals covid harian"),
    ],
)
def test_an_open_alert_is_a_finding_with_its_next_step(cause: str, state: str, step: str) -> None:
    (finding,) = alerts([AlertRecord(cause, "x", "open", "Jendela\n isi ulang kosong", MOMENT, MOMENT, {})])
    assert (finding.area, finding.subject, finding.state) == ("peringatan", cause, state)
    assert finding.seen == "sejak 2026-02-04 01.30 UTC: Jendela isi ulang kosong"
    assert step in finding.next_step


def test_without_alerts_all_is_well() -> None:
    assert [finding.state for finding in alerts([])] == ["baik"]


def test_a_run_that_failed_in_airflow_is_found_though_the_ledger_never_knew_it() -> None:
    newest = {
        "sistem_siak": ("cli-1", "failed"),
        "sistem_sismiop": ("cli-2", "success"),
        "mart_publikasi": None,
        "pemeliharaan": ("scheduled__1", "failed"),
        "sapu_harian": ("scheduled__2", "running"),
    }
    found = list(failed_dags(newest))
    assert [(finding.subject, finding.state) for finding in found] == [
        ("sistem_siak/cli-1", "rusak"),
        ("pemeliharaan/scheduled__1", "rusak"),
    ]
    assert "`bin/lumbung run siak`" in found[0].next_step
    assert "DAG pemeliharaan" in found[1].next_step
