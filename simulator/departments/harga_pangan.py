"""Disperindag's price board: every morning each market's clerk enters what staple goods cost, as text with dots.

The service is asked per day and market by a form; its envelope says `success` 1 or 0 also with HTTP 200. Names of goods
are the clerks' own: each market keeps to its way of writing.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa

from simulator.chance import EPOCH, chance
from simulator.day import Day
from simulator.desk import Asked, Desk, Reply, Route
from simulator.places import read_data
from simulator.server import Connection, copy_table
from simulator.source_rows import Change, Row

SINCE = date(2025, 11, 1)
_FRESH = "t.tanggal >= (SELECT max(x.tanggal) - 2 FROM public.harga_harian x)"


@cache
def _goods() -> tuple[dict[str, str], ...]:
    return tuple(read_data("harga_komoditas.csv"))


@cache
def _markets() -> tuple[dict[str, str], ...]:
    return tuple(read_data("harga_pasar.csv"))


def _written_name(goods: Mapping[str, str], market: int) -> str:
    """How the clerk of a market writes the name of a good."""
    ways = [goods["nama"], goods["nama"], *goods["ragam"].split("|")]
    return ways[(market * 7 + len(goods["nama"])) % len(ways)]


def _dotted(amount: int) -> str:
    return f"{amount:,}".replace(",", ".")


def _percent(new: int, old: int) -> str:
    return f"{(new - old) * 100 / old:.2f}".replace(".", ",")


def _moved(new: int, old: int) -> dict[str, str]:
    """Today's price and how it moved, as the clerk writes it."""
    return {"harga_skrg": _dotted(new), "perub_rp": _dotted(new - old), "perub_persen": _percent(new, old)}


def _amount(text: str) -> int:
    return int(text.replace(".", ""))


def _prices(seed: int, market: int, last: date) -> dict[date, list[int]]:
    """Prices of all goods in one market, day by day since `SINCE`: a walk that returns to the good's usual price."""
    rng = chance(seed, "harga", market)
    usual = np.array([int(g["harga"]) for g in _goods()]) * (1 + rng.normal(0, 0.03, len(_goods())))
    unrest = np.array([float(g["gejolak"]) for g in _goods()])
    off = np.zeros(len(usual))
    found: dict[date, list[int]] = {}
    for number in range((last - SINCE).days + 1):
        moved = rng.random(len(usual)) < 0.45
        off = off * 0.97 + np.where(moved, rng.normal(0, 1, len(usual)) * unrest, 0)
        found[SINCE + timedelta(days=number)] = [int(p) for p in np.round(usual * np.exp(off) / 50) * 50]
    return found


def _rows(seed: int, first: date, last: date) -> list[dict[str, Any]]:
    """What the clerks enter from `first` to `last`."""
    rows = []
    for number, market in enumerate(_markets()):
        prices = _prices(seed, number, last)
        for day in (first + timedelta(days=n) for n in range((last - first).days + 1)):
            before = prices.get(day - timedelta(days=1), prices[day])
            for goods, new, old in zip(_goods(), prices[day], before, strict=True):
                rows.append(
                    {
                        "tanggal": day,
                        "pasar": market["kode"],
                        "jenis": goods["jenis"],
                        "nama": _written_name(goods, number),
                        "satuan": goods["satuan"],
                        "harga_kmrn": _dotted(old),
                        **_moved(new, old),
                    }
                )
    return rows


def build(connection: Connection, siak: Connection, seed: int, scale: float) -> None:
    """Markets, and prices up to the day before the clock; prices know no scale."""
    copy_table(connection, "pasar", pa.Table.from_pylist(list(_markets())))
    copy_table(connection, "harga_harian", pa.Table.from_pylist(_rows(seed, SINCE, EPOCH.date() - timedelta(days=1))))


def live(day: Day, siak: Connection) -> dict[str, int]:
    """Today's prices in every market; now and then a price of yesterday is put right, or a row taken back."""
    today = day.start.date()
    rows = _rows(day.seed, today, today)
    copy_table(day.connection, "harga_harian", pa.Table.from_pylist(rows))
    done = {"harga": len(rows), "harga-koreksi": 0, "harga-hapus": 0}
    for _ in range(int(day.rng.poisson(1.5))):
        row = day.pick("harga_harian", _FRESH + f" AND t.tanggal < '{today}'")
        if row is not None:
            old, new = _amount(row["harga_kmrn"]), _amount(row["harga_skrg"]) + 50 * int(day.rng.integers(1, 9))
            day.update("harga_harian", row, **_moved(new, old))
            done["harga-koreksi"] += 1
    if day.rng.random() < 0.2 and (row := day.pick("harga_harian", _FRESH)) is not None:
        day.delete("harga_harian", row, "harga_pangan.harga_harian")
        done["harga-hapus"] = 1
    done["harga-cacat"] = day.new_defects()
    return done


def _unknown_name(row: Row, rng: np.random.Generator) -> Change:
    return {"nama": ["Brambang Sortir", "Lombok Ijo", "Endog Bebek Asin", "Sembako Campur"][int(rng.integers(0, 4))]}


def _misplaced_dot(row: Row, rng: np.random.Generator) -> Change:
    return {"harga_skrg": row["harga_skrg"][:-1]}


def _wrong_change(row: Row, rng: np.random.Generator) -> Change:
    return {"perub_rp": _dotted(_amount(row["perub_rp"]) + 50 * int(rng.integers(1, 20)))}


def _tenfold(row: Row, rng: np.random.Generator) -> Change:
    return _moved(_amount(row["harga_skrg"]) * 10, _amount(row["harga_kmrn"]))


def _second_price(row: Row, rng: np.random.Generator) -> Change:
    return _moved(_amount(row["harga_skrg"]) + 50, _amount(row["harga_kmrn"]))


DEFECTS = {
    "harga_harian nama-tidak-dikenal": (_FRESH, _unknown_name),
    "harga_harian harga-titik-salah": (_FRESH + " AND position('.' IN t.harga_skrg) > 0", _misplaced_dot),
    "harga_harian harga-strip": (_FRESH, lambda row, rng: {"harga_skrg": "-"}),
    "harga_harian harga-kosong": (_FRESH, lambda row, rng: {"harga_skrg": None}),
    "harga_harian perubahan-salah": (_FRESH, _wrong_change),
    "harga_harian satuan-lain": (_FRESH, lambda row, rng: {"satuan": "ons"}),
    "harga_harian lonjakan": (_FRESH, _tenfold),
    "harga_harian salinan-beda": (_FRESH, _second_price),
}


def routes(desk: Desk) -> list[Route]:
    """`GET /harga/pasar.json`, `POST /harga/tabel.json` with `tanggal` and `pasar`, `GET /waktu`."""

    def markets(asked: Asked) -> Reply:
        rows = desk.rows("SELECT kode, nama, kecamatan, kelas FROM public.pasar ORDER BY kode")
        return Reply({"success": 1, "message": "", "data": [{k.upper(): v for k, v in row.items()} for row in rows]})

    def table(asked: Asked) -> Reply:
        day, market = asked.form.get("tanggal", ""), asked.form.get("pasar", "")
        if not day or not market:
            return Reply({"success": 0, "message": "Parameter tanggal dan pasar wajib diisi", "data": None})
        rows = desk.rows(_BOARD, {"hari": day, "pasar": market})
        return Reply({"success": 1, "message": "", "data": [{k.upper(): v for k, v in row.items()} for row in rows]})

    return [Route("GET", "/harga/pasar.json", markets), Route("POST", "/harga/tabel.json", table)]


_BOARD = (
    "SELECT jenis, nama, satuan, harga_kmrn, harga_skrg, perub_rp, perub_persen, 'KAB. SIDOARJO' AS kab,"
    " to_char(tanggal, 'DD-MM-YYYY') AS tanggal, pasar FROM public.harga_harian"
    " WHERE tanggal = to_date(%(hari)s, 'DD-MM-YYYY') AND pasar = %(pasar)s ORDER BY jenis, nama, ctid"
)
