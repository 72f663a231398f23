"""DPMD's two yearly workbooks: the profile of every village, and the budgets of the desas (APB Desa).

Both have a header of two lines with merged cells, and the kecamatan stands once, merged over all its villages; in the
budgets the village is merged over its lines too. A total ends each sheet. Kelurahan have a profile and no budget.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from functools import cache

import numpy as np
import pyarrow as pa

from simulator.chance import chance
from simulator.day import Day
from simulator.delivery import File, changed
from simulator.places import District, Village, districts, read_data
from simulator.server import Connection, copy_table
from simulator.source_rows import Change, Row
from simulator.spreadsheet import Cell, Formula, Sheet, Span, down, number_cell, two_lines, workbook

PROFILES, BUDGETS = (2023, 2024), (2024,)
"""Years before the clock's; the next ones come in its first weeks."""
_INHABITANTS = 2_100_000
_PROFILE_HEAD = (("No",), ("Kecamatan",), ("Kode Wilayah",), ("Desa/Kelurahan",), ("Luas (ha)",),
                 ("Penduduk", "Laki-laki"), ("Penduduk", "Perempuan"), ("Penduduk", "Jumlah"), ("Kepala Keluarga",),
                 ("Sarana", "PAUD/TK"), ("Sarana", "SD/MI"), ("Sarana", "Posyandu"))  # fmt: skip
_BUDGET_HEAD = (("No",), ("Kecamatan",), ("Kode Desa",), ("Nama Desa",), ("Kode",), ("Uraian",),
                ("Jumlah (Rp)", "Anggaran"), ("Jumlah (Rp)", "Realisasi"))  # fmt: skip


@cache
def _groups() -> tuple[dict[str, str], ...]:
    return tuple(read_data("desa_kelompok.csv"))


@cache
def _urban_villages() -> dict[str, tuple[str, ...]]:
    """Code of a kecamatan → codes of its kelurahan, where it has some."""
    found: dict[str, tuple[str, ...]] = {}
    for district in districts():
        codes = tuple(village.code for village in district.villages if village.kind == "kelurahan")
        if codes:
            found[f"35.15.{district.no_kec:02d}"] = codes
    return found


_BESIDE_TOWNS = f"left(t.kode_desa, 8) IN ({', '.join(repr(code) for code in _urban_villages())})"


def _head(district: District, village: Village, year: int, ready: datetime) -> Row:
    return {
        "tahun": str(year),
        "kode_desa": village.code,
        "kecamatan": district.name.title(),
        "nama": village.name.title(),
        "diubah": ready,
    }


def _profiles(seed: int, year: int) -> list[Row]:
    """The villages of a year, collected by the middle of February of the next one."""
    ready = datetime.combine(date(year + 1, 2, 16), time(13))
    rows = []
    for district in districts():
        for village in district.villages:
            rng = chance(seed, "profil-desa", district.no_kec, village.no_kel)  # a village is the same every year
            area = float(rng.uniform(90, 420))
            grown = _INHABITANTS * district.weight * village.weight * (1 + 0.009 * (year - PROFILES[0]))
            men = round(grown * float(rng.uniform(0.49, 0.51)))
            women = round(grown) - men
            numbers = {
                "luas": f"{area:.2f}",
                "laki_laki": str(men),
                "perempuan": str(women),
                "jumlah": str(men + women),
                "keluarga": str(round(grown / float(rng.uniform(2.9, 3.5)))),
                "paud": str(1 + round(grown / 3_000)),
                "sd": str(1 + round(grown / 4_500)),
                "posyandu": str(2 + round(grown / 900)),
            }
            rows.append(_head(district, village, year, ready) | numbers)
    return rows


def _budgets(seed: int, year: int) -> list[Row]:
    """The desas' budgets of a year with what came of them, put together by the middle of the next January."""
    ready = datetime.combine(date(year + 1, 1, 19), time(13))
    return [
        _head(district, village, year, ready) | amounts
        for district in districts()
        for village in district.villages
        if village.kind == "desa"
        for amounts in _amounts(chance(seed, "apb-desa", year, district.no_kec, village.no_kel))
    ]


def _amounts(rng: np.random.Generator) -> Iterator[Row]:
    """What a desa plans and what comes of it, group by group: income in its size, spending as shares of the income."""
    size, income = float(np.exp(rng.normal(0, 0.18))), 0.0
    for group in _groups():
        spending = group["jenis"] == "belanja"
        planned = float(group["juta"]) * (income if spending else size * float(rng.uniform(0.8, 1.2)) * 1_000_000)
        if group["jenis"] == "pendapatan":
            income += planned
        part = float(group["serapan"]) + float(rng.uniform(-0.06, 0) if spending else rng.uniform(-0.02, 0.02))
        whole = round(planned / 1_000) * 1_000
        yield {"kelompok": group["kode"], "anggaran": str(whole), "realisasi": str(int(whole * part))}


def build(connection: Connection, siak: Connection, seed: int, scale: float) -> None:
    """Profiles and budgets of the closed years; villages know no scale."""
    for year in PROFILES:
        copy_table(connection, "profil_desa", pa.Table.from_pylist(_profiles(seed, year)))
    for year in BUDGETS:
        copy_table(connection, "apbdes", pa.Table.from_pylist(_budgets(seed, year)))


def live(day: Day, siak: Connection) -> dict[str, int]:
    """In January the budgets of the year that ended, in February its profiles; at times a desa puts a figure right."""
    today, done = day.start.date(), {"profil-desa": 0, "apb-desa": 0, "apb-desa-koreksi": 0}
    if (today.month, today.day) == (1, 19):
        rows = pa.Table.from_pylist(_budgets(day.seed, today.year - 1))
        done["apb-desa"] = copy_table(day.connection, "apbdes", rows)
    elif (today.month, today.day) == (2, 16):
        rows = pa.Table.from_pylist(_profiles(day.seed, today.year - 1))
        done["profil-desa"] = copy_table(day.connection, "profil_desa", rows)
    elif day.rng.random() < 0.05 and (row := day.pick("apbdes", "t.kelompok = 'B2'")) is not None:
        day.update("apbdes", row, realisasi=str(int(row["realisasi"]) * 99 // 100), diubah=day.moment())
        done["apb-desa-koreksi"] = 1
    return done


def files(connection: Connection, since: datetime | None, until: datetime) -> Iterator[File]:
    """`profil_desa_<year>.xlsx` and `apbdes_<year>.xlsx` of every year that is new or changed."""
    for year, when in changed(connection, "profil_desa", "tahun", since, until):
        yield File(f"profil_desa_{year}.xlsx", _profile_book(connection, year, when), when)
    for year, when in changed(connection, "apbdes", "tahun", since, until):
        yield File(f"apbdes_{year}.xlsx", _budget_book(connection, year, when), when)


def _profile_book(connection: Connection, year: str, made: datetime) -> bytes:
    rows = connection.execute(
        "SELECT kecamatan, kode_desa, nama, luas, laki_laki, perempuan, jumlah, keluarga, paud, sd, posyandu"
        " FROM public.profil_desa WHERE tahun = %s ORDER BY kecamatan, kode_desa, ctid",
        [year],
    ).fetchall()
    lines = [[number, *row[:3], *map(number_cell, row[3:])] for number, row in enumerate(rows, start=1)]
    title = ("PROFIL DESA DAN KELURAHAN KABUPATEN SIDOARJO", f"KEADAAN AKHIR TAHUN {year}")
    return _book("Profil", title, _PROFILE_HEAD, lines, 4, (), made)


def _budget_book(connection: Connection, year: str, made: datetime) -> bytes:
    rows = connection.execute(
        "SELECT kecamatan, kode_desa, nama, kelompok, anggaran, realisasi"
        " FROM public.apbdes WHERE tahun = %s ORDER BY kecamatan, kode_desa, kelompok, ctid",
        [year],
    ).fetchall()
    names = {group["kode"]: group["nama"] for group in _groups()}
    lines = [
        [number, *row[:3], row[3], names.get(row[3], "Bidang lain"), *map(number_cell, row[4:])]
        for number, row in enumerate(rows, start=1)
    ]
    title = ("ANGGARAN DAN REALISASI APB DESA KABUPATEN SIDOARJO", f"TAHUN ANGGARAN {year}")
    return _book("APBDes", title, _BUDGET_HEAD, lines, 6, ((3, 2), (2, 1)), made)


def _book(
    sheet: str,
    title: Sequence[str],
    head: Sequence[tuple[str, ...]],
    rows: list[list[Cell]],
    first_sum: int,
    merged: Sequence[tuple[int, int]],
    made: datetime,
) -> bytes:
    """Titles, two lines of header, the rows, a total of all columns from `first_sum` on.

    `merged`: columns merged downwards within another, the innermost first; the kecamatan (column 1) always is.
    """
    top = [*([text] for text in title), []]
    header, spans = two_lines(len(top), head)
    start = len(top) + len(header)
    sums = [_sum(rows, start, at) for at in range(first_sum, len(head))]
    for column, within in merged:
        spans += down(start, rows, column, within)
    spans += down(start, rows, 1)
    end = start + len(rows)
    total: list[Cell] = [None, "JUMLAH KABUPATEN", *[None] * (first_sum - 2), *sums]
    across: Span = (end, 1, end, first_sum - 1)
    return workbook([Sheet(sheet, [*top, *header, *rows, total], merged=[*spans, across])], made)


def _sum(rows: Sequence[Sequence[Cell]], start: int, column: int) -> Formula:
    """What the program computes: texts count for nothing."""
    letter = chr(ord("A") + column)
    value = sum(row[column] for row in rows if isinstance(row[column], float))
    return Formula(f"=SUM({letter}{start + 1}:{letter}{start + len(rows)})", value)


def _of_bps(row: Row, rng: np.random.Generator) -> Change:
    """A code of BPS, which numbers the villages of a kecamatan in its own way."""
    return {"kode_desa": f"3515{row['kode_desa'][6:8]}0{int(row['kode_desa'][-3:]):03d}"}


def _no_kecamatan(row: Row, rng: np.random.Generator) -> Change:
    return {"kecamatan": ("Sidoarjo Timur", "Luar Kota", "Gedangan Kulon")[int(rng.integers(0, 3))]}


def _next_kecamatan(row: Row, rng: np.random.Generator) -> Change:
    number = int(row["kode_desa"][6:8])
    return {"kecamatan": districts()[number % 18].name.title()}


def _too_many(row: Row, rng: np.random.Generator) -> Change:
    return {"jumlah": str(int(row["jumlah"]) + int(rng.integers(10, 400)))}


def _letter(row: Row, rng: np.random.Generator) -> Change:
    return {"laki_laki": row["laki_laki"][:-1] + "O"}


def _kelurahan(row: Row, rng: np.random.Generator) -> Change:
    codes = _urban_villages()[row["kode_desa"][:8]]
    return {"kode_desa": codes[int(rng.integers(0, len(codes)))]}


def _overspent(row: Row, rng: np.random.Generator) -> Change:
    return {"realisasi": str(int(row["anggaran"]) + int(rng.integers(1, 90)) * 1_000_000)}


def _no_desa(row: Row, rng: np.random.Generator) -> Change:
    return {"kode_desa": f"{row['kode_desa'][:9]}29{int(rng.integers(50, 99))}"}


def _half(row: Row, rng: np.random.Generator) -> Change:
    return {"realisasi": str(int(row["realisasi"]) // 2 + 1)}


def _below_zero(row: Row, rng: np.random.Generator) -> Change:
    return {"realisasi": f"-{int(rng.integers(1, 90)) * 100_000}"}


DEFECTS = {
    "profil_desa kode-bps": ("true", _of_bps),
    "profil_desa kecamatan-tidak-dikenal": ("true", _no_kecamatan),
    "profil_desa kecamatan-lain": ("true", _next_kecamatan),
    "profil_desa jumlah-salah": ("true", _too_many),
    "profil_desa angka-huruf": ("true", _letter),
    "profil_desa sarana-negatif": ("true", lambda row, rng: {"posyandu": f"-{int(rng.integers(1, 9))}"}),
    "profil_desa keluarga-sedikit": ("true", lambda row, rng: {"keluarga": row["keluarga"][:-1]}),
    "apbdes kelurahan": (_BESIDE_TOWNS, _kelurahan),
    "apbdes desa-tidak-ada": ("true", _no_desa),
    "apbdes kecamatan-lain": ("true", _next_kecamatan),
    "apbdes kelompok-tidak-dikenal": ("t.kelompok = 'B5'", lambda row, rng: {"kelompok": "B6"}),
    "apbdes realisasi-negatif": ("true", _below_zero),
    "apbdes realisasi-kata": ("true", lambda row, rng: {"realisasi": "menyusul"}),
    "apbdes realisasi-kosong": ("true", lambda row, rng: {"realisasi": None}),
    "apbdes belanja-melebihi": ("starts_with(t.kelompok, 'B')", _overspent),
    "apbdes kelompok-ganda": ("true", _half),
}
