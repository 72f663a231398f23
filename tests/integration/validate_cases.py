"""A small made-up dataset with every kind of rule, its parent, and rows of them, for the tests of validate."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from lumbung.declarations.models import (
    CodeList,
    CodeRow,
    Column,
    Dataset,
    ListReference,
    Reference,
    Rule,
    Taken,
)
from lumbung.declarations.rulebook import generated_derived, generated_rules, list_rule, reference_rule

TIMEZONE = "Asia/Jakarta"
IN_SET = "expect_column_values_to_be_in_set"


def column(name: str, logical: str, physical: str, **more: Any) -> Column:
    described = {"classification": "umum", "title": name.upper(), "description": name, **more}
    return Column(name=name, logical=logical, physical=physical, **described)  # type: ignore[arg-type]


def code_row(code: str, label: str, start: str = "1900-01-01", end: str = "9999-12-31") -> CodeRow:
    return CodeRow(
        code=code,
        label=label,
        valid_from=date.fromisoformat(start),
        valid_to=date.fromisoformat(end),
        values={"kode": code, "label": label},
    )


def code_list(name: str, *rows: CodeRow) -> CodeList:
    return CodeList(
        name=name,
        title=f"Daftar {name}",
        description="",
        source="uji",
        license="cc-by",
        caution=None,
        columns=(),
        key=("kode",),
        code_column="kode",
        label_column="label",
        has_validity=True,
        rows=rows,
    )


JENIS = code_list("jenis", code_row("1", "Rumah"), code_row("2", "Ruko"))
DESA = code_list(
    "desa",
    code_row("35.15.01", "Lama", end="2021-12-31"),
    code_row("35.15.02", "Baru", start="2022-01-01"),
    code_row("35.15.03", "Berganti", end="2010-12-31"),
    code_row("35.15.03", "Berganti", start="2020-01-01"),
)
LISTS = {"jenis": JENIS, "desa": DESA}


def _dataset(**fields: Any) -> Dataset:
    described = {
        "system": "uji",
        "version": "1.0.0",
        "description": "",
        "limitations": "",
        "period_column": None,
        "load": "full",
        "cursor": (),
        "overlap": timedelta(days=3),
        "linked": None,
        "lookup": False,
        "order": 10,
        "freshness": timedelta(days=1),
        "derived": {},
        "kept": (),
        "references": (),
        "list_refs": (),
        "master_refs": (),
        "rules": (),
        "late_derived": (),
        "title": fields["name"],
        **fields,
    }
    return Dataset(**described)


def parent() -> Dataset:
    columns = (
        column("id", "string", "character(6)", required=True, trim=True),
        column("terbit", "date", "date"),
        column("dicatat", "timestamp", "timestamp without time zone"),
    )
    rules = generated_rules("uji.subjek", "1.0.0", columns, ("id",), {}, {})
    return _dataset(
        name="subjek", source_table="public.subjek", columns=columns, key=("id",), rules=tuple(rules), order=5
    )


def child() -> Dataset:
    """Key (kd, no); one rule of every kind; `bayar` is a free numeric that arrives as text."""
    columns = (
        column("kd", "string", "character(3)", required=True, trim=True),
        column("no", "integer", "numeric(4,0)", required=True, precision=4, scale=0),
        column("nama", "string", "character varying(30)", required=True),
        column("nik", "string", "character varying(16)"),
        column("jenis", "integer", "numeric(2,0)", precision=2, scale=0, code_list="jenis"),
        column("bayar", "number", "numeric", precision=12, scale=2, periksa_nilai=True),
        column("tgl", "date", "date"),
        column("desa", "string", "character varying(20)"),
        column("subjek", "string", "character(6)", trim=True),
        column("dicatat", "timestamp", "timestamp without time zone"),
    )
    subject = Reference(
        id="subjek",
        columns=("subjek",),
        to="uji.subjek",
        to_columns=("id",),
        severity="error",
        reason="Subjek {subjek} belum pernah diterima.",
        source="uji",
        take=(Taken(name="_terbit", expr="terbit"),),
    )
    village = ListReference(
        id="desa",
        column="desa",
        list="desa",
        list_column="kode",
        on="tgl",
        severity="error",
        reason="Desa {desa} tidak berlaku pada {tgl}.",
        source="uji",
    )
    derived = {
        **generated_derived(columns),
        "_panjang": "length(nama)",
        "_panjang_genap": "_panjang % 2 = 0",
        "_bayar": "try_cast(bayar AS decimal(12,2))",
        "_setelah_terbit": "tgl >= _terbit",
    }
    own = (
        Rule(
            id="nik:nik",
            kind="map",
            severity="error",
            expectation="expect_column_values_to_match_regex",
            kwargs={"column": "nik", "regex": "^[0-9]{16}$"},
            columns=("nik",),
            reason="NIK {nik} bukan 16 angka.",
            source="UU 23/2006",
        ),
        Rule(
            id="nama-genap",
            kind="map",
            severity="warning",
            expectation=IN_SET,
            kwargs={"column": "_panjang_genap", "value_set": [True]},
            columns=("nama",),
            reason="Nama {nama} ganjil.",
            source="aturan rumah",
        ),
        Rule(
            id="bayar-wajar",
            kind="map",
            severity="error",
            expectation="expect_column_values_to_be_between",
            kwargs={"column": "_bayar", "min_value": 0, "max_value": 1000},
            columns=("bayar",),
            reason="Pembayaran {bayar} tidak wajar.",
            source="aturan rumah",
        ),
        Rule(
            id="setelah-terbit",
            kind="map",
            severity="error",
            expectation=IN_SET,
            kwargs={"column": "_setelah_terbit", "value_set": [True]},
            columns=("tgl",),
            reason="Tanggal {tgl} sebelum terbit {_terbit}.",
            source="aturan rumah",
        ),
        Rule(
            id="nik-tunggal",
            kind="map",
            severity="warning",
            expectation="expect_column_values_to_be_unique",
            kwargs={"column": "nik"},
            columns=("nik",),
            reason="NIK {nik} dipakai lebih dari sekali.",
            source="aturan rumah",
        ),
        Rule(
            id="pasangan",
            kind="map",
            severity="info",
            expectation="expect_column_pair_values_to_be_equal",
            kwargs={"column_A": "kd", "column_B": "nama", "ignore_row_if": "either_value_is_missing"},
            columns=("kd", "nama"),
            reason="{kd} bukan {nama}.",
            source="aturan rumah",
        ),
    )
    generated = generated_rules("uji.objek", "1.0.0", columns, ("kd", "no"), {}, LISTS)
    return _dataset(
        name="objek",
        source_table="public.objek",
        columns=columns,
        key=("kd", "no"),
        derived=derived,
        late_derived=("_setelah_terbit",),
        kept=(column("_panjang", "integer", "integer"),),
        references=(subject,),
        list_refs=(village,),
        rules=(*generated, reference_rule(subject), list_rule(village), *own),
    )


RAW = (
    "_row bigint, kd string, no decimal(4,0), nama string, nik string, jenis decimal(2,0), bayar string, tgl date, "
    "desa string, subjek string, dicatat timestamp_ntz, _nilai string"
)
PARENT_RAW = "_row bigint, id string, terbit date, dicatat timestamp_ntz, _nilai string"

GOOD: dict[str, Any] = {
    "kd": "A  ",
    "no": 1,
    "nama": "Siti",
    "nik": "3515014509900001",
    "jenis": 1,
    "bayar": "12.50",
    "tgl": date(2023, 5, 1),
    "desa": "35.15.02",
    "subjek": "S1    ",
    "dicatat": datetime(2023, 5, 1, 6, 0, 0),
    "_nilai": None,
}
PARENTS = (
    {"id": "S1    ", "terbit": date(2023, 1, 1), "dicatat": None, "_nilai": None},
    {"id": "S2    ", "terbit": None, "dicatat": None, "_nilai": None},
)


def rows(*changes: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Raw rows: the good row with these changes, numbered from 1; keys differ unless a change says otherwise."""
    names = [part.split()[0] for part in RAW.split(", ")]
    made = []
    for index, change in enumerate(changes, 1):
        row = {**GOOD, "_row": index, "no": index, **change}
        for name in ("no", "jenis"):
            row[name] = None if row[name] is None else Decimal(row[name])
        made.append(tuple(row[name] for name in names))
    return made


def parent_rows(*values: dict[str, Any]) -> list[tuple[Any, ...]]:
    names = [part.split()[0] for part in PARENT_RAW.split(", ")]
    return [tuple({"_row": index, **value}[name] for name in names) for index, value in enumerate(values, 1)]
