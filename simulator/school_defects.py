"""What the operators of schools get wrong: for each line of `data/cacat_dapodik.csv` its rows and its alteration."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import numpy as np

from simulator.places import closed_villages
from simulator.source_rows import Change, Row

Alter = Callable[[Row, np.random.Generator], Change]

# The decoys are left alone, and so is who has left school.
_PUPIL = "substr(t.nisn, 4, 2) = '99' AND t.status = 'AKTIF'"
_ANY = "true"
_CIVIL_SERVANT = "t.nip IS NOT NULL"


def _set(**values: object) -> Alter:
    return lambda row, rng: dict(values)


def _cut(column: str) -> Alter:
    """The last character is lost."""
    return lambda row, rng: {column: row[column][:-1]}


def _letter(column: str) -> Alter:
    """The letter O in place of the last figure but one."""
    return lambda row, rng: {column: f"{row[column][:-2]}O{row[column][-1]}"}


def _new_school(**wrong: Callable[[Row, np.random.Generator], object]) -> Alter:
    """Another school, without pupils yet, with something wrong: 98 begins its NPSN."""

    def change(row: Row, rng: np.random.Generator) -> Change:
        number = int(rng.integers(0, 10**6))
        named = {"npsn": f"98{number:06d}", "nama_sekolah": f"{row['bentuk_pendidikan']} RINTISAN {number}"}
        return named | {column: value(row, rng) for column, value in wrong.items()}

    return change


def _closed(row: Row, rng: np.random.Generator) -> str:
    return closed_villages()[int(rng.integers(0, len(closed_villages())))].code


def _nobody(row: Row, rng: np.random.Generator) -> Change:
    """A NIK of true form; SIAK gives out no serial above 9989."""
    return {"nik": f"{row['nik'][:12]}{int(rng.integers(9990, 10_000))}"}


def _other_name(row: Row, rng: np.random.Generator) -> Change:
    words = row["nama"].split()
    return {"nama": " ".join([("ACHMAD", "SITI")[row["jenis_kelamin"] == "P"] + " NUR", *words[::-1]])[:60]}


def _three_years_old(row: Row, rng: np.random.Generator) -> Change:
    return {"tanggal_lahir": row["last_update"].date() - timedelta(days=3 * 365 + int(rng.integers(10, 300)))}


def _nowhere(row: Row, rng: np.random.Generator) -> Change:
    """An NPSN of true form that no school has."""
    return {"npsn": f"97{int(rng.integers(0, 10**6)):06d}"}


def _foreign_grade(row: Row, rng: np.random.Generator) -> Change:
    grade = int(row["tingkat"])
    return {"tingkat": grade + 6 if grade <= 6 else grade - 6}


DEFECTS = {
    "sekolah desa-tidak-dikenal": (
        _ANY,
        _new_school(kode_desa_sekolah=lambda row, rng: f"{row['kode_desa_sekolah'][:8]}.2099"),
    ),
    "sekolah desa-sudah-dihapus": (_ANY, _new_school(kode_desa_sekolah=_closed)),
    "sekolah bentuk-tidak-dikenal": (
        "t.bentuk_pendidikan IN ('SD', 'SMP', 'SMA', 'SMK')",
        _new_school(bentuk_pendidikan=lambda row, rng: row["bentuk_pendidikan"] + row["status"][0]),
    ),
    "sekolah koordinat-tertukar": (_ANY, lambda row, rng: {"lintang": row["bujur"], "bujur": row["lintang"]}),
    "siswa nisn-9-angka": (_PUPIL, _cut("nisn")),
    "siswa nisn-ganda": (_PUPIL, _other_name),
    "siswa nik-huruf": (_PUPIL, _letter("nik")),
    "siswa nik-tidak-ditemukan": (_PUPIL, _nobody),
    "siswa nama-beda": (_PUPIL, _other_name),
    "siswa nama-kosong": (_PUPIL, _set(nama=None)),
    "siswa lahir-3-tahun": (_PUPIL, _three_years_old),
    "siswa kelamin-angka": (_PUPIL, lambda row, rng: {"jenis_kelamin": "12"[row["jenis_kelamin"] == "P"]}),
    "siswa sekolah-tidak-ada": (_PUPIL, _nowhere),
    "siswa npsn-huruf": (_PUPIL, _letter("npsn")),
    "siswa tingkat-bukan-bentuk": (_PUPIL, _foreign_grade),
    "siswa status-lain": (_PUPIL, _set(status="NAIK KELAS")),
    "guru nip-17-angka": (_CIVIL_SERVANT, _cut("nip")),
    "guru asn-tanpa-nip": (_CIVIL_SERVANT, _set(nip=None)),
    "guru nuptk-15-angka": (_ANY, _cut("nuptk")),
    "guru nuptk-ganda": (_ANY, _other_name),
    "guru sekolah-tidak-ada": (_ANY, _nowhere),
    "guru jenis-tidak-dikenal": (_ANY, _set(jenis_ptk="Wali Kelas")),
    "guru salinan": (_ANY, _set()),
}
