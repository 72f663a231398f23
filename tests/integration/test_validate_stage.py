"""Validate with a real ledger, real files and the engine: batches of one dataset one after the other, and replays."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lumbung import storage
from lumbung.declarations import UnknownTarget
from lumbung.declarations.models import Dataset, Declarations, System
from lumbung.ledger import REPLACED, Batch, Extracted, Ledger
from lumbung.ops import quarantine, replay
from lumbung.rules.frame import in_curated_types
from lumbung.rules.places import places
from lumbung.settings import settings
from lumbung.stages import judging, received, validate
from lumbung.stages.promotion import promote
from lumbung.warehouse import iceberg
from lumbung.warehouse.ddl import curated_name, location, quarantine_name, raw_name
from lumbung.warehouse.session import session
from tests.integration import validate_cases as cases
from tests.integration.ledger_support import fresh_ledger

pytestmark = pytest.mark.integration

CLOCK = datetime(2026, 1, 5, 6, tzinfo=UTC)
SCHEMA = pa.schema(
    [
        ("_row", pa.int64()),
        ("kd", pa.string()),
        ("no", pa.decimal128(4, 0)),
        ("nama", pa.string()),
        ("nik", pa.string()),
        ("jenis", pa.decimal128(2, 0)),
        ("bayar", pa.string()),
        ("tgl", pa.date32()),
        ("desa", pa.string()),
        ("subjek", pa.string()),
        ("dicatat", pa.timestamp("us")),
        ("_nilai", pa.string()),
    ]
)
PARENT_SCHEMA = pa.schema(
    [
        ("_row", pa.int64()),
        ("id", pa.string()),
        ("terbit", pa.date32()),
        ("dicatat", pa.timestamp("us")),
        ("_nilai", pa.string()),
    ]
)


class Bench:
    """A system of its own with a parent and a child dataset; batches land as land would leave them.

    The child is a lookup (no checkpoint of Great Expectations, which takes seconds) unless `checked`. The parent's
    first batch has only landed: that is received already.
    """

    def __init__(self, ledger: Ledger, checked: bool = False) -> None:
        self.ledger = ledger
        self.spark = session("uji")
        self.system = f"uji{uuid.uuid4().hex[:8]}x"  # a run of digits at its end would be masked
        self.child = self._own(cases.child(), lookup=not checked)
        self.parent = self._own(cases.parent(), lookup=True)
        self.without: set[str] = set()
        self.parents = self.land(*cases.PARENTS, of=self.parent)

    def _own(self, dataset: Dataset, lookup: bool) -> Dataset:
        references = tuple(r.model_copy(update={"to": f"{self.system}.subjek"}) for r in dataset.references)
        return dataset.model_copy(update={"system": self.system, "references": references, "lookup": lookup})

    def load(self) -> Declarations:
        """The declarations of this system, the rules in `without` left out."""
        rules = tuple(rule for rule in self.child.rules if rule.id not in self.without)
        child = self.child.model_copy(update={"rules": rules})
        return Declarations.model_construct(
            root=Path(),
            systems={self.system: System.model_construct(code=self.system, timezone=cases.TIMEZONE)},
            datasets={dataset.id: dataset for dataset in (self.parent, child)},
            lists=cases.LISTS,
            types={},
            marts={},
            tenant=FakeTenant(),
        )

    def land(self, *changes: dict[str, Any], of: Dataset | None = None, mode: str = "full", digest: str = "") -> Batch:
        """A landed batch of these rows."""
        of = of or self.child
        rows = cases.parent_rows(*changes) if of is self.parent else cases.rows(*changes)
        schema = PARENT_SCHEMA if of is self.parent else SCHEMA
        table = pa.Table.from_pylist([dict(zip(schema.names, row, strict=True)) for row in rows], schema)
        run = self.ledger.open_run(self.system, "manual", uuid.uuid4().hex, "uji")
        self.ledger.pin_snapshot(run.id, CLOCK, CLOCK, "uji")
        bounds = (None, CLOCK) if mode == "window" else (None, None)
        batch = self.ledger.add_batch(run.id, of.id, mode, *bounds, of.version)  # type: ignore[arg-type]
        done = Extracted(of.id, len(rows), digest or uuid.uuid4().hex, "skema", "spool")
        self.ledger.extraction_done(run.id, [done])
        folder = storage.raw_batch_path(settings().warehouse, self.system, of.name, of.major, batch.id)
        folder.mkdir(parents=True)
        pq.write_table(table, folder / storage.DATA_FILE)
        self.ledger.landed(batch.id, str(folder), 1, None)
        return self.ledger.batch(batch.id)

    def validate(self, batch: Batch) -> Batch:
        assert validate.validate_batch(batch.id, ledger=self.ledger)
        return self.ledger.batch(batch.id)

    def promote(self, batch: Batch) -> Batch:
        promote(self.ledger, self.load(), batch)
        return self.ledger.batch(batch.id)

    def go(self, *changes: dict[str, Any], **how: Any) -> Batch:
        """Land, validate, promote."""
        return self.promote(self.validate(self.land(*changes, **how)))

    def open(self) -> list[dict[str, Any]]:
        return quarantine.refused_rows(self.system, "objek", ledger=self.ledger)

    def open_keys(self) -> set[int]:
        return {row["key"]["no"] for row in self.open()}

    def current(self) -> dict[int, str]:
        rows = self.spark.table(curated_name(self.child)).where("_dihapus_batch IS NULL").select("no", "nama").collect()
        return {row["no"]: row["nama"] for row in rows}

    def drop(self) -> None:
        for dataset in (self.parent, self.child):
            for name in (curated_name(dataset), raw_name(dataset), quarantine_name(dataset)):
                self.spark.sql(f"DROP TABLE IF EXISTS {name}")
        for layer in ("raw", "valid", "quarantine"):
            shutil.rmtree(settings().warehouse / layer / self.system, ignore_errors=True)
        docs = settings().data_docs
        for folder in (
            docs / "validations",
            docs / "expectations",
            *(docs.with_name("gx") / n for n in ("results", "suites")),
        ):
            shutil.rmtree(folder / self.system, ignore_errors=True)


class FakeTenant:
    def model_dump(self, mode: str) -> dict[str, str]:
        return {"code": "uji"}


@pytest.fixture(scope="module")
def ledger() -> Iterator[Ledger]:
    with fresh_ledger("validate") as (opened, _):
        yield opened


@pytest.fixture
def bench(ledger: Ledger, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[Bench]:
    made = Bench(ledger, checked=getattr(request, "param", False))
    for module in (validate, quarantine, replay):
        monkeypatch.setattr(module, "load", made.load)
    yield made
    made.drop()


checked = pytest.mark.parametrize("bench", [True], indirect=True, ids=["gx"])


def counts(batch: Batch) -> tuple[int | None, ...]:
    return batch.received, batch.accepted, batch.quarantined, batch.duplicate


BAD = {"nik": "rusak"}


@pytest.fixture(params=[False, True], ids=["all rows", "those that are asked for"])
def asking(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Whether tables are asked for what the batch mentions, as for few rows beside large tables."""
    if request.param:
        monkeypatch.setattr(judging, "asks_few", lambda *_: True)


def test_a_batch_of_refused_rows_alone_is_promoted_and_one_without_them_too(bench: Bench) -> None:
    assert counts(bench.go(BAD)) == (1, 0, 1, 0)
    assert bench.current() == {}
    assert counts(bench.go({"no": 2})) == (1, 1, 0, 0)
    assert list(bench.current()) == [2]


@checked
def test_a_batch_is_split_counted_and_written(bench: Bench) -> None:
    batch = bench.validate(bench.land({}, BAD, {"no": 3, "kd": "B"}, {"no": 3, "kd": "B"}, {"nama": "Ani"}))
    assert batch.state == "validated"
    assert counts(batch) == (5, 3, 1, 1)
    where = places(settings().warehouse, bench.child, batch.id)
    valid = pq.read_table(where.valid)
    read = in_curated_types(bench.spark.read.parquet(location(where.valid)), bench.child, cases.TIMEZONE)
    assert read.columns == [*(c.name for c in bench.child.columns), "_panjang", "_row", "_row_hash"]
    assert valid.column("kd").to_pylist().count("A") == 2, "character(n) is trimmed"
    keys = pq.read_table(where.keys).to_pylist()
    assert {(row["kd"], row["no"], row["_kind"]) for row in keys} == {("A", 2, "ditolak"), ("B", 3, "duplikat")}
    refused = pq.read_table(where.quarantine).to_pylist()
    assert [(row["kd"], row["nik"], row["_row"], row["_rules"]) for row in refused] == [
        ("A  ", "rusak", 2, ["nik:nik"])
    ]
    assert all((folder / "_SUCCESS").exists() for folder in (where.valid, where.keys, where.quarantine))
    assert not list(where.work.parent.glob("*.tmp"))
    found = {count.rule: count for count in bench.ledger.rule_counts(batch.id)}
    assert (found["nik:nik"].count, found["nik:nik"].gx_count) == (1, 1)
    assert (found["nama-genap"].count, found["nama-genap"].severity) == (1, "warning")
    assert found["kunci-ganda"].gx_count is None
    for name, rows in ((raw_name(bench.child), 5), (quarantine_name(bench.child), 1)):
        assert bench.spark.table(name).where(f"batch = '{batch.id}'").count() == rows


def test_a_small_batch_is_interpreted_a_large_one_compiled_with_the_same_verdict(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled: list[str | None] = []
    original = validate.judge

    def watched(ledger: Ledger, spark: Any, *others: Any) -> Any:
        compiled.append(spark.conf.get("spark.sql.codegen.wholeStage"))
        return original(ledger, spark, *others)

    monkeypatch.setattr(validate, "judge", watched)
    rows = ({"no": 1}, {"no": 2, **BAD}, {"no": 3, "nama": "Ani"}, {"no": 3, "nama": "Budi"}, {"no": 4}, {"no": 4})
    small = bench.go(*rows)
    monkeypatch.setattr(received, "SMALL_BATCH", len(rows) - 1)
    again = tuple({**row, "no": row["no"] + 10} for row in rows)
    large = bench.go(*again, mode="window")
    assert compiled == ["false", "true"]
    assert counts(small) == counts(large) == (6, 2, 3, 1)
    assert bench.ledger.rule_counts(small.id) == bench.ledger.rule_counts(large.id)
    monkeypatch.setattr(received, "SMALL_BATCH", 100)
    monkeypatch.setattr(received, "SMALL_TABLE", 1)
    bench.go({"no": 20}, mode="window")
    assert compiled[2:] == ["true"]  # what it is held against is not small
    assert bench.spark.conf.get("spark.sql.codegen.wholeStage") == "true"


def test_quarantine_shows_key_rules_and_reasons_and_the_look_is_audited(bench: Bench) -> None:
    batch = bench.go({}, BAD)
    listed = quarantine.refused_rows(bench.system, actor="cli:uji", ledger=bench.ledger)
    assert listed == [
        {
            "dataset": bench.child.id,
            "batch": batch.id,
            "row": 2,
            "key": {"kd": "A", "no": 2},
            "rules": ["nik:nik"],
            "reasons": ["NIK rusak bukan 16 angka."],
        }
    ]
    assert quarantine.refused_rows(bench.system, "objek", rule="kode:jenis", ledger=bench.ledger) == []
    assert bench.ledger.audit_entries(bench.system)[0].actor == "cli:uji"
    with pytest.raises(UnknownTarget, match="objek"):
        quarantine.refused_rows(bench.system, "tidak_ada", ledger=bench.ledger)


def test_the_next_batch_waits_for_the_promotion_of_the_one_before(bench: Bench) -> None:
    first, second = bench.land({}), bench.land({}, {})
    assert not validate.validate_batch(second.id, ledger=bench.ledger)
    validated = bench.validate(first)
    assert not validate.validate_batch(second.id, ledger=bench.ledger)
    assert validate.next_landed(bench.ledger, bench.child.id) is None
    bench.promote(validated)
    assert counts(bench.validate(second)) == (2, 1, 0, 1)
    assert not validate.validate_batch(second.id, ledger=bench.ledger), "validated already"


@pytest.mark.usefixtures("asking")
def test_full_reads_one_after_the_other(bench: Bench) -> None:
    bench.go({"no": 1}, {"no": 2, **BAD}, {"no": 3}, {"no": 4, **BAD})
    assert bench.open_keys() == {2, 4}
    # 1 is refused now and stays current, 2 is mended, 3 is unchanged, 4 has gone, 5 is new.
    second = bench.go({"no": 1, "nama": "Baru", **BAD}, {"no": 2}, {"no": 3}, {"no": 5})
    assert counts(second) == (4, 2, 1, 1)
    assert bench.open_keys() == {1}
    assert bench.current() == {1: "Siti", 2: "Siti", 3: "Siti", 5: "Siti"}
    closed = bench.ledger.refused_rows(dataset=bench.child.id, state="closed")
    assert [(row.why, row.closed_by) for row in closed] == [
        (REPLACED, second.id),
        (validate.GONE, second.id),
    ]
    # 1 goes back to what was accepted: a duplicate, and nothing is refused any more.
    third = bench.go({"no": 1}, {"no": 2}, {"no": 3}, {"no": 5})
    assert counts(third) == (4, 0, 0, 4)
    assert bench.open() == []


@pytest.mark.usefixtures("asking")
def test_windows_send_the_same_rows_again(bench: Bench) -> None:
    first = bench.go({"no": 1}, {"no": 2, **BAD}, {"no": 3, **BAD}, mode="window")
    assert counts(first) == (3, 1, 2, 0)
    # The overlap brings 1 and 2 again as they were, and a row that came late.
    second = bench.go({"no": 1}, {"no": 2, **BAD}, {"no": 9}, mode="window")
    assert counts(second) == (3, 1, 1, 1)
    assert sorted((row["key"]["no"], row["batch"]) for row in bench.open()) == [(2, second.id), (3, first.id)]
    assert bench.current() == {1: "Siti", 9: "Siti"}


@pytest.mark.usefixtures("asking")
def test_rows_without_key_are_not_taken_for_one_another(bench: Bench) -> None:
    bench.go({"kd": None, "no": 1}, {"kd": None, "no": 1, "nama": "Lain"}, mode="window")
    bench.go({"kd": None, "no": 1}, {"no": 5}, mode="window")
    assert sorted(row["row"] for row in bench.open()) == [1, 2], "one row came again, the other is still open"
    assert {row["batch"] for row in bench.open()} == {b.id for b in bench.ledger.batches(dataset=bench.child.id)}


@pytest.mark.usefixtures("asking")
def test_a_refused_parent_does_not_refuse_its_children(bench: Bench) -> None:
    refused = {"id": "S7", "terbit": None, "dicatat": None, "_nilai": "terbit"}
    bench.promote(bench.validate(bench.parents))
    assert bench.go(*cases.PARENTS, refused, of=bench.parent).quarantined == 1
    assert bench.go({"subjek": "S7"}, {"subjek": "S8"}).quarantined == 1
    assert [row["rules"] for row in bench.open()] == [["rujukan:subjek"]]
    # A parent that has landed and is not judged yet was received, too.
    bench.land(*cases.PARENTS, {"id": "S8", "terbit": None, "dicatat": None, "_nilai": None}, of=bench.parent)
    assert bench.go({"subjek": "S7"}, {"subjek": "S8"}).quarantined == 0


@pytest.mark.usefixtures("asking")
def test_a_parent_that_was_rolled_back_was_received_all_the_same(bench: Bench) -> None:
    first = bench.promote(bench.validate(bench.parents))
    more = [*cases.PARENTS, {"id": "S7", "terbit": None, "dicatat": None, "_nilai": None}]
    second = bench.go(*more, of=bench.parent)
    assert first.snapshot_id is not None
    assert second.snapshot_id is not None
    table, snapshots = curated_name(bench.parent), (second.snapshot_id, first.snapshot_id)
    bench.ledger.record_rollback(table, *snapshots, (second.id,), (0, 1, 0), "cli:uji", dataset=bench.parent.id)
    iceberg.move_main(bench.spark, table, second.snapshot_id, first.snapshot_id)
    assert bench.go({"subjek": "S7"}, {"subjek": "S8"}).quarantined == 1
    assert [row["rules"] for row in bench.open()] == [["rujukan:subjek"]]
    assert bench.ledger.open_rollback(bench.parent.id) is not None
    bench.go(*more, of=bench.parent)
    assert bench.ledger.open_rollback(bench.parent.id) is None


def test_unchanged_content_starts_no_spark_work(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = ({"no": 1}, {"no": 2, **BAD})
    bench.promote(bench.validate(bench.parents))
    first = bench.go(*rows, digest="sama")
    second = bench.go(*rows, digest="sama")
    assert (counts(second), second.same_as) == ((2, 0, 1, 1), first.id)
    with monkeypatch.context() as patch:
        patch.setattr(validate, "judge", lambda *_: pytest.fail("Spark work for unchanged content"))
        third = bench.go(*rows, digest="sama")
    assert (counts(third), third.same_as) == ((2, 0, 1, 1), first.id)
    assert [row["batch"] for row in bench.open()] == [first.id], "the refused row stays open where it is"
    assert bench.ledger.rule_counts(third.id) == bench.ledger.rule_counts(first.id)
    # A changed rule, a changed parent, or another batch in between: the rows are looked at again.
    bench.without.add("nik:nik")
    fourth = bench.go(*rows, digest="sama")
    assert (counts(fourth), fourth.same_as) == ((2, 1, 0, 1), None)
    bench.go(*cases.PARENTS, {"id": "S3", "terbit": None, "dicatat": None, "_nilai": None}, of=bench.parent)
    assert bench.go(*rows, digest="sama").same_as is None


def test_an_empty_batch_starts_no_spark_work(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.go({"no": 1, **BAD}, mode="window")
    monkeypatch.setattr(validate, "judge", lambda *_: pytest.fail("Spark work for an empty batch"))
    assert counts(bench.go(mode="window")) == (0, 0, 0, 0)
    assert bench.open_keys() == {1}
    assert counts(bench.go(mode="full")) == (0, 0, 0, 0)
    assert bench.open() == [], "a full read without rows: the source has none of them any more"


@checked
def test_counts_that_differ_from_great_expectations_stop_the_batch(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = bench.land({}, BAD)
    true = judging.gx.checkpoint

    def wrong(*args: Any) -> Any:
        verdict, handle = true(*args)
        return judging.gx.Verdict({**verdict.unexpected, "nik:nik": 7}, verdict.rows), handle

    with monkeypatch.context() as patch:
        patch.setattr(judging.gx, "checkpoint", wrong)
        with pytest.raises(judging.CountsDiffer, match=rf"{batch.id}.*nik:nik: ours 1, theirs 7"):
            bench.validate(batch)
    assert bench.ledger.batch(batch.id).state == "landed"
    assert not places(settings().warehouse, bench.child, batch.id).valid.exists()
    assert counts(bench.validate(batch)) == (2, 1, 1, 0)


POINTS = (
    "validate:tagged",
    "validate:compared",
    "validate:written",
    "validate:in-place",
    "validate:registered",
    "validate:superseded-closed",
    "validate:recorded",
)


class Killed(BaseException):
    """Stands for SIGKILL: nothing of the stage may catch it."""


def dying(at: str) -> Any:
    """A fault point that kills at this name only."""

    def point(name: str) -> None:
        if name == at:
            raise Killed

    return point


def test_killed_between_any_two_steps_nothing_is_lost_or_doubled(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.go({"no": 1}, {"no": 2, **BAD}, {"no": 3, **BAD}, mode="window")
    batch = bench.land({"no": 1}, {"no": 2}, {"no": 4, **BAD}, mode="window")
    for at in POINTS:  # every attempt finds what the one before left, and gets one step further
        with monkeypatch.context() as patch:
            for module in (validate, judging):
                patch.setattr(module, "point", dying(at))
            with pytest.raises(Killed):
                validate.validate_batch(batch.id, ledger=bench.ledger)
        assert bench.ledger.batch(batch.id).state == ("validated" if at == "validate:recorded" else "landed")
        assert bench.open_keys() | {2, 4} == {2, 3, 4}
    assert not validate.validate_batch(batch.id, ledger=bench.ledger), "it was done already"
    batch = bench.promote(bench.ledger.batch(batch.id))
    assert counts(batch) == (3, 1, 1, 1)
    assert bench.open_keys() == {3, 4}
    assert bench.current() == {1: "Siti", 2: "Siti"}


def test_replay_takes_the_rows_out_of_quarantine_once(bench: Bench) -> None:
    first = bench.go({"no": 1, "bayar": "5000"}, {"no": 2, **BAD}, {"no": 3, "bayar": "6000"})
    bench.without.add("bayar-wajar")
    opened = replay.replay(bench.system, "objek", actor="cli:uji", ledger=bench.ledger)
    assert opened is not None
    assert replay.replay(bench.system, "objek", actor="cli:uji", ledger=bench.ledger) == opened, (
        "asked twice, done once"
    )
    batch = bench.ledger.batch(opened.batch_id)
    assert (batch.mode, batch.replay_of, batch.received) == ("replay", first.id, 3)
    assert bench.ledger.run(opened.run_id).kind == "ulang"
    assert batch.raw_path is not None
    raw = pq.read_table(Path(batch.raw_path) / storage.DATA_FILE)
    assert raw.column("kd").to_pylist() == ["A  "] * 3, "the raw values, as received"
    assert raw.select(SCHEMA.names).schema.types == SCHEMA.types
    assert raw.column("_asal_row").to_pylist() == [1, 2, 3]
    assert storage.read_manifest(Path(batch.raw_path)).replay_of == first.id
    done = bench.promote(bench.validate(batch))
    assert counts(done) == (3, 2, 1, 0)
    assert bench.current() == {1: "Siti", 3: "Siti"}
    assert [(row["key"]["no"], row["batch"]) for row in bench.open()] == [(2, done.id)]
    closed = bench.ledger.refused_rows(batch_id=first.id, state="closed")
    assert [(row.row_no, row.why) for row in closed] == [(n, validate.REPLAYED) for n in (1, 2, 3)]
    # The next full read is looked at again although nothing changed at the source, and finds nothing new.
    assert counts(bench.go({"no": 1, "bayar": "5000"}, {"no": 2, **BAD}, {"no": 3, "bayar": "6000"})) == (3, 0, 1, 2)


def test_replay_of_one_batch_leaves_the_others(bench: Bench) -> None:
    bench.go({"no": 1, **BAD}, mode="window")
    second = bench.go({"no": 2, **BAD}, mode="window")
    bench.without.add("nik:nik")
    opened = replay.replay(bench.system, "objek", second.id, actor="cli:uji", ledger=bench.ledger)
    assert opened is not None
    bench.promote(bench.validate(bench.ledger.batch(opened.batch_id)))
    assert bench.open_keys() == {1}
    assert bench.current() == {2: "Siti"}
    with pytest.raises(UnknownTarget):
        replay.replay(bench.system, "subjek", second.id, actor="cli:uji", ledger=bench.ledger)


def test_a_replay_goes_before_a_batch_that_landed_and_waits(bench: Bench) -> None:
    bench.go({"no": 1, "nama": "Lama", "bayar": "5000"}, mode="window")
    bench.without.add("bayar-wajar")
    newer = bench.land({"no": 1, "nama": "Baru"}, mode="window")
    opened = replay.replay(bench.system, "objek", actor="cli:uji", ledger=bench.ledger)
    assert opened is not None
    assert not validate.validate_batch(newer.id, ledger=bench.ledger)
    bench.promote(bench.validate(bench.ledger.batch(opened.batch_id)))
    bench.promote(bench.validate(newer))
    assert bench.current() == {1: "Baru"}, "the newer version wins"


def test_a_replay_that_was_killed_goes_on(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.go({"no": 1, **BAD}, mode="window")
    bench.without.add("nik:nik")
    for at in ("replay:batch-added", "replay:raw-written", "replay:extracted", "replay:landed"):
        with monkeypatch.context() as patch:
            patch.setattr(replay, "point", dying(at))
            with pytest.raises(Killed):
                replay.replay(bench.system, "objek", actor="cli:uji", ledger=bench.ledger)
    opened = replay.replay(bench.system, "objek", actor="cli:uji", ledger=bench.ledger)
    assert opened is not None
    assert [b.id for b in bench.ledger.batches(dataset=bench.child.id) if b.mode == "replay"] == [opened.batch_id]
    bench.promote(bench.validate(bench.ledger.batch(opened.batch_id)))
    assert bench.current() == {1: "Siti"}
    assert replay.replay(bench.system, "objek", actor="cli:uji", ledger=bench.ledger) is None


def test_a_replay_that_died_and_was_overtaken_is_given_up(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.go({"no": 1, **BAD}, mode="window")
    with monkeypatch.context() as patch:
        patch.setattr(replay, "point", dying("replay:batch-added"))
        with pytest.raises(Killed):
            replay.replay(bench.system, "objek", actor="cli:uji", ledger=bench.ledger)
    bench.go({"no": 1, "tgl": date(2023, 6, 1), **BAD}, mode="window")
    opened = replay.replay(bench.system, "objek", actor="cli:uji", ledger=bench.ledger)
    assert opened is not None
    died, replayed = [b for b in bench.ledger.batches(dataset=bench.child.id) if b.mode == "replay"][::-1]
    assert (died.state, replayed.id) == ("stopped", opened.batch_id)
