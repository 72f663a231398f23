"""Children of SIAK as pupils: who goes to school, in which grade and where, and under what number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np

from simulator.residents import residents
from simulator.schools import form_for
from simulator.server import Connection
from simulator.source_rows import Row

ACTIVE, LEFT, GRADUATED, MOVED = "AKTIF", "PUTUS SEKOLAH", "LULUS", "MUTASI"
NEW_YEAR = (7, 13)
"""Month and day on which a school year begins."""
Schools = Mapping[tuple[int, str], Sequence[tuple[str, float]]]
"""By kecamatan and form: NPSN, and how many of the pupils it draws beside the others."""


def school_year(today: date) -> date:
    """1 July of the school year that runs on `today`."""
    return date(today.year - ((today.month, today.day) < NEW_YEAR), 7, 1)


def grade_of(born: date, start: date) -> int:
    """The grade, at `start`, of a child who entered the first at the age of six; below 1 before that."""
    return start.year - born.year - ((born.month, born.day) > (start.month, start.day)) - 5


def children(
    siak: Connection, rng: np.random.Generator, born: tuple[date, date], share: float, known: Sequence[str] = ()
) -> list[Row]:
    """A share of SIAK's children born after the first and until the second day, without those `known` by NIK."""
    where = "t.tgl_lhr > %(sesudah)s AND t.tgl_lhr <= %(sampai)s AND NOT t.nik = ANY(%(sudah)s)"
    values = {"sesudah": born[0], "sampai": born[1], "sudah": list(known)}
    query = f"SELECT count(*) FROM public.biodata_wni t WHERE t.flag_status = '0' AND {where}"  # noqa: S608
    row = siak.execute(query.encode(), values).fetchone()
    return residents(siak, rng, round(share * int(row[0] if row else 0)), where, **values)


def next_nisn(serials: Counter[str], born: date) -> str:
    """The next NISN of a year of birth; 99 after the year marks a synthetic one."""
    stem = f"{born.year % 1000:03d}"
    serials[stem] += 1
    return f"{stem}99{serials[stem]:05d}"


def pupil(rng: np.random.Generator, schools: Schools, child: Row, grade: int, nisn: str) -> dict[str, Any]:
    """A child at a school of its kecamatan; every third school writes names in small letters."""
    options = schools[(int(child["no_kec"]), form_for(rng, grade).code)]
    weights = np.array([weight for _, weight in options])
    npsn = options[int(rng.choice(len(options), p=weights / weights.sum()))][0]
    return {
        "nisn": nisn,
        "nik": child["nik"],
        "nama": child["nama_lgkp"].title() if int(npsn) % 3 == 0 else child["nama_lgkp"],
        "tanggal_lahir": child["tgl_lhr"],
        "jenis_kelamin": "P" if int(child["jenis_klmin"]) == 2 else "L",
        "npsn": npsn,
        "tingkat": grade,
        "status": LEFT if grade >= 7 and rng.random() < 0.004 else ACTIVE,
    }
