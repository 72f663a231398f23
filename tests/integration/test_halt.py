"""A batch of which too much is refused waits, with a real ledger, real files and the engine; and how the wait ends."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lumbung import storage
from lumbung.declarations.models import Dataset, QualityLimit
from lumbung.ledger import Batch, Extracted, Ledger, StateError
from lumbung.ops import halts, quarantine, reconcile, replay, runs
from lumbung.rules.places import places
from lumbung.settings import settings
from lumbung.stages import conform, judging, validate
from lumbung.warehouse.ddl import quarantine_name
from tests.integration import validate_cases as cases
from tests.integration.ledger_support import Database, fresh_ledger
from tests.integration.test_validate_stage import BAD, CLOCK, PARENT_SCHEMA, SCHEMA, Bench, Killed, counts, dying

HALF = QualityLimit(most_refused=Decimal(50), from_rows=2)
TOMORROW = date.today() + timedelta(days=2)


@pytest.fixture(scope="module")
def opened() -> Iterator[tuple[Ledger, Database]]:
    with fresh_ledger("tunggu") as made:
        yield made


@pytest.fixture
def bench(opened: tuple[Ledger, Database], monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    """More than half of what is new, and two rows at least, make a batch of the child wait."""
    made = Bench(opened[0])
    limited(made, HALF)
    for module in (validate, conform, quarantine, replay, halts, reconcile):
        monkeypatch.setattr(module, "load", lambda: made.load())
    monkeypatch.setattr(runs, "Ledger", SimpleNamespace(connect=lambda: opened[0]))
    yield made
    made.drop()


def limited(bench: Bench, limit: QualityLimit | None) -> None:
    bench.child = bench.child.model_copy(update={"quality": limit})


def bad(*numbers: int) -> list[dict[str, Any]]:
    return [{"no": number, **BAD} for number in numbers]


def waits(bench: Bench, batch: Batch) -> None:
    """It was judged, is halted, and nothing of it was counted or promoted."""
    assert not validate.validate_batch(batch.id, ledger=bench.ledger)
    assert bench.ledger.batch(batch.id).state == "landed"
    assert counts(bench.ledger.batch(batch.id))[1:] == (None, None, None)
    assert batch.id in [halt.batch_id for halt in bench.ledger.halts(bench.child.id)]


def test_above_the_limit_it_waits_and_those_behind_it_too(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.go({"no": 1}, *bad(2), mode="window")
    batch = bench.land({"no": 1}, *bad(2, 3, 4), {"no": 5}, mode="window")
    waits(bench, batch)
    (halt,) = bench.ledger.halts(bench.child.id)
    assert (halt.counts.received, halt.counts.accepted, halt.counts.quarantined, halt.counts.duplicate) == (5, 1, 3, 1)
    assert (halt.fresh, halt.rules, halt.most_refused) == (2, {"nik:nik": 3}, Decimal("50.00"))
    assert bench.ledger.audit_entries(batch.id)[0].action == "batch.halt"
    assert bench.open_keys() == {2}, "what is refused would be refused, it is not yet"
    shown = quarantine.refused_rows(bench.system, "objek", batch=batch.id, ledger=bench.ledger)
    assert [(row["key"]["no"], row["rules"]) for row in shown] == [(n, ["nik:nik"]) for n in (2, 3, 4)]
    assert not places(settings().warehouse, bench.child, batch.id).valid.exists()
    behind = bench.land({"no": 6}, mode="window")
    with monkeypatch.context() as patch:
        patch.setattr(validate, "judge", lambda *_: pytest.fail("judged although nothing has changed"))
        for one in (batch, behind):
            assert not validate.validate_batch(one.id, ledger=bench.ledger)
    assert bench.current() == {1: "Siti"}


@pytest.mark.parametrize(
    ("limit", "before", "rows"),
    [
        pytest.param(HALF, [], [{"no": 1}, {"no": 2}, *bad(3, 4)], id="exactly the limit"),
        pytest.param(HALF, [], bad(3), id="too few rows"),
        pytest.param(None, [], bad(3, 4, 5), id="no limit"),
        pytest.param(HALF, bad(3, 4, 5), bad(3, 4, 5), id="refused before"),
        pytest.param(HALF, [], [*({"no": n} for n in range(6, 10)), *bad(3, 4)], id="much is good"),
    ],
)
def test_below_the_limit_it_goes_on(
    bench: Bench, limit: QualityLimit | None, before: list[Any], rows: list[Any]
) -> None:
    limited(bench, None)
    bench.go(*before, mode="window")
    limited(bench, limit)
    assert bench.go(*rows, mode="full").state == "conformed"
    assert bench.ledger.halts(bench.child.id) == []


def test_unchanged_rows_do_not_hide_what_is_newly_refused(bench: Bench) -> None:
    good = [{"no": n} for n in range(10, 30)]
    bench.go(*good, mode="window")
    waits(bench, bench.land(*bad(1, 2), mode="window"))
    sweep = bench.land(*good, *bad(1, 2), mode="sweep")
    waits(bench, sweep)
    assert [halt.batch_id for halt in bench.ledger.halts(bench.child.id)] == [sweep.id], "the older one is set aside"


def test_a_waiver_lets_this_batch_go_on_and_no_row(bench: Bench) -> None:
    batch = bench.land({"no": 1}, *bad(2, 3), mode="window")
    waits(bench, batch)
    given = halts.waive(batch.id, "cli:budi", "surat 470/12", TOMORROW, bench.ledger)
    assert (given.actor, given.reason, given.until, given.fresh) == ("cli:budi", "surat 470/12", TOMORROW, 2)
    entry = bench.ledger.audit_entries(batch.id)[0]
    assert (entry.actor, entry.action) == ("cli:budi", "batch.waive")
    assert "surat 470/12" in entry.detail
    assert counts(bench.promote(bench.validate(batch))) == (3, 1, 2, 0)
    assert bench.open_keys() == {2, 3}
    assert bench.current() == {1: "Siti"}
    with pytest.raises(StateError, match="does not wait"):
        bench.ledger.waive(batch.id, "cli:budi", "lagi", TOMORROW)
    assert bench.go(*bad(2, 3), {"no": 4}, mode="window").state == "conformed", "these are known by now"
    waits(bench, bench.land(*bad(7, 8), mode="window"))


def test_a_waiver_does_not_cover_more_than_was_seen(bench: Bench) -> None:
    batch = bench.land(*bad(2, 3), {"no": 4, "bayar": "5000"}, mode="window")
    bench.without.add("bayar-wajar")
    waits(bench, batch)
    halts.waive(batch.id, "cli:budi", "surat", TOMORROW, bench.ledger)
    bench.without.clear()
    waits(bench, batch)
    assert bench.ledger.halts(bench.child.id)[0].fresh == 3
    assert "lebih banyak" in halts.still(bench.ledger, batch.id)
    halts.waive(batch.id, "cli:sari", "surat kedua", TOMORROW, bench.ledger)
    assert bench.validate(batch).quarantined == 3
    assert [one.actor for one in bench.ledger.waivers(batch.id)] == ["cli:budi", "cli:sari"]


def test_a_mended_rule_or_a_wider_limit_has_it_judged_again(bench: Bench) -> None:
    batch = bench.land({"no": 1}, {"no": 2, "bayar": "5000"}, {"no": 3, "bayar": "6000"}, mode="window")
    waits(bench, batch)
    assert replay.replay(bench.system, "objek", actor="cli:uji", ledger=bench.ledger) is None
    bench.without.add("bayar-wajar")
    assert counts(bench.promote(bench.validate(batch))) == (3, 3, 0, 0)
    assert bench.spark.table(quarantine_name(bench.child)).where(f"batch = '{batch.id}'").count() == 0
    more = bench.land(*bad(5, 6), {"no": 7}, mode="window")
    waits(bench, more)
    limited(bench, QualityLimit(most_refused=Decimal(70), from_rows=2))
    assert counts(bench.promote(bench.validate(more))) == (3, 1, 2, 0)


def test_a_replay_goes_past_what_waits_and_never_waits_itself(bench: Bench) -> None:
    bench.go(*({"no": n} for n in range(10, 20)), {"no": 2, "bayar": "5000"}, {"no": 3, "bayar": "5000"}, mode="window")
    waits(bench, bench.land(*bad(5, 6), mode="window"))
    limited(bench, QualityLimit(most_refused=Decimal(0)))
    opened = replay.replay(bench.system, "objek", actor="cli:uji", ledger=bench.ledger)
    assert opened is not None
    assert counts(bench.promote(bench.validate(bench.ledger.batch(opened.batch_id)))) == (2, 0, 2, 0)


def test_a_newer_whole_read_sets_it_aside_and_every_key_is_right(bench: Bench) -> None:
    bench.go({"no": 1, "nama": "Lama"}, mode="window")
    waiting = bench.land({"no": 1, "nama": "Tengah"}, *bad(2, 3, 4), {"no": 5}, mode="window")
    waits(bench, waiting)
    behind = bench.land({"no": 6}, {"no": 2, "nama": "Ani"}, mode="window")
    sweep = bench.land({"no": 1, "nama": "Baru"}, {"no": 2, "nama": "Ani"}, *bad(3), {"no": 6}, mode="sweep")
    drained = conform.drain(bench.system, bench.ledger)
    assert [name for name in drained.promoted if "objek" in name] == [behind.id, sweep.id]
    assert bench.current() == {1: "Baru", 2: "Ani", 6: "Siti"}
    assert bench.open_keys() == {3}
    aside = bench.ledger.batch(waiting.id)
    assert (aside.state, aside.accepted) == ("stopped", None)
    assert sweep.id in (aside.error or "")
    assert bench.ledger.halts(bench.child.id) == []
    with pytest.raises(StateError, match="made up for"):
        bench.ledger.resume(waiting.id, "cli:uji")


def test_killed_while_judging_it_waits_the_next_time(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    batch = bench.land(*bad(1, 2), mode="window")
    for at in ("validate:written", "validate:in-place", "validate:registered"):
        with monkeypatch.context() as patch:
            for module in (validate, judging):
                patch.setattr(module, "point", dying(at))
            with pytest.raises(Killed):
                validate.validate_batch(batch.id, ledger=bench.ledger)
        assert bench.ledger.halts(bench.child.id) == []
    waits(bench, batch)
    assert bench.open() == []


def linked_run(bench: Bench, changes: list[dict[str, Any]], mode: str = "window") -> tuple[Batch, Batch]:
    """A run of both datasets, as one snapshot gives them; (parent's batch, child's batch), landed."""
    run = bench.ledger.open_run(bench.system, "manual", uuid.uuid4().hex, "uji")
    bench.ledger.pin_snapshot(run.id, CLOCK, CLOCK, "uji")
    bounds = (None, CLOCK) if mode == "window" else (None, None)
    content: list[tuple[Dataset, list[tuple[Any, ...]], pa.Schema]] = [
        (bench.parent, cases.parent_rows(*cases.PARENTS), PARENT_SCHEMA),
        (bench.child, cases.rows(*changes), SCHEMA),
    ]
    made = [bench.ledger.add_batch(run.id, of.id, mode, *bounds, of.version) for of, _, _ in content]  # type: ignore[arg-type]
    results = [Extracted(of.id, len(rows), uuid.uuid4().hex, "skema", "spool") for of, rows, _ in content]
    bench.ledger.extraction_done(run.id, results)
    for batch, (of, rows, schema) in zip(made, content, strict=True):
        folder = storage.raw_batch_path(settings().warehouse, bench.system, of.name, of.major, batch.id)
        folder.mkdir(parents=True)
        table = pa.Table.from_pylist([dict(zip(schema.names, row, strict=True)) for row in rows], schema)
        pq.write_table(table, folder / storage.DATA_FILE)
        bench.ledger.landed(batch.id, str(folder), 1, None)
    return bench.ledger.batch(made[0].id), bench.ledger.batch(made[1].id)


def test_linked_datasets_wait_and_go_on_together_and_the_run_says_so(bench: Bench) -> None:
    bench.parent = bench.parent.model_copy(update={"linked": "g"})
    bench.child = bench.child.model_copy(update={"linked": "g"})
    bench.promote(bench.validate(bench.parents))
    parents, waiting = linked_run(bench, [{"no": 1}, *bad(2, 3)])
    drained = conform.drain(bench.system, bench.ledger)
    assert drained.promoted == []
    assert waiting.id in drained.waiting[parents.id]
    closed = runs.close_run(waiting.run_id)
    assert closed.state == "failed"
    assert "1 dataset menunggu keputusan" in (closed.error or "")
    assert f"bin/lumbung waive {waiting.id}" in (closed.error or "")
    (alert,) = [one for one in bench.ledger.open_alerts() if one.cause == f"mutu/{bench.child.id}"]
    assert waiting.id in alert.text
    _, behind = linked_run(bench, [{"no": 9}])
    assert conform.drain(bench.system, bench.ledger).promoted == []
    assert runs.close_run(behind.run_id).state == "failed", "a run whose rows wait is not done"
    keys, deletes = reconcile._waiting_keys(bench.child, bench.ledger)
    assert (len(keys), deletes) == (4, False)
    assert halts.examine(waiting.id, bench.ledger)["behind"] == [behind.id]
    halts.waive(waiting.id, "cli:budi", "surat", TOMORROW, bench.ledger)
    drained = conform.drain(bench.system, bench.ledger)
    assert {parents.id, waiting.id, behind.id} <= set(drained.promoted)
    runs.settle(drained.promoted)
    assert {bench.ledger.run(one.run_id).state for one in (waiting, behind)} == {"done"}
    assert [one for one in bench.ledger.open_alerts() if one.cause == f"mutu/{bench.child.id}"] == []
    assert bench.current() == {1: "Siti", 9: "Siti"}
    assert reconcile._waiting_keys(bench.child, bench.ledger) == (set(), False)


def test_what_is_linked_to_a_batch_set_aside_goes_with_the_whole_read(bench: Bench) -> None:
    bench.parent = bench.parent.model_copy(update={"linked": "g"})
    bench.child = bench.child.model_copy(update={"linked": "g"})
    bench.promote(bench.validate(bench.parents))
    parents, waiting = linked_run(bench, [{"no": 1}, *bad(2, 3)])
    assert conform.drain(bench.system, bench.ledger).promoted == []
    newer, sweep = linked_run(bench, [{"no": 1}, {"no": 2}, {"no": 3}], mode="sweep")
    drained = conform.drain(bench.system, bench.ledger)
    assert set(drained.promoted) == {parents.id, newer.id, sweep.id}
    assert drained.waiting == {}
    assert bench.ledger.batch(waiting.id).state == "stopped"
    assert bench.current() == {1: "Siti", 2: "Siti", 3: "Siti"}


def test_a_waiver_is_not_changed_or_taken_back_unseen(bench: Bench, opened: tuple[Ledger, Database]) -> None:
    batch = bench.land(*bad(1, 2), mode="window")
    waits(bench, batch)
    halts.waive(batch.id, "cli:budi", "surat", TOMORROW, bench.ledger)
    with psycopg.connect(opened[1].url("lumbung_app"), autocommit=True) as connection:
        for statement in ("UPDATE ledger.waiver SET actor = 'x'", "DELETE FROM ledger.waiver"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement.encode())
    with pytest.raises(Exception, match="named_actor"):
        bench.ledger.waive(batch.id, "", "surat", TOMORROW)
