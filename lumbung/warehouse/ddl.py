"""Tables from contracts: databases, raw and quarantine (Parquet), curated (Iceberg), types and comments.

Every name and comment comes from a declaration; nothing here is written by hand per dataset.
"""

from __future__ import annotations

import re
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from lumbung.declarations.names import FILE_DEFECT, FILE_LINE, FILE_NAME
from lumbung.declarations.transports import TEXT_TYPES
from lumbung.warehouse.iceberg import is_missing
from lumbung.warehouse.sql import identifier, literal, table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyspark.sql import SparkSession

    from lumbung.declarations.models import Column, Dataset, MasterRef

DATABASES: Final[Mapping[str, str]] = {
    "raw": "Yang diterima dari OPD, satu folder Parquet per batch, tidak pernah diubah",
    "quarantine": "Baris yang ditolak, utuh, dengan aturan dan alasannya",
    "curated": "Data bertipe dan terstandar, satu baris per kunci, beserta status rujukan data induk",
    "ref": "Kode referensi dan data induk dengan masa berlakunya",
    "mart": "Hasil olahan yang boleh dibaca BI dan dipublikasikan",
}

BATCH_ID: Final = "_batch_id"
SOURCE_ROW: Final = "_source_row"
ROW_HASH: Final = "_row_hash"
LOADED_AT: Final = "_loaded_at"
HELD_BATCH: Final = "_tertahan_batch"
DELETED_BATCH: Final = "_dihapus_batch"

LINEAGE: Final[Mapping[str, tuple[str, str]]] = {
    BATCH_ID: ("string", "Batch yang membawa isi baris ini"),
    SOURCE_ROW: ("bigint", "Nomor baris di dalam batch itu, mulai dari 1"),
    ROW_HASH: ("string", "SHA-256 dari seluruh kolom kontrak"),
    LOADED_AT: ("timestamp", "Jam sumber (UTC) saat batch itu diambil"),
    HELD_BATCH: ("string", "Batch pertama yang membawa perubahan yang ditolak; isi baris adalah versi baik terakhir"),
    DELETED_BATCH: ("string", "Batch yang tidak lagi memuat kunci ini; NULL berarti baris masih berlaku"),
}
"""Columns that conform adds to every curated table: type and comment."""

ICEBERG_PROPERTIES: Final[Mapping[str, str]] = {
    "format-version": "2",
    "write.parquet.compression-codec": "zstd",
    # A night changes few rows of a table and lets the files be; the maintenance writes them together again.
    "write.merge.mode": "merge-on-read",
    # What is deleted by a statement is deleted from the files (erasure).
    "write.update.mode": "copy-on-write",
    "write.delete.mode": "copy-on-write",
    "write.metadata.delete-after-commit.enabled": "true",
    "write.metadata.previous-versions-max": "50",
    # What may expire, the maintenance names one by one (lumbung/ops/snapshots.py); nothing else expires by age.
    "history.expire.max-snapshot-age-ms": str(3650 * 24 * 3600 * 1000),
}

_PHYSICAL: Final = re.compile(
    r"(?P<name>[a-z ]+?)\s*(?:\((?P<p>\d+)(?:,\s*(?P<s>\d+))?\))?(?P<tail> with(?:out)? time zone)?"
)


class TypeUnknownError(ValueError):
    """A contract names a type that the warehouse has no column type for."""


def raw_type(physical: str) -> str:
    """Spark type of a source's type in raw Parquet: exact, unconstrained `numeric` and text protocols as text.

    Raises `TypeUnknownError`.
    """
    if physical in TEXT_TYPES:
        return "string"
    parts = _PHYSICAL.fullmatch(physical.lower())
    name = parts["name"] if parts else ""
    match name:
        case "numeric" | "decimal":
            return f"decimal({parts['p']},{parts['s'] or 0})" if parts and parts["p"] else "string"
        case "character" | "character varying" | "char" | "varchar" | "text" | "bpchar":
            return "string"
        case "smallint" | "integer":
            return "int"
        case "bigint":
            return "bigint"
        case "date" | "boolean":
            return name
        case "real" | "double precision":
            return "double"
        case "timestamp":
            return "timestamp" if parts and parts["tail"] == " with time zone" else "timestamp_ntz"
        case "timestamptz":
            return "timestamp"
        case _:
            raise TypeUnknownError(f"no warehouse type for the PostgreSQL type {physical!r}")


def create_database(spark: SparkSession, name: str) -> None:
    """Create one of the five databases where it is missing."""
    spark.sql(f"CREATE DATABASE IF NOT EXISTS {identifier(name)} COMMENT {literal(DATABASES[name])}")


def curated_name(dataset: Dataset) -> str:
    """`curated.<system>__<dataset>`."""
    return f"curated.{dataset.table_name}"


def raw_name(dataset: Dataset, major: int | None = None) -> str:
    """`raw.<system>__<dataset>_v<major>`: one table per major version of the contract (default: the present one)."""
    return f"raw.{dataset.table_name}_v{dataset.major if major is None else major}"


def quarantine_name(dataset: Dataset, major: int | None = None) -> str:
    """`quarantine.<system>__<dataset>_v<major>`."""
    return f"quarantine.{dataset.table_name}_v{dataset.major if major is None else major}"


def drop_partition(spark: SparkSession, name: str, batch_id: str) -> None:
    """Take a batch out of a table over raw or quarantine; its files stay. Nothing happens when it is not in it."""
    if spark.catalog.tableExists(name):
        spark.sql(f"ALTER TABLE {table(name)} DROP IF EXISTS PARTITION (`batch` = {literal(batch_id)})")


def register_raw(spark: SparkSession, dataset: Dataset, folder: Path, batch_id: str) -> str:
    """Make a landed batch readable as partition `batch` of the raw table; idempotent. Gives the table's name.

    `folder` is the batch's own directory (`…/v<major>/batch=<batch id>`); the table lies in its parent.
    """
    columns = {"_row": ("bigint", "Nomor baris di dalam batch, mulai dari 1"), **_raw_columns(dataset)}
    name = raw_name(dataset)
    _register(spark, name, columns, f"{dataset.title}: yang diterima", folder, batch_id)
    return name


def register_quarantine(spark: SparkSession, dataset: Dataset, folder: Path, batch_id: str) -> str:
    """Make a batch's refused rows readable as partition `batch` of the quarantine table; idempotent."""
    columns = {
        "_row": ("bigint", "Nomor baris di dalam batch, mulai dari 1"),
        **_raw_columns(dataset),
        "_rules": ("array<string>", "Aturan yang dilanggar"),
        "_reasons": ("array<string>", "Alasan dalam bahasa petugas, urut seperti _rules"),
        "_key_hash": ("string", "SHA-256 dari kolom kunci"),
    }
    name = quarantine_name(dataset)
    _register(spark, name, columns, f"{dataset.title}: yang ditolak", folder, batch_id)
    return name


def location(folder: Path) -> str:
    """A folder as Spark wants it named: `file:` and the plain path (a URI would write `batch=` as `batch%3D`)."""
    return f"file:{folder}"


def _raw_columns(dataset: Dataset) -> dict[str, tuple[str, str]]:
    """Raw type and comment of every contract column, and of the extractor's remark on values without a form here."""
    columns = {column.name: (raw_type(column.physical), column.title) for column in dataset.columns}
    if dataset.files is not None:
        columns |= {
            FILE_NAME: ("string", "Berkas asal baris ini"),
            FILE_LINE: ("bigint", "Nomor baris di dalam berkas itu, seperti terlihat di penyunting teks atau Excel"),
            FILE_DEFECT: ("string", "Yang rusak pada bentuk baris itu; NULL berarti tidak ada"),
        }
    return {**columns, "_nilai": ("string", "Kolom yang isinya tak hingga, NaN atau NUL dan ditulis sebagai NULL")}


def _register(
    spark: SparkSession,
    name: str,
    columns: Mapping[str, tuple[str, str]],
    comment: str,
    folder: Path,
    batch_id: str,
) -> None:
    """Create a Parquet table over the parent of `folder` and add the folder as partition `batch` (a string).

    The table is there for every batch but the first, so the partition is tried first: three statements become one.
    """
    from pyspark.errors import AnalysisException

    partition = (
        f"ALTER TABLE {table(name)} ADD IF NOT EXISTS PARTITION (`batch` = {literal(batch_id)}) "
        f"LOCATION {literal(location(folder))}"
    )
    try:
        spark.sql(partition)
    except AnalysisException as error:
        if not is_missing(error):
            raise
        create_database(spark, name.partition(".")[0])
        fields = _fields({**columns, "batch": ("string", "Id batch")})
        spark.sql(
            f"CREATE TABLE IF NOT EXISTS {table(name)} ({fields}) USING parquet PARTITIONED BY (`batch`) "
            f"LOCATION {literal(location(folder.parent))} COMMENT {literal(comment)}"
        )
        spark.sql(partition)


def _fields(columns: Mapping[str, tuple[str, str]]) -> str:
    """Column list of a CREATE TABLE from name → (type, comment)."""
    return ", ".join(f"{identifier(n)} {kind} COMMENT {literal(comment)}" for n, (kind, comment) in columns.items())


def create_iceberg(
    spark: SparkSession, name: str, columns: Mapping[str, tuple[str, str]], comment: str, order: Sequence[str] = ()
) -> None:
    """Create an Iceberg table, or bring an existing one up to its declaration.

    New columns are added, comments and properties follow the declaration; a column that left the declaration stays
    (history). `order` is the write order, so that files can be skipped by key. Raises `SchemaConflictError` when a
    column changed type.
    """
    found = described(spark, name)
    if found is None:
        database = name.split(".")[0]
        create_database(spark, database)
        properties = ", ".join(f"{literal(k)} = {literal(v)}" for k, v in ICEBERG_PROPERTIES.items())
        spark.sql(
            f"CREATE TABLE {table(name)} ({_fields(columns)}) USING iceberg "
            f"COMMENT {literal(comment)} TBLPROPERTIES ({properties})"
        )
        if order:
            spark.sql(f"ALTER TABLE {table(name)} WRITE LOCALLY ORDERED BY {', '.join(map(identifier, order))}")
        return
    for column, (kind, text) in columns.items():
        if column not in found:
            spark.sql(f"ALTER TABLE {table(name)} ADD COLUMN {identifier(column)} {kind} COMMENT {literal(text)}")
        elif found[column][0] != kind:
            raise SchemaConflictError(
                f"table {name}: column {column} is {found[column][0]}, the declaration says {kind}. A changed type "
                "needs a new major version of the contract, or restore the type in the contract."
            )
        elif found[column][1] != text:
            spark.sql(f"ALTER TABLE {table(name)} ALTER COLUMN {identifier(column)} COMMENT {literal(text)}")
    known = {row["key"]: row["value"] for row in spark.sql(f"SHOW TBLPROPERTIES {table(name)}").collect()}
    if changed := {key: value for key, value in ICEBERG_PROPERTIES.items() if known.get(key) != value}:
        given = ", ".join(f"{literal(key)} = {literal(value)}" for key, value in changed.items())
        spark.sql(f"ALTER TABLE {table(name)} SET TBLPROPERTIES ({given})")


class SchemaConflictError(RuntimeError):
    """A declaration changed a column's type under an existing table."""


def described(spark: SparkSession, name: str) -> dict[str, tuple[str, str]] | None:
    """Type and comment of the columns of a table; None when there is no such table."""
    from pyspark.errors import AnalysisException

    try:
        rows = spark.sql(f"DESCRIBE TABLE {table(name)}").collect()
    except AnalysisException as error:
        if not is_missing(error):
            raise
        return None
    columns = takewhile(lambda row: row["col_name"] and not row["col_name"].startswith("#"), rows)
    return {row["col_name"]: (row["data_type"], row["comment"] or "") for row in columns}


def curated_columns(dataset: Dataset) -> dict[str, tuple[str, str]]:
    """Type and comment of every column of a curated table, in the table's order; a label follows its code."""
    columns: dict[str, tuple[str, str]] = {}
    for column in dataset.columns:
        columns[column.name] = (column.spark_type.lower(), column_comment(column))
        columns |= _label(column)
    for column in dataset.kept:
        columns[column.name] = (column.spark_type.lower(), f"Diturunkan. {column_comment(column)}")
        columns |= _label(column)
    for reference in dataset.master_refs:
        columns[status_of(reference)] = (
            "string",
            f"{reference.title}: cocok, beda, tidak_ditemukan, tidak_dapat_diperiksa; NULL bila isinya bukan rujukan",
        )
        if reference.compare:
            compared = ", ".join(comparison.attribute for comparison in reference.compare)
            columns[differing_of(reference)] = (
                "string",
                f"{reference.title}: yang berbeda dari {compared}; NULL bila hasilnya bukan beda",
            )
    return {**columns, **LINEAGE}


def _label(column: Column) -> dict[str, tuple[str, str]]:
    if column.code_list is None:
        return {}
    return {label_of(column): ("string", f"Uraian {column.title} menurut kode referensi {column.code_list}")}


def label_of(column: Column) -> str:
    """Name of the column with the label of a coded column."""
    return f"{column.name}_label"


def status_of(reference: MasterRef) -> str:
    """Name of the column with the outcome of a look-up in data induk."""
    return f"_{reference.id}"


def differing_of(reference: MasterRef) -> str:
    """Name of the column with the attributes in which the found person differs; it is there when some are compared."""
    return f"_{reference.id}_beda"


def create_curated(spark: SparkSession, dataset: Dataset) -> str:
    """Create the curated table of a dataset, or bring it up to its contract. Gives the table's name."""
    name = curated_name(dataset)
    create_iceberg(spark, name, curated_columns(dataset), f"{dataset.title}. {dataset.description}", dataset.key)
    return name


def column_comment(column: Column) -> str:
    """Comment of a column: title, unit and class."""
    unit = f" ({column.unit})" if column.unit else ""
    return f"{column.title}{unit}. Klasifikasi: {column.classification}"
