"""DLHK's laboratory: samples of water and soil at fixed points every month, a semicolon file with decimal commas.

The file comes from an old program on Windows: code page 1252, dates `31-12-2025`, one file a month and kind.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa

from simulator.chance import EPOCH, chance
from simulator.day import Day
from simulator.delivery import File, changed, month_before
from simulator.places import read_data
from simulator.server import Connection, copy_table
from simulator.source_rows import Change, Row

MONTHS = 12
"""Closed months at the build."""
HEADS = {
    "air": ("Kode Titik", "Lokasi Pengambilan", "Tgl Sampling", "Parameter", "Hasil Uji", "Satuan", "Baku Mutu"),
    "tanah": ("Kode Titik", "Lokasi Pengambilan", "Tgl Sampling", "Parameter", "Hasil Uji", "Satuan"),
}
COLUMNS = {
    "air": ("titik", "lokasi", "tanggal", "parameter", "hasil", "satuan", "baku_mutu"),
    "tanah": ("titik", "lokasi", "tanggal", "parameter", "hasil", "satuan"),
}


@cache
def _points(kind: str) -> tuple[dict[str, str], ...]:
    return tuple(row for row in read_data("air_titik.csv") if row["jenis"] == kind)


@cache
def _parameters(kind: str) -> tuple[dict[str, str], ...]:
    return tuple(row for row in read_data("air_parameter.csv") if row["jenis"] == kind)


def _comma(value: float, decimals: int) -> str:
    return f"{value:.{decimals}f}".replace(".", ",")


def _sampled(month: date, point: int) -> date:
    """The working day in the middle of the month on which a point is visited."""
    day = month.replace(day=9) + timedelta(days=point)
    return day + timedelta(days=(7 - day.weekday()) if day.weekday() > 4 else 0)


def _rows(seed: int, kind: str, month: date) -> list[dict[str, Any]]:
    """What the laboratory found in a month; ready on the third of the next one."""
    rng = chance(seed, "laboratorium", kind, month.toordinal())
    ready = datetime.combine((month.replace(day=28) + timedelta(days=4)).replace(day=3), time(9))
    rows = []
    for number, point in enumerate(_points(kind)):
        dirt = 1 + 0.12 * (number % 4)
        for parameter in _parameters(kind):
            worse = 1.0 if parameter["parameter"] in ("pH", "DO") else dirt
            value = float(parameter["biasa"]) * worse * float(np.exp(rng.normal(0, float(parameter["sebaran"]))))
            row: dict[str, Any] = {
                "titik": point["kode"],
                "lokasi": point["lokasi"],
                "tanggal": _sampled(month, number),
                "parameter": parameter["parameter"],
                "hasil": _comma(value, int(parameter["desimal"])),
                "satuan": parameter["satuan"],
            }
            if kind == "air":
                row["baku_mutu"] = parameter["baku"]
            rows.append(row | {"diubah": ready})
    return rows


def build(connection: Connection, siak: Connection, seed: int, scale: float) -> None:
    """The closed months before the clock; samples know no scale."""
    for kind in HEADS:
        rows = [row for back in range(MONTHS, 0, -1) for row in _rows(seed, kind, month_before(EPOCH.date(), back))]
        copy_table(connection, f"sampel_{kind}", pa.Table.from_pylist(rows))


def live(day: Day, siak: Connection) -> dict[str, int]:
    """On the third of a month last month's results; now and then a result is put right, and its file sent again."""
    today, done = day.start.date(), {"sampel": 0, "sampel-koreksi": 0}
    if today.day == 3:
        for kind in HEADS:
            rows = _rows(day.seed, kind, month_before(today, 1))
            copy_table(day.connection, f"sampel_{kind}", pa.Table.from_pylist(rows))
            done["sampel"] += len(rows)
    if day.rng.random() < 0.1 and (row := day.pick("sampel_air", "t.parameter = 'COD'")) is not None:
        day.update("sampel_air", row, hasil=_comma(float(day.rng.uniform(8, 30)), 1), diubah=day.moment())
        done["sampel-koreksi"] = 1
    return done


def files(connection: Connection, since: datetime | None, until: datetime) -> Iterator[File]:
    """`sampel_<kind>_<month>.csv` of every month whose results are new or changed."""
    for kind in HEADS:
        for month, when in changed(connection, f"sampel_{kind}", "to_char(tanggal, 'YYYY-MM')", since, until):
            yield File(f"sampel_{kind}_{month}.csv", _csv(connection, kind, month), when)


def _csv(connection: Connection, kind: str, month: str) -> bytes:
    """The month's lines as the old program writes them."""
    rows = connection.execute(
        f"SELECT {', '.join(COLUMNS[kind])} FROM public.sampel_{kind}"  # noqa: S608 - constants of this module
        " WHERE to_char(tanggal, 'YYYY-MM') = %s ORDER BY titik, tanggal, ctid",
        [month],
    ).fetchall()
    text = io.StringIO()
    out = csv.writer(text, delimiter=";", lineterminator="\r\n")
    out.writerow(HEADS[kind])
    for row in rows:
        out.writerow([f"{value:%d-%m-%Y}" if isinstance(value, date) else value for value in row])
    return text.getvalue().encode("cp1252")


def _point_in_place_of_comma(row: Row, rng: np.random.Generator) -> Change:
    return {"hasil": row["hasil"].replace(",", ".")}


DEFECTS = {
    "sampel_air titik-desimal": ("t.parameter IN ('BOD', 'COD')", _point_in_place_of_comma),
    "sampel_air parameter-tidak-dikenal": ("true", lambda row, rng: {"parameter": "Kekeruhan Visual"}),
    "sampel_air satuan-lain": ("t.parameter = 'Nitrat'", lambda row, rng: {"satuan": "g/L"}),
    "sampel_air ph-mustahil": ("t.parameter = 'pH'", lambda row, rng: {"hasil": f"{int(rng.integers(15, 80))},2"}),
    "sampel_tanah hasil-kosong": ("true", lambda row, rng: {"hasil": None}),
}
