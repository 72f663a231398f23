"""Dinkes' map of Covid cases: one CSV a day with a line per kecamatan and a total line below, written by hand.

Names of kecamatan drift from day to day; dates are written `31/12/2025`; the file has a byte order mark, since it comes
out of a spreadsheet program.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from simulator.chance import EPOCH, chance
from simulator.day import Day
from simulator.delivery import File, changed
from simulator.places import districts
from simulator.server import Connection, copy_table
from simulator.source_rows import Change, Row

SINCE = date(2025, 12, 1)
HEAD = ("Tanggal", "Kecamatan", "Suspek", "Terkonfirmasi", "Sembuh", "Meninggal")
_FRESH = "t.tanggal >= (SELECT max(x.tanggal) - 6 FROM public.kasus_harian x)"


def _written_name(name: str, day: date) -> str:
    """How the name of a kecamatan is written on a day: whoever is on duty has a way of their own."""
    title = name.title()
    return (title, title, name, f"Kec. {title}", f"KEC {name}")[day.toordinal() % 5]


def _rows(seed: int, day: date) -> list[dict[str, Any]]:
    """The counts of one day: few, more in towns, with the season."""
    rng = chance(seed, "covid", day.toordinal())
    season = 1.4 + np.cos((day.timetuple().tm_yday - 15) / 365 * 2 * np.pi)
    rows = []
    for district in districts():
        positive = int(rng.poisson(9 * season * district.weight))
        counts = {
            "suspek": positive + int(rng.poisson(25 * district.weight)),
            "konfirmasi": positive,
            "sembuh": int(rng.poisson(8 * season * district.weight)),
            "meninggal": int(positive > 0 and rng.random() < 0.015),
        }
        row: dict[str, Any] = {"tanggal": day, "kecamatan": _written_name(district.name, day)}
        row |= {name: str(count) for name, count in counts.items()}
        rows.append(row | {"diubah": datetime.combine(day + timedelta(days=1), time(5))})
    return rows


def build(connection: Connection, siak: Connection, seed: int, scale: float) -> None:
    """Counts up to the day before the clock; they know no scale."""
    number = (EPOCH.date() - SINCE).days
    rows = [row for n in range(number) for row in _rows(seed, SINCE + timedelta(days=n))]
    copy_table(connection, "kasus_harian", pa.Table.from_pylist(rows))


def live(day: Day, siak: Connection) -> dict[str, int]:
    """Today's counts, sent tomorrow morning; now and then a count of the last days is put right."""
    rows = _rows(day.seed, day.start.date())
    copy_table(day.connection, "kasus_harian", pa.Table.from_pylist(rows))
    done = {"covid": len(rows), "covid-koreksi": 0}
    for _ in range(int(day.rng.poisson(0.5))):
        row = day.pick("kasus_harian", _FRESH)
        if row is not None:
            day.update("kasus_harian", row, sembuh=str(int(row["sembuh"]) + 1), diubah=day.moment())
            done["covid-koreksi"] += 1
    done["covid-cacat"] = day.new_defects()
    return done


def files(connection: Connection, since: datetime | None, until: datetime) -> Iterator[File]:
    """`kasus_harian_<day>.csv` of every day whose counts are new or changed."""
    for day, when in changed(connection, "kasus_harian", "tanggal", since, until):
        rows = connection.execute(
            "SELECT to_char(tanggal, 'DD/MM/YYYY'), kecamatan, suspek, konfirmasi, sembuh, meninggal"
            " FROM public.kasus_harian WHERE tanggal = %s ORDER BY ctid",
            [day],
        ).fetchall()
        content = _csv(rows)
        yield File(f"kasus_harian_{day:%Y-%m-%d}.csv", content, when, broken=content[: len(content) // 2])


def _csv(rows: list[tuple[Any, ...]]) -> bytes:
    """The day's lines and the total, as the spreadsheet program writes them."""
    text = io.StringIO()
    out = csv.writer(text, lineterminator="\r\n")
    out.writerow(HEAD)
    out.writerows(rows)
    columns = list(zip(*rows, strict=True))[2:]
    totals = [sum(int(v) for v in column if v and v.lstrip("-").isdigit()) for column in columns]
    out.writerow(["", "JUMLAH", *totals])
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def _unknown(row: Row, rng: np.random.Generator) -> Change:
    return {"kecamatan": ("Sidokerto", "Luar Wilayah", "Gedangan Kulon")[int(rng.integers(0, 3))]}


def _more_dead(row: Row, rng: np.random.Generator) -> Change:
    return {"meninggal": str(int(row["konfirmasi"]) + int(rng.integers(1, 4)))}


DEFECTS = {
    "kasus_harian kecamatan-tidak-dikenal": (_FRESH, _unknown),
    "kasus_harian angka-huruf": (_FRESH, lambda row, rng: {"konfirmasi": "1O"}),
    "kasus_harian negatif": (_FRESH, lambda row, rng: {"sembuh": f"-{int(rng.integers(1, 9))}"}),
    "kasus_harian meninggal-lebih": (_FRESH, _more_dead),
}
