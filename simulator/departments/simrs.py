"""RSUD's hospital system behind SOAP 1.1: visits to its clinics and stays in its wards, with who came and why.

Patients are residents of SIAK for the most part; some come from elsewhere, some have no NIK with them. A stay that has
not ended has no leave yet (`xsi:nil`).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from simulator import names, soap
from simulator.chance import EPOCH, chance
from simulator.day import Day
from simulator.desk import Asked, Desk, Reply, Route
from simulator.places import DATA, read_data
from simulator.residents import residents
from simulator.server import Connection, copy_table
from simulator.source_rows import Change, Row

SINCE = datetime(2025, 7, 1)
BEDS = {"VVIP": 10, "I": 60, "II": 90, "III": 180, "ICU": 20}
_STAY_DAYS = {"VVIP": 3.0, "I": 3.4, "II": 3.8, "III": 4.2, "ICU": 5.5}
_VISITS_A_DAY, _STAYS_A_DAY = 850, 85
"""At `--scale` 1.0."""
_ENDED = "t.keluar IS NOT NULL"
_LEAVES, _LEAVE_SHARES = ("SEMBUH", "RUJUK", "APS", "MENINGGAL"), (0.85, 0.06, 0.06, 0.03)
_PAYS = ("BPJS", "BPJS", "BPJS", "UMUM", "ASURANSI")


@cache
def _diagnoses() -> tuple[dict[str, str], ...]:
    return tuple(read_data("simrs_diagnosis.csv"))


def _diagnosis(rng: np.random.Generator) -> dict[str, str]:
    weights = np.array([float(d["bobot"]) for d in _diagnoses()])
    return _diagnoses()[int(rng.choice(len(weights), p=weights / weights.sum()))]


def _patients(siak: Connection, rng: np.random.Generator, number: int) -> list[dict[str, Any]]:
    """So many patients: residents, a few from elsewhere (a NIK that SIAK does not have), a few without a NIK."""
    found = [
        {
            "nik": row["nik"],
            "nama": row["nama_lgkp"],
            "jenis_kelamin": "L" if row["jenis_klmin"] == 1 else "P",
            "tanggal_lahir": row["tgl_lhr"],
        }
        for row in residents(siak, rng, max(1, round(number * 0.9)), "t.tgl_lhr < '2025-01-01'")
    ]
    women = rng.random(number - len(found)) < 0.5
    years = rng.integers(1950, 2015, len(women))
    others = names.draw(rng, women, years).to_pylist()
    for woman, year, name in zip(women.tolist(), years.tolist(), others, strict=True):
        day, month = int(rng.integers(1, 29)), int(rng.integers(1, 13))
        nik = f"357801{day + 40 * woman:02d}{month:02d}{year % 100:02d}95{int(rng.integers(0, 100)):02d}"
        found.append(
            {
                "nik": nik if rng.random() < 0.7 else None,
                "nama": name,
                "jenis_kelamin": "P" if woman else "L",
                "tanggal_lahir": date(year, month, day),
            }
        )
    for number_, patient in enumerate(found):
        patient["no_rm"] = f"{number_ + 1:08d}"
    return found


def _visit(rng: np.random.Generator, patient: Mapping[str, Any], number: str, when: datetime) -> dict[str, Any]:
    diagnosis = _diagnosis(rng)
    return {
        "no_kunjungan": number,
        **_person(patient),
        "waktu": when,
        "poli": diagnosis["poli"],
        "jenis": "BARU" if rng.random() < 0.35 else "LAMA",
        "cara_bayar": _PAYS[int(rng.integers(0, len(_PAYS)))],
        "icd10": diagnosis["icd10"],
        "diubah": when + timedelta(minutes=int(rng.integers(20, 240))),
    }


def _stay(rng: np.random.Generator, patient: Mapping[str, Any], number: str, when: datetime) -> dict[str, Any]:
    kind = list(BEDS)[int(rng.choice(len(BEDS), p=np.array(list(BEDS.values())) / sum(BEDS.values())))]
    leaves = when + timedelta(hours=12 + float(rng.exponential(_STAY_DAYS[kind] * 24)))
    gone = leaves < EPOCH
    return {
        "no_rawat": number,
        **_person(patient),
        "kelas": kind,
        "masuk": when,
        "keluar": leaves.replace(microsecond=0) if gone else None,
        "cara_keluar": ("SEMBUH", "SEMBUH", "RUJUK", "APS", "MENINGGAL")[
            int(rng.choice(5, p=[0.6, 0.25, 0.06, 0.06, 0.03]))
        ]
        if gone
        else None,
        "icd10": _diagnosis(rng)["icd10"],
        "diubah": (leaves if gone else when).replace(microsecond=0) + timedelta(minutes=5),
    }


def _person(patient: Mapping[str, Any]) -> dict[str, Any]:
    return {name: patient[name] for name in ("no_rm", "nik", "nama", "jenis_kelamin", "tanggal_lahir")}


def _times(rng: np.random.Generator, day: datetime, number: int) -> list[datetime]:
    """Moments of a day between 07:00 and 17:00, in order."""
    return sorted(
        day.replace(hour=7, minute=0, second=0) + timedelta(seconds=int(s)) for s in rng.integers(0, 36_000, number)
    )


def build(connection: Connection, siak: Connection, seed: int, scale: float) -> None:
    """Beds, and visits and stays of the half year before the clock."""
    rng = chance(seed, "simrs")
    beds = [{"kelas": kind, "jumlah": max(1, round(number * scale * 4))} for kind, number in BEDS.items()]
    copy_table(connection, "tempat_tidur", pa.Table.from_pylist(beds))
    days = (EPOCH - SINCE).days
    patients = _patients(siak, rng, max(40, round(_VISITS_A_DAY * scale * days / 4)))
    visits, stays = [], []
    for day in (SINCE + timedelta(days=n) for n in range(days)):
        busy = 1.0 if day.weekday() < 5 else 0.25
        for when in _times(rng, day, int(rng.poisson(max(6.0, _VISITS_A_DAY * scale) * busy))):
            number = f"K{when:%y%m%d}{len(visits) + 1:07d}"
            visits.append(_visit(rng, patients[int(rng.integers(0, len(patients)))], number, when))
        for when in _times(rng, day, int(rng.poisson(max(0.4, _STAYS_A_DAY * scale)))):
            number = f"R{when:%y%m%d}{len(stays) + 1:06d}"
            stays.append(_stay(rng, patients[int(rng.integers(0, len(patients)))], number, when))
    copy_table(connection, "kunjungan_pasien", pa.Table.from_pylist(visits))
    copy_table(connection, "rawat_inap", pa.Table.from_pylist(stays))


def live(day: Day, siak: Connection) -> dict[str, int]:
    """Visits of the day by patients who are known, new stays, and those who go home."""
    done = {"kunjungan": 0, "rawat": 0, "pulang": 0}
    busy = 1.0 if day.workday else 0.25
    start = datetime.combine(day.start.date(), datetime.min.time())
    last = int(day.value("SELECT count(*) FROM public.kunjungan_pasien", {}))
    for when in _times(day.rng, start, int(day.rng.poisson(max(6.0, _VISITS_A_DAY * day.scale) * busy))):
        patient = day.pick("kunjungan_pasien", "t.waktu < '2026-01-05'")
        if patient is not None:
            last += 1
            day.insert("kunjungan_pasien", _visit(day.rng, patient, f"K{when:%y%m%d}{last:07d}", when))
            done["kunjungan"] += 1
    last = int(day.value("SELECT count(*) FROM public.rawat_inap", {}))
    for when in _times(day.rng, start, int(day.rng.poisson(max(0.4, _STAYS_A_DAY * day.scale)))):
        patient = day.pick("kunjungan_pasien", "t.waktu < '2026-01-05'")
        if patient is not None:
            last += 1
            stay = _stay(day.rng, patient, f"R{when:%y%m%d}{last:06d}", when)
            day.insert(
                "rawat_inap", stay | {"keluar": None, "cara_keluar": None, "diubah": when + timedelta(minutes=5)}
            )
            done["rawat"] += 1
    for _ in range(int(day.rng.poisson(max(0.4, _STAYS_A_DAY * day.scale)))):
        row = day.pick("rawat_inap", f"t.keluar IS NULL AND t.masuk < '{start}'")
        if row is not None:
            leaves = day.moment()
            day.update("rawat_inap", row, keluar=leaves, cara_keluar="SEMBUH", diubah=leaves + timedelta(minutes=5))
            done["pulang"] += 1
    done["simrs-cacat"] = day.new_defects()
    return done


# -- SOAP

_NAMESPACE = "urn:simrs"
_OPERATIONS = {
    "AmbilKunjungan": (
        "kunjungan",
        'SELECT no_kunjungan AS "noKunjungan", no_rm, nik, nama, jenis_kelamin, tanggal_lahir, waktu, poli, jenis,'
        ' cara_bayar AS "caraBayar", icd10 AS diagnosis, diubah FROM public.kunjungan_pasien'
        " WHERE diubah > %(dari)s AND diubah <= %(sampai)s ORDER BY diubah, no_kunjungan, ctid",
        ("noKunjungan", "pasien", "waktu", "poli", "jenis", "caraBayar", "diagnosis", "diubah"),
    ),
    "AmbilRawatInap": (
        "rawatInap",
        'SELECT no_rawat AS "noRawat", no_rm, nik, nama, jenis_kelamin, tanggal_lahir, kelas, masuk, keluar,'
        ' cara_keluar AS "caraKeluar", icd10 AS diagnosis, diubah FROM public.rawat_inap'
        " WHERE diubah > %(dari)s AND diubah <= %(sampai)s ORDER BY diubah, no_rawat, ctid",
        ("noRawat", "pasien", "kelas", "masuk", "keluar", "caraKeluar", "diagnosis", "diubah"),
    ),
}
_PERSON = {
    "noRM": "no_rm",
    "nik": "nik",
    "nama": "nama",
    "jenisKelamin": "jenis_kelamin",
    "tanggalLahir": "tanggal_lahir",
}


def routes(desk: Desk) -> list[Route]:
    """One address for every operation (POST) and for the WSDL (GET ?wsdl)."""

    def description(asked: Asked) -> Reply:
        return Reply((Path(DATA) / "simrs.wsdl").read_bytes())

    def operation(asked: Asked) -> Reply:
        asked_for = soap.request(asked.body)
        if asked_for is None:
            return soap.fault("Client", "Permintaan bukan amplop SOAP")
        name, arguments = asked_for
        if name == "AmbilWaktu":
            return soap.envelope(_NAMESPACE, name, soap.element("waktu", desk.clock()))
        if name == "AmbilTempatTidur":
            rows = desk.rows("SELECT kelas, jumlah FROM public.tempat_tidur ORDER BY kelas")
            return soap.envelope(_NAMESPACE, name, "".join(soap.element("tempatTidur", row) for row in rows))
        if name not in _OPERATIONS:
            return soap.fault("Client", f"Operasi {name} tidak dikenal")
        try:
            page, size = int(arguments["halaman"]), min(500, int(arguments["jumlah"]))
            window = {
                "dari": datetime.fromisoformat(arguments["dari"]),
                "sampai": datetime.fromisoformat(arguments["sampai"]),
            }
        except (KeyError, ValueError):
            return soap.fault("Client", "dari, sampai, halaman, dan jumlah wajib diisi")
        element, query, order = _OPERATIONS[name]
        rows = desk.rows(query, window)
        part = rows[(page - 1) * size : page * size]
        listed = "".join(soap.element(element, {name: _visitor(row)[name] for name in order}) for row in part)
        return soap.envelope(_NAMESPACE, name, f"<total>{len(rows)}</total>{listed}")

    return [Route("GET", "/", description), Route("POST", "/", operation)]


def _visitor(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row with its patient as one element of its own."""
    return {**row, "pasien": {ours: row[theirs] for ours, theirs in _PERSON.items()}}


def _later(row: Row, rng: np.random.Generator) -> Change:
    return {"tanggal_lahir": (row["waktu"] + timedelta(days=int(rng.integers(2, 300)))).date()}


def _left_before(row: Row, rng: np.random.Generator) -> Change:
    return {"keluar": row["masuk"] - timedelta(hours=int(rng.integers(3, 40)))}


def _endless(row: Row, rng: np.random.Generator) -> Change:
    return {"masuk": row["masuk"] - timedelta(days=int(rng.integers(380, 500)))}


DEFECTS = {
    "kunjungan_pasien nik-pendek": ("t.nik IS NOT NULL", lambda row, rng: {"nik": row["nik"][:15]}),
    "kunjungan_pasien icd-salah": ("true", lambda row, rng: {"icd10": row["icd10"][1:]}),
    "kunjungan_pasien poli-lain": ("true", lambda row, rng: {"poli": "POLI X"}),
    "kunjungan_pasien lahir-sesudah-kunjungan": ("true", _later),
    "kunjungan_pasien nomor-ganda": ("true", lambda row, rng: {"jenis": "BARU" if row["jenis"] == "LAMA" else "LAMA"}),
    "rawat_inap keluar-sebelum-masuk": (_ENDED, _left_before),
    "rawat_inap kelas-lain": ("true", lambda row, rng: {"kelas": "IV"}),
    "rawat_inap lama-sekali": (_ENDED, _endless),
}
