"""Promotion against the real engine and the real ledger: what a batch does to its curated table."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from lumbung.ledger import Ledger
from lumbung.stages import promotion
from lumbung.stages.promotion import keys_folder, promote, valid_folder
from lumbung.stages.restatement import restate
from lumbung.warehouse import iceberg
from lumbung.warehouse.ddl import curated_name
from tests.integration.ledger_support import Database, fresh_ledger
from tests.integration.warehouse_support import CLOCK, Bench


@pytest.fixture(scope="module")
def opened() -> Iterator[tuple[Ledger, Database]]:
    with fresh_ledger("conform") as made:
        yield made


@pytest.fixture
def bench(opened: tuple[Ledger, Database]) -> Iterator[Bench]:
    made = Bench(opened[0])
    yield made
    made.drop()


A, B, C = "3515010101900001", "3515010101900002", "BUKAN-NIK"


def row(key: str, name: str = "Budi", kind: int = 2, tax: int = 100) -> tuple[Any, ...]:
    return key, name, kind, Decimal(tax)


def test_rows_carry_type_label_lineage_and_comment(bench: Bench) -> None:
    done = bench.promote(bench.rows, [row(A, tax=12345678901234567890)])
    assert done.state == "conformed"
    assert done.snapshot_id == iceberg.current_snapshot(bench.spark, curated_name(bench.rows))
    wanted = ("id", "jenis", "jenis_label", "pajak", "_batch_id", "_source_row", "_loaded_at")
    assert bench.table(bench.rows, *wanted) == {
        (A, 2, "DUA", Decimal(12345678901234567890), done.id, 1, CLOCK.replace(tzinfo=None))
    }
    described = bench.spark.sql(f"DESCRIBE TABLE {curated_name(bench.rows)}").collect()
    assert [r["col_name"] for r in described if not r["comment"]] == []
    assert not valid_folder(bench.rows, done.id).exists()
    assert not keys_folder(bench.rows, done.id).exists()


def test_label_is_the_one_valid_on_the_batchs_business_date(bench: Bench) -> None:
    # 31 December 20:00 UTC is 1 January in WIB: the old code's last day is over.
    bench.promote(bench.rows, [row(A, kind=1)], clock=datetime(2025, 12, 31, 16, 59, tzinfo=UTC))
    assert bench.table(bench.rows, "jenis_label") == {("LAMA",)}
    bench.promote(bench.rows, [row(A, kind=1, tax=1)], clock=datetime(2025, 12, 31, 17, 0, tzinfo=UTC))
    assert bench.table(bench.rows, "jenis_label") == {(None,)}


def test_full_read_marks_what_is_gone_and_takes_it_back(bench: Bench) -> None:
    first = bench.promote(bench.rows, [row(A), row(B)])
    gone = bench.promote(bench.rows, [], [(A, "duplikat")])
    assert bench.table(bench.rows, "id", "_dihapus_batch", current=False) == {(A, None), (B, gone.id)}
    back = bench.promote(bench.rows, [row(B)], [(A, "duplikat")])
    assert bench.table(bench.rows, "id", "_batch_id") == {(A, first.id), (B, back.id)}


def test_window_deletes_nothing(bench: Bench) -> None:
    bench.promote(bench.rows, [row(A), row(B)], mode="window")
    bench.promote(bench.rows, [row(A, tax=2)], mode="window")
    assert bench.table(bench.rows, "id", "pajak") == {(A, Decimal(2)), (B, Decimal(100))}


def test_a_window_that_brought_nothing_is_not_compared(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.promote(bench.rows, [row(A)], mode="window")
    before = bench.snapshots(bench.rows)
    monkeypatch.setattr(promotion, "changes", lambda *_: pytest.fail("compared"))
    done = bench.promote(bench.rows, [], mode="window")
    assert (done.state, done.snapshot_id) == ("conformed", None)
    assert bench.snapshots(bench.rows) == before


def test_refused_update_holds_the_last_good_version(bench: Bench) -> None:
    first = bench.promote(bench.rows, [row(A), row(B)])
    held = bench.promote(bench.rows, [], [(A, "ditolak"), (B, "duplikat")])
    assert bench.table(bench.rows, "id", "_batch_id", "_tertahan_batch", "pajak") == {
        (A, first.id, held.id, Decimal(100)),
        (B, first.id, None, Decimal(100)),
    }


def test_a_row_that_is_refused_again_changes_nothing(bench: Bench) -> None:
    """A window overlaps the one before it: the same refused row comes with every run."""
    bench.promote(bench.rows, [row(A), row(B)])
    held = bench.promote(bench.rows, [], [(A, "ditolak"), (B, "duplikat")])
    before = bench.snapshots(bench.rows)
    again = bench.promote(bench.rows, [], [(A, "ditolak"), (B, "duplikat")], mode="window")
    assert again.snapshot_id is None
    assert bench.snapshots(bench.rows) == before
    assert bench.table(bench.rows, "id", "_tertahan_batch") == {(A, held.id), (B, None)}


def test_a_few_changes_leave_the_files_be_until_they_are_written_together(bench: Bench) -> None:
    bench.promote(bench.rows, [row(A), row(B)])
    name = curated_name(bench.rows)

    def files() -> set[str]:
        return {r["file_path"] for r in bench.spark.table(f"{name}.data_files").collect()}

    before = files()
    done = bench.promote(bench.rows, [row(A, tax=5), row(C)], mode="window")
    assert before < files()
    wanted = {(A, Decimal(5)), (B, Decimal(100)), (C, Decimal(100))}
    assert bench.table(bench.rows, "id", "pajak") == wanted
    assert bench.spark.table(f"{name}.delete_files").count() == 1
    assert iceberg.write_together(bench.spark, name, 100) == 3, "not for being three, but for the hidden row"
    assert iceberg.write_together(bench.spark, name, 100) == 0
    assert bench.spark.table(f"{name}.delete_files").count() == 0
    assert bench.table(bench.rows, "id", "pajak") == wanted
    assert iceberg.committed(bench.spark, name, done.id) == done.snapshot_id


def test_a_table_of_an_older_version_is_given_the_properties_of_this_one(bench: Bench) -> None:
    bench.promote(bench.rows, [row(A)])
    name = curated_name(bench.rows)
    bench.spark.sql(f"ALTER TABLE {name} SET TBLPROPERTIES ('write.merge.mode' = 'copy-on-write')")
    bench.promote(bench.rows, [row(A, tax=5)], mode="window")
    shown = bench.spark.sql(f"SHOW TBLPROPERTIES {name} ('write.merge.mode')").collect()
    assert [r["value"] for r in shown] == ["merge-on-read"]


@pytest.mark.parametrize(
    ("accepted", "others"),
    [
        pytest.param([row(A, tax=7)], [], id="accepted later"),
        pytest.param([], [(A, "duplikat")], id="changed back"),
    ],
)
def test_held_row_is_released(bench: Bench, accepted: list[tuple[Any, ...]], others: list[tuple[Any, ...]]) -> None:
    bench.promote(bench.rows, [row(A)])
    bench.promote(bench.rows, [], [(A, "ditolak")])
    bench.promote(bench.rows, accepted, others)
    assert bench.table(bench.rows, "_tertahan_batch", "_dihapus_batch") == {(None, None)}


def test_refused_new_key_leaves_no_trace_and_nothing_is_deleted(bench: Bench) -> None:
    bench.promote(bench.rows, [row(A)])
    before = bench.snapshots(bench.rows)
    done = bench.promote(bench.rows, [], [(A, "duplikat"), (B, "ditolak")])
    assert bench.table(bench.rows, "id", current=False) == {(A,)}
    assert done.snapshot_id is None
    assert bench.snapshots(bench.rows) == before


def test_an_empty_full_read_marks_everything(bench: Bench) -> None:
    bench.promote(bench.rows, [row(A)])
    empty = bench.batch(bench.rows, [])
    for folder in (valid_folder(bench.rows, empty.id), keys_folder(bench.rows, empty.id)):
        for file in folder.iterdir():
            file.unlink()
        folder.rmdir()  # validate leaves none when nothing was received
    promote(bench.ledger, bench.declarations, empty)
    assert bench.table(bench.rows, "id", "_dihapus_batch", current=False) == {(A, empty.id)}


def test_a_retry_finds_its_own_commit(bench: Bench) -> None:
    """Killed between the commit and the ledger: the batch is still `validated`, the table has it."""
    batch = bench.batch(bench.rows, [row(A)])
    promote(bench.ledger, bench.declarations, batch)
    snapshot = bench.ledger.batch(batch.id).snapshot_id
    before = bench.snapshots(bench.rows)
    assert iceberg.committed(bench.spark, curated_name(bench.rows), batch.id) == snapshot
    with bench.ledger.transaction() as connection:
        connection.exec_driver_sql(
            "UPDATE ledger.batch SET state = 'validated', conformed_at = NULL, snapshot_id = NULL WHERE id = %s",
            (batch.id,),
        )
    assert promote(bench.ledger, bench.declarations, bench.ledger.batch(batch.id)) == snapshot
    assert bench.snapshots(bench.rows) == before


class Killed(BaseException):
    """Stands for a process that died: no handler of the stages may catch it."""


def points(*modules: str) -> list[str]:
    """Names of the kill points in these modules' source."""
    stages = Path(promotion.__file__).parent
    return [
        name for m in modules for name in re.findall(r'point\("([^"]+)"\)', (stages / m).read_text(encoding="utf-8"))
    ]


@pytest.mark.parametrize(
    ("name", "first"),
    [
        pytest.param(name, first, id=f"{'first load' if first else 'update'}-{name}")
        for name in sorted(set(points("promotion.py")))
        for first in (True, False)
        if not (first and name == "conform:inserted")
    ],
)
def test_killed_at_any_step_the_next_attempt_completes_once(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, name: str, first: bool
) -> None:
    if not first:
        bench.promote(bench.rows, [row(A), row(B)])
    batch = bench.batch(bench.rows, [row(A, tax=5), row(C)])

    def kill(here: str) -> None:
        if here == name:
            raise Killed

    table = curated_name(bench.rows)
    with monkeypatch.context() as patched:
        patched.setattr("lumbung.stages.promotion.point", kill)
        with pytest.raises(Killed):
            promote(bench.ledger, bench.declarations, batch)
    seen = bench.table(bench.rows, "id", "pajak")
    old = set() if first else {(A, Decimal(100)), (B, Decimal(100))}
    new = {(A, Decimal(5)), (C, Decimal(100))}
    assert seen in (old, new)
    promote(bench.ledger, bench.declarations, bench.ledger.batch(batch.id))
    promotion.drop_leftovers(bench.ledger, [bench.rows])
    assert bench.table(bench.rows, "id", "pajak") == new
    known = iceberg.snapshots(bench.spark, table)
    stood = [known[snapshot].summary[iceberg.BATCH] for snapshot in iceberg.history(bench.spark, table)]
    assert stood.count(batch.id) == 1 and len(stood) == (1 if first else 2)
    assert bench.ledger.batch(batch.id).state == "conformed"
    assert not valid_folder(bench.rows, batch.id).exists()


@pytest.mark.parametrize("name", sorted(set(points("restatement.py"))))
def test_killed_while_restating_the_next_attempt_completes(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    bench.promote(bench.rows, [row(A)])
    bench.promote(bench.persons, [(A, "Budi")])

    def kill(here: str) -> None:
        if here == name:
            raise Killed

    with monkeypatch.context() as patched:
        patched.setattr("lumbung.stages.restatement.point", kill)
        with pytest.raises(Killed):
            restate(bench.ledger, bench.spark, bench.declarations, bench.rows)
    assert bench.table(bench.rows, "_status_nik") == {("tidak_dapat_diperiksa",)}
    restate(bench.ledger, bench.spark, bench.declarations, bench.rows)
    assert bench.table(bench.rows, "_status_nik") == {("cocok",)}


def died_on_the_way_out(*_: object) -> None:
    """In place of `drop_branch`: the attempt has moved main and dies before it drops its branch."""
    raise Killed


def branches(bench: Bench) -> set[str]:
    return {ref["name"] for ref in bench.spark.table(f"{curated_name(bench.rows)}.refs").collect()}


@pytest.mark.parametrize("first", [True, False], ids=["first load", "update"])
def test_an_attempt_that_died_before_it_dropped_its_branch_leaves_none(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, first: bool
) -> None:
    if not first:
        bench.promote(bench.rows, [row(A)])
    batch = bench.batch(bench.rows, [row(A, tax=5)])
    with monkeypatch.context() as patched:
        patched.setattr(iceberg, "drop_branch", died_on_the_way_out)
        with pytest.raises(Killed):
            promote(bench.ledger, bench.declarations, batch)
    assert len(branches(bench)) == 2
    promote(bench.ledger, bench.declarations, bench.ledger.batch(batch.id))
    assert branches(bench) == {"main"}


def test_a_restatement_that_died_before_it_dropped_its_branch_leaves_none(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.promote(bench.rows, [row(A)])
    bench.promote(bench.persons, [(A, "Budi")])
    with monkeypatch.context() as patched:
        patched.setattr(iceberg, "drop_branch", died_on_the_way_out)
        with pytest.raises(Killed):
            restate(bench.ledger, bench.spark, bench.declarations, bench.rows)
    assert len(branches(bench)) == 2
    restate(bench.ledger, bench.spark, bench.declarations, bench.rows)
    assert branches(bench) == {"main"}


def test_an_attempt_that_died_on_the_branch_does_not_count(bench: Bench) -> None:
    bench.promote(bench.rows, [row(A)])
    name = curated_name(bench.rows)
    dead = iceberg.open_branch(bench.spark, name, "conform")
    with iceberg.signed(bench.spark, {iceberg.BATCH: "mati"}):
        bench.spark.sql(f"DELETE FROM {dead.target} WHERE true")
    assert iceberg.committed(bench.spark, name, "mati") is None
    assert bench.table(bench.rows, "id") == {(A,)}
    bench.promote(bench.rows, [row(A), row(B)])
    assert bench.table(bench.rows, "id") == {(A,), (B,)}


def test_a_job_that_outlived_its_client_does_not_write_into_the_next_attempt(bench: Bench) -> None:
    """The engine goes on with the job of a killed client; whenever it commits, the next attempt's branch is its own."""
    bench.promote(bench.rows, [row(A)])
    name = curated_name(bench.rows)
    dead = iceberg.open_branch(bench.spark, name, "conform")
    late = bench.spark.table(name).where("true")
    living = iceberg.open_branch(bench.spark, name, "conform")
    assert living.name != dead.name
    with pytest.raises(Exception, match=r"branch|ref"):
        late.writeTo(dead.target).append()
    assert iceberg.on_branch(bench.spark, living).count() == 1
    refs = {row["name"] for row in bench.spark.table(f"{name}.refs").collect()}
    assert refs == {"main", living.name}, "what the dead attempt left is removed"


@pytest.mark.parametrize(
    ("persons", "outcome", "differs"),
    [
        pytest.param(None, "tidak_dapat_diperiksa", None, id="never loaded"),
        pytest.param([(A, "BUDI")], "cocok", None, id="same"),
        pytest.param([(A, "Wati")], "beda", "nama", id="other name"),
        pytest.param([(A, "Bagus")], "beda", "nama, panjang_nama", id="two attributes, in declared order"),
        pytest.param([(B, "Budi")], "tidak_ditemukan", None, id="other person"),
        pytest.param([], "tidak_ditemukan", None, id="loaded and empty"),
    ],
)
def test_look_up_of_persons_has_four_outcomes(
    bench: Bench, persons: list[tuple[str, str]] | None, outcome: str, differs: str | None
) -> None:
    if persons is not None:
        bench.promote(bench.persons, persons)
    bench.promote(bench.rows, [row(A), row(C)])
    assert bench.table(bench.rows, "id", "_status_nik", "_status_nik_beda") == {(A, outcome, differs), (C, None, None)}


def test_a_table_from_before_learns_what_differs_without_a_batch(bench: Bench) -> None:
    """Rows that nobody sends again, of persons who stay as they are."""
    (reference,) = bench.rows.master_refs
    compare = reference.compare
    bench.rows = bench.rows.model_copy(update={"master_refs": (reference.model_copy(update={"compare": ()}),)})
    bench.declarations.datasets[bench.rows.id] = bench.rows
    bench.promote(bench.persons, [(A, "Wati")])
    first = bench.promote(bench.rows, [row(A), row(C)])
    assert bench.table(bench.rows, "id", "_status_nik") == {(A, "cocok"), (C, None)}
    bench.rows = bench.rows.model_copy(update={"master_refs": (reference.model_copy(update={"compare": compare}),)})
    bench.declarations.datasets[bench.rows.id] = bench.rows
    assert restate(bench.ledger, bench.spark, bench.declarations, bench.rows) is not None
    found = bench.table(bench.rows, "id", "_status_nik", "_status_nik_beda", "_batch_id")
    assert found == {(A, "beda", "nama", first.id), (C, None, None, first.id)}
    assert restate(bench.ledger, bench.spark, bench.declarations, bench.rows) is None


def test_statuses_follow_the_persons_without_touching_the_rows(bench: Bench) -> None:
    first = bench.promote(bench.rows, [row(A), row(C)])
    bench.promote(bench.persons, [(A, "Budi")])
    assert restate(bench.ledger, bench.spark, bench.declarations, bench.rows) is not None
    assert bench.table(bench.rows, "id", "_status_nik", "_batch_id") == {(A, "cocok", first.id), (C, None, first.id)}
    assert restate(bench.ledger, bench.spark, bench.declarations, bench.rows) is None
    bench.promote(bench.persons, [])  # the person left Dukcapil's table
    restate(bench.ledger, bench.spark, bench.declarations, bench.rows)
    assert bench.table(bench.rows, "id", "_status_nik") == {(A, "tidak_ditemukan"), (C, None)}


def test_labels_follow_their_list_without_touching_the_rows(bench: Bench) -> None:
    first = bench.promote(bench.rows, [row(A), row(B, kind=1)])
    codes = bench.declarations.lists["jenis"]
    renamed = [code.model_copy(update={"label": f"{code.label} BARU"}) for code in codes.rows]
    bench.declarations.lists["jenis"] = codes.model_copy(update={"rows": tuple(renamed)})
    assert restate(bench.ledger, bench.spark, bench.declarations, bench.rows) is not None
    assert bench.table(bench.rows, "id", "jenis_label", "_batch_id") == {
        (A, "DUA BARU", first.id),
        (B, None, first.id),  # its code ran out in 2025
    }
    assert restate(bench.ledger, bench.spark, bench.declarations, bench.rows) is None


def test_unchanged_content_starts_no_work(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    first = bench.promote(bench.rows, [row(A)])
    again = bench.batch(bench.rows, [], [(A, "duplikat")])
    with bench.ledger.transaction() as connection:
        connection.exec_driver_sql("UPDATE ledger.batch SET same_as = %s WHERE id = %s", (first.id, again.id))
    monkeypatch.setattr("lumbung.stages.promotion.session", lambda app: pytest.fail("a session was opened"))
    assert promote(bench.ledger, bench.declarations, bench.ledger.batch(again.id)) == first.snapshot_id
