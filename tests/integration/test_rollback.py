"""Going back and on again: what is gone returns with the next run, and nobody takes the older state for the newest."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from lumbung.ledger import Batch, LockBusy, LockLost
from lumbung.ops import reconcile, rollback
from lumbung.warehouse import iceberg
from tests.integration.histories import bench as benches
from tests.integration.histories.bench import Bench
from tests.integration.histories.world import Key, Row, Source, Step
from tests.integration.ledger_support import fresh_database, fresh_ledger, lose_locks
from tests.integration.test_mart import ROWS, MartBench, mart, opened  # noqa: F401
from tests.integration.warehouse_support import CLOCK

START = datetime(2026, 3, 31, 22)
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    """Three tables (a clock to the second, one of days, none) of one source, and the real stages."""
    with (
        fresh_ledger("kembali") as (ledger, _),
        fresh_database("kembali_sumber", ("uji_baca",)) as source,
        benches.opened(ledger, source) as made,
    ):
        yield made


class Going:
    """A source that goes on hour by hour; every call of `run` reads, judges and promotes."""

    def __init__(self, bench: Bench, part: int = 0, *names: str) -> None:
        self.bench, self.source, self.number = bench, {}, 100 * part
        self.clock = START + part * timedelta(days=2)
        bench.names = names or tuple(benches.CURSORS)

    source: Source

    def run(self, kind: Any = "jadwal", **changes: Row | None) -> None:
        """`k1=Row(…)` writes key 1, `k1=None` deletes it."""
        self.number += 1
        self.clock += HOUR
        for name, row in changes.items():
            key: Key = (0, int(name.removeprefix("k")))
            if row is None:
                del self.source[key]
            else:
                self.source[key] = [row]
        self.bench._write(self.source, self.clock)
        self.bench._stages(self.number, Step(HOUR, kind, (timedelta(days=400), HOUR)), self.clock)

    def row(self, text: str, back: timedelta = HOUR / 2, value: int = 10) -> Row:
        return Row(text, value, self.clock + HOUR - back)

    def newest(self, name: str) -> Batch:
        return self.bench.ledger.batches(dataset=f"{self.bench.system}.{name}", newest_first=True, limit=1)[0]

    def table(self, name: str) -> str:
        return f"curated.{self.bench.system}__{name}"

    def content(self, name: str) -> dict[int, tuple[Any, ...]]:
        return {key: (v[0][0], v[2], v[3] is not None) for (_, key), v in self.bench._versions(name).items()}

    def differences(self) -> dict[str, tuple[int, int]]:
        rows = reconcile.reconcile_rows(self.bench.system, self.bench.ledger)
        return {row["dataset"]: (row["missing"], row["extra"]) for row in rows if row["difference"]}

    def back(self, name: str, **how: Any) -> rollback.Plan:
        found = rollback.plan(self.table(name), ledger=self.bench.ledger, **how)
        rollback.apply(self.table(name), found.checksum, "cli:ani", ledger=self.bench.ledger, **how)
        return found


def test_curated_goes_back_and_the_next_run_brings_back_what_is_gone(bench: Bench) -> None:
    going = Going(bench)
    going.run(k1=going.row("satu"), k2=going.row("dua"), k3=going.row("tiga"), k4=going.row("empat", value=5000))
    first = {name: going.newest(name) for name in benches.CURSORS}
    # 1 changes, 2 goes, 4 is mended, 5 is new and late beyond the overlap: only the sweep sees 2 and 5.
    late = going.row("lima", timedelta(days=30))
    going.run("sapu", k1=going.row("satu baru"), k2=None, k4=going.row("empat"), k5=late)
    second = {name: going.newest(name) for name in benches.CURSORS}
    whole = {name: going.content(name) for name in benches.CURSORS}
    assert going.differences() == {}
    marks = {name: bench.ledger.watermark(f"{bench.system}.{name}") for name in benches.CURSORS}

    found = {name: going.back(name, before=second[name].id) for name in benches.CURSORS}
    for name, plan in found.items():
        assert (plan.gained, plan.lost, plan.changed) == (1, 2, 1), name
        assert plan.undone == (second[name].id,)
        assert plan.then.by == first[name].id
        assert going.content(name) == {1: ("satu", False, False), 2: ("dua", False, False), 3: ("tiga", False, False)}
        undone = bench.ledger.open_rollback(f"{bench.system}.{name}")
        assert undone is not None
        assert undone.as_of == first[name].source_clock
        assert bench.ledger.watermark(f"{bench.system}.{name}") == marks[name], "no watermark moves back"
    assert going.differences() == dict.fromkeys(benches.CURSORS, (2, 1)), "reconcile says what is gone"
    entries = [entry for entry in bench.ledger.audit_entries(going.table("daftar")) if entry.action == "table.rollback"]
    assert [entry.actor for entry in entries] == ["cli:ani"]

    # Nothing happens at the source: an ordinary run reads everything again and takes no verdict of before for granted.
    going.run()
    for name in benches.CURSORS:
        batch = going.newest(name)
        assert batch.mode == ("full" if name == "daftar" else "sweep")
        assert (batch.received, batch.accepted, batch.quarantined, batch.duplicate) == (4, 3, 0, 1), name
        assert batch.same_as is None
        assert "dikembalikan oleh cli:ani" in batch.warnings[0]
        assert bench.ledger.open_rollback(f"{bench.system}.{name}") is None
    assert {name: going.content(name) for name in benches.CURSORS} == whole
    assert going.differences() == {}

    # After that everything is as ever: windows, and unchanged content without work.
    going.run()
    assert [going.newest(name).mode for name in benches.CURSORS] == ["window", "window", "full"]
    assert going.newest("daftar").same_as is not None
    assert going.differences() == {}


def test_a_backfill_between_rollback_and_run_makes_up_for_nothing(bench: Bench) -> None:
    going = Going(bench, 1, "peristiwa")
    going.run("sapu", k1=going.row("satu"))
    going.run("sapu", k1=None, k2=going.row("dua"))
    going.back("peristiwa")
    going.run("isi-ulang")
    assert bench.ledger.open_rollback(f"{bench.system}.peristiwa") is not None
    assert going.differences()["peristiwa"] == (0, 1), "the window brought 2 back, nothing says that 1 is gone"
    going.run()
    assert going.differences() == {}


def test_a_rollback_can_itself_be_taken_back_and_refuses_what_has_changed(bench: Bench) -> None:
    going = Going(bench, 2, "daftar")
    going.run("sapu", k1=going.row("satu"))
    first = bench.ledger.batches(dataset=f"{bench.system}.daftar", states=("conformed",))[0]
    with pytest.raises(rollback.RollbackRefused, match="adalah isi pertama"):
        rollback.plan(going.table("daftar"), before=first.id, ledger=bench.ledger)
    going.run("sapu", k1=going.row("dua"))
    forth = going.content("daftar")
    seen = rollback.plan(going.table("daftar"), ledger=bench.ledger)
    going.run("sapu", k1=going.row("tiga"))
    with pytest.raises(rollback.RollbackRefused, match="tidak lagi seperti saat uji coba"):
        rollback.apply(going.table("daftar"), seen.checksum, "cli:ani", ledger=bench.ledger)
    assert going.content("daftar") != forth
    going.back("daftar", to=seen.now.snapshot)
    assert going.content("daftar") == forth
    known = {state.snapshot for state in rollback.plan(going.table("daftar"), ledger=bench.ledger).states}
    newest = max(known, key=lambda s: iceberg.snapshots(bench.spark, going.table("daftar"))[s].committed_at)
    going.back("daftar", to=newest)
    assert going.content("daftar")[1][0] == "tiga"
    with pytest.raises(rollback.RollbackRefused, match="sudah berada di snapshot"):
        rollback.plan(going.table("daftar"), to=newest, ledger=bench.ledger)
    with pytest.raises(rollback.RollbackRefused, match="tidak pernah berdiri di snapshot 7"):
        rollback.plan(going.table("daftar"), to=7, ledger=bench.ledger)
    with pytest.raises(rollback.RollbackRefused, match="tidak menulis apa pun"):
        rollback.plan(going.table("daftar"), before="siak-000001-siak.x", ledger=bench.ledger)
    with pytest.raises(rollback.RollbackRefused, match="bukan mart"):
        rollback.plan("raw.x", ledger=bench.ledger)
    going.run()
    assert going.differences() == {}


@pytest.mark.parametrize("lock", ["table:{table}", "validate:{dataset}"], ids=["conform writes", "validate judges"])
def test_nobody_goes_back_while_the_table_is_judged_or_written(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, lock: str
) -> None:
    monkeypatch.setattr(rollback, "LOCK_WAIT_S", 0.2)
    table, dataset = f"curated.{bench.system}__daftar", f"{bench.system}.daftar"
    held = lock.format(table=table, dataset=dataset)
    with bench.ledger.lock(held), pytest.raises(LockBusy, match=f"{held}.* is held by"):
        rollback.apply(table, "0" * 12, "cli:ani", ledger=bench.ledger)


class Killed(BaseException):
    """Stands for a process that died: no handler may catch it."""


def test_killed_between_record_and_move_nothing_is_claimed_that_is_not_there(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    going = Going(bench, 3, "daftar")
    going.run("sapu", k1=going.row("satu"))
    going.run("sapu", k1=going.row("dua"))
    seen = rollback.plan(going.table("daftar"), ledger=bench.ledger)

    def kill(here: str) -> None:
        if here == "rollback:recorded":
            raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(rollback, "point", kill)
        with pytest.raises(Killed):
            rollback.apply(going.table("daftar"), seen.checksum, "cli:ani", ledger=bench.ledger)
    assert going.content("daftar")[1][0] == "dua"
    assert bench.ledger.open_rollback(f"{bench.system}.daftar") is not None, "the next run reads whole all the same"
    rollback.apply(going.table("daftar"), seen.checksum, "cli:ani", ledger=bench.ledger)
    assert going.content("daftar")[1][0] == "satu"
    going.run()
    assert going.differences() == {}


def test_a_batch_that_got_in_while_the_states_were_compared_is_not_undone(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The ledger breaks off during the comparison, and with it the locks; conform promotes a batch."""
    going = Going(bench, 4, "daftar")
    going.run("sapu", k1=going.row("satu"))
    going.run("sapu", k1=going.row("dua"))
    table = going.table("daftar")
    known, seen = bench.ledger.latest_rollback(table), rollback.plan(table, ledger=bench.ledger)

    def compared(*_: Any) -> rollback.Plan:
        lose_locks(bench.ledger)
        going.run("sapu", k1=going.row("tiga"))
        return seen

    with monkeypatch.context() as patched:
        patched.setattr(rollback, "plan", compared)
        with pytest.raises(LockLost, match=r"'validate:.*daftar' was lost"):
            rollback.apply(table, seen.checksum, "cli:ani", ledger=bench.ledger)
    assert going.content("daftar")[1][0] == "tiga"
    assert bench.ledger.latest_rollback(table) == known, "nothing is written down that was not done"
    assert going.differences() == {}


def test_locks_that_are_lost_behind_the_record_keep_the_table_where_it_is(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    going = Going(bench, 5, "daftar")
    going.run("sapu", k1=going.row("satu"))
    going.run("sapu", k1=going.row("dua"))
    seen = rollback.plan(going.table("daftar"), ledger=bench.ledger)
    monkeypatch.setattr(rollback, "point", lambda here: lose_locks(bench.ledger))
    with pytest.raises(LockLost):
        rollback.apply(going.table("daftar"), seen.checksum, "cli:ani", ledger=bench.ledger)
    assert going.content("daftar")[1][0] == "dua"
    going.run()
    assert going.differences() == {}


def test_a_table_that_stands_elsewhere_than_expected_is_not_moved(bench: Bench) -> None:
    going = Going(bench, 6, "daftar")
    table, stood = going.table("daftar"), []
    for text in ("satu", "dua", "tiga"):
        going.run("sapu", k1=going.row(text))
        stood.append(iceberg.current_snapshot(bench.spark, table))
    first, second, third = (snapshot or 0 for snapshot in stood)
    with pytest.raises(iceberg.ConcurrentWriteError, match=f"stands at snapshot {third}, not at {second}"):
        iceberg.move_main(bench.spark, table, second, first)
    assert iceberg.current_snapshot(bench.spark, table) == third


@pytest.fixture
def both(mart: MartBench, monkeypatch: pytest.MonkeyPatch) -> MartBench:  # noqa: F811
    monkeypatch.setattr(rollback, "load", lambda: mart.bench.declarations)
    return mart


def test_a_mart_goes_back_and_the_next_pass_restores_it(both: MartBench) -> None:
    ledger = both.bench.ledger
    both.bench.promote(both.bench.rows, ROWS)
    both.refresh()
    before, record = both.content(), ledger.latest_mart(both.mart.name)
    both.bench.promote(both.bench.rows, [("9", "Edi", 3, Decimal("1.00"))], mode="window", clock=CLOCK + HOUR)
    both.refresh()
    after, newest = both.content(), ledger.latest_mart(both.mart.name)
    assert record is not None
    assert newest is not None
    seen = rollback.plan(both.name, ledger=ledger)
    assert (seen.gained, seen.lost, seen.undone) == (0, 1, (newest.run_label,))
    assert seen.changed == len(before), "every row says as of when it is"
    done = rollback.apply(both.name, seen.checksum, "cli:ani", ledger=ledger)
    assert both.content() == before
    shown = ledger.latest_mart(both.mart.name)
    assert shown is not None
    assert (shown.run_label, shown.rolled_back, shown.as_of) == (done.label, True, record.as_of)
    assert (shown.snapshot_id, shown.digest) == (both.snapshot(), record.digest)
    assert both.refresh() == [both.mart.name]
    assert both.content() == after
    restored = ledger.latest_mart(both.mart.name)
    assert restored is not None
    assert not restored.rolled_back
    assert both.refresh() == []


def test_a_mart_over_a_table_that_went_back_says_so_by_its_as_of(both: MartBench) -> None:
    ledger, rows = both.bench.ledger, both.bench.rows
    both.bench.promote(rows, ROWS)
    both.refresh()
    before = both.content()
    both.bench.promote(rows, [*ROWS, ("9", "Edi", 3, Decimal("1.00"))], clock=CLOCK + HOUR)
    both.refresh()
    target = f"curated.{rows.table_name}"
    seen = rollback.plan(target, ledger=ledger)
    assert seen.marts == (both.mart.name,)
    rollback.apply(target, seen.checksum, "cli:ani", ledger=ledger)
    assert both.refresh() == [both.mart.name], "its inputs moved, if backwards"
    assert both.content() == before
    record = ledger.latest_mart(both.mart.name)
    assert record is not None
    assert record.as_of == CLOCK
    # both went back to one another: the mart is what its inputs give, and is confirmed as such rather than rewritten
    both.bench.promote(rows, [*ROWS, ("9", "Edi", 3, Decimal("1.00"))], clock=CLOCK + 2 * HOUR)
    both.refresh()
    for name in (target, both.name):
        seen = rollback.plan(name, ledger=ledger)
        rollback.apply(name, seen.checksum, "cli:ani", ledger=ledger)
    snapshot = both.snapshot()
    assert both.refresh() == [both.mart.name]
    assert (both.content(), both.snapshot()) == (before, snapshot)
    confirmed = ledger.latest_mart(both.mart.name)
    assert confirmed is not None
    assert not confirmed.rolled_back
