"""One dataset from a snapshot into the spool: Parquet with row numbers, manifest, all or nothing."""

import logging
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from lumbung import storage
from lumbung.declarations.models import Dataset
from lumbung.declarations.names import FILE_EXTRAS
from lumbung.faults import point
from lumbung.ledger import Batch, Run
from lumbung.sources.arrow import LOST_COLUMN, ROW_COLUMN
from lumbung.sources.digest import ContentDigest
from lumbung.sources.snapshot import Part, Prepared, Snapshot
from lumbung.sources.window import Window

_ROW_GROUP_ROWS = 131_072
_ROW_GROUP_BYTES = 24 << 20  # memory: a row group and its encoded pages are held at once
log = logging.getLogger(__name__)


def raw_schema(prepared: Prepared) -> pa.Schema:
    """Schema of a batch's files: `_row`, the period when the dataset has one, the columns, `_nilai`."""
    own = [pa.field(ROW_COLUMN, pa.int64(), nullable=False)]
    if prepared.dataset.period_column is not None:
        own.append(pa.field(prepared.dataset.period_column, pa.string(), nullable=False))
    return pa.schema([*own, *prepared.schema])


def manifest_fields(prepared: Prepared) -> tuple[storage.ManifestField, ...]:
    """Columns of a batch's files with their Arrow type and the type in the source's catalogue."""
    own = (ROW_COLUMN, LOST_COLUMN, *FILE_EXTRAS, prepared.dataset.period_column)
    return tuple(
        storage.ManifestField(
            name=field.name,
            type=str(field.type),
            source_type=None if field.name in own else prepared.source_types[field.name],
        )
        for field in raw_schema(prepared)
    )


def spool_dataset(
    snapshot: Snapshot,
    dataset: Dataset,
    window: Window | None,
    run: Run,
    batch: Batch,
    folder: Path,
    warnings: list[str],
    confirm: Callable[[], None],
) -> storage.Manifest:
    """Read one dataset whole (or its window) into `folder`, which appears complete or not at all.

    `confirm` is called before the folder takes its place, and raises when that is no longer ours.
    Raises storage.StorageFull when the spool has no room, SourceError when the source cannot be read to the end.
    """
    started = monotonic()
    prepared = snapshot.prepare(dataset)
    digest = ContentDigest()
    lost: dict[str, int] = {}
    with storage.new_directory(folder, f"dataset {dataset.id}, batch {batch.id}, spool") as temporary:
        write_rows(
            temporary / storage.DATA_FILE, raw_schema(prepared), numbered(snapshot, prepared, window, digest, lost)
        )
        point("extract:data-written")
        fields = manifest_fields(prepared)
        manifest = storage.Manifest(
            batch=batch.id,
            run=run.id,
            system=dataset.system,
            dataset=dataset.id,
            mode=batch.mode,
            contract_version=dataset.version,
            rows=digest.rows,
            digest=digest.hexdigest(),
            fields=fields,
            schema_digest=storage.schema_digest(fields),
            window_from=batch.window_from,
            window_to=batch.window_to,
            source_clock=snapshot.clock,
            source_tables=prepared.labels,
            snapshot=snapshot.label,
            warnings=(*warnings, *snapshot.remarks(dataset)),
            values_not_carried=lost,
            files=(storage.describe_file(temporary / storage.DATA_FILE),),
        )
        storage.write_text(temporary / storage.SPOOL_FILE, manifest.model_dump_json(indent=2) + "\n")
        confirm()
    log.info("extract %s: %d rows in %.1f s", batch.id, digest.rows, monotonic() - started)
    return manifest


def numbered(
    snapshot: Snapshot, prepared: Prepared, window: Window | None, digest: ContentDigest, lost: dict[str, int]
) -> Iterator[pa.RecordBatch]:
    """The source's record batches with row number (1-based over the whole batch) and period; counts `_nilai`."""
    schema = raw_schema(prepared)
    row = 0
    for part, received in snapshot.read(prepared, window, digest):
        numbers = pa.array(np.arange(row + 1, row + 1 + received.num_rows, dtype=np.int64))
        row += received.num_rows
        _count_lost(received.column(LOST_COLUMN), lost)
        yield pa.RecordBatch.from_arrays([numbers, *_period(schema, part, received), *received.columns], schema=schema)


def _period(schema: pa.Schema, part: Part, received: pa.RecordBatch) -> list[pa.Array]:
    if len(schema) == received.num_columns + 1:
        return []
    return [pa.repeat(pa.scalar(part.period, pa.string()), received.num_rows)]


def _count_lost(names: pa.Array, lost: dict[str, int]) -> None:
    if names.null_count == len(names):
        return
    for entry in pc.value_counts(names.drop_null()).to_pylist():
        for name in entry["values"].split(","):
            lost[name] = lost.get(name, 0) + entry["counts"]


def write_rows(path: Path, schema: pa.Schema, batches: Iterator[pa.RecordBatch]) -> None:
    """Parquet (zstd) in row groups of bounded size, flushed to disk."""
    with path.open("wb") as file:
        with pq.ParquetWriter(file, schema, compression="zstd", write_page_index=False) as writer:
            held: list[pa.RecordBatch] = []
            rows = size = 0
            for batch in batches:
                held.append(batch)
                rows += batch.num_rows
                size += batch.nbytes
                if rows >= _ROW_GROUP_ROWS or size >= _ROW_GROUP_BYTES:
                    writer.write_table(pa.Table.from_batches(held, schema))
                    held, rows, size = [], 0, 0
            if held:
                writer.write_table(pa.Table.from_batches(held, schema))
        file.flush()
        os.fsync(file.fileno())
