"""Schools of a regency and who teaches there: how many of each form a kecamatan has, their names, numbers and places.

Every kecamatan has at least one school of each form, so that a child of it finds one at any `--scale`.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

import numpy as np

from simulator import names
from simulator.chance import ymd
from simulator.places import districts, read_data

PER_TEACHER = 17
PER_CLASS = 28
CIVIL_SERVANTS = ("PNS", "PPPK")
_OF_A_FOUNDATION = ("AL FALAH", "BINA INSANI", "CAHAYA BANGSA", "DARUL HIKMAH", "NURUL ILMI", "TUNAS HARAPAN")
_PUBLIC = {"SD": "SD NEGERI", "MI": "MI NEGERI", "SMP": "SMP NEGERI", "MTs": "MTs NEGERI", "SMA": "SMA NEGERI"}


@dataclass(frozen=True)
class Form:
    """A school form: its grades, how many schools of it the regency has, its share of the level, the public part."""

    code: str
    first: int
    last: int
    number: int
    share: float
    public: float


@dataclass(frozen=True)
class School:
    """A school; `weight`: how many of the kecamatan's pupils of its form it draws, beside the others."""

    npsn: str
    name: str
    form: Form
    public: bool
    no_kec: int
    village_code: str
    place: tuple[float, float]
    weight: float


@cache
def forms() -> tuple[Form, ...]:
    """The school forms, lowest grades first."""
    return tuple(
        Form(
            r["bentuk"],
            int(r["tingkat_dari"]),
            int(r["tingkat_sampai"]),
            int(r["sekolah"]),
            float(r["bagian"]),
            float(r["negeri"]),
        )
        for r in read_data("dapodik_bentuk.csv")
    )


def forms_of(grade: int) -> tuple[Form, ...]:
    """The forms that have a grade; their shares sum to 1."""
    return tuple(form for form in forms() if form.first <= grade <= form.last)


def form_for(rng: np.random.Generator, grade: int) -> Form:
    """The form in which a child sits that grade."""
    fitting = forms_of(grade)
    return fitting[int(rng.choice(len(fitting), p=[form.share for form in fitting]))]


def founded(rng: np.random.Generator, scale: float) -> list[School]:
    """All schools. An NPSN that begins with 99 is synthetic."""
    centres = {int(r["no_kec"]): (float(r["lintang"]), float(r["bujur"])) for r in read_data("dapodik_kecamatan.csv")}
    found: list[School] = []
    taken: Counter[str] = Counter()
    for area in districts():
        south, east = centres[area.no_kec]
        for form in forms():
            for number in range(max(1, round(form.number * scale * area.weight))):
                village = area.villages[int(rng.choice(len(area.villages), p=area.village_weights))]
                # The first of a form with a state school everywhere is the state's.
                public = bool(rng.random() < form.public) or (number == 0 and form.code in ("SD", "SMP"))
                foundation = _OF_A_FOUNDATION[int(rng.integers(0, len(_OF_A_FOUNDATION)))]
                word = _PUBLIC.get(form.code, "SMK NEGERI") if public else f"{form.code} {foundation}"
                name = f"{word} {village.name if form.last == 6 else area.name}"
                taken[name] += 1
                found.append(
                    School(
                        npsn=f"99{len(found) + 1:06d}",
                        name=name if taken[name] == 1 else f"{name} {taken[name]}",
                        form=form,
                        public=public,
                        no_kec=area.no_kec,
                        village_code=village.code,
                        place=(
                            round(south + float(rng.normal(0, 0.008)), 6),
                            round(east + float(rng.normal(0, 0.01)), 6),
                        ),
                        weight=float(np.exp(rng.normal(0, 0.5))),
                    )
                )
    return found


def teachers(rng: np.random.Generator, school: School, pupils: int, first: int, now: datetime) -> list[dict[str, Any]]:
    """The staff of a school with so many pupils, a head among them; NUPTKs count up from `first`."""
    number = max(2, round(pupils / PER_TEACHER))
    women = rng.random(number) < 0.62
    births = np.datetime64(now.date(), "D").astype(np.int64) - (rng.uniform(24, 59.5, number) * 365.25).astype(np.int64)
    years, months, days = ymd(births)
    called = names.draw(rng, women, years).to_pylist()
    rows = []
    for n in range(number):
        status = _employment(rng, public=school.public)
        born = date(int(years[n]), int(months[n]), int(days[n]))
        rows.append(
            {
                "nuptk": f"99{first + n:014d}",
                "nip": nip(rng, born, status, woman=bool(women[n]), now=now) if status in CIVIL_SERVANTS else None,
                "nama": called[n],
                "jenis_kelamin": "P" if women[n] else "L",
                "npsn": school.npsn,
                "jenis_ptk": "Kepala Sekolah" if n == 0 else _duty(rng, school.form),
                "status_kepegawaian": status,
            }
        )
    return rows


def nip(rng: np.random.Generator, born: date, status: str, *, woman: bool, now: datetime) -> str:
    """A NIP of the form of Perka BKN 22/2007: month 21 marks a PPPK; the serial 9xx marks a synthetic one."""
    joined = min(born.year + int(rng.integers(23, 34)), now.year - 1)
    month = "21" if status == "PPPK" else f"{int(rng.integers(1, 13)):02d}"
    if status == "PPPK":
        joined = int(rng.integers(2021, now.year))
    return f"{born:%Y%m%d}{joined}{month}{2 if woman else 1}9{int(rng.integers(0, 100)):02d}"


def _employment(rng: np.random.Generator, *, public: bool) -> str:
    kinds = ("PNS", "PPPK", "Guru Honor Sekolah") if public else ("GTY/PTY", "Guru Honor Sekolah", "PNS")
    return str(rng.choice(kinds, p=(0.55, 0.25, 0.20) if public else (0.80, 0.16, 0.04)))


def _duty(rng: np.random.Generator, form: Form) -> str:
    if form.last == 6:
        return "Guru Kelas" if rng.random() < 0.7 else "Guru Mapel"
    return "Guru BK" if rng.random() < 0.08 else "Guru Mapel"
