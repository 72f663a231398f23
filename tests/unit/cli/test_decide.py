"""What `waive` demands and shows before anything is decided."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from lumbung.cli import decide
from lumbung.ops import halts

BATCH = "siak-000012-siak.biodata_wni"
FOUND: dict[str, Any] = {
    "batch": BATCH,
    "dataset": "siak.biodata_wni",
    "landed_at": datetime(2026, 1, 5, 3, tzinfo=UTC),
    "received": 5000,
    "accepted": 1000,
    "quarantined": 3000,
    "duplicate": 1000,
    "fresh": 2500,
    "percent": Decimal("71.43"),
    "most_refused": Decimal("5.00"),
    "rules": [{"rule": "nik:nik", "rows": 2400, "reason": "NIK {nik} bukan NIK yang sah.", "source": "UU 23/2006"}],
    "behind": ["siak-000013-siak.biodata_wni"],
    "linked": ["siak.data_keluarga"],
}


@pytest.fixture(autouse=True)
def nobody_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(halts, "examine", lambda batch: {**FOUND, "batch": batch})
    monkeypatch.setattr(halts, "waive", lambda *_: pytest.fail("something was decided"))


@pytest.mark.parametrize(
    ("reason", "until", "says"),
    [
        pytest.param("surat", None, "diberikan bersama", id="no end"),
        pytest.param(None, "2026-02-28", "diberikan bersama", id="no reason"),
        pytest.param("surat", "besok", "bukan tanggal", id="an end that is no date"),
        pytest.param("surat", "2026-02-30", "bukan tanggal", id="a day that is none"),
    ],
)
def test_a_waiver_needs_reason_and_end(reason: str | None, until: str | None, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        decide.waive(BATCH, reason, until)


def test_without_them_it_only_shows(capsys: pytest.CaptureFixture[str]) -> None:
    decide.waive(BATCH)
    said = capsys.readouterr().out
    for part in (
        BATCH,
        "diterima 5000: baik 1000, ditolak 3000 (baru 2500), berulang 1000",
        "71,4 % dari baris baru, ambangnya 5 %",
        "nik:nik",
        "UU 23/2006",
        "siak-000013-siak.biodata_wni",
        "siak.data_keluarga",
        f"bin/lumbung quarantine siak biodata_wni --batch {BATCH}",
        "Belum ada yang diizinkan",
    ):
        assert part in said


def test_a_day_is_read_as_written() -> None:
    assert decide._day("2026-02-28") == date(2026, 2, 28)
