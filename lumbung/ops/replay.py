"""Replay: open refused rows become a batch of their own and meet the rules as they are declared now.

The rows carry the raw values that quarantine kept. They stay open until that batch is judged; then each of them is
closed, once, whatever became of it: accepted, duplicate, or refused anew under the new batch.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from lumbung import storage
from lumbung.declarations import load
from lumbung.faults import point
from lumbung.ledger import Ledger
from lumbung.ops.quarantine import KEY_HASH, REASONS, ROW, RULES, by_batch, check_batch, stored_rows, targets
from lumbung.settings import settings
from lumbung.sources.digest import ContentDigest

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pyarrow as pa

    from lumbung.declarations import Dataset
    from lumbung.ledger import Batch, RefusedRow

LOCK_WAIT_S: Final = 900.0
ORIGIN_BATCH: Final = "_asal_batch"
ORIGIN_ROW: Final = "_asal_row"


@dataclass(frozen=True, slots=True)
class Replay:
    """A landed replay: what is left to do is validate and conform of `run_id`."""

    run_id: str
    batch_id: str
    rows: int


def replay(
    system: str,
    dataset: str,
    batch: str | None = None,
    *,
    actor: str,
    trigger: str | None = None,
    ledger: Ledger | None = None,
) -> Replay | None:
    """Land the open refused rows of a dataset (only those of `batch` when given) as a batch of mode `replay`.

    None when no row is open. Asking again while the same rows are open gives the same batch; a replay of the dataset
    that has landed and is not judged yet is given instead of a new one. Raises `UnknownTarget`.
    """
    if ledger is None:
        own = Ledger.connect()
        try:
            return replay(system, dataset, batch, actor=actor, trigger=trigger, ledger=own)
        finally:
            own.close()
    declared = targets(load(), system, dataset)[0]
    if batch is not None:
        check_batch(ledger, (declared,), batch)
    # Held against validate: between looking and landing no batch may bring a newer version of these rows.
    with ledger.lock(f"validate:{declared.id}", LOCK_WAIT_S):
        waiting = [
            known
            for known in ledger.batches(dataset=declared.id, states=("opened", "extracted", "landed"))
            if known.mode == "replay"
        ]
        if landed := next((known for known in waiting if known.state == "landed"), None):
            return Replay(landed.run_id, landed.id, landed.received or 0)
        rows = ledger.refused_rows(dataset=declared.id, batch_id=batch)
        if not rows:
            return None
        run = ledger.open_run(system, "ulang", trigger or _trigger(declared, rows), actor, datasets=(declared.id,))
        _give_up(ledger, [known for known in waiting if known.run_id != run.id])
        newest = ledger.batch(rows[-1].batch_id)
        added = ledger.add_batch(run.id, declared.id, "replay", None, None, declared.version, replay_of=newest.id)
        point("replay:batch-added")
        _land(ledger, declared, added, newest, rows)
    return Replay(run.id, added.id, len(rows))


def _trigger(dataset: Dataset, rows: Sequence[RefusedRow]) -> str:
    """The same open rows give the same run, so that a replay that died goes on instead of starting twice."""
    body = json.dumps([(row.batch_id, row.row_no) for row in rows])
    return f"ulang:{dataset.id}:{hashlib.sha256(body.encode()).hexdigest()[:16]}"


def _give_up(ledger: Ledger, left: Sequence[Batch]) -> None:
    """Close replays that died before they landed and whose rows are no longer the open ones."""
    for batch in left:
        ledger.stopped(batch.id, "Putar ulang tidak selesai dan barisnya sudah berubah; diganti putar ulang yang baru.")
        ledger.finish_run(batch.run_id, "failed", f"batch {batch.id} diganti putar ulang yang baru")


def _land(ledger: Ledger, dataset: Dataset, batch: Batch, newest: Batch, rows: Sequence[RefusedRow]) -> None:
    """Write the rows as a raw batch with manifest, then tell the ledger; repeating it changes nothing."""
    import pyarrow.parquet as pq

    warehouse = settings().warehouse
    table = raw_table(warehouse, dataset, rows)
    fields = tuple(
        storage.ManifestField(name=field.name, type=str(field.type), source_type=_source_type(dataset, field.name))
        for field in table.schema
    )
    digest = content_digest(table)
    final = storage.raw_batch_path(warehouse, dataset.system, dataset.name, dataset.major, batch.id)
    with storage.new_directory(final, f"dataset {dataset.id}, batch {batch.id}, raw") as folder:
        pq.write_table(table, folder / storage.DATA_FILE, compression="zstd")
        manifest = storage.Manifest(
            batch=batch.id,
            run=batch.run_id,
            system=dataset.system,
            dataset=dataset.id,
            mode="replay",
            contract_version=dataset.version,
            rows=table.num_rows,
            digest=digest,
            fields=fields,
            schema_digest=storage.schema_digest(fields),
            source_clock=newest.source_clock,
            replay_of=newest.id,
            files=(storage.describe_file(folder / storage.DATA_FILE),),
        )
        raw_bytes = storage.write_raw(folder, manifest)
    point("replay:raw-written")
    ledger.extracted(batch.id, table.num_rows, digest, manifest.schema_digest, None, newest.source_clock)
    point("replay:extracted")
    ledger.landed(batch.id, str(final), raw_bytes, None)
    point("replay:landed")


def raw_table(warehouse: Path, dataset: Dataset, rows: Sequence[RefusedRow]) -> pa.Table:
    """The refused rows as they were received: `_row` numbered anew, the raw columns, `_asal_batch` and `_asal_row`."""
    import pyarrow as pa

    parts = []
    for batch_id, numbers in by_batch(rows).items():
        stored = stored_rows(warehouse, dataset, batch_id, numbers)
        missing = sorted(set(numbers) - set(stored.column(ROW).to_pylist()))
        if missing:
            raise storage.StorageError(
                f"{dataset.id}, batch {batch_id}: quarantine does not hold the refused rows {missing[:5]}; restore it "
                "from the backup"
            )
        origin = pa.array([batch_id] * stored.num_rows, pa.string())
        kept = [n for n in stored.column_names if n not in (ROW, RULES, REASONS, KEY_HASH, ORIGIN_BATCH, ORIGIN_ROW)]
        part = stored.select(kept).append_column(ORIGIN_BATCH, origin)
        parts.append(part.append_column(ORIGIN_ROW, stored.column(ROW).cast(pa.int64())))
    joined = pa.concat_tables(parts, promote_options="permissive")
    return _exact(joined.add_column(0, ROW, pa.array(range(1, joined.num_rows + 1), pa.int64())), dataset)


def _exact(table: pa.Table, dataset: Dataset) -> pa.Table:
    """The types of raw files: Spark writes zoned timestamps in its own form, and notes its schema in the file."""
    import pyarrow as pa

    table = table.replace_schema_metadata(None)  # otherwise Spark would read the columns of quarantine here
    zoned = {column.name for column in dataset.columns if "with time zone" in column.physical}
    for index, field in enumerate(table.schema):
        if pa.types.is_timestamp(field.type):
            exact = pa.timestamp("us", tz="UTC" if field.name in zoned else None)
            table = table.set_column(index, pa.field(field.name, exact), table.column(index).cast(exact))
    return table


def content_digest(table: pa.Table) -> str:
    """Content digest of the replayed rows, whatever their order."""
    digest = ContentDigest()
    names = [name for name in table.column_names if name != ROW]
    for row in table.select(names).to_pylist():
        digest.add(json.dumps([_text(row[name]) for name in names], ensure_ascii=False).encode())
    return digest.hexdigest()


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _source_type(dataset: Dataset, name: str) -> str | None:
    return next((column.physical for column in dataset.columns if column.name == name), None)
