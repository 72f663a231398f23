"""What must hold whatever broke: nothing acknowledged is lost, nothing is there twice, nothing lies about."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow.parquet as pq

from lumbung import storage
from lumbung.ledger import Batch
from lumbung.rules.places import places
from lumbung.warehouse import iceberg
from lumbung.warehouse.ddl import curated_name
from lumbung.warehouse.session import session
from tests.faults.services import wait_for
from tests.faults.site import MART, SYSTEM, Site
from tests.faults.source import Service

ZONE = ZoneInfo("Asia/Jakarta")
NEWEST = 12
Row = tuple[object, ...]


def acknowledged(site: Site) -> Iterator[str]:
    """At any moment: what the ledger says is done lies where it belongs, whole and in the right number."""
    for batch in site.ledger.batches(system=SYSTEM, newest_first=True, limit=NEWEST):
        dataset = site.declarations.datasets[batch.dataset]
        if batch.state == "extracted" and batch.mode != "replay":
            try:
                _files(Path(batch.spool_path or ""), batch)
            except storage.StorageError as error:
                if not batch_is_raw(site, batch):
                    yield f"{batch.id} is extracted, but: {error}"
        if batch.state in ("landed", "validated", "conformed"):
            try:
                _files(Path(batch.raw_path or ""), batch)
            except storage.StorageError as error:
                yield f"{batch.id} is {batch.state}, but: {error}"
        if batch.state in ("validated", "conformed"):
            counts = (batch.accepted or 0) + (batch.quarantined or 0) + (batch.duplicate or 0)
            if batch.received != counts:
                yield f"{batch.id}: received {batch.received}, accounted for {counts}"
            where = places(site.place.warehouse, dataset, batch.id)
            if batch.quarantined and batch.same_as is None:
                kept = pq.read_table(where.quarantine).num_rows if where.quarantine.is_dir() else 0
                rows = len(site.ledger.refused_rows(batch_id=batch.id, state=None))
                if not kept == rows == batch.quarantined:
                    yield f"{batch.id}: {batch.quarantined} quarantined, {kept} in quarantine, {rows} in the ledger"
            if batch.state == "validated" and batch.accepted and not (where.valid / "_SUCCESS").exists():
                yield f"{batch.id} is validated, but its accepted rows are not in {where.valid}"


def batch_is_raw(site: Site, batch: Batch) -> bool:
    """Whether an extracted batch lies in raw already (its landing died before the ledger knew)."""
    dataset = site.declarations.datasets[batch.dataset]
    folder = storage.raw_batch_path(site.place.warehouse, SYSTEM, dataset.name, dataset.major, batch.id)
    try:
        _files(folder, batch)
    except storage.StorageError:
        return False
    return True


def _files(folder: Path, batch: Batch) -> None:
    manifest = storage.read_manifest(folder)
    if (manifest.digest, manifest.rows) != (batch.digest, batch.received):
        raise storage.StorageError(f"{folder} holds {manifest.rows} rows of another digest than the ledger's")
    for file in manifest.files:
        storage.check_file(folder, file, batch.id)


def landed(site: Site) -> Iterator[str]:
    """After land: every batch is in raw once, what the source held up to the watermark is there, nothing lies about."""
    raw = site.place.warehouse / "raw" / SYSTEM
    batches = site.ledger.batches(system=SYSTEM)
    known = {f"batch={batch.id}" for batch in batches if batch.raw_path}
    there = {path.name for path in raw.glob("*/v1/*")}
    if there != known:
        yield f"raw holds {sorted(there ^ known)} that the ledger does not, or the other way round"
    if left := [str(path) for path in site.place.spool.rglob("*")] if site.place.spool.is_dir() else []:
        yield f"left in the spool: {left}"
    for batch in batches:
        if batch.state in ("opened", "extracted"):
            yield f"{batch.id} is still {batch.state}"
    stored = {row for batch in batches if batch.dataset == f"{SYSTEM}.layanan" for row in _raw_rows(batch)}
    missing = [row for row in _due(site) if _as_row(row) not in stored]
    if missing:
        yield f"{len(missing)} rows of the source up to the watermark are in no batch, e.g. {missing[0]}"
    yield from _locks(site)
    yield from site.ledger.verify_audit()


def _raw_rows(batch: Batch) -> Iterator[Row]:
    if batch.raw_path:
        table = pq.read_table(Path(batch.raw_path) / storage.DATA_FILE)
        columns = [table.column(name).to_pylist() for name in ("id", "petugas", "loket", "jenis", "biaya")]
        for key, officer, desk, kind, fee in zip(*columns, strict=True):
            yield key, officer, desk, None if kind is None else int(kind), _fee(fee)


def _as_row(row: Service) -> Row:
    return row.id, row.officer, row.desk, row.kind, _fee(row.fee)


def _fee(text: str | None) -> Decimal | None:
    """A number as a number; what no number type can hold is nothing (raw has NULL and a remark)."""
    return Decimal(text) if text is not None and math.isfinite(float(text)) else None


def _due(site: Site) -> list[Service]:
    """Rows of the source that must have been read."""
    mark = site.ledger.watermark(f"{SYSTEM}.layanan")
    return [row for row in site.source.services() if mark is not None and _utc(row.changed) <= mark]


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=ZONE).astimezone(UTC)


def _locks(site: Site) -> Iterator[str]:
    """Locks of dead processes go within the server's interval of looking for its clients."""
    query = "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database WHERE locktype = 'advisory'"
    query += " AND d.datname = current_database()"
    try:
        wait_for(lambda: site.database.value(query) == 0, "all locks are free", 20)
    except AssertionError as error:
        yield str(error)


def promoted(site: Site) -> Iterator[str]:
    """After conform: all batches are in, once; no key twice; curated is what the source says; nothing lies about."""
    spark = session("gangguan")
    batches = site.ledger.batches(system=SYSTEM)
    if waiting := [f"{batch.id} {batch.state}" for batch in batches if batch.state != "conformed"]:
        yield f"not conformed: {', '.join(waiting)}"
    for dataset in site.declarations.datasets.values():
        name = curated_name(dataset)
        keys = ", ".join(dataset.key)
        twice = spark.sql(f"SELECT {keys} FROM {name} GROUP BY {keys} HAVING count(*) > 1").collect()
        if twice:
            yield f"{len(twice)} keys twice in {name}, e.g. {tuple(twice[0])}"
        yield from _once(name, [batch for batch in batches if batch.dataset == dataset.id])
        folder = site.place.warehouse / "valid" / SYSTEM / dataset.name
        if left := sorted(path.name for path in folder.glob("*")) if folder.is_dir() else []:
            yield f"left of validation of {dataset.id}: {left}"
    current = {
        row["id"]: (row["petugas"], row["loket"], row["jenis"], row["biaya"])
        for row in spark.table("curated.uji__layanan").where("_dihapus_batch IS NULL").collect()
    }
    yield from _like_the_source(site, current)
    desks = spark.table("curated.uji__petugas").where("_dihapus_batch IS NULL").select("nip", "loket").collect()
    officers = {row["nip"]: row["loket"] for row in desks}
    if officers != site.source.officers():
        yield f"officers in curated differ from the source: {officers.items() ^ site.source.officers().items()}"


def _once(name: str, batches: Sequence[Batch]) -> Iterator[str]:
    """Main stood once at what every batch that brought something made of it, and at nothing else of a batch."""
    spark = session("gangguan")
    known = iceberg.snapshots(spark, name)
    written = [known[snapshot].summary.get(iceberg.BATCH) for snapshot in iceberg.history(spark, name)]
    for batch in batches:
        times = written.count(batch.id)
        wanted = 0 if batch.snapshot_id is None or batch.same_as is not None else 1
        if times != wanted:
            yield f"{batch.id} was committed {times} times to {name} instead of {wanted}"
    refs = {row["name"] for row in spark.table(f"{name}.refs").collect()}
    if refs != {"main"}:
        yield f"{name} has the branches {sorted(refs)}"


def _like_the_source(site: Site, current: dict[int, Row]) -> Iterator[str]:
    """Rows that are good and due at the source are current with exactly their content."""
    officers = site.source.officers()
    by_key: dict[int, set[Row]] = {}
    rows = site.source.services()
    for row in rows:
        by_key.setdefault(row.id, set()).add((row.officer, row.desk, row.kind, row.fee))
    for row in _due(site):
        good = len(by_key[row.id]) == 1 and row.officer in officers and row.kind in (1, 2, 3)
        if not good or row.fee is None or not 0 <= float(row.fee) < math.inf:
            continue
        wanted = (row.officer, row.desk, row.kind, Decimal(row.fee))
        if current.get(row.id) != wanted:
            yield f"layanan {row.id} is {current.get(row.id)} in curated and {wanted} at the source"
    if gone := current.keys() - by_key.keys():
        yield f"current, but not at the source: {sorted(gone)}"


def refreshed(site: Site) -> Iterator[str]:
    """After mart: the mart adds up to curated, its record is that of main, no branch is left."""
    spark = session("gangguan")
    name = f"mart.{MART}"
    counted = spark.sql(f"SELECT sum(jumlah) AS n FROM {name}").collect()[0]["n"]
    current = spark.table("curated.uji__layanan").where("_dihapus_batch IS NULL").count()
    if counted != current:
        yield f"{name} counts {counted} services, curated has {current}"
    record = site.ledger.latest_mart(MART)
    if record is None or record.snapshot_id != iceberg.current_snapshot(spark, name):
        yield f"the ledger's record of {name} is not its snapshot: {record}"
    refs = {row["name"] for row in spark.table(f"{name}.refs").collect()}
    if refs != {"main"}:
        yield f"{name} has the branches {sorted(refs)}"


def broken(site: Site, *checks: Callable[[Site], Iterator[str]]) -> list[str]:
    """What the checks found, all of it."""
    return [problem for check in checks for problem in check(site)]
