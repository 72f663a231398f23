"""Raw and quarantine whose time is over: which folders may go, and how they go.

The contract says how long the files as received are kept, else the tenant by class (UU 27/2022 Pasal 16 ayat 2 huruf
g: personal data is destroyed when its retention is over). A folder that something still needs stays whatever its age,
and the plan says so.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Final

from lumbung.faults import point
from lumbung.ledger import made_up_for
from lumbung.ops.plans import Step
from lumbung.rules.places import quarantine_folder
from lumbung.storage import StorageError, read_manifest
from lumbung.warehouse.ddl import drop_partition, quarantine_name, raw_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from pyspark.sql import SparkSession

    from lumbung.declarations import Dataset, Declarations
    from lumbung.ledger import Batch, Ledger

GOING: Final = ".buang"
"""Ending of a folder that is being removed: readers no longer see it, the next plan takes what is left of it."""


def needed(batch: Batch, batches: Sequence[Batch], still_open: int) -> str | None:
    """Why the files of a landed batch must stay whatever their age; None when nothing needs them.

    `batches`: all batches of the dataset. `still_open`: open refused rows of the batch.
    """
    if batch.state != "conformed" and not made_up_for(batch, batches):
        return f"batch masih {batch.state}"
    if still_open:
        return f"{still_open} baris masih ditolak"
    waiting = next((b.id for b in batches if b.replay_of == batch.id and b.state not in ("conformed", "stopped")), None)
    return f"sedang diproses ulang oleh {waiting}" if waiting else None


def retention_steps(
    ledger: Ledger, declarations: Declarations, warehouse: Path, today: datetime
) -> tuple[list[Step], list[str]]:
    """Folders of raw and quarantine to remove, and what stays although it is old, with the reason."""
    steps: list[Step] = []
    kept: list[str] = []
    for dataset in declarations.datasets.values():
        age = declarations.retention(dataset)
        batches = ledger.batches(dataset=dataset.id)
        refused = ledger.refused_states(dataset.id)
        for batch in batches:
            if batch.landed_at is None or batch.landed_at >= today - age:
                continue
            found = [*_raw(batch, warehouse), *_quarantine(dataset, batch, warehouse)]
            reason = needed(batch, batches, refused.get(batch.id, (0, 0))[1]) or _mismatch(batch, warehouse)
            if found and reason:
                kept.append(f"{batch.id}: {reason}")
            elif found:
                why = f"mendarat {batch.landed_at:%Y-%m-%d}, masa simpan {age.days} hari"
                steps += [_step(part, folder, rows, batch, why) for part, folder, rows in found]
    return steps, kept


def _step(part: str, folder: Path, rows: int, batch: Batch, why: str) -> Step:
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    detail = {"batch": batch.id, "dataset": batch.dataset, "contract_version": batch.contract_version}
    return Step("raw" if part == "raw" else "karantina", str(folder), why, rows, size, detail)


def _raw(batch: Batch, warehouse: Path) -> Iterator[tuple[str, Path, int]]:
    if batch.raw_path and (folder := warehouse / batch.raw_path).is_dir():
        yield "raw", folder, batch.received or 0


def _quarantine(dataset: Dataset, batch: Batch, warehouse: Path) -> Iterator[tuple[str, Path, int]]:
    folder = quarantine_folder(warehouse, dataset.system, dataset.name, batch.id)
    if folder.is_dir():
        yield "quarantine", folder, batch.quarantined or 0


def _mismatch(batch: Batch, warehouse: Path) -> str | None:
    """A folder that does not hold what the ledger says is evidence, and stays."""
    if not batch.raw_path or not (warehouse / batch.raw_path).is_dir():
        return None
    try:
        received = read_manifest(warehouse / batch.raw_path).received
    except StorageError as error:
        return str(error)
    return None if received == batch.received else f"raw memuat {received} baris, ledger {batch.received}: periksa dulu"


def remove(ledger: Ledger, spark: SparkSession, declarations: Declarations, step: Step, maintenance_id: int) -> int:
    """Remove the folder of a step; bytes that it freed. Asked again it goes on where it died.

    First the ledger counts the rows as removed, then the Hive table loses the partition, then the files go.
    """
    dataset = declarations.datasets[step.detail["dataset"]]
    batch_id, part = step.detail["batch"], "raw" if step.kind == "raw" else "quarantine"
    folder = Path(step.target)
    ledger.remove_part(batch_id, part, dataset.id, step.rows, step.bytes, maintenance_id)  # type: ignore[arg-type]
    point("maintain:removal-recorded")
    major = int(step.detail["contract_version"].split(".")[0])
    name = raw_name(dataset, major) if step.kind == "raw" else quarantine_name(dataset, major)
    drop_partition(spark, name, batch_id)
    point("maintain:partition-dropped")
    going = folder.with_name(f".{folder.name}{GOING}")
    if folder.is_dir():
        folder.rename(going)
        point("maintain:folder-hidden")
    if not going.is_dir():
        return 0
    shutil.rmtree(going)
    return step.bytes
