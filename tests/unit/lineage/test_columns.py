"""Where a mart's columns come from: every mart's SQL is followed, and what is found are columns that exist."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from lumbung.declarations import Declarations, load
from lumbung.lineage.columns import column_sources, schema_of


@pytest.fixture(scope="module")
def declared() -> Declarations:
    return load()


def test_the_columns_of_every_mart_are_followed(declared: Declarations) -> None:
    schema = schema_of(declared)
    for mart in declared.marts.values():
        found = column_sources(mart, schema)
        assert list(found) == [column.name for column in mart.columns], mart.name
        for table, column in {source for sources in found.values() for source in sources}:
            database, _, name = table.partition(".")
            assert column in cast(Any, schema)[database][name], f"{mart.name}: {table}.{column}"
            assert name in {entry.removeprefix(f"{database}.") for entry in mart.inputs}, f"{mart.name}: {table}"


@pytest.mark.parametrize(
    ("mart", "column", "sources"),
    [
        ("penduduk_semester", "semester", {("curated.siak__biodata_wni_dkb", "periode")}),
        ("penduduk_semester", "nama_desa", {("ref.wilayah", "nama")}),
        ("penduduk_semester", "jumlah_penduduk", set()),
    ],
    ids=["derived", "from a list", "a count comes from no column"],
)
def test_a_column_comes_from(declared: Declarations, mart: str, column: str, sources: set[tuple[str, str]]) -> None:
    assert column_sources(declared.marts[mart], schema_of(declared))[column] == sources


@pytest.mark.parametrize("sql", ["SELECT FROM WHERE", "SELECT tidak_ada FROM curated.siak__capil_mati AS m"])
def test_what_the_parser_cannot_follow_is_left_out(declared: Declarations, tmp_path: Path, sql: str) -> None:
    path = tmp_path / "mart.sql"
    path.write_text(sql)
    mart = cast(Any, SimpleNamespace(name="x", sql_path=path, columns=(SimpleNamespace(name="tidak_ada"),)))
    assert column_sources(mart, schema_of(declared)) == {}
