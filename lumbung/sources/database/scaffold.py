"""Draft a contract from a source's catalogue: what the catalogue says is taken, what is guessed is marked `# dugaan`.

A draft saves typing, not deciding: every class starts at `rahasia` unless a semantic type says otherwise, and the
officer's words (titles, descriptions) are the source's comments or the columns' names. No value of a row is written.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import psycopg
from psycopg import sql
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq

from lumbung.declarations.models import CodeList, Declarations, SemanticType, System
from lumbung.sources.database.catalogue import read_catalogue
from lumbung.sources.database.connection import connect, errors_of
from lumbung.sources.errors import SourceError
from lumbung.sources.schema import SourceColumn

SAMPLE_ROWS: Final = 1000
"""Rows that guesses are held against; the source is asked once, without sorting."""
MOSTLY: Final = 0.9
"""A guess by a column's name stands when at least this share of the sample's values has the type's form."""
MOST_CODES: Final = 50
ALMOST_ALL: Final = 0.99
"""Share of the sample's rows that a guessed key must tell apart: a source without a primary key may hold doubles."""

_BY_NAME: Final = {
    "nik": r"(^|_)nik(_|$)",
    "kk": r"(^|_)(no_)?kk(_|$)",
    "nip": r"^nip",
    "npwp": r"(^|_)npwp(_|$)",
    "nop": r"(^|_)nop(_|$)",
    "npsn": r"(^|_)npsn(_|$)",
    "nib": r"(^|_)nib(_|$)",
    "kbli": r"(^|_)kbli(_|$)",
    "tahun": r"^(thn|tahun)(_|$)",
    "tanggal_lahir": r"^(tgl|tanggal)_(lhr|lahir)$",
    "nama": r"^(nama|nama_lgkp|nama_lengkap|nm_wp)$",
    "alamat": r"^(alamat|jalan|jln)(_|$)",
    "telepon": r"^(no_)?(telp|telepon|hp)(_|$)",
}
"""Semantic type → the column names that suggest it; only types that `standards/types.yaml` declares are used."""
_COMMON_WORDS: Final = frozenset({"jenis", "status", "kode", "nomor"})
_CLOCK: Final = re.compile(r"(ubah|update|updation|modified|changed|rekam|entry|created)")


@dataclass(frozen=True, slots=True)
class Described:
    """A source table as its catalogue describes it. `samples`: per column the same up to SAMPLE_ROWS rows, as text."""

    schema: str
    name: str
    comment: str | None
    columns: tuple[SourceColumn, ...]
    comments: Mapping[str, str]
    key: tuple[str, ...]
    samples: Mapping[str, Sequence[str | None]]


def describe(url: str, system: System, table: str) -> Described:
    """Look at a table through the read-only account. `table` is `name` (schema public) or `schema.name`.

    Raises SourceError: not registered as approved, no database, not reachable, or the account sees no such table.
    """
    if system.registration.status != "disetujui":
        raise SourceError(
            f"sistem {system.code}: registrasi {system.registration.number} berstatus {system.registration.status}; "
            "sumbernya tidak boleh dibaca"
        )
    if system.transport != "postgresql":
        raise SourceError(
            f"sistem {system.code} berbicara {system.transport}, bukan basis data; tulis kontraknya seperti "
            "docs/howto/system.md"
        )
    schema, _, name = table.rpartition(".")
    schema = schema or "public"
    with connect(url, system) as connection, errors_of(system, f"membaca katalog {schema}.{name}"):
        found = read_catalogue(connection, [schema], [f"^{re.escape(name.lower())}$"])
        rows = [row for row in found if row.table == name]
        if not rows:
            raise SourceError(
                f"sumber {system.code}: tabel {schema}.{name} tidak ada atau tidak boleh dibaca akun Lumbung. "
                "Tulis namanya seperti di katalog (huruf besar-kecil dibedakan) atau minta hak SELECT"
            )
        samples = _samples(connection, schema, name, [row.column for row in rows])
    keyed = sorted((row.key_position, row.column) for row in rows if row.key_position is not None)
    return Described(
        schema,
        name,
        rows[0].table_comment,
        tuple(SourceColumn(row.column, row.type, row.not_null) for row in rows),
        {row.column: row.comment for row in rows if row.comment},
        tuple(column for _, column in keyed),
        samples,
    )


def _samples(
    connection: psycopg.Connection[Any], schema: str, name: str, columns: Sequence[str]
) -> dict[str, list[Any]]:
    query = sql.SQL("SELECT {} FROM {} LIMIT {}").format(
        sql.SQL(", ").join(sql.SQL("{}::text").format(sql.Identifier(column)) for column in columns),
        sql.Identifier(schema, name),
        sql.Literal(SAMPLE_ROWS),
    )
    rows = connection.execute(query).fetchall()
    return {column: [row[n] for row in rows] for n, column in enumerate(columns)}


@dataclass(slots=True)
class _Guesses:
    """What is guessed of one column: properties, class, and the remarks that go behind its lines."""

    classification: str = "rahasia"
    properties: dict[str, Any] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)


def draft(described: Described, system: System, declarations: Declarations) -> str:
    """The draft as YAML text, in the form that `lumbung check` reads."""
    name = described.name.lower()
    title = described.comment or name.replace("_", " ").capitalize()
    others = [dataset.order for dataset in declarations.of_system(system.code)]
    key = _key(described)
    clocks = [c.name.lower() for c in described.columns if c.type.startswith("timestamp") and _CLOCK.search(c.name)]
    table = CommentedMap(
        name=name,
        physicalName=f"{described.schema}.{name}",
        physicalType="table",
        businessName=title,
        description=title + ".",
        dataGranularityDescription="satu baris per " + (", ".join(k.lower() for k in key) or "…"),
        properties=CommentedSeq(_column(column, described, key, declarations) for column in described.columns),
    )
    document = CommentedMap(
        apiVersion="v3.2.0",
        kind="DataContract",
        id=f"{system.code}.{name}",
        name=title,
        version="1.0.0",
        status="active",
        domain=system.theme,
        description=CommentedMap(purpose=title + "."),
        slaProperties=CommentedSeq([_row(property="latency", value=1, unit="d")]),
        customProperties=CommentedSeq(
            [_row(property="load", value="full"), _row(property="order", value=max(others, default=0) + 5)]
        ),
        schema=CommentedSeq([table]),
    )
    remarks = ["Rancangan dari katalog sumber. Tinjau setiap `dugaan`, isi keterangan, lalu jalankan `lumbung check`."]
    if not described.key:
        guess = f"kolom terdepan yang membedakan contohnya: {', '.join(key)}" if key else "tidak ada yang tampak"
        remarks.append(f"dugaan: kunci, sebab sumber tidak menyatakan kunci utama; {guess}.")
    if clocks:
        remarks.append(
            f"dugaan: load window dengan cursor [{', '.join(clocks)}] dan overlap, bila setiap perubahan mengisinya."
        )
    document.yaml_set_start_comment("\n".join(remarks))
    yaml = YAML()
    yaml.width = 200
    yaml.indent(mapping=2, sequence=4, offset=2)
    out = io.StringIO()
    yaml.dump(document, out)
    return out.getvalue()


def _row(**values: Any) -> CommentedMap:
    """A mapping written on one line."""
    made = CommentedMap(values)
    made.fa.set_flow_style()
    return made


def _key(described: Described) -> tuple[str, ...]:
    """The primary key, or else the shortest run of leading columns that tells the sample's rows apart; maybe none."""
    if described.key:
        return described.key
    names = [column.name for column in described.columns]
    rows = list(zip(*(described.samples[name] for name in names), strict=True))
    for length in range(1, len(names) + 1):
        heads = [row[:length] for row in rows]
        if any(None in head for head in heads):
            return ()
        if rows and len(set(heads)) >= ALMOST_ALL * len(rows):
            return tuple(names[:length])
    return ()


def _column(column: SourceColumn, described: Described, key: Sequence[str], declarations: Declarations) -> CommentedMap:
    name = column.name.lower()
    values = [value for value in described.samples[column.name] if value is not None]
    title = described.comments.get(column.name) or name.replace("_", " ").capitalize()
    logical = _logical(column.type)
    guessed = _Guesses()
    _standard(guessed, name, logical, values, declarations.types)
    _codes(guessed, name, values, declarations.lists)
    if logical == "number" and not re.search(r"\(\d+,\d+\)", column.type):
        guessed.properties["decimal"] = _decimal(values)
        guessed.remarks.append("dugaan: decimal dari contoh")
        guessed.properties["periksa_nilai"] = True
    made = CommentedMap(name=name, businessName=title, description=title + ".", logicalType=logical)
    made["physicalType"] = column.type
    if column.not_null or column.name in key:
        made["required"] = True
    if column.name in key:
        made["primaryKey"] = True
        made["primaryKeyPosition"] = key.index(column.name) + 1
    made["classification"] = guessed.classification
    if "standard" not in guessed.properties:
        guessed.remarks.insert(0, "dugaan: tertutup sampai ditinjau")
    made.yaml_add_eol_comment("; ".join(guessed.remarks), "classification")
    if guessed.properties:
        made["customProperties"] = CommentedSeq(_row(property=k, value=v) for k, v in guessed.properties.items())
    return made


def _logical(physical: str) -> str:
    """The logical type of a PostgreSQL type as `format_type` prints it."""
    if physical in ("smallint", "integer", "bigint") or re.fullmatch(r"numeric\(\d+,0\)", physical):
        return "integer"
    if physical.startswith("numeric") or physical in ("real", "double precision"):
        return "number"
    if physical in ("date", "boolean"):
        return physical
    return "timestamp" if physical.startswith("timestamp") else "string"


def _standard(
    guessed: _Guesses, name: str, logical: str, values: Sequence[str], types: Mapping[str, SemanticType]
) -> None:
    """A semantic type by the column's name, held against the sample's form where the type has one."""
    for semantic, pattern in _BY_NAME.items():
        known = types.get(semantic)
        if known is None or known.logical != logical or not re.search(pattern, name):
            continue
        if known.pattern is None:
            why = "menurut nama kolom"
        else:
            good = sum(re.fullmatch(known.pattern.strip("^$"), value.rstrip()) is not None for value in values)
            why = f"{good} dari {len(values)} contoh berbentuk {known.title}"
            if not values or good < MOSTLY * len(values):
                guessed.remarks.append(f"dugaan ditolak: standard {semantic}, {why}")
                return
        guessed.properties["standard"] = semantic
        guessed.classification = known.classification
        guessed.remarks.append(f"dugaan: standard {semantic}, {why}")
        return


def _codes(guessed: _Guesses, name: str, values: Sequence[str], lists: Mapping[str, CodeList]) -> None:
    """Name the code lists that hold every value of the sample and whose name shares a word with the column's."""
    seen = {value.strip() for value in values}
    if not seen or len(seen) > MOST_CODES:
        return
    words = {word for word in name.split("_") if len(word) > 2} - _COMMON_WORDS
    shared = {
        known.name: len(words & set(known.name.split("_")))
        for known in lists.values()
        if seen <= {row.code for row in known.rows}
    }
    if name in shared:
        shared = {name: 1}
    best = max(shared.values(), default=0)
    if best:
        fitting = sorted(list_name for list_name, count in shared.items() if count == best)
        guessed.remarks.append(f"dugaan: code_list {' atau '.join(fitting)}")


def _decimal(values: Sequence[str]) -> str:
    """Digits and decimals that hold every number of the sample, generously: "20,2" at least."""
    scale = max((len(value.partition(".")[2].rstrip("0")) for value in values), default=0)
    return f"{20 + max(scale - 2, 0)},{max(scale, 2)}"
