"""Source against raw against curated, quarantine and duplicates, key by key.

Every key that the source holds at the moment of asking (rows up to the watermark, for datasets with a cursor) must be
exactly one of: current, held back (`tertahan`, the last good version is current), refused, or waiting in a batch on
which a decision is to be made; and every current key must be in the source, unless its deletion waits so. Every
received row must be accepted, quarantined or duplicate, and stand in raw. All differences are 0, or the command names
them.
"""

from __future__ import annotations

import logging
from typing import Any

import pyarrow as pa
from pyarrow import parquet

from lumbung.declarations import Dataset, load
from lumbung.ledger import WHOLE, Batch, Ledger
from lumbung.ops.alerts import clear_alert, raise_alert
from lumbung.ops.halts import linked
from lumbung.ops.keys import joined, key_hasher
from lumbung.ops.quarantine import refused_rows
from lumbung.settings import settings
from lumbung.sources.digest import ContentDigest
from lumbung.sources.opening import open_snapshot
from lumbung.sources.snapshot import Snapshot
from lumbung.sources.window import Window
from lumbung.storage import DATA_FILE, read_manifest

COLUMNS = {
    "system": "Sistem",
    "dataset": "Dataset",
    "source": "Kunci di sumber",
    "current": "Berlaku",
    "held": "Tertahan",
    "refused": "Ditolak",
    "deleted": "Terhapus",
    "waiting": "Menunggu",
    "missing": "Hilang",
    "extra": "Berlebih",
    "received": "Diterima",
    "raw": "Di raw",
    "returned": "Kembali",
    "difference": "Selisih",
}


log = logging.getLogger(__name__)


class NotReconciledError(RuntimeError):
    """Source and warehouse differ; the message names dataset, difference and next step."""


def reconcile_rows(system: str | None = None, ledger: Ledger | None = None) -> list[dict[str, Any]]:
    """One row per dataset of the system (default: of all that were ever run); the keys of `COLUMNS`, in rows.

    Raises:
        UnknownTarget: the system is not declared.
        lumbung.sources.errors.SourceError: the source cannot be read.
    """
    ledger = ledger or Ledger.connect()
    declared = load()
    rows = []
    for code in [system] if system else [code for code in declared.systems if ledger.runs(code, limit=1)]:
        datasets = declared.of_system(code)
        with open_snapshot(settings(), declared.systems[code], datasets) as snapshot:
            source = {dataset.id: _due_and_present(snapshot, dataset, ledger) for dataset in datasets}
        rows += [_compare(dataset, *source[dataset.id], ledger) for dataset in datasets]
    return rows


def require_reconciled(system: str) -> None:
    """Raises NotReconciledError unless every difference of the system is 0.

    A key that was erased on request and came back is no difference, but somebody has to ask the owner: an alert.
    """
    rows = reconcile_rows(system)
    _tell_of_returned(system, [row for row in rows if row["returned"]])
    wrong = [row for row in rows if row["difference"]]
    if wrong:
        lines = [
            f"- {row['system']}.{row['dataset']}: hilang {row['missing']}, berlebih {row['extra']}, "
            f"diterima {row['received']} lawan raw {row['raw']}"
            for row in wrong
        ]
        raise NotReconciledError(
            "Sumber dan gudang berbeda:\n" + "\n".join(lines) + f"\nLangkah berikut: `lumbung run {system} --sweep`."
        )


def _tell_of_returned(system: str, rows: list[dict[str, Any]]) -> None:
    if not rows:
        clear_alert(f"kembali/{system}")
        return
    found = ", ".join(f"{row['system']}.{row['dataset']} ({row['returned']} kunci)" for row in rows)
    raise_alert(
        f"kembali/{system}",
        f"Yang pernah dihapus atas permintaan datang lagi dari sumber: {found}. Tanyakan kepada pemilik data; bila "
        "memang harus dihapus, ia menghapusnya di sistemnya dulu, lalu `bin/lumbung forget` lagi.",
    )


def _due_and_present(snapshot: Snapshot, dataset: Dataset, ledger: Ledger) -> tuple[set[str], set[str]]:
    """Keys that must have been read, and all keys; the same ones, read once, where no cursor tells them apart."""
    due = _source_keys(snapshot, dataset, ledger)
    return due, _source_keys(snapshot, dataset, None) if dataset.cursor else due


def _source_keys(snapshot: Snapshot, dataset: Dataset, ledger: Ledger | None) -> set[str]:
    """The keys at the source, up to the ledger's watermark (None: all of them); an absent table has none."""
    if not snapshot.present(dataset):
        return set()
    upper = ledger.watermark(dataset.id) if ledger else None
    if ledger and dataset.cursor and upper is None:
        return set()  # never read: nothing has been promised yet
    narrow = dataset.model_copy(
        update={"columns": tuple(dataset.column(name) for name in dataset.key if name != dataset.period_column)}
    )
    window = Window(None, upper) if dataset.cursor and upper else None
    keys: set[str] = set()
    for part, batch in snapshot.read(snapshot.prepare(narrow), window, ContentDigest()):
        arrays = [
            pa.array([part.period] * batch.num_rows, pa.string())
            if name == dataset.period_column
            else batch.column(batch.schema.get_field_index(name))
            for name in dataset.key
        ]
        keys.update(joined(dataset, arrays))
    return keys


def _compare(dataset: Dataset, source: set[str], present: set[str], ledger: Ledger) -> dict[str, Any]:
    """`source`: keys that must have been read; `present`: all keys, also of rows that changed since the watermark."""
    current, held, deleted = _curated_keys(dataset)
    rows = refused_rows(dataset.system, dataset.name, ledger=ledger)
    parts = [
        pa.array([None if row["key"][name] is None else str(row["key"][name]) for row in rows], pa.string())
        for name in dataset.key
    ]
    refused = set(joined(dataset, parts))
    lacking, gone = source - current - refused, current - present
    waiting, deletes = _waiting_keys(dataset, ledger)
    awaited = len(lacking & waiting) + (len(gone) if deletes else 0)
    missing, extra = len(lacking - waiting), 0 if deletes else len(gone)
    batches = [batch for batch in ledger.batches(dataset=dataset.id) if batch.accepted is not None]
    received = sum(batch.received or 0 for batch in batches)
    raw = _in_raw(ledger, dataset, batches)
    unbalanced = sum(
        abs((batch.received or 0) - (batch.accepted or 0) - (batch.quarantined or 0) - (batch.duplicate or 0))
        for batch in batches
    )
    return {
        "system": dataset.system,
        "dataset": dataset.name,
        "source": len(source),
        "current": len(current),
        "held": held,
        "refused": len(refused - current),
        "deleted": deleted,
        "waiting": awaited,
        "missing": missing,
        "extra": extra,
        "received": received,
        "raw": raw,
        "returned": _returned(ledger, dataset, current | refused),
        "difference": missing + extra + abs(received - raw) + unbalanced,
    }


def _waiting_keys(dataset: Dataset, ledger: Ledger) -> tuple[set[str], bool]:
    """Keys in batches that wait for a decision on quality, their own or a linked one's; whether deletions wait, too."""
    if not {halt.dataset for halt in ledger.halts(system=dataset.system)} & {dataset.id, *linked(load(), dataset)}:
        return set(), False
    pending = [batch for batch in ledger.batches(dataset=dataset.id, states=("landed", "validated")) if batch.raw_path]
    keys: set[str] = set()
    for batch in pending:
        table = parquet.read_table(settings().warehouse / str(batch.raw_path) / DATA_FILE, columns=list(dataset.key))
        keys.update(joined(dataset, [table.column(name).combine_chunks() for name in dataset.key]))
    return keys, any(batch.mode in WHOLE for batch in pending)


def _returned(ledger: Ledger, dataset: Dataset, keys: set[str]) -> int:
    """How many keys that were erased on request the source has given again."""
    erased = ledger.erased_keys(dataset.id)
    if not erased:
        return 0
    hashed = key_hasher(settings(), dataset.id, create=False)
    found = sum(hashed(key) in erased for key in keys)
    if found:
        log.warning(
            "reconcile: %s: %d kunci yang pernah dihapus atas permintaan datang lagi dari sumber; tanyakan kepada "
            "pemilik data, lalu `bin/lumbung forget` lagi bila memang harus dihapus",
            *(dataset.id, found),
        )
    return found


def _in_raw(ledger: Ledger, dataset: Dataset, batches: list[Batch]) -> int:
    """Rows that stand in raw, with those that were removed after their time and those that were erased on request.

    Both count as far as the ledger knows them; a file with fewer rows than that explains has lost some.
    """
    removed, erased = ledger.removals("raw", dataset.id), ledger.erased_from_raw(dataset.id)
    found = 0
    for batch in batches:
        if batch.id in removed:
            found += removed[batch.id].rows
        elif batch.raw_path:
            manifest = read_manifest(settings().warehouse / batch.raw_path)
            found += manifest.rows + min(manifest.erased_rows, erased.get(batch.id, 0))
    return found


def _curated_keys(dataset: Dataset) -> tuple[set[str], int, int]:
    """Current keys, how many of them are held back, and how many keys are marked deleted."""
    from pyspark.sql import functions as F

    from lumbung.warehouse.ddl import curated_name
    from lumbung.warehouse.session import session

    spark = session("reconcile")
    if not spark.catalog.tableExists(curated_name(dataset)):
        return set(), 0, 0
    table = spark.table(curated_name(dataset))
    keys = table.where("_dihapus_batch IS NULL").select(*(F.col(name).cast("string") for name in dataset.key))
    counts = table.agg(
        F.count_if(F.expr("_dihapus_batch IS NULL AND _tertahan_batch IS NOT NULL")).alias("held"),
        F.count_if(F.col("_dihapus_batch").isNotNull()).alias("deleted"),
    ).collect()[0]
    arrow = keys.toArrow().combine_chunks()
    current = (
        set(joined(dataset, [arrow.column(name).combine_chunks() for name in dataset.key])) if arrow.num_rows else set()
    )
    return current, int(counts["held"]), int(counts["deleted"])
