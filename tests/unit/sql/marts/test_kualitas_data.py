"""`kualitas_data`: which months are provisional, and what the public is told about rows that are read again."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest
import sqlglot

from lumbung.declarations import Declarations, load
from lumbung.settings import ROOT

FOLDER = ROOT / "sql/marts/kualitas_data"
Rows = list[tuple[Any, ...]]
VIEW = "bulan, sistem, dataset, judul, jumlah_batch, diterima, baik, ditolak, duplikat"


@pytest.fixture(scope="module")
def declared() -> Declarations:
    return load()


def row(month: str, system: str, dataset: str) -> tuple[Any, ...]:
    return (month, system, f"{system}.{dataset}", dataset.title(), 1, 10, 7, 2, 1)


def statement(path: Path) -> str:
    """A file of the folder in the dialect of SQLite, which has one database and therefore no `mart.`."""
    (sql,) = sqlglot.transpile(path.read_text(encoding="utf-8"), read="spark", write="sqlite")
    return sql.replace("mart.kualitas_data", "kualitas_data")


def asked(path: Path, table: str, columns: str, rows: Rows) -> list[dict[str, Any]]:
    """The answer of a file of the folder over one table."""
    connection = sqlite3.connect(":memory:")
    try:
        connection.execute(f"CREATE TABLE {table} ({columns})")
        connection.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' for _ in columns.split(','))})", rows)
        cursor = connection.execute(statement(path))
        return [dict(zip((part[0] for part in cursor.description), found, strict=True)) for found in cursor]
    finally:
        connection.close()


def test_the_newest_month_of_every_system_is_provisional() -> None:
    rows = [
        row("2026-01", "siak", "biodata_wni"),
        row("2026-01", "siak", "capil_mati"),
        row("2026-02", "siak", "biodata_wni"),
        row("2026-01", "sismiop", "sppt"),
    ]
    found = asked(FOLDER / "mart.sql", "catatan_batch", VIEW, rows)
    assert {(r["bulan"], r["dataset"]): r["status_nilai"] for r in found} == {
        ("2026-01", "siak.biodata_wni"): "final",
        ("2026-01", "siak.capil_mati"): "final",
        ("2026-02", "siak.biodata_wni"): "sementara",
        ("2026-01", "sismiop.sppt"): "sementara",
    }


@pytest.mark.parametrize(
    ("states", "broken"),
    [
        pytest.param(("final", "sementara"), [], id="right"),
        pytest.param(("final", "final"), ["2026-02"], id="newest-month-final"),
        pytest.param(("sementara", "sementara"), ["2026-01"], id="past-month-provisional"),
    ],
)
def test_the_mart_is_refused_when_another_month_is_provisional(states: tuple[str, str], broken: list[str]) -> None:
    rows: Rows = [("2026-01", "siak", "siak.x", states[0]), ("2026-02", "siak", "siak.x", states[1])]
    path = FOLDER / "tests/satu-bulan-sementara.sql"
    found = asked(path, "kualitas_data", "bulan, sistem, dataset, status_nilai", rows)
    assert [r["bulan"] for r in found] == broken


def test_the_public_table_takes_the_status_of_the_mart() -> None:
    columns = f"{VIEW}, status_nilai"
    rows = [(*row("2026-02", "siak", "x"), "sementara"), (*row("2026-01", "siak", "x"), "final")]
    found = asked(FOLDER / "publikasi_kualitas_data.sql", "kualitas_data", columns, rows)
    assert [(r["periode"], r["status_nilai"]) for r in found] == [("2026-02", "sementara"), ("2026-01", "final")]


def test_the_public_is_told_that_rows_are_read_again(declared: Declarations) -> None:
    (publication,) = declared.marts["kualitas_data"].publications
    titles = {column.name: column.title for column in publication.columns}
    assert titles["jumlah_duplikat"] == "Dibaca ulang tanpa perubahan"
    said = f"{publication.notes} {publication.definition}"
    for words in ("dibaca ulang tanpa perubahan", "ditolak yang dibaca lagi dihitung lagi", "bukan kesalahan OPD"):
        assert words in said
    assert "duplikat" not in said


def test_the_public_columns_keep_their_names(declared: Declarations) -> None:
    (publication,) = declared.marts["kualitas_data"].publications
    assert [column.name for column in publication.columns] == [
        *("tahun", "periode", "sistem", "dataset", "judul", "jumlah_diterima", "jumlah_baik", "jumlah_ditolak"),
        *("jumlah_duplikat", "satuan", "status_nilai"),
    ]
