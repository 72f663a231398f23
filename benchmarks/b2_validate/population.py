"""The rows that are judged: 20 columns, every rule broken now and then, the same for the same seed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

_SEED = 20260101
_WRONG = 0.002
_FILES = 4
COLUMNS: dict[str, tuple[str, str, str]] = {
    "id": ("string", "character varying(12)", "string"),
    "nik": ("string", "character varying(16)", "string"),
    "kk": ("string", "character varying(16)", "string"),
    "urut": ("integer", "integer", "int"),
    "nama": ("string", "character varying(60)", "string"),
    "wilayah": ("string", "character varying(10)", "string"),
    "kode_pos": ("string", "character varying(5)", "string"),
    "telp": ("string", "character varying(15)", "string"),
    "surel": ("string", "character varying(60)", "string"),
    "jk": ("integer", "integer", "int"),
    "agama": ("integer", "integer", "int"),
    "goldar": ("integer", "integer", "int"),
    "shdk": ("integer", "integer", "int"),
    "kawin": ("integer", "integer", "int"),
    "didik": ("integer", "integer", "int"),
    "kerja": ("integer", "integer", "int"),
    "tinggi": ("integer", "integer", "int"),
    "luas": ("integer", "integer", "int"),
    "njop": ("integer", "integer", "int"),
    "jiwa": ("integer", "integer", "int"),
    "lat": ("integer", "integer", "int"),
}
"""Name → logical type, type at the source, type in Parquet. `lat` is in whole degrees. `id` is the key beside 20."""


def make(folder: Path, rows: int) -> None:
    """Write `rows/` and the two parents `wilayah.parquet` and `keluarga.parquet` below `folder`."""
    draw = np.random.default_rng(_SEED)

    def wrong() -> np.ndarray:
        return draw.random(rows) < _WRONG

    number = np.arange(rows)
    family = number // 4
    nik = np.char.add("35150", np.char.zfill(number.astype("U11"), 11))
    nik = np.where(wrong(), np.char.add(nik, "X"), nik)
    again = np.flatnonzero(wrong())
    nik[again] = nik[(again + 1) % rows]
    kk = np.char.add("35159", np.char.zfill(family.astype("U11"), 11))
    village = np.char.add("35.15.", np.char.zfill((number % 346).astype("U4"), 4))
    values: dict[str, object] = {
        "id": np.char.zfill(number.astype("U12"), 12),
        "nik": nik,
        "kk": np.where(wrong(), "3500000000000000", kk),
        "urut": np.where(wrong(), 1, number % 4 + 1),
        "nama": pa.array(np.char.add("WARGA ", (number % 50_021).astype("U6")), mask=wrong()),
        "wilayah": pa.array(np.where(wrong(), "99.99.9999", village), mask=wrong()),
        "kode_pos": np.where(wrong(), "ABCDE", np.char.add("61", np.char.zfill((number % 300).astype("U3"), 3))),
        "telp": np.where(wrong(), "021", np.char.add("0812", np.char.zfill((number % 10**8).astype("U8"), 8))),
        "surel": np.where(wrong(), "bukan surel", np.char.add(np.char.add("w", number.astype("U9")), "@sidoarjo.id")),
    }
    for name, last in (
        ("jk", 2),
        ("agama", 7),
        ("goldar", 13),
        ("shdk", 11),
        ("kawin", 4),
        ("didik", 10),
        ("kerja", 88),
    ):
        values[name] = pa.array(np.where(wrong(), 99, draw.integers(1, last + 1, rows)), mask=wrong())
    for name, low, high in (
        ("tinggi", 30, 231),
        ("luas", 0, 100_001),
        ("njop", 0, 10**8),
        ("jiwa", 1, 21),
        ("lat", -9, -5),
    ):
        values[name] = np.where(wrong(), -(10**6), draw.integers(low, high, rows))
    types = {"string": pa.string(), "int": pa.int32()}
    table = pa.table(
        {"_row": pa.array(number + 1, pa.int64())}
        | {name: pa.array(values[name]).cast(types[kind]) for name, (_, _, kind) in COLUMNS.items()}
    )
    (folder / "rows").mkdir(parents=True)
    for part in range(_FILES):
        first, last = rows * part // _FILES, rows * (part + 1) // _FILES
        pq.write_table(table.slice(first, last - first), folder / "rows" / f"part-{part}.parquet", compression="zstd")
    villages = np.char.add("35.15.", np.char.zfill(np.arange(346).astype("U4"), 4))
    pq.write_table(pa.table({"kode": villages}), folder / "wilayah.parquet")
    pq.write_table(pa.table({"kode": np.unique(kk)}), folder / "keluarga.parquet")
