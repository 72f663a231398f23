"""A day of the schools' operators: moves between schools, drop-outs, new classes and posts, and the new school year."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import numpy as np
import pyarrow as pa

from simulator.chance import chance
from simulator.day import Day
from simulator.pupils import ACTIVE, GRADUATED, LEFT, MOVED, NEW_YEAR, Schools, children, next_nisn, pupil
from simulator.schools import form_for, nip
from simulator.server import Connection, copy_table
from simulator.source_rows import Row, key_of, unspoilt

_LEARNS = "t.status = 'AKTIF'"
_CLEAN = _LEARNS + unspoilt("siswa")
# Tables and conditions are constants of this package.
_ENDING = f"SELECT t.nisn, t.npsn, t.tingkat FROM public.siswa t WHERE t.tingkat IN (6, 9) AND {_CLEAN} ORDER BY t.nisn"  # noqa: S608
_PLACES = (
    "SELECT t.npsn, t.bentuk_pendidikan AS bentuk, substr(t.kode_desa_sekolah, 7, 2)::int AS kecamatan"  # noqa: S608
    f" FROM public.sekolah t WHERE true{unspoilt('sekolah')} ORDER BY t.npsn"
)
_GAP = 100
"""NISNs left out after the highest, in place of those that a defect hides."""


def live(day: Day, siak: Connection) -> dict[str, int]:
    """One day; returns how often each thing happened. On 13 July every pupil goes up."""
    done = _new_school_year(day, siak) if (day.start.month, day.start.day) == NEW_YEAR else {}
    if not day.workday:
        return done
    for name, yearly, floor, act in (
        ("siswa-pindah", 9_000, 0.4, _transfer),
        ("siswa-berhenti", 2_200, 0.15, _drop_out),
        ("rombel", 400, 0.1, _another_class),
        ("guru-pppk", 500, 0.1, _appoint),
        ("siswa-hapus", 500, 0.08, _delete),
    ):
        done[name] = sum(act(day) for _ in range(day.count(yearly, floor)))
    done["dapodik-cacat"] = day.new_defects()
    return done


def _change(day: Day, table: str, row: Row, **change: Any) -> int:
    """Change a picked row; its clock is at times that of a late entry."""
    when = day.stamp(f"dapodik.{table}", key_of(table, row), day.moment())
    day.update(table, row, **change, last_update=when)
    return 1


def _transfer(day: Day) -> int:
    """A pupil goes on at another school of the same form."""
    row = day.pick("siswa", _LEARNS)
    if row is None:
        return 0
    now = day.value("SELECT bentuk_pendidikan FROM public.sekolah WHERE npsn = %(npsn)s", {"npsn": row["npsn"]})
    to = day.pick("sekolah", f"t.bentuk_pendidikan = '{now}' AND t.npsn <> '{row['npsn']}'")
    return _change(day, "siswa", row, npsn=to["npsn"]) if to else 0


def _drop_out(day: Day) -> int:
    """A pupil leaves school, or the regency's schools."""
    row = day.pick("siswa", _LEARNS + " AND t.tingkat >= 7")
    return _change(day, "siswa", row, status=LEFT if day.rng.random() < 0.6 else MOVED) if row else 0


def _another_class(day: Day) -> int:
    row = day.pick("sekolah", "true")
    return _change(day, "sekolah", row, jumlah_rombel=row["jumlah_rombel"] + 1) if row else 0


def _appoint(day: Day) -> int:
    """A teacher on the school's own pay becomes a civil servant on contract."""
    row = day.pick("guru", "t.status_kepegawaian = 'Guru Honor Sekolah'")
    if row is None:
        return 0
    born = date(int(day.rng.integers(1972, 2001)), int(day.rng.integers(1, 13)), int(day.rng.integers(1, 29)))
    number = nip(day.rng, born, "PPPK", woman=row["jenis_kelamin"] == "P", now=day.start)
    return _change(day, "guru", row, status_kepegawaian="PPPK", nip=number)


def _delete(day: Day) -> int:
    """A pupil who was entered twice, under two NISNs, is taken out once."""
    row = day.pick("siswa", _LEARNS)
    if row is None:
        return 0
    day.delete("siswa", row, "dapodik.siswa")
    return 1


def _new_school_year(day: Day, siak: Connection) -> dict[str, int]:
    """Everybody goes up a grade or leaves, the last grade of a form to another school; the first grades fill again."""
    when, rng = day.moment(), chance(day.seed, "tahun-ajaran", day.start.year)
    home, schools = _schools(day)
    ending = day.rows(_ENDING, {})
    done = {
        "lulus": _all(day, f"status = '{GRADUATED}'", "t.tingkat = 12", when),
        "naik-kelas": _all(day, "tingkat = tingkat + 1", "t.tingkat NOT IN (6, 9, 12)", when),
    }
    changes = [_next_form(rng, row, home, schools) | {"saat": when, "nisn": row["nisn"]} for row in ending]
    with day.connection.cursor() as cursor:
        cursor.executemany(
            "UPDATE public.siswa SET tingkat = %(tingkat)s, npsn = %(npsn)s, status = %(status)s,"
            " last_update = %(saat)s WHERE nisn = %(nisn)s",
            changes,
        )
    done["naik-jenjang"] = sum(change["status"] == ACTIVE for change in changes)
    done["siswa-baru"] = _first_graders(day, siak, rng, schools, when)
    return done


def _all(day: Day, change: str, where: str, when: datetime) -> int:
    """Change all clean pupils who fit `where` (both trusted); returns how many."""
    query = f"UPDATE public.siswa t SET {change}, last_update = %s WHERE {where} AND {_CLEAN}"  # noqa: S608
    return day.connection.execute(query.encode(), [when]).rowcount


def _schools(day: Day) -> tuple[dict[str, int], Schools]:
    """The kecamatan of each clean school, and the schools by kecamatan and form, all alike."""
    rows = day.rows(_PLACES, {})
    schools: dict[tuple[int, str], list[tuple[str, float]]] = defaultdict(list)
    for row in rows:
        schools[(row["kecamatan"], row["bentuk"])].append((row["npsn"], 1.0))
    return {row["npsn"]: row["kecamatan"] for row in rows}, schools


def _next_form(rng: np.random.Generator, row: Row, home: Mapping[str, int], schools: Schools) -> dict[str, Any]:
    """Where a pupil of the last grade goes: on in the kecamatan of the school, one in eight of grade 9 nowhere."""
    grade = int(row["tingkat"])
    options = schools.get((home.get(row["npsn"], 0), form_for(rng, grade + 1).code), ())
    if not options or (grade == 9 and rng.random() < 0.12):
        return {"tingkat": grade, "npsn": row["npsn"], "status": GRADUATED}
    return {"tingkat": grade + 1, "npsn": options[int(rng.integers(0, len(options)))][0], "status": ACTIVE}


def _first_graders(day: Day, siak: Connection, rng: np.random.Generator, schools: Schools, when: datetime) -> int:
    """The six-year-olds of SIAK who are not at school yet."""
    year = day.start.year
    born = (date(year - 7, 7, 1), date(year - 6, 7, 1))
    known = day.rows("SELECT nik FROM public.siswa WHERE tanggal_lahir > %(sesudah)s", {"sesudah": born[0]})
    used = day.rows(
        "SELECT substr(nisn, 1, 3) AS tahun, max(substr(nisn, 6))::int AS nomor FROM public.siswa"
        " WHERE nisn ~ '^[0-9]{3}99[0-9]{5}$' GROUP BY 1",
        {},
    )
    serials = Counter({row["tahun"]: row["nomor"] + _GAP for row in used})
    found = [
        pupil(rng, schools, child, 1, next_nisn(serials, child["tgl_lhr"])) | {"last_update": when}
        for child in children(siak, rng, born, 0.95, [row["nik"] for row in known])
    ]
    if found:
        copy_table(day.connection, "siswa", pa.Table.from_pylist(found))
    return len(found)
