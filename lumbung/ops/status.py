"""What the ledger says of datasets, marts and publications."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from lumbung.declarations import Dataset, Declarations, load
from lumbung.ledger import Batch, Ledger
from lumbung.ops.freshness import freshness
from lumbung.ops.halts import waiting_of

COLUMNS = {
    "system": "Sistem",
    "dataset": "Dataset",
    "batches": "Batch",
    "received": "Masuk",
    "accepted": "Lolos",
    "quarantined": "Karantina",
    "duplicate": "Berulang",
    "open_refused": "Masih ditolak",
    "watermark": "Batas",
    "last_success": "Berhasil terakhir",
    "next_due": "Jatuh tempo",
    "late": "Terlambat",
}
MART_COLUMNS = {
    "mart": "Mart",
    "rows": "Baris",
    "counted": "Dihitung",
    "excluded": "Tidak dihitung",
    "as_of": "Data per",
}
PUBLIC_COLUMNS = {
    "title": "Judul",
    "rows": "Baris",
    "suppressed": "Sel disamarkan",
    "data_per": "Data per",
    "version": "Versi",
    "url": "Alamat",
}


def status_rows(ledger: Ledger | None = None, now: datetime | None = None) -> list[dict[str, Any]]:
    """One row per declared dataset, in the order of systems and datasets.

    Counts are sums over all validated batches (rows). `next_due`: when the contract's freshness promise ends (see
    `freshness`), `last_success` when it last arrived (of files: the newest of them), `period` the newest period of a
    dataset that comes in periods; `late` says whether `now` is past it (a dataset never loaded is late), `late_by` by
    how many seconds (None when it is not, or was never loaded). `waiting`: what has to be decided before it goes on,
    with the next step; None when nothing.
    """
    ledger = ledger or Ledger.connect()
    now = now or datetime.now(UTC)
    declared = load()
    by_dataset: dict[str, list[Batch]] = {}
    for batch in ledger.batches():
        by_dataset.setdefault(batch.dataset, []).append(batch)
    waiting = ledger.halts()
    return [
        _status(ledger, declared, dataset, by_dataset.get(dataset.id, []), now)
        | {"waiting": waiting_of(ledger, waiting, declared, dataset) if waiting else None}
        for system in declared.systems
        for dataset in declared.of_system(system)
    ]


def shown(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows for people: in place of `late` how late in words."""
    return [{**row, "late": _lateness(row)} for row in rows]


def _lateness(row: dict[str, Any]) -> str:
    if not row["late"]:
        return "tidak"
    if row["late_by"] is None:
        return "belum pernah"
    minutes = row["late_by"] // 60
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    return f"{days} hari {hours} jam" if days else f"{hours} jam {minutes} menit"


def _status(
    ledger: Ledger, declared: Declarations, dataset: Dataset, batches: list[Batch], now: datetime
) -> dict[str, Any]:
    counted = [batch for batch in batches if batch.accepted is not None]
    fresh = freshness(dataset, declared.systems[dataset.system].timezone, batches, now, ledger.files_of_batch)
    return {
        "system": dataset.system,
        "dataset": dataset.name,
        "batches": len(batches),
        "received": sum(batch.received or 0 for batch in counted),
        "accepted": sum(batch.accepted or 0 for batch in counted),
        "quarantined": sum(batch.quarantined or 0 for batch in counted),
        "duplicate": sum(batch.duplicate or 0 for batch in counted),
        "open_refused": sum(count for _, count in ledger.open_refused(dataset.id)),
        "watermark": ledger.watermark(dataset.id),
        "last_success": fresh.last_success,
        "period": fresh.period,
        "next_due": fresh.next_due,
        "late": fresh.late,
        "late_by": None if fresh.late_by is None else int(fresh.late_by.total_seconds()),
        "stopped": batches[-1].error if batches and batches[-1].state == "stopped" else None,
    }


def mart_rows(ledger: Ledger | None = None) -> list[dict[str, Any]]:
    """One row per declared mart that was refreshed at least once: rows, counted, excluded by reason, as-of."""
    ledger = ledger or Ledger.connect()
    rows = []
    for name in load().marts:
        latest = ledger.latest_mart(name)
        if latest is not None:
            rows.append(
                {
                    "mart": name,
                    "rows": latest.rows,
                    "counted": latest.counted,
                    "excluded": [f"{reason}: {count}" for reason, count in (latest.excluded or {}).items()],
                    "as_of": latest.as_of,
                    "digest": latest.digest,
                    "snapshot": latest.snapshot_id,
                }
            )
    return rows


def public_rows(ledger: Ledger | None = None) -> list[dict[str, Any]]:
    """One row per declared publication: what the portal shows and where; `state` tells a blocked one."""
    from lumbung.ops.publications import publications

    return publications(ledger or Ledger.connect())
