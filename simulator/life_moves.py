"""A day's moves: inside the regency with both sides of the letter, out of it, and into it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import pyarrow as pa

from simulator import names
from simulator.chance import days
from simulator.day import Day
from simulator.life_registry import AREA, OPEN_CARD, family_card, has_spoilt_members, members_of, new_card, next_number
from simulator.people import generate
from simulator.places import districts
from simulator.queries import query
from simulator.server import copy_table
from simulator.siak_moves import Place, classify, elsewhere, in_letter, out_letter
from simulator.siak_rows import siak_rows
from simulator.source_rows import Row


def move(day: Day) -> int:
    """A family moves to another village; to another kecamatan with a new card, the old one is closed."""
    card = _ready(day)
    if card is None:
        return 0
    members = members_of(day, card["no_kk"])
    if card["nik_kk"] not in {m["nik"] for m in members}:
        return 0
    near = day.rng.random() < 0.6
    areas = districts()
    area = areas[int(card["no_kec"]) - 1] if near else areas[int(day.rng.choice(18, p=[d.weight for d in areas]))]
    village = area.villages[int(day.rng.choice(len(area.villages), p=area.village_weights))]
    when = day.moment()
    key = {"no_kk": card["no_kk"]}
    home = {
        "no_kec": area.no_kec,
        "no_kel": village.no_kel,
        "kode_pos": village.postcode,
        "no_rt": int(day.rng.integers(1, 12)),
        "no_rw": int(day.rng.integers(1, 9)),
        "alamat": names.addresses(day.rng, 1, area.urban, 120)[0].as_py(),
    }
    stays = area.no_kec == int(card["no_kec"])
    no_kk = card["no_kk"] if stays else new_card(day, area.no_kec)
    if no_kk is None:
        return 0
    stamp = day.stamp("siak.data_keluarga", key, when)
    if stays:
        day.update("data_keluarga", card, **home, tgl_updation=stamp)
    else:
        day.update("data_keluarga", card, cflag="1", tgl_updation=stamp)
        day.insert("data_keluarga", {**card, **home, "no_kk": no_kk, "tgl_insertion": stamp, "tgl_updation": None})
    for member in members:
        day.update("biodata_wni", member, no_kk=no_kk, no_kec=area.no_kec, no_kel=village.no_kel, tgl_ubah=stamp)
    origin, target = _place(card), (35, 15, area.no_kec, village.no_kel)
    letter = _letter(day, card, members, origin, target, when)
    _arrival(day, letter, card["nik_kk"], no_kk, members, origin, target, when)
    day.event(
        "pindah",
        "siak.data_keluarga",
        key,
        to={"no_kk": no_kk, "no_kec": area.no_kec, "no_kel": village.no_kel},
        members=len(members),
        letter=letter["no_pindah"],
    )
    return 1


def leave(day: Day) -> int:
    """A family leaves the regency: its records stay, flagged, and it takes its letter with it."""
    card = _ready(day)
    if card is None:
        return 0
    members = members_of(day, card["no_kk"])
    when = day.moment()
    for member in members:
        day.update("biodata_wni", member, flag_status="3", tgl_ubah=when)
    day.update("data_keluarga", card, cflag="1", tgl_updation=when)
    letter = _letter(day, card, members, _place(card), elsewhere(day.rng), when)
    day.event("pergi", "siak.data_keluarga", {"no_kk": card["no_kk"]}, members=len(members), letter=letter["no_pindah"])
    return 1


def arrive(day: Day) -> int:
    """A family comes from elsewhere, with the NIKs it already has and the letter of the office it left."""
    areas = districts()
    area = areas[int(day.rng.choice(18, p=[d.weight for d in areas]))]
    today = days(day.start.date())
    families, people = generate(day.rng, area, 1, today, arriving=True, serial_base=940)
    for position, number in enumerate(people.nik.tolist()):
        free = next_number(day, "nik", str(number)[:12], 9940, 9989)
        if free is None:
            return 0
        people.nik[position] = max(int(free), number)
    card = next_number(day, "kk", str(int(families.no_kk[0]))[:12], 9900, 9999)
    if card is None:
        return 0
    families.no_kk[0] = int(card)
    when = day.moment()
    people.entry[:] = days(when.date()) * 86_400 + when.hour * 3600 + when.minute * 60 + when.second
    rows = siak_rows(day.rng, area, families, people, today, {})
    copy_table(day.connection, "data_keluarga", rows.families)
    copy_table(day.connection, "biodata_wni", rows.biodata)
    number = _fresh(day, "datang", in_letter(today, area.no_kec, 0, 0))
    for table in ("datang_header", "datang_detail"):
        content = rows.events[table]
        place, same = content.column_names.index("no_datang"), pa.array([number] * content.num_rows, pa.string())
        copy_table(day.connection, table, content.set_column(place, "no_datang", same))
    day.event("datang", "siak.data_keluarga", {"no_kk": card}, members=len(people.nik), arrival=number)
    return 1


def _ready(day: Day) -> Row | None:
    """A card of a family that may go: open, with members, none of them spoilt."""
    card = day.pick("data_keluarga", OPEN_CARD)
    if card is None or has_spoilt_members(day, card["no_kk"]) or family_card(day, card["no_kk"]) is None:
        return None
    return card if members_of(day, card["no_kk"]) else None


def _place(row: Row) -> Place:
    prop, kab, kec, kel = (int(row[c]) for c in AREA)
    return prop, kab, kec, kel


def _fresh(day: Day, side: str, pattern: str) -> str:
    """The next number of a letter like `pattern`, whose last three digits count within the day."""
    awal = pattern[:-3]
    taken = day.value(query("siak", f"surat_{side}_sehari"), {"awal": awal})
    return f"{awal}{500 + int(taken) + 1:03d}"


def _letter(day: Day, card: Row, members: Sequence[Row], origin: Place, target: Place, when: datetime) -> Row:
    """PINDAH_HEADER and PINDAH_DETAIL; gives the header."""
    inside = target[:2] == (35, 15)
    today = when.date()
    applicant = card["nik_kk"] if card["nik_kk"] in {m["nik"] for m in members} else members[0]["nik"]
    header = {
        "no_pindah": _fresh(day, "pindah", out_letter(days(today), origin[2], target[2] if inside else 0, 0)),
        "tgl_pindah": today,
        "nik_pemohon": applicant,
        "no_kk": card["no_kk"],
        "alasan_pindah": int(day.rng.choice([1, 2, 4, 5, 6, 7], p=[0.3, 0.05, 0.02, 0.31, 0.27, 0.05])),
        "klasifikasi_pindah": classify(origin, target),
        "jenis_pindah": 2,
        "status_kk_tdk_pindah": 3,
        "status_kk_pindah": 3 if origin[:3] == target[:3] else 2,
        **dict(zip(AREA, origin, strict=True)),
        **{f"tujuan_{c}": v for c, v in zip(AREA, target, strict=True)},
        "created_date": when,
    }
    day.insert("pindah_header", header)
    _people(day, "pindah_detail", {"no_pindah": header["no_pindah"]}, members, when)
    return header


def _arrival(
    day: Day,
    letter: Row,
    head: str,
    no_kk: str,
    members: Sequence[Row],
    origin: Place,
    target: Place,
    when: datetime,
) -> None:
    """DATANG_HEADER and DATANG_DETAIL at the destination of a move inside the regency."""
    number = _fresh(day, "datang", in_letter(days(when.date()), target[2], origin[2], 0))
    same = ("no_pindah", "klasifikasi_pindah", "jenis_pindah", "status_kk_pindah", "nik_pemohon", "alasan_pindah")
    day.insert(
        "datang_header",
        {
            "no_datang": number,
            **{c: letter[c] for c in same},
            "tgl_datang": when.date(),
            "nik_kepkel_tujuan": head,
            "no_kk": no_kk,
            **dict(zip(AREA, target, strict=True)),
            **{f"asal_{c}": v for c, v in zip(AREA, origin, strict=True)},
            "created_date": when,
        },
    )
    _people(day, "datang_detail", {"no_datang": number}, members, when)


def _people(day: Day, table: str, key: Row, members: Sequence[Row], when: datetime) -> None:
    for member in members:
        named = {c: member[c] for c in ("nik", "nama_lgkp", "stat_hbkel")}
        day.insert(table, {**key, **named, "created_date": when})
