"""Ways from a CSV file to Parquet. `python -m benchmarks.b4_drop.contestants NAME JOB`: one measured run.

JOB (JSON): `file`, the CSV; `out`, the folder for the Parquet file. All columns stay text, as they stay in raw.
"""

from __future__ import annotations

import csv
import json
import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from benchmarks.harness import report
from benchmarks.meter import Meter

COLUMNS = ("nomor", "tanggal", "kecamatan", "desa", "uraian", "satuan", "jumlah", "nilai")
_SCHEMA = pa.schema([(name, pa.string()) for name in COLUMNS])
_CHUNK_ROWS = 65_536


def ours(file: Path, out: Path) -> None:
    """What a run does with a file that has come: read through as declared, then read again into the spool."""
    from lumbung.declarations.files import FilesDataset
    from lumbung.declarations.models import Column, Dataset
    from lumbung.ledger import SourceFile
    from lumbung.settings import settings
    from lumbung.sources.digest import ContentDigest
    from lumbung.sources.drop.files import FilesSnapshot
    from lumbung.sources.drop.originals import open_table, original_path
    from lumbung.sources.spool import numbered, raw_schema, write_rows

    columns = tuple(
        Column.model_construct(name=name, logical="string", physical="text", source=None, title=name, format=None)
        for name in COLUMNS
    )
    declared = FilesDataset.model_validate(
        {
            "pattern": r".*\.csv",
            "csv": {"encoding": "utf-8", "delimiter": [",", ";"]},
            "headers": {name: (name,) for name in COLUMNS},
        }
    )
    dataset = Dataset.model_construct(
        id="uji.angkutan", system="uji", name="angkutan", columns=columns, files=declared, period_column=None, key=()
    )
    now = datetime.now(UTC)
    known = SourceFile(
        id=1, system="uji", dataset=dataset.id, folder="uji", name=file.name, periode=None, sha256="0" * 64,
        bytes=file.stat().st_size, modified_at=now, changed_ns=0, rows=None, state="arrived", reason=None,
        batch_id=None, arrived_at=now, left_at=None, removed_at=None, removed_why=None,
    )  # fmt: skip
    place = settings().model_copy(update={"warehouse": out / "gudang"})
    kept = original_path(place.warehouse, known)
    kept.parent.mkdir(parents=True)
    os.link(file, kept)
    with open_table(kept, dataset) as table:
        for _ in table.rows():
            pass
    snapshot = FilesSnapshot(place, {dataset.id: (known,)}, now, "uji")
    prepared = snapshot.prepare(dataset)
    rows = numbered(snapshot, prepared, None, ContentDigest(), {})
    write_rows(out / "data.parquet", raw_schema(prepared), rows)


def arrow(file: Path, out: Path) -> None:
    """Arrow's own reader, block by block: what the machine can do; no row is looked at."""
    options = pa.csv.ConvertOptions(column_types=_SCHEMA, strings_can_be_null=True)
    reader = pa.csv.open_csv(file, convert_options=options)
    _write(out, iter(reader))


def pandas(file: Path, out: Path) -> None:
    """pandas in portions."""
    import pandas as pd

    with pd.read_csv(file, dtype=str, keep_default_na=False, chunksize=_CHUNK_ROWS) as portions:
        _write(out, (pa.RecordBatch.from_pandas(part, _SCHEMA, preserve_index=False) for part in portions))


def module(file: Path, out: Path) -> None:
    """Python's csv module and Arrow's writer, without any judgement of a row."""

    def batches() -> Iterator[pa.RecordBatch]:
        with file.open(encoding="utf-8-sig", newline="") as text:
            rows = csv.reader(text)
            next(rows)
            held: list[list[str]] = []
            for row in rows:
                held.append(row)
                if len(held) == _CHUNK_ROWS:
                    yield _batch(held)
                    held = []
            if held:
                yield _batch(held)

    _write(out, batches())


def _batch(rows: list[list[str]]) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([pa.array(one, pa.string()) for one in zip(*rows, strict=True)], schema=_SCHEMA)


def _write(out: Path, batches: Iterator[pa.RecordBatch]) -> None:
    with pq.ParquetWriter(out / "data.parquet", _SCHEMA, compression="zstd") as writer:
        for batch in batches:
            writer.write_batch(batch)


def content(path: Path) -> str:
    """Rows, and the characters of every column: the same for everybody who lost nothing."""
    import pyarrow.compute as pc

    file = pq.ParquetFile(path)
    rows, characters = 0, dict.fromkeys(COLUMNS, 0)
    for batch in file.iter_batches(columns=list(COLUMNS)):
        rows += batch.num_rows
        for name in COLUMNS:
            characters[name] += pc.sum(pc.utf8_length(batch.column(name))).as_py() or 0
    return f"{rows:,} rows, {sum(characters.values()):,} characters"


def main() -> None:
    """One run. Memory is the process's own at its highest, before what was written is looked at."""
    name, job = sys.argv[1], json.loads(sys.argv[2])
    way: Any = {"ours": ours, "arrow": arrow, "pandas": pandas, "csv": module}[name]
    out = Path(job["out"]) / f"{name}-{job['round']}"
    out.mkdir(parents=True)
    with Meter() as meter:
        way(Path(job["file"]), out)
    found = {"wall_s": meter.wall_s, "cpu_s": meter.cpu_s, "peak_mb": meter.peak_mb}
    report({**found, "content": content(out / "data.parquet")})


if __name__ == "__main__":
    main()
