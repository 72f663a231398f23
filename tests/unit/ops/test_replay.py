"""The raw batch that a replay makes of refused rows."""

from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lumbung.ops.replay import content_digest, raw_table
from lumbung.storage import StorageError


def column(name: str, physical: str) -> SimpleNamespace:
    return SimpleNamespace(name=name, physical=physical)


DATASET = cast(
    Any,
    SimpleNamespace(
        system="siak",
        name="biodata",
        id="siak.biodata",
        columns=(column("nik", "character(20)"), column("ubah", "timestamp(0) without time zone")),
    ),
)


def quarantine(warehouse: Path, batch: str, **columns: list[Any]) -> None:
    folder = warehouse / "quarantine" / "siak" / "biodata" / f"batch={batch}"
    folder.mkdir(parents=True)
    rows = len(columns["_row"])
    given = {**columns, "_rules": [["x"]] * rows, "_reasons": [["y"]] * rows, "_key_hash": ["h"] * rows}
    pq.write_table(pa.table(given), folder / "part-0.parquet")


def refused(*rows: tuple[str, int]) -> Any:
    return [SimpleNamespace(batch_id=batch, row_no=row) for batch, row in rows]


def test_rows_are_numbered_anew_and_remember_where_they_came_from(tmp_path: Path) -> None:
    moment = datetime(2025, 1, 1, 6)
    quarantine(tmp_path, "b1", _row=[4, 8, 9], nik=["a  ", "b  ", "c  "], ubah=[moment] * 3)
    quarantine(tmp_path, "b2", _row=[1], nik=["d  "], ubah=[moment])
    table = raw_table(tmp_path, DATASET, refused(("b1", 8), ("b1", 4), ("b2", 1)))
    assert table.column_names == ["_row", "nik", "ubah", "_asal_batch", "_asal_row"]
    assert table.to_pylist() == [
        {"_row": 1, "nik": "a  ", "ubah": moment, "_asal_batch": "b1", "_asal_row": 4},
        {"_row": 2, "nik": "b  ", "ubah": moment, "_asal_batch": "b1", "_asal_row": 8},
        {"_row": 3, "nik": "d  ", "ubah": moment, "_asal_batch": "b2", "_asal_row": 1},
    ]
    assert table.schema.field("ubah").type == pa.timestamp("us")


def test_what_spark_noted_about_the_quarantine_file_does_not_come_along(tmp_path: Path) -> None:
    quarantine(tmp_path, "b1", _row=[1], nik=["a"])
    file = tmp_path / "quarantine" / "siak" / "biodata" / "batch=b1" / "part-0.parquet"
    noted = pq.read_table(file).replace_schema_metadata({"org.apache.spark.sql.parquet.row.metadata": "{}"})
    pq.write_table(noted, file)
    assert not raw_table(tmp_path, DATASET, refused(("b1", 1))).schema.metadata


def test_a_replayed_row_that_is_refused_again_names_its_last_batch_only(tmp_path: Path) -> None:
    quarantine(tmp_path, "b2", _row=[2], nik=["a"], _asal_batch=["b1"], _asal_row=[7])
    table = raw_table(tmp_path, DATASET, refused(("b2", 2)))
    assert table.to_pylist() == [{"_row": 1, "nik": "a", "_asal_batch": "b2", "_asal_row": 2}]


def test_a_column_that_only_a_later_batch_has_is_null_before(tmp_path: Path) -> None:
    quarantine(tmp_path, "b1", _row=[1], nik=["a"])
    quarantine(tmp_path, "b2", _row=[1], nik=["b"], baru=[5])
    table = raw_table(tmp_path, DATASET, refused(("b1", 1), ("b2", 1)))
    assert table.column("baru").to_pylist() == [None, 5]


def test_a_row_that_quarantine_does_not_hold_stops_the_replay(tmp_path: Path) -> None:
    quarantine(tmp_path, "b1", _row=[1], nik=["a"])
    with pytest.raises(StorageError, match=r"batch b1.*\[2\]"):
        raw_table(tmp_path, DATASET, refused(("b1", 1), ("b1", 2)))


def test_the_digest_follows_the_content_and_not_the_order() -> None:
    rows = pa.table({"_row": [1, 2], "nik": ["a", "b"]})
    turned = pa.table({"_row": [1, 2], "nik": ["b", "a"]})
    assert content_digest(rows) == content_digest(turned)
    assert content_digest(rows) != content_digest(pa.table({"_row": [1, 2], "nik": ["a", "c"]}))
    assert content_digest(rows) != content_digest(pa.table({"_row": [1, 2], "nik": ["a", None]}))
