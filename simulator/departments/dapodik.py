"""Dinas Pendidikan's Dapodik: schools, their pupils and their teachers, as the operators of the schools enter them.

Pupils are children of SIAK, mostly at a school of their kecamatan. The service is asked page by page, with HTTP Basic;
its envelope counts all rows (`results`) beside those of the page (`rows`).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from simulator import manifest, names, school_life
from simulator.chance import EPOCH, chance, days, office_time
from simulator.desk import Asked, Desk, Reply, Route
from simulator.pupils import ACTIVE, GRADUATED, Schools, children, grade_of, next_nisn, pupil, school_year
from simulator.school_defects import DEFECTS
from simulator.schools import PER_CLASS, School, founded, teachers
from simulator.server import Connection, copy_table

__all__ = ["DEFECTS", "build", "live", "routes"]

live = school_life.live
_AT_SCHOOL = ((6, 6, 0.95), (7, 15, 0.94), (16, 18, 0.80))
"""Ages from and to, and the share of them that goes to school."""
_MOST = 1000
"""Rows of a page."""


def build(connection: Connection, siak: Connection, seed: int, scale: float) -> None:
    """Schools, the children of SIAK in them, and teachers by their number."""
    rng = chance(seed, "dapodik")
    schools = founded(rng, scale)
    drawn: dict[tuple[int, str], list[tuple[str, float]]] = defaultdict(list)
    for school in schools:
        drawn[(school.no_kec, school.form.code)].append((school.npsn, school.weight))
    learning = _entered(rng, _enrolled(siak, rng, drawn) + _decoys(connection, rng, drawn), 13, 160)
    size = Counter((row["npsn"], row["tingkat"]) for row in learning if row["status"] == ACTIVE)
    whole = Counter(row["npsn"] for row in learning if row["status"] == ACTIVE)
    staff: list[dict[str, Any]] = []
    for school in schools:
        staff += teachers(rng, school, whole[school.npsn], len(staff) + 1, EPOCH)
    for table, rows in (
        ("sekolah", _entered(rng, [_school_row(school, size) for school in schools], 10, 30)),
        ("siswa", learning),
        ("guru", _entered(rng, staff, 0, 170)),
    ):
        copy_table(connection, table, pa.Table.from_pylist(rows))


def _entered(rng: np.random.Generator, rows: list[dict[str, Any]], first: int, span: int) -> list[dict[str, Any]]:
    """The rows with the time of their last change: days since 1 July, mostly early."""
    begin = days(school_year(EPOCH.date())) + first
    seconds = office_time(rng, begin + (rng.beta(1, 3, len(rows)) * span).astype(np.int64))
    return [
        row | {"last_update": datetime(1970, 1, 1) + timedelta(seconds=second)}
        for row, second in zip(rows, seconds.tolist(), strict=True)
    ]


def _enrolled(siak: Connection, rng: np.random.Generator, schools: Schools) -> list[dict[str, Any]]:
    """The pupils of the running school year, and who finished school last summer."""
    today, start = EPOCH.date(), school_year(EPOCH.date())
    serials: Counter[str] = Counter()
    found = []
    for low, high, share in _AT_SCHOOL:
        born = (today.replace(year=today.year - high - 1), today.replace(year=today.year - low))
        for child in children(siak, rng, born, share):
            due = grade_of(child["tgl_lhr"], start)
            if due < 1:
                continue
            grade = max(1, due - int(rng.random() < 0.22))  # who entered later, or repeated a year
            row = pupil(rng, schools, child, min(grade, 12), next_nisn(serials, child["tgl_lhr"]))
            found.append(row if grade <= 12 else row | {"status": GRADUATED})
    return found


def _decoys(connection: Connection, rng: np.random.Generator, schools: Schools) -> list[dict[str, Any]]:
    """Pupils who look wrong and must be accepted; 98 in their NISN keeps defects away from them."""
    found = []
    kinds = [*(("anak-luar-kabupaten", date(2012, 3, 4 + n), 7) for n in range(4))]
    kinds += [("kelas-1-belum-6-tahun", date(2019, 11, 2 + n), 1) for n in range(2)]
    for number, (kind, born, grade) in enumerate(kinds):
        woman = bool(number % 2)
        child = {
            # First registered in Surabaya or Gresik: SIAK of this regency does not know them.
            "nik": f"{(357831, 352518)[number % 2]}{born.day + 40 * woman:02d}{born:%m%y}99{number + 1:02d}",
            "nama_lgkp": names.draw(rng, np.array([woman]), np.array([born.year]))[0].as_py(),
            "tgl_lhr": born,
            "jenis_klmin": 1 + woman,
            "no_kec": 18 - number,
        }
        row = pupil(rng, schools, child, grade, f"{born.year % 1000:03d}98{number:05d}") | {"status": ACTIVE}
        found.append(row)
        manifest.decoy(connection, kind, "dapodik.siswa", key={"nisn": row["nisn"]}, outcome="tidak_ditemukan")
    return found


def _school_row(school: School, size: Counter[tuple[str, int]]) -> dict[str, Any]:
    grades = range(school.form.first, school.form.last + 1)
    return {
        "npsn": school.npsn,
        "nama_sekolah": school.name,
        "bentuk_pendidikan": school.form.code,
        "status": "NEGERI" if school.public else "SWASTA",
        "kode_desa_sekolah": school.village_code,
        "lintang": school.place[0],
        "bujur": school.place[1],
        "jumlah_rombel": sum(max(1, -(-size[(school.npsn, grade)] // PER_CLASS)) for grade in grades),
    }


def routes(desk: Desk) -> list[Route]:
    """`GET /WebService/getSekolah`, `getPesertaDidik`, `getGtk` with `page`, `limit`, `sejak` and `hingga`."""

    def paged(table: str, key: str) -> Route:
        def answer(asked: Asked) -> Reply:
            try:
                page, limit = int(asked.query.get("page", "1")), int(asked.query.get("limit", "20"))
                bounds = {
                    "sejak": datetime.fromisoformat(asked.query.get("sejak", "1900-01-01")),
                    "hingga": datetime.fromisoformat(asked.query.get("hingga", "9999-12-31")),
                }
            except ValueError:
                return Reply({"message": "page dan limit bilangan; sejak dan hingga tanggal ISO"}, 400)
            if page < 1 or not 1 <= limit <= _MOST:
                return Reply({"message": f"page mulai 1, limit 1 sampai {_MOST}"}, 400)
            # Table and key are constants of this module; values go in as parameters.
            part = f"FROM public.{table} WHERE last_update >= %(sejak)s AND last_update <= %(hingga)s"
            (total,) = desk.rows(f"SELECT count(*) AS banyak {part}", bounds)
            start = (page - 1) * limit
            rows = desk.rows(
                f"SELECT * {part} ORDER BY {key}, ctid LIMIT %(limit)s OFFSET %(start)s",
                bounds | {"limit": limit, "start": start},
            )
            return Reply({"results": total["banyak"], "id": key, "start": start, "limit": limit, "rows": rows})

        return Route("GET", f"/WebService/{_PATHS[table]}", answer)

    return [paged("sekolah", "npsn"), paged("siswa", "nisn"), paged("guru", "nuptk")]


_PATHS = {"sekolah": "getSekolah", "siswa": "getPesertaDidik", "guru": "getGtk"}
