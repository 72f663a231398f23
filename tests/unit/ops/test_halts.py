"""What is said of a batch that waits for a decision, and what a waiver demands."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from lumbung.ledger import Counts, Halt, NotInLedger, StateError, Waiver
from lumbung.ops import halts
from lumbung.ops.halts import NotWaiting, examine, percent, tell, tell_overdue, told, waiting_of, waive

MONDAY = datetime(2026, 1, 5, 3, tzinfo=UTC)
ORANG, KELUARGA, LAHIR = "siak.biodata", "siak.keluarga", "siak.lahir"
TODAY = date.today()


def dataset(name: str, linked: str | None = None, load: str = "window") -> Any:
    rule = SimpleNamespace(id="nik:nik", reason="NIK {nik} bukan 16 angka.", source="UU 23/2006")
    return SimpleNamespace(id=f"siak.{name}", system="siak", name=name, linked=linked, load=load, rules=(rule,))


DATASETS = {one.id: one for one in (dataset("biodata", "kk"), dataset("keluarga", "kk"), dataset("lahir", load="full"))}
DECLARED: Any = SimpleNamespace(
    datasets=DATASETS,
    systems={"siak": SimpleNamespace(timezone="Asia/Jakarta")},
    of_system=lambda code: tuple(DATASETS.values()),
)
HALT = Halt(
    *("siak-000002-siak.biodata", ORANG, Counts(5000, 1000, 3000, 1000), 2500, Decimal("5.00"), 100),
    {"nik:nik": 2400, "kunci-ganda": 20, "kode:agama": 300, "wajib:nama": 1},
    *("masukan", MONDAY),
)


def batch(name: str, of: str, state: str = "landed", landed: datetime = MONDAY) -> Any:
    return SimpleNamespace(id=name, dataset=of, state=state, landed_at=landed, run_id="siak-000002")


@dataclass
class Ledger:
    """A waiting batch of persons, one behind it, a linked one that was judged, one of births that is done."""

    waiting: list[Halt] = field(default_factory=lambda: [HALT])
    given: list[Waiver] = field(default_factory=list)
    open_rows: int = 0
    decided: bool = False

    def __post_init__(self) -> None:
        later = MONDAY + timedelta(days=1)
        self.known = {
            one.id: one
            for one in (
                batch(HALT.batch_id, ORANG),
                batch("siak-000003-siak.biodata", ORANG, landed=later),
                batch("siak-000002-siak.keluarga", KELUARGA, "validated"),
                batch("siak-000002-siak.lahir", LAHIR, "conformed"),
            )
        }

    def halts(self, dataset: str | None = None, system: str | None = None) -> list[Halt]:
        return [one for one in self.waiting if dataset in (None, one.dataset)]

    def halt_of(self, batch_id: str) -> Halt | None:
        return next((one for one in self.waiting if one.batch_id == batch_id), None)

    def run(self, run_id: str) -> Any:
        return SimpleNamespace(system="siak")

    def open_alerts(self) -> list[Any]:
        return [SimpleNamespace(cause=cause) for cause in (f"mutu/{LAHIR}", "terlambat/siak", f"mutu/{ORANG}")]

    def batch(self, batch_id: str) -> Any:
        if batch_id not in self.known:
            raise NotInLedger(batch_id)
        return self.known[batch_id]

    def batches(
        self, dataset: str | None = None, states: tuple[str, ...] = (), limit: int | None = None, run_id: str = ""
    ) -> list[Any]:
        found = [b for b in self.known.values() if dataset in (None, b.dataset) and b.state in states]
        return found[:limit]

    def waivers(self, batch_id: str | None = None) -> list[Waiver]:
        return self.given

    def waive(self, batch_id: str, actor: str, reason: str, until: date) -> Waiver:
        if self.decided:
            raise StateError(f"batch {batch_id} is validated")
        self.given.append(Waiver(1, batch_id, HALT.fresh, actor, reason, until, MONDAY))
        return self.given[-1]

    def refused_rows(self, batch_id: str) -> list[int]:
        return list(range(self.open_rows))


@pytest.fixture
def ledger(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(halts, "load", lambda: DECLARED)
    return Ledger()


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> dict[str, str | None]:
    """What was raised (its text) or cleared (None) per cause."""
    found: dict[str, str | None] = {}
    monkeypatch.setattr(halts, "raise_alert", lambda cause, text, _: found.update({cause: text}))
    monkeypatch.setattr(halts, "clear_alert", lambda cause, _: found.update({cause: None}))
    return found


@pytest.mark.parametrize(
    ("value", "text"), [("5.00", "5 %"), ("2.5", "2,5 %"), ("71.428", "71,4 %"), ("100", "100 %"), ("0.04", "0 %")]
)
def test_percentages_in_words(value: str, text: str) -> None:
    assert percent(Decimal(value)) == text


def test_what_waits_names_share_limit_rules_and_the_next_step() -> None:
    said = told(HALT, DECLARED)
    for part in (
        HALT.batch_id,
        "2.500 dari 3.500 baris baru ditolak (71,4 %)",
        "ambangnya 5 %",
        "nik:nik (2.400), kode:agama (300), kunci-ganda (20)",
        f"bin/lumbung waive {HALT.batch_id}",
        "bin/lumbung run siak --sweep",
        "bin/lumbung replay siak biodata",
    ):
        assert part in said
    assert "wajib:nama" not in said


def test_a_dataset_that_is_read_whole_needs_no_sweep() -> None:
    of_births = Halt(HALT.batch_id, LAHIR, HALT.counts, *(2500, Decimal(5), 1, {}, "", MONDAY))
    assert "bin/lumbung run siak`" in told(of_births, DECLARED)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        pytest.param(ORANG, f"Batch {HALT.batch_id} menunggu", id="its own batch"),
        pytest.param(KELUARGA, f"dataset terkait {ORANG}", id="a linked one"),
        pytest.param(LAHIR, None, id="not linked"),
    ],
)
def test_status_says_what_a_dataset_waits_for(ledger: Any, name: str, says: str | None) -> None:
    found = waiting_of(ledger, ledger.halts(), DECLARED, DATASETS[name])
    assert (says is None) == (found is None)
    assert says is None or says in (found or "")


def test_the_run_behind_a_waiting_batch_is_not_done(ledger: Any) -> None:
    lines = halts.waiting_lines(ledger, "siak-000003")
    assert len(lines) == 2
    assert all(HALT.batch_id in line for line in lines)
    ledger.waiting = []
    assert halts.waiting_lines(ledger, "siak-000003") == []


def test_before_a_waiver_everything_is_shown_and_nothing_done(ledger: Any) -> None:
    found = examine(HALT.batch_id, ledger)
    assert (found["received"], found["accepted"], found["quarantined"], found["duplicate"]) == (5000, 1000, 3000, 1000)
    assert (found["fresh"], found["percent"], found["most_refused"]) == (2500, Decimal("71.43"), Decimal(5))
    assert [(rule["rule"], rule["rows"]) for rule in found["rules"]][:2] == [("nik:nik", 2400), ("kode:agama", 300)]
    assert found["rules"][0]["reason"] == "NIK {nik} bukan 16 angka."
    assert found["behind"] == ["siak-000003-siak.biodata"]
    assert found["linked"] == [KELUARGA]
    assert ledger.given == []


@pytest.mark.parametrize(
    ("name", "reason", "until", "says"),
    [
        pytest.param("siak-000009-siak.biodata", "surat", TODAY, "tidak ada di buku besar", id="no such batch"),
        pytest.param("siak-000002-siak.lahir", "surat", TODAY, f"yang menunggu: {HALT.batch_id}", id="does not wait"),
        pytest.param(HALT.batch_id, "  ", TODAY, "memerlukan alasan", id="no reason"),
        pytest.param(HALT.batch_id, "surat", TODAY - timedelta(days=3), "sudah lewat", id="a day that is over"),
    ],
)
def test_a_waiver_needs_a_waiting_batch_a_reason_and_a_day(
    ledger: Any, name: str, reason: str, until: date, says: str
) -> None:
    with pytest.raises(NotWaiting, match=says):
        waive(name, "cli:budi", reason, until, ledger)
    assert ledger.given == []


def test_a_waiver_carries_name_reason_and_end(ledger: Any) -> None:
    until = TODAY + timedelta(days=30)
    given = waive(HALT.batch_id, "cli:budi", " surat 470/12 ", until, ledger)
    assert (given.actor, given.reason, given.until) == ("cli:budi", "surat 470/12", until)
    ledger.decided = True
    with pytest.raises(NotWaiting):
        waive(HALT.batch_id, "cli:sari", "surat", until, ledger)


def test_one_alert_per_waiting_dataset_and_none_for_the_others(ledger: Any, heard: dict[str, str | None]) -> None:
    assert tell(ledger, "siak") == [ORANG]
    assert HALT.batch_id in (heard[f"mutu/{ORANG}"] or "")
    assert set(heard) == {f"mutu/{ORANG}", f"mutu/{LAHIR}"}
    assert heard[f"mutu/{LAHIR}"] is None, "that one is over"


@pytest.mark.parametrize(
    ("days", "rows", "told_of"),
    [
        pytest.param(1, 7, False, id="its day is not over"),
        pytest.param(-3, 7, True, id="over, and rows are still refused"),
        pytest.param(-3, 0, False, id="over, and all is mended"),
    ],
)
def test_after_its_end_a_waivers_rows_are_told_of(
    ledger: Any, heard: dict[str, str | None], days: int, rows: int, told_of: bool
) -> None:
    ledger.given = [Waiver(1, HALT.batch_id, 9, "cli:budi", "surat", TODAY + timedelta(days=days), MONDAY)]
    ledger.open_rows = rows
    assert tell_overdue(ledger) == ([ORANG] if told_of else [])
    said = heard[f"izin/{ORANG}"]
    assert (said is not None) is told_of
    assert not told_of or (said is not None and "7 baris" in said and "cli:budi" in said)
