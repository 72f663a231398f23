"""Disparbud's visitors: a workbook a month, a title above the header, a total line under every destination.

A hidden sheet holds what the clerk needs for the drop-down lists. The list of destinations is a workbook of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time
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
from simulator.spreadsheet import Cell, Formula, Sheet, number_cell, workbook

MONTHS = 12
KINDS = ("Nusantara", "Mancanegara")
HEAD = ("No", "Nama Destinasi", "Bulan", "Wisatawan", "Jumlah", "Pendapatan (Rp)")
_NAMES = ("JANUARI", "FEBRUARI", "MARET", "APRIL", "MEI", "JUNI", "JULI", "AGUSTUS", "SEPTEMBER", "OKTOBER",
          "NOVEMBER", "DESEMBER")  # fmt: skip


@cache
def _places() -> tuple[dict[str, str], ...]:
    return tuple(read_data("wisata_destinasi.csv"))


def _rows(seed: int, month: date) -> list[dict[str, Any]]:
    """Visitors of a month, ready on the fourth of the next one: holidays in June, July and December."""
    rng = chance(seed, "wisata", month.toordinal())
    season = {6: 1.5, 7: 1.6, 12: 1.7}.get(month.month, 1.0)
    ready = datetime.combine(date(month.year + month.month // 12, month.month % 12 + 1, 4), time(10))
    rows = []
    for place in _places():
        for kind in KINDS:
            share = float(place["asing"]) if kind == "Mancanegara" else 1.0
            visitors = int(rng.poisson(float(place["biasa"]) * season * share * float(np.exp(rng.normal(0, 0.12)))))
            rows.append(
                {
                    "nama_wisata": place["nama_wisata"],
                    "bulan": f"{month:%Y-%m}",
                    "wisatawan": kind,
                    "jumlah": str(visitors),
                    "pendapatan": str(visitors * int(place["karcis"])),
                    "diubah": ready,
                }
            )
    return rows


def build(connection: Connection, siak: Connection, seed: int, scale: float) -> None:
    """Destinations, and the closed months before the clock; visitors know no scale."""
    kept = ("kode", "nama_wisata", "jenis", "kecamatan", "pengelola")
    places = [{name: place[name] for name in kept} for place in _places()]
    copy_table(connection, "destinasi", pa.Table.from_pylist(places))
    # On the fifth of January the month before is ready.
    rows = [row for back in range(MONTHS, 0, -1) for row in _rows(seed, month_before(EPOCH.date(), back))]
    copy_table(connection, "kunjungan_wisata", pa.Table.from_pylist(rows))


def live(day: Day, siak: Connection) -> dict[str, int]:
    """On the fourth of a month last month's visitors; at times a number is put right, and its workbook sent again."""
    today, done = day.start.date(), {"kunjungan-wisata": 0, "wisata-koreksi": 0}
    if today.day == 4:
        rows = _rows(day.seed, month_before(today, 1))
        copy_table(day.connection, "kunjungan_wisata", pa.Table.from_pylist(rows))
        done["kunjungan-wisata"] = len(rows)
    if day.rng.random() < 0.08 and (row := day.pick("kunjungan_wisata", "t.wisatawan = 'Nusantara'")) is not None:
        more = str(int(row["jumlah"]) + int(day.rng.integers(5, 200)))
        day.update("kunjungan_wisata", row, jumlah=more, diubah=day.moment())
        done["wisata-koreksi"] = 1
    return done


def files(connection: Connection, since: datetime | None, until: datetime) -> Iterator[File]:
    """`destinasi_wisata.xlsx` once, and `kunjungan_wisata_<month>.xlsx` of every month that is new or changed."""
    if since is None:
        yield File("destinasi_wisata.xlsx", _list(connection, until), until)
    for month, when in changed(connection, "kunjungan_wisata", "bulan", since, until):
        yield File(f"kunjungan_wisata_{month}.xlsx", _visits(connection, month, when), when)


def _list(connection: Connection, made: datetime) -> bytes:
    rows = connection.execute(
        "SELECT kode, nama_wisata, jenis, kecamatan, pengelola FROM public.destinasi ORDER BY kode"
    ).fetchall()
    head = ("Kode", "Nama Destinasi", "Jenis", "Kecamatan", "Pengelola")
    return workbook([Sheet("Destinasi", [head, *rows], widths=(8, 28, 12, 16, 20))], made)


def _visits(connection: Connection, month: str, made: datetime) -> bytes:
    """Three lines of title, the header, the rows with a total under each destination, a grand total."""
    rows = connection.execute(
        "SELECT nama_wisata, wisatawan, jumlah, pendapatan FROM public.kunjungan_wisata WHERE bulan = %s"
        " ORDER BY nama_wisata, wisatawan DESC, ctid",
        [month],
    ).fetchall()
    title = f"BULAN {_NAMES[int(month[5:]) - 1]} {month[:4]}"
    lines: list[list[Cell]] = [["DATA KUNJUNGAN WISATAWAN KABUPATEN SIDOARJO"], [title], [], list(HEAD)]
    whole = 0.0
    for number, name in enumerate(dict.fromkeys(row[0] for row in rows), start=1):
        own = [row for row in rows if row[0] == name]
        first = len(lines) + 1
        for _, kind, visitors, income in own:
            lines.append([number, name, month, kind, number_cell(visitors), number_cell(income)])
        total = sum(float(visitors) for _, _, visitors, _ in own if isinstance(number_cell(visitors), float))
        whole += total
        lines.append([None, f"Total {name}", None, None, Formula(f"=SUM(E{first}:E{len(lines)})", total)])
    lines.append([None, "JUMLAH SELURUHNYA", None, None, whole])
    pick = Sheet("pilihan", [["Wisatawan"], *([kind] for kind in KINDS)], hidden=True)
    return workbook([Sheet("Kunjungan", lines, widths=(5, 30, 10, 14, 12, 18)), pick], made)


def _nowhere(row: Row, rng: np.random.Generator) -> Change:
    return {"nama_wisata": ("Taman Abhirama", "Alun-Alun", "Lapangan Desa")[int(rng.integers(0, 3))]}


DEFECTS = {
    "kunjungan_wisata jumlah-kata": ("true", lambda row, rng: {"jumlah": "tutup"}),
    "kunjungan_wisata jumlah-negatif": ("true", lambda row, rng: {"jumlah": f"-{int(rng.integers(1, 90))}"}),
    "kunjungan_wisata destinasi-lain": ("true", _nowhere),
    "kunjungan_wisata wisatawan-lain": ("true", lambda row, rng: {"wisatawan": "Lokal"}),
}
