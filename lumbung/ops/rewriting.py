"""Parquet files without some of their rows: the file is replaced in one step, its form stays what it was."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from lumbung.ops.keys import texts
from lumbung.storage import MANIFEST_FILE, describe_file, read_manifest, sync_directory, write_text

if TYPE_CHECKING:
    from lumbung.declarations import Dataset

_ROWS = 131_072


def data_files(folder: Path) -> list[Path]:
    """The Parquet files of a batch's folder."""
    return sorted(file for file in folder.glob("*.parquet") if not file.name.startswith((".", "_")))


def matching(dataset: Dataset, rows: pa.RecordBatch | pa.Table, wanted: Mapping[str, str]) -> pa.Array:
    """Which rows have all the wanted values (as text, see `keys.texts`); a file without such a column has none."""
    mask = pa.array([True] * rows.num_rows, pa.bool_())
    for name, value in wanted.items():
        if name not in rows.schema.names:
            return pa.array([False] * rows.num_rows, pa.bool_())
        column = rows.column(rows.schema.get_field_index(name))
        column = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
        mask = pc.and_(mask, pc.fill_null(pc.equal(texts(dataset, name, column), value), False))
    return mask


def found_rows(
    dataset: Dataset, folder: Path, wanted: Mapping[str, str], columns: tuple[str, ...]
) -> Iterator[dict[str, pa.Array]]:
    """The named columns of the matching rows, piece by piece; only these columns and the wanted ones are read."""
    for file in data_files(folder):
        with pq.ParquetFile(file) as parquet:
            names = [name for name in dict.fromkeys((*wanted, *columns)) if name in parquet.schema_arrow.names]
            for piece in parquet.iter_batches(_ROWS, columns=names):
                hits = piece.filter(matching(dataset, piece, wanted))
                if hits.num_rows:
                    yield {name: hits.column(hits.schema.get_field_index(name)) for name in columns if name in names}


def held_rows(dataset: Dataset, folder: Path, wanted: Mapping[str, str]) -> int | None:
    """Matching rows in all Parquet files at and below a folder, finished or not; None when one cannot be read."""
    rows = 0
    for file in folder.rglob("*.parquet"):
        try:
            with pq.ParquetFile(file) as parquet:
                if not set(wanted) <= set(parquet.schema_arrow.names):
                    continue
                for piece in parquet.iter_batches(_ROWS, columns=list(wanted)):
                    rows += matching(dataset, piece, wanted).true_count
        except (pa.ArrowException, OSError):
            return None
    return rows


def without_rows(dataset: Dataset, folder: Path, wanted: Mapping[str, str]) -> int:
    """Write the folder's files anew without the matching rows; how many went. Other files stay untouched."""
    for left in folder.glob(".*.parquet.tmp"):  # of a process that died while it wrote
        left.unlink()
    return sum(_rewrite(dataset, file, wanted) for file in data_files(folder))


def settle_manifest(folder: Path, received: int) -> None:
    """Bring rows, sizes and SHA-256 of the manifest up to the files; what is missing of `received` was erased."""
    manifest = read_manifest(folder)
    files = tuple(describe_file(folder / file.name) for file in manifest.files)
    rows = sum(pq.read_metadata(folder / file.name).num_rows for file in files)
    changed = manifest.model_copy(update={"files": files, "rows": rows, "erased_rows": received - rows})
    if changed != manifest:
        write_text(folder / MANIFEST_FILE, changed.model_dump_json(indent=2) + "\n")


def _rewrite(dataset: Dataset, file: Path, wanted: Mapping[str, str]) -> int:
    temporary = file.with_name(f".{file.name}.tmp")
    gone = 0
    with pq.ParquetFile(file) as parquet:
        schema = _exact(parquet)
        if not set(wanted) <= set(schema.names):
            return 0
        with temporary.open("wb") as stream:
            with pq.ParquetWriter(stream, schema, compression="zstd", write_page_index=False) as writer:
                for piece in parquet.iter_batches(_ROWS):
                    hit = matching(dataset, piece, wanted)
                    gone += pc.sum(hit).as_py() or 0
                    kept = pa.Table.from_batches([piece.filter(pc.invert(hit))])
                    writer.write_table(kept.cast(schema) if kept.schema != schema else kept)
            stream.flush()
            os.fsync(stream.fileno())
    if not gone:
        temporary.unlink()
        return 0
    checksum = file.with_name(f".{file.name}.crc")  # Hadoop's, of the file as Spark wrote it
    checksum.unlink(missing_ok=True)
    temporary.replace(file)
    sync_directory(file.parent)
    return gone


def _exact(parquet: pq.ParquetFile) -> pa.Schema:
    """The file's schema; Spark's old zoned timestamps (INT96) come as what they are, so that Spark reads them again."""
    physical = {
        parquet.schema.column(n).path: parquet.schema.column(n).physical_type for n in range(len(parquet.schema))
    }
    schema = parquet.schema_arrow
    for index, name in enumerate(schema.names):
        if physical.get(name) == "INT96":
            schema = schema.set(index, pa.field(name, pa.timestamp("us", tz="UTC")))
    return schema
