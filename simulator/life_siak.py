"""A day at the civil registry: births, deaths, marriages, moves, corrections, deletions, the semester's closing."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import numpy as np
from psycopg import sql

from simulator import manifest, names, siak_tables
from simulator.build import dkb_decoys
from simulator.chance import chance
from simulator.day import Day
from simulator.defects import inject, remember
from simulator.kinds import kinds_of
from simulator.life_moves import arrive, leave, move
from simulator.life_registry import (
    ALIVE,
    act_number,
    family_card,
    has_spoilt_members,
    members_of,
    next_number,
    officer,
    stem,
)
from simulator.life_unions import divorce, marry
from simulator.queries import query
from simulator.source_rows import Row

_UNNAMED = " AND ".join(
    (
        ALIVE,
        "stat_hbkel IN (4, 6, 9) AND tgl_lhr < '2020-01-01'",
        "NOT EXISTS (SELECT FROM simulator.nik_subjek s WHERE s.nik = t.nik)",
        "NOT EXISTS (SELECT FROM simulator.tunda d WHERE d.kunci = t.nik)",
        "NOT EXISTS (SELECT FROM public.pindah_detail p WHERE p.nik = t.nik)",
        "NOT EXISTS (SELECT FROM public.datang_detail p WHERE p.nik = t.nik)",
    )
)


def live(day: Day) -> dict[str, int]:
    """One day; returns how often each thing happened."""
    done: dict[str, int] = {}
    factor = 1.4 if day.workday else 0.0
    people = 2_100_000 * factor
    for name, yearly, floor, act in (
        ("lahir", people * 0.0140, 0.1 * factor, _birth),
        ("mati", people * 0.0052, 0.2 * factor, _death),
        ("kawin", people * 0.0065, 0.15 * factor, marry),
        ("cerai", people * 0.0018, 0.1 * factor, divorce),
        ("pindah", people * 0.0040, 0.3 * factor, move),
        ("datang", people * 0.0020, 0.1 * factor, arrive),
        ("pergi", people * 0.0015, 0.1 * factor, leave),
        ("koreksi", people * 0.0400, 0.8 * factor, _correct),
        ("hapus", people * 0.0004, 0.06 * factor, _delete),
    ):
        done[name] = sum(act(day) for _ in range(day.count(yearly, floor)))
    done["batal-koreksi"] = _undo(day)
    done["cacat"] = day.new_defects() if day.workday else 0
    if (day.start.month, day.start.day) in ((6, 30), (12, 31)):
        done["dkb"] = _close_semester(day)
    return done


def _birth(day: Day) -> int:
    today = day.start.date()
    low, high = today - timedelta(days=42 * 365), today - timedelta(days=20 * 365)
    mother = day.pick(
        "biodata_wni",
        f"{ALIVE} AND jenis_klmin = 2 AND stat_hbkel IN (1, 3) AND stat_kwn = 2"
        f" AND tgl_lhr BETWEEN '{low}' AND '{high}'"
        " AND NOT EXISTS (SELECT FROM public.biodata_wni c WHERE c.no_kk = t.no_kk"
        f" AND c.tgl_lhr > '{today - timedelta(days=500)}')",
    )
    if mother is None:
        return 0
    fathers = day.rows(query("siak", "ayah"), {"no_kk": mother["no_kk"]})
    father = fathers[0] if fathers else {"nik": None, "nama_lgkp": mother["nama_lgkp_ayah"]}
    female = bool(day.rng.random() < 0.488)
    born = today - timedelta(days=int(1 + min(day.rng.exponential(14), 60)))
    first = stem(f"3515{int(mother['no_kec']):02d}", born, female)
    nik = next_number(day, "nik", first, 9940, 9989)
    if nik is None:
        return 0
    when = day.moment()
    number = act_number(day, "lahir", f"LU{int(mother['no_kec']):02d}{today:%Y%m%d}")
    entered = day.stamp("siak.biodata_wni", {"nik": nik}, when, often=0.08, since=born)
    name = names.draw(day.rng, np.array([female]), np.array([born.year]))[0].as_py()
    act = f"3515-LT-{int(day.rng.integers(1_000_000, 9_999_999))}-{born.year}"
    place = {c: mother[c] for c in ("no_prop", "no_kab", "no_kec", "no_kel")}
    sex = 2 if female else 1
    day.insert(
        "biodata_wni",
        {
            "nik": nik,
            "nama_lgkp": name,
            "jenis_klmin": sex,
            "tmpt_lhr": "SIDOARJO",
            "tgl_lhr": born,
            "akta_lhr": 2,
            "no_akta_lhr": act,
            "gol_drh": 13,
            "agama": mother["agama"],
            "stat_kwn": 1,
            "akta_kwn": 1,
            "akta_crai": 1,
            "stat_hbkel": 4,
            "klain_fsk": 1,
            "pddk_akh": 1,
            "jenis_pkrjn": 1,
            "nik_ibu": mother["nik"],
            "nama_lgkp_ibu": mother["nama_lgkp"],
            "nik_ayah": father["nik"],
            "nama_lgkp_ayah": father["nama_lgkp"],
            "nama_ket_rt": mother["nama_ket_rt"],
            "nama_ket_rw": mother["nama_ket_rw"],
            **officer(day),
            "tgl_entri": entered,
            "no_kk": mother["no_kk"],
            **place,
            "stat_hidup": 1,
            "stat_ktp": "0",
            "cflag": "0",
            "sync_flag": "1",
            "kebangsaan": "INDONESIA",
            "flag_status": "0",
            "count_ktp": 0,
            "count_biodata": 1,
            "flag_ektp": "0",
        },
    )
    day.insert(
        "capil_lahir",
        {
            "bayi_no": number,
            "bayi_nik": nik,
            "bayi_nama_lgkp": name,
            "bayi_jns_klmin": sex,
            "bayi_tmpt_lahir": "SIDOARJO",
            "bayi_tgl_lahir": born,
            "bayi_no_kk": mother["no_kk"],
            "ibu_nik": mother["nik"],
            "ayah_nik": father["nik"],
            **place,
            "plpr_tgl_lapor": today,
            "adm_akta_no": act,
            "adm_akta_tgl": today,
            "adm_tgl_entry": entered,
        },
    )
    day.event("lahir", "siak.capil_lahir", {"bayi_no": number}, nik=nik)
    return 1


def _death(day: Day) -> int:
    today = day.start.date()
    old = today - timedelta(days=(58 if day.rng.random() < 0.86 else 1) * 365)
    row = day.pick("biodata_wni", f"{ALIVE} AND tgl_lhr < '{old}' AND tgl_entri < '{today - timedelta(days=60)}'")
    if row is None:
        return 0
    when = day.moment()
    if row["stat_hbkel"] == 1 and not _succeed(day, row, when):
        return 0
    died = today - timedelta(days=int(1 + min(day.rng.exponential(7), 45)))
    entered = day.stamp("siak.biodata_wni", {"nik": row["nik"]}, when)
    day.update("biodata_wni", row, stat_hidup=2, flag_status="2", tgl_ubah=entered)
    number = act_number(day, "mati", f"KM{int(row['no_kec']):02d}{today:%Y%m%d}")
    day.insert(
        "capil_mati",
        {
            "mati_no": number,
            "mati_nik": row["nik"],
            "mati_nama_lgkp": row["nama_lgkp"],
            "mati_jns_klmin": row["jenis_klmin"],
            "mati_tgl": died,
            **{c: row[c] for c in ("no_prop", "no_kab", "no_kec", "no_kel")},
            "plpr_tgl_lapor": today,
            "adm_akta_no": f"3515-KM-{number}",
            "adm_akta_tgl": today,
            "adm_tgl_entry": entered,
        },
    )
    day.event("mati", "siak.capil_mati", {"mati_no": number}, nik=row["nik"])
    return 1


def _succeed(day: Day, head: Row, when: datetime) -> bool:
    """Another adult becomes the head; False when only children are left or the card cannot be changed."""
    card = family_card(day, head["no_kk"])
    if card is None or has_spoilt_members(day, head["no_kk"]):
        return False
    others = [m for m in members_of(day, head["no_kk"]) if m["nik"] != head["nik"]]
    grown = [m for m in others if m["tgl_lhr"] < when.date() - timedelta(days=17 * 365)]
    if others and not grown:
        return False
    if grown:
        state = 4 if grown[0]["stat_hbkel"] == 3 else grown[0]["stat_kwn"]
        day.update("biodata_wni", grown[0], stat_hbkel=1, stat_kwn=state, tgl_ubah=when)
        day.update("data_keluarga", card, nik_kk=grown[0]["nik"], nama_kep=grown[0]["nama_lgkp"], tgl_updation=when)
    return True


def _correct(day: Day) -> int:
    """A small correction; some are taken back two days later."""
    row = day.pick("biodata_wni", ALIVE + " AND tgl_lhr < '2015-01-01'")
    if row is None:
        return 0
    column = ("pddk_akh", "jenis_pkrjn", "gol_drh", "glr_akademis")[int(day.rng.choice(4, p=[0.35, 0.35, 0.2, 0.1]))]
    value: Any = {
        "pddk_akh": min(10, int(row["pddk_akh"]) + 1),
        "jenis_pkrjn": int(day.rng.choice([15, 88, 84, 19, 2, 4])),
        "gol_drh": int(day.rng.choice([1, 2, 3, 4])),
        "glr_akademis": "S.E",
    }[column]
    key = {"nik": row["nik"]}
    if day.rng.random() < 0.12:
        before = None if row[column] is None else str(row[column])
        due = day.start.date() + timedelta(days=2)
        day.connection.execute(
            query("siak", "tunda"), {"hari": due, "nik": row["nik"], "kolom": column, "nilai": before}
        )
    day.update("biodata_wni", row, **{column: value, "tgl_ubah": day.stamp("siak.biodata_wni", key, day.moment())})
    return 1


def _undo(day: Day) -> int:
    due = day.rows(query("siak", "jatuh_tunda"), {"hari": day.start.date()})
    for item in due:
        day.connection.execute(
            sql.SQL("UPDATE public.biodata_wni SET {} = %s, tgl_ubah = %s WHERE nik = %s").format(
                sql.Identifier(item["kolom"])
            ),
            [item["nilai"], day.moment(), item["kunci"]],
        )
        day.event("dibatalkan", "siak.biodata_wni", {"nik": item["kunci"]}, column=item["kolom"])
    day.connection.execute(query("siak", "hapus_tunda"), {"hari": day.start.date()})
    return len(due)


def _delete(day: Day) -> int:
    """A record entered by mistake is deleted: somebody whom no other record names."""
    row = day.pick("biodata_wni", _UNNAMED)
    if row is None:
        return 0
    day.delete("biodata_wni", row, "siak.biodata_wni")
    return 1


def _close_semester(day: Day) -> int:
    """The consolidated population (DKB): active residents without open errors, then a few defects of its own."""
    period = f"{day.start.year}{'01' if day.start.month == 6 else '02'}"
    table = f"biodata_wni_{period}"
    columns = sql.SQL(", ").join(map(sql.Identifier, siak_tables.columns("biodata_wni")))
    day.connection.execute(siak_tables.create(table))
    statement = sql.SQL(query("siak", "tutup_semester")).format(tabel=sql.Identifier(table), kolom=columns)
    total = day.connection.execute(statement).rowcount
    day.connection.execute(siak_tables.indexes(table))
    used: set[str] = set()
    for kind in [k for k in kinds_of("siak") if k.table == "biodata_wni_dkb"]:
        rng = chance(day.seed, "cacat", kind.name, table)
        for _ in range(max(2, round(kind.share * total))):
            found = inject(day.connection, kind, table, rng, day.end, touch=False, used=used)
            if found is not None:
                remember(day.connection, found, day.end)
    dkb_decoys(day.connection, table, chance(day.seed, "umpan", period), used)
    manifest.event(day.connection, day.start, "dkb", "siak.biodata_wni_dkb", {"periode": period}, rows=total)
    return total
