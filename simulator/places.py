"""Regions of Kabupaten Sidoarjo as the two departments number them.

SIAK writes Kemendagri codes (no_kec 1-18, no_kel 1xxx/2xxx); SISMIOP writes the BPS numbers (positions 5-7 and
8-10 of `kode_bps`). The weights are rough shares of the 2020s population: they only have to look like life.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

DATA = Path(__file__).parent / "data"
KD_PROPINSI = "35"
KD_DATI2 = "15"

# Residents in thousands, by kecamatan number (share of the regency, not a statistic).
_RESIDENTS = {
    1: 66,
    2: 82,
    3: 70,
    4: 66,
    5: 52,
    6: 88,
    7: 160,
    8: 205,
    9: 98,
    10: 85,
    11: 138,
    12: 75,
    13: 224,
    14: 128,
    15: 102,
    16: 128,
    17: 102,
    18: 231,
}
# Land value of an ordinary house plot, thousand rupiah per square metre.
_LAND_VALUE = {
    1: 200,
    2: 210,
    3: 200,
    4: 260,
    5: 160,
    6: 380,
    7: 710,
    8: 1180,
    9: 320,
    10: 300,
    11: 560,
    12: 320,
    13: 1020,
    14: 650,
    15: 930,
    16: 990,
    17: 780,
    18: 1430,
}


@dataclass(frozen=True)
class Village:
    """A desa or kelurahan; `weight` is its share of the kecamatan (sums to 1 over the open villages)."""

    no_kec: int
    no_kel: int
    name: str
    kind: str
    kd_kelurahan: str
    postcode: int
    weight: float

    @property
    def code(self) -> str:
        """Its Kemendagri code, PP.KK.CC.DDDD."""
        return f"35.15.{self.no_kec:02d}.{self.no_kel:04d}"


@dataclass(frozen=True)
class District:
    """A kecamatan with its open villages; `weight` is its share of the regency."""

    no_kec: int
    name: str
    kd_kecamatan: str
    weight: float
    land_value: int
    villages: tuple[Village, ...]

    @property
    def village_weights(self) -> NDArray[np.float64]:
        """Shares of the villages, in their order, summing to 1."""
        return np.array([v.weight for v in self.villages])

    @property
    def urban(self) -> float:
        """0 (fields) to 1 (town), from the land value."""
        return min(1.0, self.land_value / 1250)


def read_data(name: str) -> list[dict[str, str]]:
    """Rows of one CSV of `simulator/data`."""
    with (DATA / name).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


@cache
def districts() -> tuple[District, ...]:
    """The 18 kecamatan in the order of their codes. Village sizes are skewed log-normally, fixed for every seed."""
    rows = read_data("wilayah_sidoarjo.csv")
    total = sum(_RESIDENTS.values())
    skew = np.random.default_rng(3515)
    found = []
    for row in (r for r in rows if r["tingkat"] == "kecamatan"):
        no_kec = int(row["kode"][6:8])
        inside = [r for r in rows if r["tingkat"] == "desa_kelurahan" and r["kode"].startswith(row["kode"] + ".")]
        sizes = np.exp(skew.normal(0, 0.45, len(inside)))
        sizes = sizes / sizes.sum()
        villages = tuple(
            Village(
                no_kec,
                int(r["kode"][9:]),
                r["nama"].upper(),
                r["jenis"],
                r["kode_bps"][7:10],
                int(r["kode_pos"].split(";")[0] or 61200),
                float(size),
            )
            for r, size in zip(inside, sizes, strict=True)
        )
        found.append(
            District(
                no_kec,
                row["nama"].upper(),
                row["kode_bps"][4:7],
                _RESIDENTS[no_kec] / total,
                _LAND_VALUE[no_kec],
                villages,
            )
        )
    return tuple(found)


@cache
def closed_villages() -> tuple[Village, ...]:
    """The seven villages that left the decree in 2022; only history may lie in them."""
    return tuple(
        Village(
            int(r["kode"][6:8]), int(r["kode"][9:]), r["nama"].upper(), "dihapus", r["kd_kelurahan_sismiop"], 61274, 0.0
        )
        for r in read_data("wilayah_dihapus_2022.csv")
    )


@cache
def code_list(name: str) -> tuple[tuple[str, str], ...]:
    """(code, label) of one list of `kode_adminduk.csv` or `kode_sismiop.csv`; KeyError when there is none."""
    rows = [
        r for f in ("kode_adminduk.csv", "kode_sismiop.csv") for r in read_data(f) if r["daftar"].split(" (")[0] == name
    ]
    if not rows:
        raise KeyError(f"daftar kode '{name}' tidak ada di simulator/data")
    return tuple((r["kode"], r["label"]) for r in rows)


# First registration outside Sidoarjo: kabupaten and how many kecamatan it has (legal in a NIK).
ORIGINS: tuple[tuple[int, int, int], ...] = (
    (3578, 31, 30),
    (3516, 18, 10),
    (3525, 18, 9),
    (3514, 24, 9),
    (3507, 33, 8),
    (3524, 27, 7),
    (3517, 21, 6),
    (3522, 28, 4),
    (3526, 18, 4),
    (3527, 14, 3),
    (3504, 19, 3),
    (3502, 21, 3),
    (3374, 16, 2),
    (3171, 8, 2),
)
BIRTHPLACES: dict[int, str] = {
    3578: "SURABAYA",
    3516: "MOJOKERTO",
    3525: "GRESIK",
    3514: "PASURUAN",
    3507: "MALANG",
    3524: "LAMONGAN",
    3517: "JOMBANG",
    3522: "BOJONEGORO",
    3526: "BANGKALAN",
    3527: "SAMPANG",
    3504: "TULUNGAGUNG",
    3502: "PONOROGO",
    3374: "SEMARANG",
    3171: "JAKARTA",
    3515: "SIDOARJO",
}
