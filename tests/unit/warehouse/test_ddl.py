"""Column types, names and comments from contracts."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from lumbung.declarations.models import Column, Comparison, Dataset, MasterRef
from lumbung.warehouse.ddl import (
    LINEAGE,
    TypeUnknownError,
    curated_columns,
    curated_name,
    location,
    quarantine_name,
    raw_name,
    raw_type,
)


def column(name: str, logical: str = "string", **more: Any) -> Column:
    given = {"physical": "character varying(30)", "classification": "umum", "title": name.title(), "description": name}
    return Column(name=name, logical=logical, **(given | more))


def dataset(**more: Any) -> Dataset:
    given: dict[str, Any] = {
        "system": "siak",
        "name": "orang",
        "version": "2.1.0",
        "title": "Orang",
        "description": "",
        "limitations": "",
        "source_table": "public.orang",
        "period_column": None,
        "columns": (column("nik"), column("agama", "integer", physical="numeric(2,0)", precision=2, code_list="agama")),
        "key": ("nik",),
        "load": "full",
        "cursor": (),
        "overlap": timedelta(0),
        "linked": None,
        "lookup": False,
        "order": 1,
        "freshness": timedelta(days=1),
        "derived": {},
        "late_derived": (),
        "kept": (),
        "references": (),
        "list_refs": (),
        "master_refs": (),
        "rules": (),
    }
    return Dataset(**(given | more))


@pytest.mark.parametrize(
    ("physical", "wanted"),
    [
        ("numeric(12,0)", "decimal(12,0)"),
        ("numeric(5,2)", "decimal(5,2)"),
        ("numeric(3)", "decimal(3,0)"),
        ("numeric", "string"),  # unconstrained: carried as text, typed by a rule
        ("character(2)", "string"),
        ("character varying(30)", "string"),
        ("text", "string"),
        ("smallint", "int"),
        ("integer", "int"),
        ("bigint", "bigint"),
        ("date", "date"),
        ("boolean", "boolean"),
        ("double precision", "double"),
        ("timestamp without time zone", "timestamp_ntz"),
        ("timestamp(0) without time zone", "timestamp_ntz"),
        ("timestamp with time zone", "timestamp"),
        ("timestamp(6) with time zone", "timestamp"),
    ],
)
def test_raw_types_are_those_of_the_source(physical: str, wanted: str) -> None:
    assert raw_type(physical) == wanted


@pytest.mark.parametrize("physical", ["json", "interval", "integer[]", "", "numeric(10,2", "geometry(Point)"])
def test_a_type_without_a_form_here_is_refused(physical: str) -> None:
    with pytest.raises(TypeUnknownError, match="no warehouse type"):
        raw_type(physical)


def test_tables_are_named_by_system_dataset_and_major_version() -> None:
    assert curated_name(dataset()) == "curated.siak__orang"
    assert raw_name(dataset()) == "raw.siak__orang_v2"
    assert quarantine_name(dataset()) == "quarantine.siak__orang_v2"


def test_a_label_follows_its_code_and_lineage_comes_last() -> None:
    reference = MasterRef(
        id="status_nik",
        column="nik",
        to="siak.orang",
        to_column="nik",
        when="true",
        compare=(),
        title="Status NIK",
        description="",
    )
    kept = column("_umur", "integer", physical="integer", precision=3)
    columns = curated_columns(dataset(master_refs=(reference,), kept=(kept,)))
    assert list(columns) == ["nik", "agama", "agama_label", "_umur", "_status_nik", *LINEAGE]
    assert {name: kind for name, (kind, _) in columns.items()} == {
        "nik": "string",
        "agama": "int",
        "agama_label": "string",
        "_umur": "int",
        "_status_nik": "string",
        **{name: kind for name, (kind, _) in LINEAGE.items()},
    }


def test_what_differs_follows_the_status_where_something_is_compared() -> None:
    reference = MasterRef(
        id="status_nik",
        column="nik",
        to="siak.orang",
        to_column="nik",
        when="true",
        compare=(Comparison(attribute="nama", ours="nik", theirs="nama"),),
        title="Status NIK",
        description="",
    )
    columns = curated_columns(dataset(master_refs=(reference,)))
    assert list(columns)[-len(LINEAGE) - 2 : -len(LINEAGE)] == ["_status_nik", "_status_nik_beda"]
    assert columns["_status_nik_beda"][0] == "string"
    assert "nama" in columns["_status_nik_beda"][1]


def test_every_column_has_a_comment_with_unit_and_class() -> None:
    money = column(
        "pajak", "number", physical="numeric", precision=20, scale=2, unit="rupiah", classification="rahasia"
    )
    columns = curated_columns(dataset(columns=(column("nik"), money)))
    assert all(comment for _, comment in columns.values())
    assert columns["pajak"] == ("decimal(20,2)", "Pajak (rupiah). Klasifikasi: rahasia")


def test_a_folder_is_named_as_spark_reads_it() -> None:
    assert location(Path("/data/batch=siak-000001")) == "file:/data/batch=siak-000001"
