"""Views that a mart's SQL may read: `catatan_mart`, `catatan_batch`, `catatan_aturan`, `catatan_kesegaran` over the
ledger, and `catatan_pencocokan`, what the references to persons of all curated tables have found.

A mart names the views it reads in its contract (`records`). Their rows are content: the mart's digest holds them.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final, TypeAlias
from zoneinfo import ZoneInfo

from lumbung.ops.status import status_rows
from lumbung.warehouse.ddl import DELETED_BATCH, curated_name, differing_of, status_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from pyspark.sql import SparkSession

    from lumbung.declarations import Dataset, Declarations, Mart
    from lumbung.ledger import Ledger

Row: TypeAlias = "tuple[str | int | date | datetime | None, ...]"
Records: TypeAlias = "dict[str, list[Row]]"

SCHEMAS: Final = {
    "mart": (
        "mart string, judul string, data_per timestamp, pembaruan string, masukan string, baris_mart bigint, "
        "baris_dihitung bigint, baris_dikecualikan bigint, alasan_dikecualikan string"
    ),
    "batch": (
        "bulan string, sistem string, dataset string, judul string, jumlah_batch bigint, diterima bigint, "
        "baik bigint, ditolak bigint, duplikat bigint"
    ),
    "aturan": (
        "bulan string, sistem string, dataset string, judul string, aturan string, tingkat string, alasan string, "
        "sumber string, jenis string, induk string, jumlah_batch bigint, dinilai bigint, dilanggar bigint"
    ),
    "kesegaran": (
        "sistem string, dataset string, judul string, janji_jam bigint, periode string, tanggal_berhasil date, "
        "jatuh_tempo date, terlambat boolean, hari_terlambat bigint, menunggu_keputusan boolean"
    ),
    "pencocokan": (
        "sistem string, dataset string, rujukan string, induk string, hasil string, beda string, jumlah bigint"
    ),
}
"""Columns of each view. `jenis` and `induk` of a rule say what it looks up (a table, a code list), NULL else."""

TABLE, CODES = "tabel", "daftar_kode"


def is_ledger_wide(mart: Mart) -> bool:
    """True for the mart that reads the records of all other marts; it is written last and not in its own rows."""
    return "mart" in mart.records


def records_of(ledger: Ledger, spark: SparkSession, declarations: Declarations, name: str) -> list[Row]:
    """Rows of one view, in a fixed order."""
    if name == "pencocokan":
        return _matches(spark, declarations)
    made = {"mart": _marts, "batch": _batches, "aturan": _rules, "kesegaran": _freshness}
    return made[name](ledger, declarations)


def read_records(ledger: Ledger, spark: SparkSession, declarations: Declarations, mart: Mart) -> Records:
    """The rows of every view that a mart reads, read once: what it is computed from is what its digest says."""
    return {name: records_of(ledger, spark, declarations, name) for name in mart.records}


def make_views(spark: SparkSession, records: Records) -> None:
    """Make the views that a mart reads."""
    for name, rows in records.items():
        spark.createDataFrame(rows, SCHEMAS[name]).createOrReplaceTempView(f"catatan_{name}")


def content(records: Records) -> dict[str, list[list[str]]] | None:
    """What the views of a mart hold, for its digest; None when it reads none."""
    return {name: [list(map(str, row)) for row in rows] for name, rows in records.items()} or None


def _marts(ledger: Ledger, declarations: Declarations) -> list[Row]:
    """The newest record of every other mart."""
    records = [
        (mart, record)
        for mart in declarations.marts.values()
        if not is_ledger_wide(mart) and (record := ledger.latest_mart(mart.name)) is not None
    ]
    return [
        (
            record.mart,
            mart.title,
            record.as_of,
            record.run_label,
            json.dumps(dict(record.inputs), sort_keys=True),
            record.rows,
            record.counted,
            sum(record.excluded.values()),
            json.dumps(dict(record.excluded), sort_keys=True, ensure_ascii=False),
        )
        for mart, record in records
    ]


def _batches(ledger: Ledger, declarations: Declarations) -> list[Row]:
    """Received, accepted, refused and duplicate rows by month and dataset."""
    return [
        (
            *(row.month, code, row.dataset, declarations.datasets[row.dataset].title),
            *(row.batches, row.received, row.accepted, row.quarantined, row.duplicate),
        )
        for code, system in sorted(declarations.systems.items())
        for row in ledger.monthly_batches(code, system.timezone)
        if row.dataset in declarations.datasets
    ]


def _rules(ledger: Ledger, declarations: Declarations) -> list[Row]:
    """Rows judged and rows that broke it, by month, dataset and rule; a rule that is declared no more keeps its id."""
    found: list[Row] = []
    for code, system in sorted(declarations.systems.items()):
        for row in ledger.monthly_rules(code, system.timezone):
            dataset = declarations.datasets.get(row.dataset)
            if dataset is None:
                continue
            rule = {rule.id: rule for rule in dataset.rules}.get(row.rule)
            found.append(
                (
                    *(row.month, code, row.dataset, dataset.title, row.rule, row.severity),
                    *((rule.reason, rule.source) if rule else (row.rule, "")),
                    *_looked_up(dataset, row.rule),
                    *(row.batches, row.judged, row.broken),
                )
            )
    return found


def _matches(spark: SparkSession, declarations: Declarations) -> list[Row]:
    """Current rows by what their references to persons found and what differs, of every curated table that is there.

    Of whichever systems there are: a mart that named the tables as inputs would wait for all of them.
    """
    from pyspark.sql import functions as fn

    found: list[Row] = []
    for dataset in sorted(declarations.datasets.values(), key=lambda one: one.id):
        name = curated_name(dataset)
        if not dataset.master_refs or not spark.catalog.tableExists(name):
            continue
        rows = spark.table(name).where(f"{DELETED_BATCH} IS NULL")
        for reference in dataset.master_refs:
            status = status_of(reference)
            if status in rows.columns:
                differing = fn.col(differs) if (differs := differing_of(reference)) in rows.columns else fn.lit(None)
                told = rows.where(f"{status} IS NOT NULL").select(status, differing.cast("string").alias("beda"))
                counted = told.groupBy(status, "beda").count().orderBy(status, "beda").collect()
                found.extend((dataset.system, dataset.id, reference.id, reference.to, *one) for one in counted)
    return found


def _freshness(ledger: Ledger, declarations: Declarations) -> list[Row]:
    """How each dataset keeps its promise, in whole days of its system's zone: two runs on one day say the same."""
    found: list[Row] = []
    for row in status_rows(ledger):
        dataset = declarations.datasets[f"{row['system']}.{row['dataset']}"]
        zone = ZoneInfo(declarations.systems[dataset.system].timezone)
        arrived, due = (moment and moment.astimezone(zone).date() for moment in (row["last_success"], row["next_due"]))
        late_days = None if due is None else row["late_by"] // 86_400 if row["late_by"] is not None else 0
        found.append(
            (
                *(dataset.system, dataset.id, dataset.title, int(dataset.freshness.total_seconds() // 3600)),
                *(row["period"], arrived, due, row["late"], late_days, row["waiting"] is not None),
            )
        )
    return found


def _looked_up(dataset: Dataset, rule: str) -> tuple[str | None, str | None]:
    """What kind of thing a rule looks up, and which: `rujukan:` a table, `kode:`, `wilayah:`, `nama:` a list."""
    kind, _, name = rule.partition(":")
    if kind == "rujukan":
        return next(((TABLE, link.to) for link in dataset.references if link.id == name), (None, None))
    lists: Sequence[tuple[str, str]] = [(link.id, link.list) for link in dataset.list_refs]
    if kind == "kode":
        lists = [(column.name, column.code_list) for column in dataset.columns if column.code_list]
    elif kind == "nama":
        lists = [(reference.column, reference.list) for reference in dataset.names]
    elif kind != "wilayah":
        return None, None
    return next(((CODES, target) for own, target in lists if own == name), (None, None))
