"""DPMPTSP's one-stop service: applications for permits, from the counter to the decision.

The service is asked for what changed between two moments, page by page with a cursor, by clients that got a token for
their credentials. Its envelope says `status` also with HTTP 200; days are written 31-12-2025, and the clerk who decides
types the day of the decision by hand.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa

from simulator import manifest
from simulator.chance import EPOCH, chance
from simulator.day import Day
from simulator.desk import Asked, Desk, Reply, Route
from simulator.places import districts, read_data
from simulator.residents import nobody, residents
from simulator.server import Connection, copy_table
from simulator.source_rows import Change, Row

SINCE = date(2024, 1, 2)
PERMITS = 60_000
"""Applications of two years at `--scale 1.0`."""
DATASET = "ptsp.permohonan_izin"
_TABLE = "permohonan_izin"
_ADULT = "t.tgl_lhr < '2004-01-01'"
_PAGE = 500
_NO_DECOY = "NOT EXISTS (SELECT FROM simulator.umpan u WHERE u.isi #>> '{key,pendaftaran_id}' = t.pendaftaran_id)"
_BUSINESS = _NO_DECOY + " AND t.nib IS NOT NULL"
_RECEIVED = _NO_DECOY + " AND t.d_terima_berkas IS NOT NULL"
_DECIDED = _NO_DECOY + " AND t.tgl_selesai IS NOT NULL"


@cache
def _kinds() -> tuple[dict[str, str], ...]:
    return tuple(read_data("izin_jenis.csv"))


@cache
def _sectors() -> tuple[dict[str, str], ...]:
    return tuple(read_data("izin_kbli.csv"))


def _promised(code: str) -> int:
    """Working days in which the department promises to decide."""
    return next(int(kind["hari_kerja"]) for kind in _kinds() if kind["kode"] == code)


def _typed(day: date) -> str:
    """A day as the clerk types it."""
    return f"{day:%d-%m-%Y}"


def _after(day: date, working_days: int) -> date:
    """So many working days later."""
    found: date = np.busday_offset(np.datetime64(day, "D"), working_days, roll="forward").astype(date)
    return found


def _at_the_desk(day: date, rng: np.random.Generator) -> datetime:
    """An office hour of the day."""
    return datetime.combine(day, time(7, 30)) + timedelta(seconds=int(rng.integers(0, 8 * 3600)))


def _application(rng: np.random.Generator, number: str, person: Row, day: date) -> Row:
    """What somebody hands in; nothing is decided yet."""
    weights = np.array([int(kind["bobot"]) for kind in _kinds()], dtype=float)
    kind = _kinds()[int(rng.choice(len(_kinds()), p=weights / weights.sum()))]
    sector = _sectors()[int(rng.integers(0, len(_sectors())))] if kind["usaha"] else None
    return {
        "pendaftaran_id": number,
        "nik": person["nik"],
        "n_pemohon": person["nama_lgkp"],
        "nib": f"9{int(rng.integers(0, 10**12)):012d}" if sector else None,
        "kbli": sector["kode"] if sector else None,
        "jenis_izin": kind["kode"],
        "kecamatan": f"35.15.{int(person['no_kec']):02d}",
        "risiko": sector["risiko"] if sector else None,
        "tgl_daftar": day,
        "d_terima_berkas": None,
        "tgl_selesai": None,
        "no_surat": None,
        "status": "diajukan",
    }


def _received(day: date) -> Change:
    return {"d_terima_berkas": day, "status": "diproses"}


def _decision(row: Row, day: date, rng: np.random.Generator) -> Change:
    """Granted with a letter, or refused."""
    if rng.random() < 0.09:
        return {"tgl_selesai": _typed(day), "status": "ditolak"}
    serial = row["pendaftaran_id"][5:]
    return {"tgl_selesai": _typed(day), "status": "terbit", "no_surat": f"503/{row['jenis_izin']}/{serial}/{day:%Y}"}


def _history(rng: np.random.Generator, number: str, person: Row, day: date) -> Row:
    """An application of `day` as it stands at the build: waiting for papers, in work, or decided."""
    row, today, last = _application(rng, number, person, day), EPOCH.date(), day
    complete = _after(day, int(rng.integers(0, 4)))
    if complete < today:
        row |= _received(complete)
        last = complete
        needed = max(1, round(_promised(row["jenis_izin"]) * float(np.exp(rng.normal(-0.35, 0.45)))))
        decided = _after(complete, needed)
        if decided < today:
            row |= _decision(row, decided, rng)
            last = decided
    return row | {"diubah": _at_the_desk(last, rng)}


def build(connection: Connection, siak: Connection, seed: int, scale: float) -> None:
    """The kinds of permit, and two years of applications by residents."""
    rng = chance(seed, "izin")
    copy_table(
        connection,
        "jenis_izin",
        pa.Table.from_pylist([{k: kind[k] for k in ("kode", "nama", "hari_kerja")} for kind in _kinds()]),
    )
    number = max(400, round(PERMITS * scale))
    people = residents(siak, rng, max(250, round(number * 0.7)), _ADULT)
    open_days = [day for n in range((EPOCH.date() - SINCE).days) if (day := SINCE + timedelta(days=n)).weekday() < 5]
    rows, serials = [], dict.fromkeys((SINCE.year, EPOCH.year - 1, EPOCH.year), 0)
    for place in sorted(int(n) for n in rng.integers(0, len(open_days), number)):
        day = open_days[place]
        serials[day.year] += 1
        person = people[int(rng.integers(0, len(people)))]
        rows.append(_history(rng, f"{day.year}-{serials[day.year]:06d}", person, day))
    _decoys(connection, rows, rng)
    copy_table(connection, _TABLE, pa.Table.from_pylist(rows))


def _decoys(connection: Connection, rows: list[Row], rng: np.random.Generator) -> None:
    """Rows that only look bad and must be accepted; `status`: what a look-up of the applicant at Dukcapil finds."""
    decided = [row for row in rows if row["status"] == "terbit" and row["tgl_daftar"] < date(2025, 1, 1)]
    for row in decided[10:13]:
        row["n_pemohon"] = f"H. {row['n_pemohon']}"[:60]
        _decoy(connection, row, "nama-beda-dukcapil", "beda", "nama ditulis lain daripada Dukcapil")
    for row in decided[15:18]:
        row["nik"] = nobody(rng, 9)
        _decoy(connection, row, "nik-tidak-ada", "tidak_ditemukan", "NIK berbentuk benar yang tidak ada di SIAK")
    for row in decided[20:22]:
        late = _after(row["d_terima_berkas"], 150)
        row |= {"tgl_selesai": _typed(late), "diubah": datetime.combine(late, time(9))}
        _decoy(connection, row, "jauh-lewat-janji", "cocok", "diputus 150 hari kerja sesudah berkas lengkap")


def _decoy(connection: Connection, row: Row, kind: str, status: str, note: str) -> None:
    key = {"pendaftaran_id": row["pendaftaran_id"]}
    manifest.decoy(connection, kind, DATASET, key=key, status=status, note=note)


def live(day: Day, siak: Connection) -> dict[str, int]:
    """A workday at the counter: new applications, papers completed, decisions, corrections; rarely one is withdrawn."""
    done = dict.fromkeys(("izin-baru", "izin-lengkap", "izin-putus", "izin-koreksi", "izin-hapus", "izin-cacat"), 0)
    if not day.workday:
        return done
    today = day.start.date()
    done["izin-baru"] = _new_applications(day, siak, today)
    older = f"{_NO_DECOY} AND t.tgl_daftar < '{today}' AND t.status = "
    for name, status in (("izin-lengkap", "diajukan"), ("izin-putus", "diproses")):
        for _ in range(day.count(PERMITS / 2 * 365 / 261, 0.4)):
            row = day.pick(_TABLE, f"{older}'{status}'")
            if row is not None:
                _change(day, row, **(_received(today) if name == "izin-lengkap" else _decision(row, today, day.rng)))
                done[name] += 1
    if day.rng.random() < 0.3 and (row := day.pick(_TABLE, _NO_DECOY)) is not None:
        place = districts()[int(day.rng.integers(0, 18))].no_kec
        _change(day, row, kecamatan=f"35.15.{place:02d}")
        done["izin-koreksi"] = 1
    if day.rng.random() < 0.03 and (row := day.pick(_TABLE, _NO_DECOY + " AND t.status = 'diajukan'")) is not None:
        day.delete(_TABLE, row, DATASET)
        done["izin-hapus"] = 1
    done["izin-cacat"] = day.new_defects()
    return done


def _new_applications(day: Day, siak: Connection, today: date) -> int:
    wanted = day.count(PERMITS / 2 * 365 / 261, 0.4)
    people = residents(siak, day.rng, wanted, _ADULT) if wanted else []
    last = day.value(
        "SELECT coalesce(max(right(pendaftaran_id, 6)), '0') FROM public.permohonan_izin"
        " WHERE starts_with(pendaftaran_id, %(tahun)s)",
        {"tahun": f"{today.year}-"},
    )
    for serial, person in enumerate(people, start=int(last) + 1):
        row = _application(day.rng, f"{today.year}-{serial:06d}", person, today)
        row["diubah"] = day.stamp(DATASET, {"pendaftaran_id": row["pendaftaran_id"]}, day.moment())
        day.insert(_TABLE, row)
    return len(people)


def _change(day: Day, row: Row, **change: Any) -> None:
    """What a clerk changes, with the clock of the change."""
    stamp = day.stamp(DATASET, {"pendaftaran_id": row["pendaftaran_id"]}, day.moment())
    day.update(_TABLE, row, **change, diubah=stamp)


def _no_sector(row: Row, rng: np.random.Generator) -> Change:
    return {"kbli": ("99999", "00000", "12345")[int(rng.integers(0, 3))]}


def _of_bps(row: Row, rng: np.random.Generator) -> Change:
    return {"kecamatan": f"3515{int(row['kecamatan'][-2:]):02d}0"}


def _papers_too_early(row: Row, rng: np.random.Generator) -> Change:
    return {"d_terima_berkas": row["tgl_daftar"] - timedelta(days=int(rng.integers(1, 20)))}


def _decided_too_early(row: Row, rng: np.random.Generator) -> Change:
    return {"tgl_selesai": _typed(row["d_terima_berkas"] - timedelta(days=int(rng.integers(1, 20))))}


def _next_kecamatan(row: Row, rng: np.random.Generator) -> Change:
    return {"kecamatan": f"35.15.{int(row['kecamatan'][-2:]) % 18 + 1:02d}"}


DEFECTS = {
    f"{_TABLE} nik-15-angka": (_NO_DECOY, lambda row, rng: {"nik": row["nik"][:15]}),
    f"{_TABLE} nama-kosong": (_NO_DECOY, lambda row, rng: {"n_pemohon": None}),
    f"{_TABLE} nib-12-angka": (_BUSINESS, lambda row, rng: {"nib": row["nib"][:12]}),
    f"{_TABLE} kbli-tidak-ada": (_BUSINESS, _no_sector),
    f"{_TABLE} izin-tidak-dikenal": (
        _NO_DECOY,
        lambda row, rng: {"jenis_izin": ("IMB", "HO")[int(rng.integers(0, 2))]},
    ),
    f"{_TABLE} kecamatan-kode-bps": (_NO_DECOY, _of_bps),
    f"{_TABLE} risiko-tidak-dikenal": (_BUSINESS, lambda row, rng: {"risiko": "X"}),
    f"{_TABLE} terima-sebelum-daftar": (_RECEIVED, _papers_too_early),
    f"{_TABLE} selesai-sebelum-terima": (_DECIDED, _decided_too_early),
    f"{_TABLE} tanggal-mustahil": (_DECIDED, lambda row, rng: {"tgl_selesai": f"31-02-{row['tgl_daftar']:%Y}"}),
    f"{_TABLE} selesai-kosong": (_DECIDED, lambda row, rng: {"tgl_selesai": None}),
    f"{_TABLE} status-tidak-dikenal": (_NO_DECOY, lambda row, rng: {"status": "ACC"}),
    f"{_TABLE} nomor-ganda": (_NO_DECOY, _next_kecamatan),
}


def routes(desk: Desk) -> list[Route]:
    """`GET /api/jenis-izin`, and `GET /api/permohonan` with `sejak`, `hingga`, `limit`, `sesudah` (the cursor)."""

    def kinds(asked: Asked) -> Reply:
        rows = desk.rows("SELECT kode, nama, hari_kerja FROM public.jenis_izin ORDER BY kode")
        return Reply({"status": "sukses", "pesan": "", "data": rows})

    def permits(asked: Asked) -> Reply:
        try:
            window = {name: datetime.fromisoformat(asked.query[name]) for name in ("sejak", "hingga")}
            size = min(int(asked.query.get("limit", _PAGE)), _PAGE)
            changed, number, row = _place(asked.query.get("sesudah"))
        except (KeyError, ValueError):
            return Reply({"status": "gagal", "pesan": "Parameter sejak, hingga, limit, sesudah salah", "data": None})
        place = {**window, "ubah": changed, "nomor": number, "baris": row, "banyak": size + 1}
        rows = desk.rows(_CHANGED, place)
        (counted,) = desk.rows(_COUNTED, window)
        more = _cursor(rows[size - 1]) if len(rows) > size else None
        meta = {"jumlah": counted["jumlah"], "lanjut": more}
        return Reply({"status": "sukses", "pesan": "", "data": [_shown(row) for row in rows[:size]], "meta": meta})

    return [Route("GET", "/api/jenis-izin", kinds), Route("GET", "/api/permohonan", permits)]


def _place(cursor: str | None) -> tuple[str, str, str]:
    """Where a page begins: clock, number and physical row of the last one before it. ValueError for another text."""
    if cursor is None:
        return "-infinity", "", "(0,0)"
    changed, number, row = base64.urlsafe_b64decode(cursor.encode()).decode().split("|")
    return changed, number, row


def _cursor(row: Mapping[str, Any]) -> str:
    return base64.urlsafe_b64encode(f"{row['diubah']}|{row['pendaftaran_id']}|{row['_baris']}".encode()).decode()


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    """A permit as the service writes it."""
    plain = {name: value for name, value in row.items() if name not in ("nik", "n_pemohon", "_baris")}
    return {**plain, "pemohon": {"nik": row["nik"], "nama": row["n_pemohon"]}}


_WITHIN = "FROM public.permohonan_izin t WHERE t.diubah BETWEEN %(sejak)s AND %(hingga)s"
_COUNTED = f"SELECT count(*) AS jumlah {_WITHIN}"
_CHANGED = (
    "SELECT t.pendaftaran_id, t.nik, t.n_pemohon, t.nib, t.kbli, t.jenis_izin, t.kecamatan, t.risiko,"
    " to_char(t.tgl_daftar, 'DD-MM-YYYY') AS tgl_daftar, to_char(t.d_terima_berkas, 'DD-MM-YYYY') AS d_terima_berkas,"
    " t.tgl_selesai, t.no_surat, t.status, to_char(t.diubah, 'YYYY-MM-DD\"T\"HH24:MI:SS') || '+07:00' AS diubah,"
    f" t.ctid::text AS _baris {_WITHIN}"
    " AND (t.diubah, t.pendaftaran_id, t.ctid) > (%(ubah)s::timestamp, %(nomor)s, %(baris)s::tid)"
    " ORDER BY t.diubah, t.pendaftaran_id, t.ctid LIMIT %(banyak)s"
)
