"""Marts on the real engine: what is written, what is refused, what readers see meanwhile."""

from __future__ import annotations

import json
import re
import threading
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from lumbung.declarations.models import CodeList, CodeRow, ListColumn, Mart, MartColumn, MartTest, Sismiop, Tenant
from lumbung.ledger import Ledger, LockLost
from lumbung.stages import mart as stage
from lumbung.stages.mart import MartsFailedError, refresh
from lumbung.warehouse import iceberg, reference
from tests.integration.ledger_support import Database, fresh_ledger, lose_locks
from tests.integration.warehouse_support import CLOCK, Bench

ROWS = [("1", "Ani", 1, Decimal("10.00")), ("2", "Budi", 2, Decimal("20.00")), ("3", "Cici", 2, Decimal("30.00"))]


@pytest.fixture(scope="module")
def opened() -> Iterator[tuple[Ledger, Database]]:
    with fresh_ledger("mart") as made:
        yield made


@dataclass
class MartBench:
    """A mart that sums tax by kind over the bench's table; its files can be rewritten."""

    bench: Bench
    folder: Path
    mart: Mart

    @property
    def name(self) -> str:
        return f"mart.{self.mart.name}"

    def write(self, file: str, sql: str) -> None:
        (self.folder / file).write_text(sql, encoding="utf-8")

    def change(self, **more: Any) -> None:
        self.mart = self.mart.model_copy(update=more)
        self.bench.declarations.marts[self.mart.name] = self.mart

    def refresh(self) -> list[str]:
        return refresh(uuid.uuid4().hex, "uji")

    def content(self) -> list[tuple[Any, ...]]:
        return sorted(tuple(row) for row in self.bench.spark.table(self.name).collect())

    def snapshot(self) -> int | None:
        return iceberg.current_snapshot(self.bench.spark, self.name)


def column(name: str, physical: str, logical: str, required: bool = True) -> MartColumn:
    return MartColumn(
        name=name,
        logical=logical,
        physical=physical,
        title=name.title(),
        description=f"kolom {name}",
        unit=None,
        classification="umum",
        required=required,
    )


@pytest.fixture
def mart(opened: tuple[Ledger, Database], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MartBench]:
    bench = Bench(opened[0])
    source = bench.rows.table_name
    made = Mart(
        name=f"rekap_{bench.system}",
        version="1.0.0",
        title="Rekap uji",
        description="Jumlah pajak per jenis.",
        question="Berapa?",
        read_for="Uji.",
        owner="bppd",
        theme="pajak-dan-keuangan",
        columns=(
            column("jenis", "string", "string"),
            column("jumlah", "bigint", "integer"),
            column("pajak", "decimal(20,2)", "number"),
            column("data_per", "timestamp", "timestamp"),
        ),
        grain=("jenis",),
        inputs=(source,),
        primary_input=source,
        counted_measure="jumlah",
        sql_path=tmp_path / "mart.sql",
        identity_sql_path=tmp_path / "identity.sql",
        tests=(),
        publications=(),
    )
    monkeypatch.setattr(bench.declarations, "__dict__", {**bench.declarations.__dict__, "marts": {made.name: made}})
    sismiop = Sismiop.model_construct(jml_dibayar_termasuk_denda=True, status_batal=("9",), jns_transaksi_hapus=("3",))
    bench.declarations.__dict__["tenant"] = Tenant.model_construct(k=5, sismiop=sismiop)
    monkeypatch.setattr("lumbung.stages.mart.load", lambda: bench.declarations)
    monkeypatch.setattr("lumbung.stages.mart.Ledger.connect", lambda: bench.ledger)
    monkeypatch.setattr("lumbung.stages.mart.load_references", lambda spark, lists, known: {})
    held = MartBench(bench, tmp_path, made)
    held.write(
        "mart.sql",
        f"-- reads curated.{source}\n"
        "SELECT CAST(a.jenis AS STRING) AS jenis, count(*) AS jumlah, sum(a.pajak) AS pajak, :data_per AS data_per\n"
        f"FROM curated.{source} AS a\n"
        "WHERE a._dihapus_batch IS NULL AND NOT array_contains(:status_batal, CAST(a.jenis AS STRING))\nGROUP BY ALL",
    )
    held.write(
        "identity.sql",
        f"SELECT '{source}' AS sumber, CASE WHEN a.jenis = 9 THEN 'batal' ELSE 'dihitung' END AS alasan,\n"
        f"count(*) AS jumlah FROM curated.{source} AS a WHERE a._dihapus_batch IS NULL GROUP BY ALL",
    )
    yield held
    bench.spark.sql(f"DROP TABLE IF EXISTS {held.name}")
    bench.drop()


def test_a_mart_is_written_tested_and_recorded(mart: MartBench) -> None:
    mart.bench.promote(mart.bench.rows, [*ROWS, ("4", "Didi", 9, Decimal("40.00"))])
    assert mart.refresh() == [mart.mart.name]
    moment = CLOCK.replace(tzinfo=None)
    assert mart.content() == [("1", 1, Decimal("10.00"), moment), ("2", 2, Decimal("50.00"), moment)]
    record = mart.bench.ledger.latest_mart(mart.mart.name)
    assert record is not None
    assert (record.rows, record.counted, record.excluded, record.as_of) == (2, 3, {"batal": 1}, CLOCK)
    assert record.snapshot_id == mart.snapshot()
    source = f"curated.{mart.bench.rows.table_name}"
    assert record.inputs == {mart.bench.rows.id: iceberg.current_snapshot(mart.bench.spark, source)}
    read = iceberg.at(mart.bench.spark, source, record.inputs[mart.bench.rows.id])
    assert [mart.bench.ledger.batch(row[0]).accepted for row in read.select("_batch_id").distinct().collect()] == [4]
    described = mart.bench.spark.sql(f"DESCRIBE TABLE {mart.name}").collect()
    assert [row["comment"] for row in described] == [f"{c.title}. {c.description}" for c in mart.mart.columns]


def test_nothing_is_written_twice(mart: MartBench) -> None:
    mart.bench.promote(mart.bench.rows, ROWS)
    mart.refresh()
    before = mart.snapshot()
    mart.bench.promote(mart.bench.rows, [], [(key, "duplikat") for key, *_ in ROWS])
    assert mart.refresh() == []
    assert mart.snapshot() == before


@pytest.mark.parametrize("what", ["rows", "as-of", "sql", "setting"])
def test_a_change_of_what_it_depends_on_writes_it_anew(mart: MartBench, what: str) -> None:
    mart.bench.promote(mart.bench.rows, ROWS)
    mart.refresh()
    before = mart.snapshot()
    if what == "rows":
        mart.bench.promote(mart.bench.rows, [("9", "Edi", 1, Decimal("1.00"))], mode="window")
    elif what == "as-of":
        later = CLOCK + timedelta(days=1)
        mart.bench.promote(mart.bench.rows, [], [(key, "duplikat") for key, *_ in ROWS], clock=later)
    elif what == "sql":
        mart.write("mart.sql", mart.mart.sql_path.read_text(encoding="utf-8") + "\n-- a word")
    else:
        codes = {"status_batal": ("9",), "jns_transaksi_hapus": ("3",)}
        sismiop = Sismiop.model_construct(jml_dibayar_termasuk_denda=False, **codes)
        mart.bench.declarations.__dict__["tenant"] = Tenant.model_construct(k=5, sismiop=sismiop)
    assert mart.refresh() == [mart.mart.name]
    assert mart.snapshot() != before


def rewrite(mart: MartBench, file: str, old: str, new: str) -> None:
    sql = (mart.folder / file).read_text(encoding="utf-8")
    assert old in sql
    mart.write(file, sql.replace(old, new))


def broken_test(mart: MartBench) -> str:
    mart.change(
        tests=(MartTest(id="kecil", sql=f"SELECT * FROM {mart.name} AS m WHERE m.jumlah > 1", reason="Banyak."),)
    )
    return "kecil"


def lost_rows(mart: MartBench) -> str:
    rewrite(mart, "identity.sql", "IS NULL", "IS NULL AND a.id != '1'")
    return "of 4 current rows"


def other_count(mart: MartBench) -> str:
    rewrite(mart, "mart.sql", "IS NULL AND", "IS NULL AND a.id != '1' AND")
    return "adds up to 3, but identity.sql counts 4"


def other_columns(mart: MartBench) -> str:
    rewrite(mart, "mart.sql", "count(*) AS jumlah", "count(*) AS jumlah, 1 AS lain")
    return "gives columns"


def doubled_grain(mart: MartBench) -> str:
    sql = mart.mart.sql_path.read_text(encoding="utf-8")
    mart.write("mart.sql", sql + "\nUNION ALL SELECT 'x', 0, 0, :data_per UNION ALL SELECT 'x', 0, 0, :data_per")
    return "test grain"


def empty_required(mart: MartBench) -> str:
    rewrite(mart, "mart.sql", "sum(a.pajak)", "CAST(NULL AS DECIMAL(20,2))")
    return "test required"


def silent_identity(mart: MartBench) -> str:
    mart.write("identity.sql", "SELECT 'lain' AS sumber, 'dihitung' AS alasan, 1L AS jumlah WHERE false")
    return "says nothing of"


@pytest.mark.parametrize(
    "breaking", [broken_test, lost_rows, other_count, other_columns, doubled_grain, empty_required, silent_identity]
)
def test_a_mart_that_is_wrong_leaves_the_former_one(mart: MartBench, breaking: Any) -> None:
    mart.bench.promote(mart.bench.rows, ROWS)
    mart.refresh()
    before, content = mart.snapshot(), mart.content()
    mart.bench.promote(mart.bench.rows, [("4", "Didi", 2, Decimal("1.00"))], mode="window")
    said = breaking(mart)
    with pytest.raises(MartsFailedError, match=said):
        mart.refresh()
    assert (mart.snapshot(), mart.content()) == (before, content)
    refs = {row["name"] for row in mart.bench.spark.table(f"{mart.name}.refs").collect()}
    assert refs == {"main"}


def test_a_mart_waits_for_an_input_that_was_never_loaded(mart: MartBench) -> None:
    assert mart.refresh() == []
    assert mart.snapshot() is None


def test_killed_between_switch_and_ledger_it_is_recorded_not_rewritten(
    mart: MartBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    mart.bench.promote(mart.bench.rows, ROWS)
    with monkeypatch.context() as patched:
        patched.setattr(mart.bench.ledger, "record_mart", lambda *args: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            mart.refresh()
    before = mart.snapshot()
    assert before is not None
    assert mart.bench.ledger.latest_mart(mart.mart.name) is None
    mart.refresh()
    assert mart.snapshot() == before
    record = mart.bench.ledger.latest_mart(mart.mart.name)
    assert record is not None
    assert record.snapshot_id == before


def test_a_pass_that_died_before_it_dropped_its_branch_leaves_none(
    mart: MartBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def died_on_the_way_out(*_: object) -> None:
        raise Killed

    def branches() -> set[str]:
        return {ref["name"] for ref in mart.bench.spark.table(f"{mart.name}.refs").collect()}

    mart.bench.promote(mart.bench.rows, ROWS)
    with monkeypatch.context() as patched:
        patched.setattr(iceberg, "drop_branch", died_on_the_way_out)
        with pytest.raises(Killed):
            mart.refresh()
    assert len(branches()) == 2
    mart.refresh()
    assert branches() == {"main"}


class Killed(BaseException):
    """Stands for a process that died: no handler of the stages may catch it."""


def points() -> list[str]:
    """Names of the kill points in the stage's source."""
    return sorted(set(re.findall(r'point\("([^"]+)"\)', Path(stage.__file__).read_text(encoding="utf-8"))))


@pytest.mark.parametrize("name", points())
def test_killed_at_any_step_the_next_pass_completes(
    mart: MartBench, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    mart.bench.promote(mart.bench.rows, ROWS)
    mart.refresh()
    old = mart.content()
    mart.bench.promote(mart.bench.rows, [("4", "Didi", 1, Decimal("1.00"))], mode="window")

    def kill(here: str) -> None:
        if here == name:
            raise Killed

    with monkeypatch.context() as patched:
        patched.setattr("lumbung.stages.mart.point", kill)
        with pytest.raises(Killed):
            mart.refresh()
    seen = mart.content()
    mart.refresh()
    new = mart.content()
    assert new != old
    assert seen in (old, new)
    record = mart.bench.ledger.latest_mart(mart.mart.name)
    assert record is not None
    assert record.snapshot_id == mart.snapshot()
    known = iceberg.snapshots(mart.bench.spark, mart.name)
    stood = iceberg.history(mart.bench.spark, mart.name)
    assert len([snapshot for snapshot in stood if known[snapshot].summary.get(iceberg.RUN)]) == len(stood) == 2


def test_a_pass_that_lost_its_lock_shows_nothing_and_stops(mart: MartBench, monkeypatch: pytest.MonkeyPatch) -> None:
    mart.bench.promote(mart.bench.rows, ROWS)
    mart.refresh()
    before = mart.snapshot()
    mart.bench.promote(mart.bench.rows, [("4", "Didi", 1, Decimal("1.00"))], mode="window")

    def lose(here: str) -> None:
        if here == "mart:written":
            lose_locks(mart.bench.ledger)

    with monkeypatch.context() as patched:
        patched.setattr("lumbung.stages.mart.point", lose)
        with pytest.raises(LockLost, match="'marts' was lost"):
            mart.refresh()
    assert mart.snapshot() == before
    assert mart.refresh() == [mart.mart.name]


def test_readers_see_whole_tables_only(mart: MartBench) -> None:
    """Four refreshes beside readers on HiveServer2: every answer is one of the written states, none empty or mixed."""
    from lumbung.settings import settings
    from lumbung.warehouse.hive import connect

    mart.bench.promote(mart.bench.rows, ROWS)
    mart.refresh()
    hive, stop = settings().hive, threading.Event()
    seen: list[tuple[int, Decimal]] = []
    failures: list[Exception] = []

    def read(session: Any) -> None:
        try:
            cursor = session.cursor()
            while not stop.is_set():
                cursor.execute(f"SELECT sum(jumlah), sum(pajak) FROM {mart.name}")
                seen.append(cursor.fetchone())
            session.close()
        except Exception as error:
            failures.append(error)

    # One after the other: two logins in the same moment may meet in HiveServer2's creation of their folders.
    sessions = [connect(hive.host, hive.port, hive.user, settings().secret(hive.password_secret)) for _ in range(2)]
    readers = [threading.Thread(target=read, args=(session,)) for session in sessions]
    for reader in readers:
        reader.start()
    states = {(3, Decimal("60.00"))}
    try:
        for n in range(4):
            mart.bench.promote(mart.bench.rows, [(f"n{n}", "Baru", 1, Decimal("1.00"))], mode="window")
            mart.refresh()
            states.add((4 + n, Decimal("61.00") + n))
    finally:
        stop.set()
        for reader in readers:
            reader.join(timeout=60)
    assert failures == []
    assert len(seen) >= 10
    assert set(seen) <= states


def test_a_list_changes_by_version(opened: tuple[Ledger, Database], monkeypatch: pytest.MonkeyPatch) -> None:
    from lumbung.warehouse.session import session

    spark, tag = session("uji"), uuid.uuid4().hex[:8]
    monkeypatch.setattr(reference, "VERSIONS", f"ref.versi_{tag}")
    first = code_list(f"uji_{tag}", "LAMA")
    name = reference.reference_name(first.name)
    try:
        versions = reference.load_references(spark, {first.name: first}, {})
        old = iceberg.current_snapshot(spark, name)
        assert old is not None
        assert reference.load_references(spark, {first.name: first}, {}) == versions
        assert iceberg.current_snapshot(spark, name) == old
        second = code_list(first.name, "BARU")
        assert reference.load_references(spark, {first.name: second}, {}) == versions, (
            "nobody agreed to another meaning"
        )
        known = {first.name: reference.version(second)}
        assert reference.load_references(spark, {first.name: second}, known) == known
        assert [tuple(row) for row in spark.table(name).collect()] == [
            ("1", "BARU", date(1900, 1, 1), date(2022, 12, 31))
        ]
        assert [row["label"] for row in iceberg.at(spark, name, old).collect()] == ["LAMA"]
        described = spark.sql(f"DESCRIBE TABLE {name}").collect()
        assert [row["comment"] for row in described if not row["comment"]] == []
        assert json.dumps(versions)
    finally:
        for table in (name, f"ref.versi_{tag}"):
            spark.sql(f"DROP TABLE IF EXISTS {table}")


def code_list(name: str, label: str) -> CodeList:
    return CodeList(
        name=name,
        title="Uji",
        description="daftar uji",
        source="uji",
        license="uji",
        caution=None,
        columns=(
            ListColumn(name="kode", title="Kode", description="Kode"),
            ListColumn(name="label", title="Label", description="Label"),
            ListColumn(name="berlaku_dari", title="Dari", description="Dari"),
            ListColumn(name="berlaku_sampai", title="Sampai", description="Sampai"),
        ),
        key=("kode",),
        code_column="kode",
        label_column="label",
        has_validity=True,
        rows=(
            CodeRow(
                code="1",
                label=label,
                valid_from=date(1900, 1, 1),
                valid_to=date(2022, 12, 31),
                values={"kode": "1", "label": label, "berlaku_dari": None, "berlaku_sampai": "2022-12-31"},
            ),
        ),
    )


def of_records(mart: MartBench) -> None:
    """Make it a mart of the records of batches."""
    columns = (column("bulan", "string", "string"), column("dataset", "string", "string"))
    mart.change(
        columns=(*columns, column("diterima", "bigint", "integer")),
        grain=("bulan", "dataset"),
        inputs=(),
        primary_input=None,
        counted_measure=None,
        identity_sql_path=None,
        records=("batch",),
    )
    mart.write("mart.sql", "SELECT c.bulan, c.dataset, c.diterima FROM catatan_batch AS c")


def test_a_mart_of_records_is_written_when_they_say_something_new(mart: MartBench) -> None:
    of_records(mart)
    mart.bench.promote(mart.bench.rows, ROWS)
    assert mart.refresh() == [mart.mart.name]
    assert mart.content() == [("2026-01", mart.bench.rows.id, 3)]
    mart.bench.promote(mart.bench.rows, [], [(key, "duplikat") for key, *_ in ROWS])
    assert mart.refresh() == []
    mart.bench.promote(mart.bench.rows, [("9", "Edi", 1, Decimal("1.00"))], mode="window")
    assert mart.refresh() == [mart.mart.name]
    assert mart.content() == [("2026-01", mart.bench.rows.id, 4)]


def test_a_batch_that_comes_between_is_in_the_next_pass(mart: MartBench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows and digest are of one read of the ledger: else the older rows would pass for the newer ones ever after."""
    of_records(mart)
    mart.bench.promote(mart.bench.rows, ROWS)
    ledger = mart.bench.ledger
    read = ledger.monthly_batches

    def then_another(system: str, timezone: str) -> Any:
        rows = read(system, timezone)
        monkeypatch.setattr(ledger, "monthly_batches", read)
        mart.bench.promote(mart.bench.rows, [("9", "Edi", 1, Decimal("1.00"))], mode="window")
        return rows

    monkeypatch.setattr(ledger, "monthly_batches", then_another)
    assert mart.refresh() == [mart.mart.name]
    assert mart.content() == [("2026-01", mart.bench.rows.id, 3)]
    assert mart.refresh() == [mart.mart.name]
    assert mart.content() == [("2026-01", mart.bench.rows.id, 4)]


PERSON = "3515081203909001"


def test_references_to_persons_are_counted_in_every_table_that_is_there(mart: MartBench) -> None:
    """A system that was never loaded keeps nothing waiting; deleted rows and rows without a reference do not count."""
    bench = mart.bench
    mart.change(
        columns=(
            *(column(name, "string", "string") for name in ("dataset", "hasil", "beda")),
            column("jumlah", "bigint", "integer"),
        ),
        grain=("dataset", "hasil", "beda"),
        inputs=(),
        primary_input=None,
        counted_measure=None,
        identity_sql_path=None,
        records=("pencocokan",),
    )
    mart.write(
        "mart.sql", "SELECT c.dataset, c.hasil, coalesce(c.beda, '-') AS beda, c.jumlah FROM catatan_pencocokan AS c"
    )
    bench.declarations.datasets["uji.lain"] = bench.rows.model_copy(update={"name": "tak_pernah_dimuat"})
    others = PERSON[:-1] + "2", PERSON[:-1] + "3"
    bench.promote(bench.persons, [(PERSON, "Ani"), (others[1], "Dewi")])
    found = [(PERSON, "Ani", 1, Decimal(1)), (others[0], "Budi", 1, Decimal(1)), ("12", "Cici", 1, Decimal(1))]
    found.append((others[1], "Lina", 1, Decimal(1)))
    bench.promote(bench.rows, found)
    assert mart.refresh() == [mart.mart.name]
    assert mart.content() == [
        (bench.rows.id, "beda", "nama", 1),
        (bench.rows.id, "cocok", "-", 1),
        (bench.rows.id, "tidak_ditemukan", "-", 1),
    ]
    bench.promote(bench.rows, [], [(key, "duplikat") for key, *_ in found[:1]])
    assert mart.refresh() == [mart.mart.name]
    assert mart.content() == [(bench.rows.id, "cocok", "-", 1)]
