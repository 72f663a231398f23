"""Dinkop's list of small businesses: a workbook every half year, typed at the desas, with titles above the header.

Names of kecamatan and villages are written as each officer writes them. The NIK is a text cell; where an officer typed
it into a cell of numbers the program has kept 15 digits of it. A business keeps its number from one half year to the
next.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time
from functools import cache

import numpy as np
import pyarrow as pa

from simulator import manifest
from simulator.chance import chance
from simulator.day import Day
from simulator.delivery import File, changed
from simulator.places import districts, read_data
from simulator.residents import nobody, residents
from simulator.server import Connection, copy_table
from simulator.source_rows import Change, Row, unspoilt
from simulator.spreadsheet import Cell, Sheet, number_cell, workbook

SEMESTERS = ("2024-S2", "2025-S1")
BUSINESSES = 25_000
"""In one half year at `--scale 1.0`."""
DATASET = "umkm.usaha"
HEAD = ("No", "No. Pendataan", "NIK Pemilik", "Nama Pemilik", "Nama Usaha", "NIB", "KBLI", "Kecamatan",
        "Desa/Kelurahan", "Omzet Setahun (Rp)", "Aset (Rp)", "Tenaga Kerja", "Skala Usaha")  # fmt: skip
_ADULT = "t.tgl_lhr < '2004-01-01'"
_NO_DECOY = "NOT EXISTS (SELECT FROM simulator.umpan u WHERE u.isi #>> '{key,no_pendataan}' = t.no_pendataan)"
_MICRO = _NO_DECOY + " AND t.skala = 'Mikro'"
_SCALES, _SHARES = ("Mikro", "Kecil", "Menengah"), (0.92, 0.07, 0.01)
_TURNOVER = {"Mikro": (6, 1_900), "Kecil": (2_100, 14_500), "Menengah": (15_500, 48_000)}
_ASSETS = {"Mikro": (3, 950), "Kecil": (1_050, 4_900), "Menengah": (5_100, 9_900)}
"""Million rupiah a year, and million rupiah without land and building, within the limits of each scale."""
_OWN_SPELLING = {"SIDOARJO": "Sidoarjo Kota", "TANGGULANGIN": "Tanggul Angin", "BALONGBENDO": "Balong Bendo"}
"""Kecamatan whose officers write the name as they say it."""


@cache
def _fields() -> tuple[dict[str, str], ...]:
    return tuple(read_data("umkm_kbli.csv"))


@cache
def _villages() -> Mapping[tuple[int, int], str]:
    """(no_kec, no_kel) → the village as its officer writes it: plain, with `Ds.` or with `Kel.`."""
    found = {}
    for district in districts():
        for village in district.villages:
            before = {"desa": "Ds. ", "kelurahan": "Kel. "}[village.kind] if village.no_kel % 3 == 0 else ""
            found[village.no_kec, village.no_kel] = before + village.name.title()
    return found


def _kecamatan(number: int) -> str:
    """The kecamatan as its officer writes it."""
    name = districts()[number - 1].name
    return _OWN_SPELLING.get(name) or (name.title(), f"Kec. {name.title()}", name, f"KECAMATAN {name}")[number % 4]


def _ready(semester: str) -> datetime:
    """When the workbook of a half year is put together: on the tenth after its end."""
    year = int(semester[:4])
    return datetime.combine(date(year, 7, 10) if semester.endswith("1") else date(year + 1, 1, 10), time(10))


def _after(semester: str) -> str:
    """The half year that follows."""
    year = int(semester[:4])
    return f"{year}-S2" if semester.endswith("1") else f"{year + 1}-S1"


def _amount(rng: np.random.Generator, usual: float, limits: tuple[int, int]) -> str:
    """Rupiah around so many millions, within limits in millions."""
    millions = min(max(usual * float(np.exp(rng.normal(0, 0.6))), limits[0]), limits[1])
    return str(round(millions * 10) * 100_000)


def _business(rng: np.random.Generator, number: int, owner: Row) -> Row:
    """A business of a resident, where the owner lives."""
    weights = np.array([float(field["bobot"]) for field in _fields()])
    field = _fields()[int(rng.choice(len(weights), p=weights / weights.sum()))]
    scale = _SCALES[int(rng.choice(3, p=_SHARES))]
    place = (int(owner["no_kec"]), int(owner["no_kel"]))
    low, high = _TURNOVER[scale]
    usual = float(field["juta"]) if scale == "Mikro" else float(rng.uniform(low, high))
    return {
        "no_pendataan": f"UM-{number:07d}",
        "nik": owner["nik"],
        "nik_bilangan": False,
        "nama_pemilik": owner["nama_lgkp"],
        "nama_usaha": f"{field['sebutan']} {owner['nama_lgkp'].split()[0].title()}",
        "nib": f"9{int(rng.integers(0, 10**12)):012d}" if scale != "Mikro" or rng.random() < 0.45 else None,
        "kbli": field["kode"],
        "kecamatan": _kecamatan(place[0]),
        "desa": _villages()[place],
        "omzet": _amount(rng, usual, _TURNOVER[scale]),
        "aset": _amount(rng, usual / 4, _ASSETS[scale]),
        "tenaga_kerja": str(1 + int(rng.poisson({"Mikro": 0.8, "Kecil": 9.0, "Menengah": 45.0}[scale]))),
        "skala": scale,
    }


def _owners(siak: Connection, rng: np.random.Generator, number: int) -> list[Row]:
    """So many owners who live in a village that is open; some have two businesses."""
    found = [
        row
        for row in residents(siak, rng, max(1, round(number * 0.95)), _ADULT)
        if (int(row["no_kec"]), int(row["no_kel"])) in _villages()
    ]
    return [*found, *(found[int(n)] for n in rng.integers(0, len(found), number - len(found)))] if found else []


def _next_half_year(rng: np.random.Generator, rows: Sequence[Row]) -> list[Row]:
    """The same businesses half a year later: a few have closed, the others sell a little more or less."""
    kept = []
    for row in rows:
        if rng.random() < 0.96:
            low, high = _TURNOVER[row["skala"]]
            turnover = _amount(rng, int(row["omzet"]) / 1_000_000, (low, high)) if rng.random() < 0.5 else row["omzet"]
            kept.append({**row, "omzet": turnover})
    return kept


def _stamped(rows: Sequence[Row], semester: str) -> list[Row]:
    return [{**row, "semester": semester, "diubah": _ready(semester)} for row in rows]


def build(connection: Connection, siak: Connection, seed: int, scale: float) -> None:
    """The businesses of the two half years before the clock's."""
    rng = chance(seed, "umkm")
    number = max(150, round(BUSINESSES * scale))
    rows = [_business(rng, n, owner) for n, owner in enumerate(_owners(siak, rng, number), start=1)]
    _decoys(connection, rows, rng)
    first = _stamped(rows, SEMESTERS[0])
    later = _next_half_year(rng, [row for row in rows if not _decoyed(row)])
    added = [
        _business(rng, n, owner)
        for n, owner in enumerate(_owners(siak, rng, max(1, number - len(later))), start=len(rows) + 1)
    ]
    copy_table(connection, "usaha", pa.Table.from_pylist([*first, *_stamped([*later, *added], SEMESTERS[1])]))


def _decoyed(row: Row) -> bool:
    """The first nine businesses are decoys (`_decoys`)."""
    return int(row["no_pendataan"][3:]) <= 9


def _decoys(connection: Connection, rows: list[Row], rng: np.random.Generator) -> None:
    """Rows that only look bad and must be accepted; `status`: what a look-up of the owner at Dukcapil finds."""
    for row in rows[0:3]:
        row["nama_pemilik"] = f"Hj. {row['nama_pemilik']}"[:60]
        _decoy(connection, row, "nama-beda-dukcapil", "beda", "nama ditulis lain daripada Dukcapil")
    for row in rows[3:6]:
        row["nik"] = nobody(rng, 13)
        _decoy(connection, row, "nik-tidak-ada", "tidak_ditemukan", "NIK berbentuk benar yang tidak ada di SIAK")
    for row in rows[6:9]:
        row |= {"skala": "Kecil", "omzet": "240000000", "aset": "1500000000"}
        _decoy(connection, row, "kecil-menurut-modal", "cocok", "kecil menurut modal usaha, mikro menurut omzet")


def _decoy(connection: Connection, row: Row, kind: str, status: str, note: str) -> None:
    key = {"semester": SEMESTERS[0], "no_pendataan": row["no_pendataan"]}
    manifest.decoy(connection, kind, DATASET, key=key, status=status, note=note)


def live(day: Day, siak: Connection) -> dict[str, int]:
    """On the tenth of January and July the half year that ended; at times a number is put right, and its workbook
    sent again.
    """
    done = {"umkm": 0, "umkm-koreksi": 0}
    last = str(day.value("SELECT max(semester) FROM public.usaha", {}))
    ended = _after(last)
    if day.start.date() == _ready(ended).date():
        query = f"SELECT t.* FROM public.usaha t WHERE t.semester = %(akhir)s AND {_NO_DECOY}{unspoilt('usaha')}"  # noqa: S608
        rows = _next_half_year(day.rng, day.rows(query + " ORDER BY t.no_pendataan", {"akhir": last}))
        number = int(day.value("SELECT max(right(no_pendataan, 7)) FROM public.usaha", {}))
        fresh = _owners(siak, day.rng, max(1, round(BUSINESSES * day.scale * 0.04)))
        rows += [_business(day.rng, n, owner) for n, owner in enumerate(fresh, start=number + 1)]
        done["umkm"] = copy_table(day.connection, "usaha", pa.Table.from_pylist(_stamped(rows, ended)))
    elif day.rng.random() < 0.06 and (row := day.pick("usaha", f"{_NO_DECOY} AND t.semester = '{last}'")) is not None:
        day.update("usaha", row, tenaga_kerja=str(int(row["tenaga_kerja"]) + 1), diubah=day.moment())
        done["umkm-koreksi"] = 1
    return done


def files(connection: Connection, since: datetime | None, until: datetime) -> Iterator[File]:
    """`data_umkm_<half year>.xlsx` of every half year that is new or changed."""
    for semester, when in changed(connection, "usaha", "semester", since, until):
        yield File(f"data_umkm_{semester}.xlsx", _workbook(connection, semester, when), when)


def _workbook(connection: Connection, semester: str, made: datetime) -> bytes:
    """Four lines of title, the header, a line per business; a hidden sheet with the choices of the drop-down list."""
    rows = connection.execute(
        "SELECT no_pendataan, nik, nik_bilangan, nama_pemilik, nama_usaha, nib, kbli, kecamatan, desa, omzet, aset,"
        " tenaga_kerja, skala FROM public.usaha WHERE semester = %s ORDER BY no_pendataan, ctid",
        [semester],
    ).fetchall()
    half = {"1": "I", "2": "II"}[semester[-1]]
    title = ("PENDATAAN UMKM", "KABUPATEN SIDOARJO", f"SEMESTER {half} TAHUN {semester[:4]}")
    lines: list[Sequence[Cell]] = [*([text] for text in title), [], HEAD]
    for number, (code, nik, as_number, *texts, turnover, assets, workers, scale) in enumerate(rows, start=1):
        identity = float(nik) if as_number else nik
        lines.append(
            [number, code, identity, *texts, number_cell(turnover), number_cell(assets), number_cell(workers), scale]
        )
    pick = Sheet("pilihan", [["Skala Usaha"], *([scale] for scale in _SCALES)], hidden=True)
    widths = (5, 14, 20, 28, 28, 16, 8, 20, 22, 18, 18, 8, 12)
    return workbook([Sheet("Data UMKM", lines, widths=widths), pick], made)


def _fifteen_digits(row: Row, rng: np.random.Generator) -> Change:
    """What is left of a NIK in a cell of numbers."""
    return {"nik": row["nik"][:15] + "0", "nik_bilangan": True}


def _no_field(row: Row, rng: np.random.Generator) -> Change:
    return {"kbli": ("99999", "00000", "56999")[int(rng.integers(0, 3))]}


def _no_kecamatan(row: Row, rng: np.random.Generator) -> Change:
    return {"kecamatan": ("Luar Kota", "Sidoarjo Timur", "Gedangan Kulon")[int(rng.integers(0, 3))]}


def _hamlet(row: Row, rng: np.random.Generator) -> Change:
    return {"desa": ("Dsn. Krajan", "Perum Griya Asri", "RW 05")[int(rng.integers(0, 3))]}


def _no_scale(row: Row, rng: np.random.Generator) -> Change:
    return {"skala": ("Ultra Mikro", "Rumahan")[int(rng.integers(0, 2))]}


def _millions(row: Row, rng: np.random.Generator) -> Change:
    return {"omzet": f"{int(rng.integers(5, 90))} juta"}


def _other_business(row: Row, rng: np.random.Generator) -> Change:
    return {"nama_usaha": f"{row['nama_usaha'][:70]} Cabang"}


DEFECTS = {
    "usaha nik-bilangan": (_NO_DECOY, _fifteen_digits),
    "usaha nik-15-angka": (_NO_DECOY, lambda row, rng: {"nik": row["nik"][:15]}),
    "usaha nama-kosong": (_NO_DECOY, lambda row, rng: {"nama_pemilik": None}),
    "usaha nib-12-angka": (_NO_DECOY + " AND t.nib IS NOT NULL", lambda row, rng: {"nib": row["nib"][:12]}),
    "usaha kbli-tidak-ada": (_NO_DECOY, _no_field),
    "usaha kecamatan-tidak-dikenal": (_NO_DECOY, _no_kecamatan),
    "usaha desa-tidak-dikenal": (_NO_DECOY, _hamlet),
    "usaha skala-tidak-dikenal": (_NO_DECOY, _no_scale),
    "usaha skala-tidak-sesuai": (_MICRO, lambda row, rng: {"skala": "Menengah"}),
    "usaha omzet-kata": (_NO_DECOY, _millions),
    "usaha tenaga-kerja-negatif": (_NO_DECOY, lambda row, rng: {"tenaga_kerja": f"-{int(rng.integers(1, 9))}"}),
    "usaha omzet-nol": (_MICRO, lambda row, rng: {"omzet": "0"}),
    "usaha nomor-ganda": (_NO_DECOY, _other_business),
}
