"""DLHK's weighbridge at the landfill: what every collection point (TPS) brought each day, one file a month.

The weighbridge's program writes UTF-16 with tabs, dates `20251231`, tonnes with a decimal comma.
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
from simulator.delivery import File, changed
from simulator.places import District, districts
from simulator.server import Connection, copy_table
from simulator.source_rows import Change, Row

SINCE = date(2025, 7, 1)
HEAD = ("TANGGAL", "KODE_TPS", "NAMA_TPS", "KECAMATAN", "RITASI", "TONASE")
_TRIP_T = 4.2
"""Tonnes of a full truck."""


@cache
def _points() -> tuple[tuple[str, str, District, float], ...]:
    """Code, name, kecamatan and usual tonnes a day of every collection point: one to three per kecamatan."""
    found = []
    for district in districts():
        number = 1 + round(district.urban * 2)
        for n in range(1, number + 1):
            tonnes = 520 * district.weight * (0.55 + 0.45 * district.urban) / number
            found.append((f"TPS-{district.no_kec:02d}{n}", f"TPS {district.name.title()} {n}", district, tonnes))
    return tuple(found)


def _rows(seed: int, day: date) -> list[dict[str, Any]]:
    """What was weighed on one day, entered the next morning; Sundays bring less, Mondays more."""
    rng = chance(seed, "timbangan", day.toordinal())
    week = {6: 0.45, 0: 1.35}.get(day.weekday(), 1.0)
    rows = []
    for code, name, district, usual in _points():
        tonnes = max(0.2, usual * week * float(np.exp(rng.normal(0, 0.15))))
        rows.append(
            {
                "tanggal": day,
                "kode_tps": code,
                "nama_tps": name,
                "kecamatan": district.name,
                "ritasi": str(max(1, round(tonnes / _TRIP_T))),
                "tonase": f"{tonnes:.2f}".replace(".", ","),
                "diubah": datetime.combine(day + timedelta(days=1), time(4)),
            }
        )
    return rows


def build(connection: Connection, siak: Connection, seed: int, scale: float) -> None:
    """Every day up to the one before the clock; waste knows no scale."""
    days = (EPOCH.date() - SINCE).days
    rows = [row for n in range(days) for row in _rows(seed, SINCE + timedelta(days=n))]
    copy_table(connection, "tonase_tps", pa.Table.from_pylist(rows))


def live(day: Day, siak: Connection) -> dict[str, int]:
    """Today's weighing."""
    rows = _rows(day.seed, day.start.date())
    copy_table(day.connection, "tonase_tps", pa.Table.from_pylist(rows))
    return {"timbang": len(rows)}


def files(connection: Connection, since: datetime | None, until: datetime) -> Iterator[File]:
    """`tonase_<month>.csv` of every month that has new lines; the running month is sent anew each day."""
    for month, when in changed(connection, "tonase_tps", "to_char(tanggal, 'YYYYMM')", since, until):
        rows = connection.execute(
            "SELECT to_char(tanggal, 'YYYYMMDD'), kode_tps, nama_tps, kecamatan, ritasi, tonase FROM public.tonase_tps"
            " WHERE to_char(tanggal, 'YYYYMM') = %s ORDER BY tanggal, kode_tps, ctid",
            [month],
        ).fetchall()
        text = io.StringIO()
        out = csv.writer(text, delimiter="\t", lineterminator="\r\n")
        out.writerow(HEAD)
        out.writerows(rows)
        yield File(f"tonase_{month}.csv", text.getvalue().encode("utf-16"), when)


def _in_kilograms(row: Row, rng: np.random.Generator) -> Change:
    return {"tonase": f"{float(row['tonase'].replace(',', '.')) * 1000:.0f}"}


def _second_weighing(row: Row, rng: np.random.Generator) -> Change:
    return {"tonase": f"{float(row['tonase'].replace(',', '.')) + 0.5:.2f}".replace(".", ",")}


DEFECTS = {
    "tonase_tps tonase-kosong": ("true", lambda row, rng: {"tonase": None}),
    "tonase_tps tonase-kilogram": ("true", _in_kilograms),
    "tonase_tps kecamatan-tidak-dikenal": ("true", lambda row, rng: {"kecamatan": "GEMPOL"}),
    "tonase_tps ganda": ("true", _second_weighing),
}
