"""From a published figure or a mart row back to batches, files and source windows."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from difflib import get_close_matches
from typing import Any, Final
from urllib.parse import parse_qsl

from lumbung.declarations import Declarations, load
from lumbung.ledger import Ledger, MartRefresh

_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


class TraceError(ValueError):
    """The target is not known; the message says what can be traced."""


@dataclass
class Path:
    """What stands behind a figure: the figure, its mart's refresh, and per input table the batches with their rows."""

    target: str
    publication: dict[str, Any] | None
    mart: str
    title: str
    as_of: datetime
    run: str
    snapshot: int | None
    counted: int
    excluded: dict[str, int]
    rows: list[dict[str, Any]] = field(default_factory=list)
    inputs: list[dict[str, Any]] = field(default_factory=list)


def trace_target(target: str, ledger: Ledger | None = None) -> dict[str, Any]:
    """Follows a target to its sources.

    Args:
        target: `mart.<name>`, `mart.<name>?<column>=<value>&…` (a row of it), or a publication: its id, its slug,
            or the id or address of its dataset or resource on the portal.

    Returns:
        the fields of `Path`; each input has `table`, `snapshot` and `batches`: id, rows that stand in the snapshot,
        window (source time, UTC), landed file and source.

    Raises:
        TraceError: nothing of that name was ever refreshed or published.
    """
    ledger = ledger or Ledger.connect()
    declared = load()
    publication, mart, conditions = _resolve(target, declared, ledger)
    refresh = _refresh(ledger, mart, publication)
    found = Path(
        target=target,
        publication=publication,
        mart=mart,
        title=declared.marts[mart].title,
        as_of=refresh.as_of,
        run=refresh.run_label,
        snapshot=refresh.snapshot_id,
        counted=refresh.counted,
        excluded=dict(refresh.excluded),
    )
    if conditions:
        found.rows = _rows(declared, mart, refresh, conditions)
    found.inputs = [
        _input(ledger, declared, name, snapshot, refresh.at) for name, snapshot in sorted(refresh.inputs.items())
    ]
    return vars(found)


def _resolve(
    target: str, declared: Declarations, ledger: Ledger
) -> tuple[dict[str, Any] | None, str, list[tuple[str, str]]]:
    name, _, query = target.partition("?")
    if name.removeprefix("mart.") in declared.marts:
        return None, name.removeprefix("mart."), parse_qsl(query)
    from lumbung.portal.dataset import dataset_id, resource_id

    words = set(target.rstrip("/").split("/"))
    for mart in declared.marts.values():
        for publication in mart.publications:
            ids = {publication.id, publication.slug, dataset_id(publication.id), resource_id(publication.id)}
            if ids & words:
                latest = ledger.latest_publication(publication.id)
                if latest is None:
                    raise TraceError(f"Publikasi {publication.id} belum pernah terbit; jalankan `lumbung run`.")
                detail = {
                    "id": publication.id,
                    "title": publication.title,
                    "version": latest.version,
                    "rows": latest.rows,
                    "suppressed": latest.suppressed,
                    "mart_snapshot": latest.mart_snapshot,
                    "published_at": latest.at,
                }
                return detail, mart.name, []
    raise TraceError(_unknown(target, declared))


def _unknown(target: str, declared: Declarations) -> str:
    """Why a target is none, with what may have been meant."""
    listed = "Semuanya: `bin/lumbung summary`."
    if "://" in target or _UUID.fullmatch(target):
        return f"{target}: bukan alamat atau id dataset atau resource yang diterbitkan Lumbung. {listed}"
    slugs = (one.slug for mart in declared.marts.values() for one in mart.publications)
    near = get_close_matches(target.partition("?")[0], [*(f"mart.{name}" for name in declared.marts), *slugs])
    return f"{target!r} bukan mart atau publikasi; yang mirip: {', '.join(near) or 'tidak ada'}. {listed}"


def _refresh(ledger: Ledger, mart: str, publication: dict[str, Any] | None) -> MartRefresh:
    snapshot = publication["mart_snapshot"] if publication else None
    refresh = ledger.mart_by_snapshot(mart, snapshot) if snapshot is not None else ledger.latest_mart(mart)
    if refresh is None:
        raise TraceError(f"mart.{mart} belum pernah disegarkan; jalankan `lumbung run`.")
    return refresh


def _rows(
    declared: Declarations, mart: str, refresh: MartRefresh, conditions: list[tuple[str, str]]
) -> list[dict[str, Any]]:
    from pyspark.sql import functions as F

    from lumbung.warehouse.iceberg import at
    from lumbung.warehouse.session import session

    known = {column.name for column in declared.marts[mart].columns}
    unknown = [name for name, _ in conditions if name not in known]
    if unknown:
        raise TraceError(f"mart.{mart} tidak punya kolom {unknown[0]!r}; yang ada: {', '.join(sorted(known))}.")
    spark = session("trace")
    frame = (
        spark.table(f"mart.{mart}") if refresh.snapshot_id is None else at(spark, f"mart.{mart}", refresh.snapshot_id)
    )
    for name, value in conditions:
        frame = frame.where(F.col(name).cast("string") == F.lit(value))
    rows = [row.asDict() for row in frame.limit(100).collect()]
    if not rows:
        asked = " dan ".join(f"{name} = {value}" for name, value in conditions)
        raise TraceError(f"mart.{mart} tidak punya baris dengan {asked}.")
    return rows


def _input(ledger: Ledger, declared: Declarations, name: str, snapshot: Any, refreshed: datetime) -> dict[str, Any]:
    """The batches whose rows stand in an input table as of the snapshot, which a mart read before `refreshed`."""
    if name not in declared.datasets or snapshot is None:
        return {"table": name, "snapshot": snapshot, "batches": []}
    from pyspark.sql import functions as F

    from lumbung.warehouse.iceberg import at, snapshots
    from lumbung.warehouse.session import session

    dataset = declared.datasets[name]
    table = f"curated.{dataset.table_name}"
    spark = session("trace")
    if int(snapshot) not in snapshots(spark, table):
        return {"table": table, "snapshot": int(snapshot), **_by_ledger(ledger, declared, name, refreshed)}
    counts = (
        at(spark, table, int(snapshot))
        .where("_dihapus_batch IS NULL")
        .groupBy("_batch_id")
        .agg(F.count(F.lit(1)).alias("rows"))
        .orderBy("_batch_id")
        .collect()
    )
    return {
        "table": table,
        "snapshot": int(snapshot),
        "batches": [_batch(ledger, declared, row["_batch_id"], row["rows"]) for row in counts],
    }


def _by_ledger(ledger: Ledger, declared: Declarations, name: str, refreshed: datetime) -> dict[str, Any]:
    """What is left to say of an expired snapshot: the batches that had gone into the table by then."""
    before = [
        batch
        for batch in ledger.batches(dataset=name, states=("conformed",))
        if batch.accepted and batch.conformed_at and batch.conformed_at <= refreshed
    ]
    note = "snapshot sudah kedaluwarsa; batch menurut ledger, tanpa hitungan baris yang berlaku saat itu"
    return {"note": note, "batches": [_batch(ledger, declared, batch.id, None) for batch in before]}


def _batch(ledger: Ledger, declared: Declarations, batch_id: str, rows: int | None) -> dict[str, Any]:
    batch = ledger.batch(batch_id)
    removed = ledger.removals("raw", batch.dataset).get(batch_id)
    return {
        "batch": batch.id,
        "rows": rows,
        "received": batch.received,
        "mode": batch.mode,
        "window_from": batch.window_from,
        "window_to": batch.window_to,
        "source_clock": batch.source_clock,
        "source": f"{declared.systems[batch.system].name}: {declared.datasets[batch.dataset].source_table}",
        "file": batch.raw_path,
        "source_files": [file.name for file in ledger.files_of_batch(batch_id)],
        "removed_at": removed.at if removed else None,
    }


def show(path: dict[str, Any]) -> str:
    """The path as an indented text for people."""
    lines = [path["target"]]
    publication = path["publication"]
    if publication:
        lines.append(
            f"└ publikasi {publication['id']} versi {publication['version']}: {publication['rows']} baris, "
            f"{publication['suppressed']} sel disamarkan"
        )
    lines.append(f"└ mart.{path['mart']} snapshot {path['snapshot']}, data per {_at(path['as_of'])}, {path['run']}")
    lines += [f"    {', '.join(f'{name}={value}' for name, value in row.items())}" for row in path["rows"]]
    excluded = ", ".join(f"{reason} {count}" for reason, count in path["excluded"].items()) or "tidak ada"
    lines.append(f"    dihitung {path['counted']} baris; tidak dihitung: {excluded}")
    for table in path["inputs"]:
        lines.append(f"  └ {table['table']} snapshot {table['snapshot']}")
        if "note" in table:
            lines.append(f"    {table['note']}")
        for batch in table["batches"]:
            start = _at(batch["window_from"]) if batch["window_from"] else "awal"
            lines.append(
                f"    └ batch {batch['batch']} ({batch['mode']}): "
                + ("" if batch["rows"] is None else f"{batch['rows']} baris berlaku dari ")
                + f"{batch['received']} diterima"
            )
            lines.append(
                f"      {batch['source']}, jendela {start} … {_at(batch['window_to'] or batch['source_clock'])}"
            )
            if batch["source_files"]:
                lines.append(f"      berkas {', '.join(batch['source_files'])}")
            gone = f" (dihapus {_at(batch['removed_at'])}: masa simpan habis)" if batch["removed_at"] else ""
            lines.append(f"      {batch['file']}{gone}")
    return "\n".join(lines)


def _at(moment: datetime | None) -> str:
    return moment.isoformat() if moment else "–"
