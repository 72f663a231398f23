"""The regency's library: members, the catalogue, and who borrowed what. Its database is read by SQL.

Members are residents; the library keeps their NIK, sex and kecamatan, not their names. It is closed on Sundays.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from simulator import manifest
from simulator.chance import EPOCH, chance
from simulator.day import Day
from simulator.places import read_data
from simulator.residents import nobody, residents
from simulator.server import Connection, copy_table
from simulator.source_rows import Change, Row

SINCE = date(2024, 1, 2)
MEMBERS, TITLES, LOANS = 60_000, 12_000, 240_000
"""Of two years at `--scale 1.0`."""
_READS = "t.tgl_lhr < '2019-01-01'"
_SUNDAY = 6
_DAYS = 7
_NO_DECOY = "NOT EXISTS (SELECT FROM simulator.umpan u WHERE u.isi #>> '{key,no_pinjam}' = t.no_pinjam)"
_NO_DECOY_MEMBER = "NOT EXISTS (SELECT FROM simulator.umpan u WHERE u.isi #>> '{key,no_anggota}' = t.no_anggota)"
_RETURNED = _NO_DECOY + " AND t.tgl_kembali IS NOT NULL"
_WORDS = ("Dasar", "Praktis", "Lengkap", "untuk Pemula", "Nusantara", "Jawa Timur", "Masa Kini", "Keluarga")


def _open_days() -> list[date]:
    days = (SINCE + timedelta(days=n) for n in range((EPOCH.date() - SINCE).days))
    return [day for day in days if day.weekday() != _SUNDAY]


def _at_the_desk(day: date, rng: np.random.Generator) -> datetime:
    return datetime.combine(day, time(8)) + timedelta(seconds=int(rng.integers(0, 7 * 3600)))


def _member(number: str, person: Row, day: date) -> Row:
    return {
        "no_anggota": number,
        "nik": person["nik"],
        "jk": {1: "L", 2: "P"}[int(person["jenis_klmin"])],
        "kode_kec": f"35.15.{int(person['no_kec']):02d}",
        "tgl_daftar": day,
        "berlaku_sampai": day.replace(year=day.year + 3, day=min(day.day, 28)),
    }


def _catalogue(rng: np.random.Generator, number: int) -> list[Row]:
    fields = read_data("perpus_judul.csv")
    weights = np.array([int(field["bobot"]) for field in fields], dtype=float)
    rows = []
    for n in range(1, number + 1):
        field = fields[int(rng.choice(len(fields), p=weights / weights.sum()))]
        rows.append(
            {
                "id_koleksi": f"K{n:07d}",
                "judul": f"{field['bidang']} {_WORDS[int(rng.integers(0, len(_WORDS)))]} {n}",
                "kelas_ddc": field["kelas"],
                "jenis": field["jenis"],
                "eksemplar": int(rng.integers(1, 6)),
                "tahun_terbit": int(rng.integers(1990, 2026)),
            }
        )
    return rows


def _loan(number: str, member: str, title: str, day: date) -> Row:
    return {
        "no_pinjam": number,
        "no_anggota": member,
        "id_koleksi": title,
        "tgl_pinjam": day,
        "tgl_jatuh_tempo": day + timedelta(days=_DAYS),
        "tgl_kembali": None,
    }


def build(connection: Connection, siak: Connection, seed: int, scale: float) -> None:
    """Members, catalogue, and two years of loans."""
    rng = chance(seed, "perpus")
    days = _open_days()
    people = residents(siak, rng, max(120, round(MEMBERS * scale)), _READS)
    joined = sorted(int(n) for n in np.minimum(rng.exponential(0.25, len(people)), 0.99) * len(days))
    members = []
    for n, (person, place) in enumerate(zip(people, joined, strict=True), start=1):
        day = days[place]
        row = _member(f"A{day:%y}{n:07d}", person, day)
        members.append(row | {"tgl_ubah": _at_the_desk(day, rng)})
    titles = _catalogue(rng, max(150, round(TITLES * scale)))
    loans = _loans(rng, days, members, joined, titles, max(400, round(LOANS * scale)))
    _decoys(connection, loans, members, rng)
    for table, rows in (("anggota", members), ("koleksi", titles), ("peminjaman", loans)):
        copy_table(connection, table, pa.Table.from_pylist(rows))


def _loans(
    rng: np.random.Generator, days: list[date], members: list[Row], joined: list[int], titles: list[Row], number: int
) -> list[Row]:
    """Loans of members who had joined by then; the last ones are still out."""
    rows = []
    for n, place in enumerate(sorted(int(p) for p in rng.integers(joined[0], len(days), number)), start=1):
        known = int(np.searchsorted(joined, place, side="right"))
        day = days[place]
        row = _loan(
            f"P{day:%y}{n:07d}",
            members[int(known * rng.random() ** 1.6)]["no_anggota"],
            titles[int(len(titles) * rng.random() ** 1.8)]["id_koleksi"],
            day,
        )
        back, last = day + timedelta(days=max(0, round(rng.gamma(3, 2)))), day
        if back < EPOCH.date() and rng.random() < 0.98:
            row["tgl_kembali"] = last = back
        rows.append(row | {"tgl_ubah": _at_the_desk(last, rng)})
    return rows


def _decoys(connection: Connection, loans: list[Row], members: list[Row], rng: np.random.Generator) -> None:
    """Rows that must be accepted: members whom Dukcapil knows otherwise or not at all (`status`: what a look-up finds),
    and loans that only look bad.
    """
    for row in members[5:7]:
        row["jk"] = {"L": "P", "P": "L"}[row["jk"]]
        key = {"no_anggota": row["no_anggota"]}
        note = "jenis kelamin lain daripada Dukcapil"
        manifest.decoy(connection, "jenis-kelamin-beda", "perpus.anggota", key=key, status="beda", note=note)
    for row in members[8:10]:
        row["nik"] = nobody(rng, 10)
        key = {"no_anggota": row["no_anggota"]}
        note = "NIK berbentuk benar yang tidak ada di SIAK"
        manifest.decoy(connection, "nik-tidak-ada", "perpus.anggota", key=key, status="tidak_ditemukan", note=note)
    for row in [loan for loan in loans if loan["tgl_kembali"]][5:8]:
        row["tgl_kembali"] = row["tgl_pinjam"]
        key = {"no_pinjam": row["no_pinjam"]}
        manifest.decoy(connection, "kembali-hari-itu", "perpus.peminjaman", key=key, note="kembali pada hari dipinjam")


def live(day: Day, siak: Connection) -> dict[str, int]:
    """A day at the desk: new members, loans, returns, corrections; rarely a loan is struck out."""
    names = ("anggota-baru", "pinjam", "kembali", "anggota-koreksi", "pinjam-hapus", "perpus-cacat")
    done = dict.fromkeys(names, 0)
    today = day.start.date()
    if today.weekday() == _SUNDAY:
        return done
    done["anggota-baru"] = _new_members(day, siak, today)
    done["pinjam"] = _new_loans(day, today)
    for _ in range(day.count(LOANS / 2, 0.6)):
        row = day.pick("peminjaman", f"{_NO_DECOY} AND t.tgl_kembali IS NULL AND t.tgl_pinjam < '{today}'")
        if row is not None:
            _change(day, "peminjaman", row, tgl_kembali=today)
            done["kembali"] += 1
    if day.rng.random() < 0.3 and (row := day.pick("anggota", _NO_DECOY_MEMBER)) is not None:
        _change(day, "anggota", row, berlaku_sampai=row["berlaku_sampai"] + timedelta(days=365))
        done["anggota-koreksi"] = 1
    if day.rng.random() < 0.05 and (row := day.pick("peminjaman", _NO_DECOY)) is not None:
        day.delete("peminjaman", row, "perpus.peminjaman")
        done["pinjam-hapus"] = 1
    done["perpus-cacat"] = day.new_defects()
    return done


def _new_members(day: Day, siak: Connection, today: date) -> int:
    wanted = day.count(MEMBERS / 2, 0.3)
    people = residents(siak, day.rng, wanted, _READS) if wanted else []
    first = _next_number(day, "anggota", "no_anggota")
    for n, person in enumerate(people, start=first):
        row = _member(f"A{today:%y}{n:07d}", person, today)
        _enter(day, "anggota", row)
    return len(people)


def _new_loans(day: Day, today: date) -> int:
    done, first = 0, _next_number(day, "peminjaman", "no_pinjam")
    for n in range(day.count(LOANS / 2, 0.8)):
        member = day.pick("anggota", f"t.berlaku_sampai >= '{today}' AND t.tgl_daftar <= '{today}'")
        title = day.pick("koleksi", "t.eksemplar > 0")
        if member is not None and title is not None:
            row = _loan(f"P{today:%y}{first + n:07d}", member["no_anggota"], title["id_koleksi"], today)
            _enter(day, "peminjaman", row)
            done += 1
    return done


def _next_number(day: Day, table: str, column: str) -> int:
    last = day.value(f"SELECT coalesce(max(right({column}, 7)), '0') FROM public.{table}", {})  # noqa: S608 - constants
    return int(last) + 1


def _enter(day: Day, table: str, row: Row) -> None:
    (key, *_) = row
    row["tgl_ubah"] = day.stamp(f"perpus.{table}", {key: row[key]}, day.moment())
    day.insert(table, row)


def _change(day: Day, table: str, row: Row, **change: Any) -> None:
    key = "no_anggota" if table == "anggota" else "no_pinjam"
    day.update(table, row, **change, tgl_ubah=day.stamp(f"perpus.{table}", {key: row[key]}, day.moment()))


def _earlier(column: str, base: str) -> Any:
    return lambda row, rng: {column: row[base] - timedelta(days=int(rng.integers(1, 30)))}


def _next_kecamatan(row: Row, rng: np.random.Generator) -> Change:
    return {"kode_kec": f"35.15.{int(row['kode_kec'][-2:]) % 18 + 1:02d}"}


DEFECTS = {
    "anggota nik-15-angka": (_NO_DECOY_MEMBER, lambda row, rng: {"nik": row["nik"][:15]}),
    "anggota jk-angka": (_NO_DECOY_MEMBER, lambda row, rng: {"jk": {"L": "1", "P": "2"}[row["jk"]]}),
    "anggota kecamatan-lain": (_NO_DECOY_MEMBER, lambda row, rng: {"kode_kec": "35.15.19"}),
    "anggota berlaku-mundur": (_NO_DECOY_MEMBER, _earlier("berlaku_sampai", "tgl_daftar")),
    "anggota nomor-ganda": (_NO_DECOY_MEMBER, _next_kecamatan),
    "koleksi ddc-salah": ("true", lambda row, rng: {"kelas_ddc": f"F{row['kelas_ddc'][:2]}"}),
    "koleksi jenis-tidak-dikenal": ("true", lambda row, rng: {"jenis": "XX"}),
    "koleksi eksemplar-negatif": ("true", lambda row, rng: {"eksemplar": -1}),
    "peminjaman anggota-tidak-ada": (
        _NO_DECOY,
        lambda row, rng: {"no_anggota": f"A99{int(rng.integers(0, 10**7)):07d}"},
    ),
    "peminjaman koleksi-tidak-ada": (
        _NO_DECOY,
        lambda row, rng: {"id_koleksi": f"K9{int(rng.integers(0, 10**6)):06d}"},
    ),
    "peminjaman kembali-sebelum-pinjam": (_RETURNED, _earlier("tgl_kembali", "tgl_pinjam")),
    "peminjaman jatuh-tempo-mundur": (_NO_DECOY, _earlier("tgl_jatuh_tempo", "tgl_pinjam")),
    "peminjaman nomor-ganda": (
        _NO_DECOY,
        lambda row, rng: {"tgl_jatuh_tempo": row["tgl_jatuh_tempo"] + timedelta(days=_DAYS)},
    ),
}
