"""Moves of the last 24 months: letters at the origin (PINDAH_*) and arrivals (DATANG_*), with their people.

Inside the regency both sides carry the same letter number; a family that came from outside brings the letter of the
office it left. A move to another kecamatan gives the family a new card, the old one stays, closed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from simulator import siak_tables
from simulator.arrow import date_column, digits, table, time_column
from simulator.chance import DAY, office_time, rank_within, ymd
from simulator.people import ACTIVE, MOVED, NEVER, Families, Ints, People
from simulator.places import ORIGINS, District, districts

KEPT = 730
Place = tuple[int, int, int, int]
"""no_prop, no_kab, no_kec, no_kel."""


@dataclass
class Before:
    """Per family: kecamatan, village and card number before the last move (as now when it never moved)."""

    no_kec: Ints
    no_kel: Ints
    no_kk: Ints


def before(rng: np.random.Generator, district: District, families: Families, previous_kel: Ints) -> Before:
    """Where families lived before; three in ten movers came from another kecamatan and have a new card since."""
    count = len(families.village)
    found = Before(np.full(count, district.no_kec), previous_kel.copy(), families.no_kk.copy())
    moved = np.flatnonzero(families.moved_day < NEVER)
    far = moved[rng.random(len(moved)) < 0.3]
    others = [d for d in districts() if d.no_kec != district.no_kec]
    shares = np.array([d.weight for d in others])
    for family in far.tolist():
        area = others[int(rng.choice(len(others), p=shares / shares.sum()))]
        village = area.villages[int(rng.choice(len(area.villages), p=area.village_weights))]
        found.no_kec[family], found.no_kel[family] = area.no_kec, village.no_kel
    found.no_kk[far] = _cards(found.no_kec[far], families.since_day[far], 9800 + (district.no_kec - 1) * 5, 5)
    families.no_kk[far] = _cards(np.full(len(far), district.no_kec), families.moved_day[far], 9700, 100)
    return found


def _cards(no_kec: Ints, day: Ints, serial: int, most: int) -> Ints:
    year, month, dom = ymd(day)
    stem = (351500 + no_kec) * 1_000_000 + dom * 10_000 + month * 100 + year % 100
    rank = rank_within(stem)
    if len(rank) and rank.max() >= most:
        raise OverflowError(f"lebih dari {most} KK pindah pada satu kecamatan dan tanggal")
    return stem * 10_000 + serial + rank


def classify(origin: Place, target: Place) -> int:
    """Form F-1.03: 1 within the village, 2 within the kecamatan, 3 the regency, 4 the province, 5 beyond."""
    for depth, code in ((4, 1), (3, 2), (2, 3), (1, 4)):
        if origin[:depth] == target[:depth]:
            return code
    return 5


def elsewhere(rng: np.random.Generator) -> Place:
    """A village outside the regency, by the shares of the regions that people come from."""
    shares = np.array([o[2] for o in ORIGINS], dtype=np.float64)
    kab, kecamatan, _ = ORIGINS[int(rng.choice(len(ORIGINS), p=shares / shares.sum()))]
    kind = 1000 if kab % 100 > 70 else 2000
    return kab // 100, kab % 100, int(rng.integers(1, kecamatan + 1)), kind + int(rng.integers(1, 12))


def out_letter(day: int, origin: int, target: int, rank: int) -> str:
    """Number of a moving letter of this office; `origin`, `target`: kecamatan, 0 outside the regency."""
    return f"SKPWNI/3515/{_stamp(day)}/{origin:02d}{target:02d}{rank:03d}"


def in_letter(day: int, target: int, origin: int, rank: int) -> str:
    """Number of an arrival at this office."""
    return f"SKDWNI/3515/{_stamp(day)}/{target:02d}{origin:02d}{rank:03d}"


def _stamp(day: int) -> str:
    return f"{date(1970, 1, 1) + timedelta(days=day):%d%m%Y}"


def moves(
    rng: np.random.Generator, people: People, families: Families, earlier: Before, biodata: pa.Table, today: int
) -> dict[str, pa.Table]:
    """PINDAH_HEADER, PINDAH_DETAIL, DATANG_HEADER, DATANG_DETAIL of one kecamatan's families."""
    first = np.searchsorted(people.family, np.arange(len(families.village)))
    nik = biodata["nik"].to_pylist()
    home: list[Place] = [
        (35, 15, int(k), int(v))
        for k, v in zip(
            biodata["no_kec"].take(pa.array(first)).to_pylist(),
            biodata["no_kel"].take(pa.array(first)).to_pylist(),
            strict=True,
        )
    ]
    inside = np.flatnonzero(families.moved_day < NEVER)
    gone = np.flatnonzero((families.state == MOVED) & (families.left_day >= today - KEPT))
    came = np.flatnonzero(
        families.arrived
        & (families.state == ACTIVE)
        & (families.since_day >= today - KEPT)
        & (families.moved_day == NEVER)
    )
    letters: list[dict[str, Any]] = []
    arrivals: list[dict[str, Any]] = []
    used: dict[str, int] = {}

    def fresh(stem: str) -> int:
        used[stem] = used.get(stem, 0) + 1
        return used[stem]

    for family in sorted([*inside.tolist(), *gone.tolist()]):
        leaving = families.moved_day[family] == NEVER
        day = int(families.left_day[family] if leaving else families.moved_day[family])
        origin = home[family] if leaving else (35, 15, int(earlier.no_kec[family]), int(earlier.no_kel[family]))
        target = elsewhere(rng) if leaving else home[family]
        to = 0 if leaving else target[2]
        number = out_letter(day, origin[2], to, fresh(out_letter(day, origin[2], to, 0)))
        second = int(office_time(rng, np.array([day]))[0])
        entry: dict[str, Any] = {
            "no_pindah": number,
            "day": day,
            "second": second,
            "nik": nik[first[family]],
            "no_kk": int(earlier.no_kk[family]),
            "no_kk_baru": int(families.no_kk[family]),
            "alasan": int(rng.choice([1, 2, 3, 4, 5, 6, 7], p=[0.3, 0.05, 0.01, 0.02, 0.3, 0.27, 0.05])),
            "klasifikasi": classify(origin, target),
            "status": 2 if leaving or origin[2] != target[2] else 3,
            "origin": origin,
            "target": target,
            "family": family,
            "before": day,
        }
        letters.append(entry)
        if not leaving:
            arrived = in_letter(day, to, origin[2], fresh(in_letter(day, to, origin[2], 0)))
            arrivals.append({**entry, "no_datang": arrived})
    for family in came.tolist():
        day = int(families.since_day[family])
        origin, target = elsewhere(rng), home[family]
        foreign = f"SKPWNI/{origin[0]:02d}{origin[1]:02d}/{_stamp(day - 3)}/{int(rng.integers(1, 400)):04d}"
        arrivals.append(
            {
                "no_datang": in_letter(day, target[2], 0, fresh(in_letter(day, target[2], 0, 0))),
                "no_pindah": foreign,
                "day": day,
                "second": int(people.entry[first[family]]),
                "nik": nik[first[family]],
                "no_kk_baru": int(families.no_kk[family]),
                "alasan": int(rng.choice([1, 5, 6], p=[0.4, 0.35, 0.25])),
                "klasifikasi": classify(origin, target),
                "status": 2,
                "origin": origin,
                "target": target,
                "family": family,
                "before": day + 1,
            }
        )
    return {
        "pindah_header": _header("pindah", letters),
        "pindah_detail": _detail("no_pindah", letters, people, biodata),
        "datang_header": _header("datang", arrivals),
        "datang_detail": _detail("no_datang", arrivals, people, biodata),
    }


def _header(side: str, entries: Sequence[Mapping[str, Any]]) -> pa.Table:
    n = len(entries)

    def numbers(name: str) -> Ints:
        return np.array([e[name] for e in entries], dtype=np.int64)

    def text(name: str) -> pa.Array:
        return pa.array([e[name] for e in entries], pa.string())

    def place(prefix: str, which: str) -> dict[str, pa.Array]:
        found = np.array([e[which] for e in entries], dtype=np.int64).reshape(n, 4)
        return {f"{prefix}{c}": pa.array(found[:, i]) for i, c in enumerate(("no_prop", "no_kab", "no_kec", "no_kel"))}

    values = {
        "no_pindah": text("no_pindah"),
        "nik_pemohon": text("nik"),
        "alasan_pindah": pa.array(numbers("alasan")),
        "klasifikasi_pindah": pa.array(numbers("klasifikasi")),
        "jenis_pindah": pa.array(np.full(n, 2)),
        "status_kk_pindah": pa.array(numbers("status")),
        "created_date": time_column(numbers("second")),
    }
    if side == "pindah":
        values |= {
            "tgl_pindah": date_column(numbers("day")),
            "no_kk": digits(numbers("no_kk")),
            "status_kk_tdk_pindah": pa.array(np.full(n, 3)),
            **place("", "origin"),
            **place("tujuan_", "target"),
        }
    else:
        values |= {
            "no_datang": text("no_datang"),
            "tgl_datang": date_column(numbers("day")),
            "nik_kepkel_tujuan": text("nik"),
            "no_kk": digits(numbers("no_kk_baru")),
            **place("", "target"),
            **place("asal_", "origin"),
        }
    return table(siak_tables.columns(f"{side}_header"), values, n)


def _detail(key: str, entries: Sequence[Mapping[str, Any]], people: People, biodata: pa.Table) -> pa.Table:
    """One row for each member who was registered before the move (`before`, a day)."""
    entry_day = people.entry // DAY
    start = np.searchsorted(people.family, [e["family"] for e in entries], "left")
    stop = np.searchsorted(people.family, [e["family"] for e in entries], "right")
    rows: list[int] = []
    owner: list[int] = []
    for number, (low, high) in enumerate(zip(start.tolist(), stop.tolist(), strict=True)):
        members = [i for i in range(low, high) if i == low or entry_day[i] < entries[number]["before"]]
        rows += members
        owner += [number] * len(members)
    found = biodata.take(pa.array(rows, pa.int64()))
    second = np.array([entries[o]["second"] for o in owner], dtype=np.int64)
    return table(
        siak_tables.columns("pindah_detail" if key == "no_pindah" else "datang_detail"),
        {
            key: pa.array([entries[o][key] for o in owner], pa.string()),
            "nik": found["nik"],
            "nama_lgkp": found["nama_lgkp"],
            "stat_hbkel": found["stat_hbkel"],
            "created_date": time_column(second),
        },
        len(rows),
    )


def closed_cards(families: Families, earlier: Before, cards: pa.Table, updated: Ints, since: Ints) -> pa.Table:
    """DATA_KELUARGA rows of the cards that a move to another kecamatan closed (CFLAG '1').

    `updated`, `since`: seconds of the move and of the card's issue, per family.
    """
    postcodes = {(v.no_kec, v.no_kel): v.postcode for d in districts() for v in d.villages}
    rows = np.flatnonzero(earlier.no_kk != families.no_kk)
    closed = cards.take(pa.array(rows))
    places = zip(earlier.no_kec[rows].tolist(), earlier.no_kel[rows].tolist(), strict=True)
    for column, values in {
        "no_kk": digits(earlier.no_kk[rows]),
        "no_kec": pa.array(earlier.no_kec[rows]),
        "no_kel": pa.array(earlier.no_kel[rows]),
        "kode_pos": pa.array([postcodes[place] for place in places], pa.int64()),
        "cflag": pa.array(["1"] * len(rows), pa.string()),
        "tgl_insertion": time_column(since[rows]),
        "tgl_updation": time_column(updated[rows]),
    }.items():
        closed = closed.set_column(closed.column_names.index(column), column, values)
    return closed
