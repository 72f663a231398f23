"""A day's marriages and divorces: the act, both biodata, and the family cards that follow from it."""

from __future__ import annotations

from datetime import date, timedelta

from simulator.day import Day
from simulator.life_registry import ALIVE, AREA, act_number, family_card, has_spoilt_members, members_of, new_card
from simulator.queries import query
from simulator.siak_marriages import CIVIL, DIVORCED, ISLAM, MARRIED, RELIGIOUS
from simulator.source_rows import Row

_FREE = f"{ALIVE} AND stat_hbkel IN (4, 9) AND stat_kwn = 1"


def marry(day: Day) -> int:
    """Two of one religion leave their parents' cards for one of their own, in the groom's village."""
    today = day.start.date()
    groom = day.pick("biodata_wni", f"{_FREE} AND jenis_klmin = 1 AND tgl_lhr BETWEEN {_aged(today, 20, 35)}")
    if groom is None:
        return 0
    bride = day.pick(
        "biodata_wni",
        f"{_FREE} AND jenis_klmin = 2 AND agama = {int(groom['agama'])} AND no_kk <> '{groom['no_kk']}'"
        f" AND tgl_lhr BETWEEN {_aged(today, 20, 32)}",
    )
    card = family_card(day, groom["no_kk"])
    no_kk = new_card(day, int(groom["no_kec"]))
    if bride is None or card is None or no_kk is None:
        return 0
    when = day.moment()
    entered = day.stamp("siak.biodata_wni", {"nik": groom["nik"]}, when)
    held = today - timedelta(days=int(day.rng.integers(1, 10)))
    area = {c: groom[c] for c in AREA}
    day.insert(
        "data_keluarga",
        {
            **{c: card[c] for c in ("alamat", "no_rt", "no_rw", "dusun", "kode_pos", "userid", "sync_flag", "tipe_kk")},
            **area,
            "no_kk": no_kk,
            "nama_kep": groom["nama_lgkp"],
            "nik_kk": groom["nik"],
            "cflag": "0",
            "count_kk": 0,
            "tgl_insertion": entered,
        },
    )
    islam = int(groom["agama"]) == ISLAM
    certificate = f"{int(day.rng.integers(1, 999))}/{held.month}/{held.year}"
    both = {
        "stat_kwn": MARRIED, "akta_kwn": 2, "no_akta_kwn": certificate, "tgl_kwn": held, "no_kk": no_kk, **area,
        "tgl_ubah": entered,
    }  # fmt: skip
    day.update("biodata_wni", groom, stat_hbkel=1, **both)
    day.update("biodata_wni", bride, stat_hbkel=3, **both)
    number = act_number(day, "kawin", f"KW{int(groom['no_kec']):02d}{today:%Y%m%d}")
    day.insert(
        "capil_kawin",
        {
            "kawin_no": number,
            **{f"suami_{c}": groom[c] for c in ("nik", "nama_lgkp", "tgl_lhr")},
            **{f"istri_{c}": bride[c] for c in ("nik", "nama_lgkp", "tgl_lhr")},
            "kawin_agama": groom["agama"],
            "kawin_tgl": held,
            "kawin_pencatat": RELIGIOUS if islam else CIVIL,
            **area,
            "kawin_tgl_lapor": today,
            "adm_akta_no": None if islam else certificate,
            "adm_akta_tgl": None if islam else today,
            "adm_tgl_entry": entered,
        },
    )
    day.event("kawin", "siak.capil_kawin", {"kawin_no": number}, nik=groom["nik"], no_kk=no_kk)
    return 1


def divorce(day: Day) -> int:
    """A couple parts: she and the children under twelve get a card of their own in the same village."""
    today = day.start.date()
    wife = day.pick(
        "biodata_wni",
        f"{ALIVE} AND stat_hbkel = 3 AND stat_kwn = 2 AND tgl_kwn < '{today - timedelta(days=500)}'",
    )
    if wife is None or has_spoilt_members(day, wife["no_kk"]):
        return 0
    card, members = family_card(day, wife["no_kk"]), members_of(day, wife["no_kk"])
    husband = _husband(day, card, members)
    no_kk = new_card(day, int(wife["no_kec"]))
    if card is None or husband is None or no_kk is None:
        return 0
    when = day.moment()
    entered = day.stamp("siak.biodata_wni", {"nik": wife["nik"]}, when)
    ruled = today - timedelta(days=int(day.rng.integers(15, 58)))
    islam = int(wife["agama"]) == ISLAM
    court = "PDT.G/{}/PA.SDA" if islam else "PDT.G/{}/PN SDA"
    act = None if islam else str(int(day.rng.integers(100, 9100)))
    apart = {"stat_kwn": DIVORCED, "akta_crai": 2, "no_akta_crai": act, "tgl_crai": ruled, "tgl_ubah": entered}
    day.insert(
        "data_keluarga",
        {
            **{c: v for c, v in card.items() if c not in ("tgl_updation", "_ctid")},
            "no_kk": no_kk,
            "nama_kep": wife["nama_lgkp"],
            "nik_kk": wife["nik"],
            "count_kk": 0,
            "tgl_insertion": entered,
        },
    )
    day.update("biodata_wni", wife, stat_hbkel=1, no_kk=no_kk, **apart)
    day.update("biodata_wni", husband, **apart)
    grown = today - timedelta(days=12 * 365)
    for child in (m for m in members if int(m["stat_hbkel"]) == 4 and m["tgl_lhr"] > grown):
        day.update("biodata_wni", child, no_kk=no_kk, tgl_ubah=entered)
    number = act_number(day, "cerai", f"CR{int(wife['no_kec']):02d}{today:%Y%m%d}")
    day.insert(
        "capil_cerai",
        {
            "cerai_no": number,
            **{f"suami_{c}": husband[c] for c in ("nik", "nama_lgkp")},
            **{f"istri_{c}": wife[c] for c in ("nik", "nama_lgkp")},
            "cerai_agama": wife["agama"],
            "kawin_tgl": wife["tgl_kwn"],
            "cerai_pengadilan": RELIGIOUS if islam else CIVIL,
            "putusan_no": f"{int(day.rng.integers(1, 4000))}/{court.format(ruled.year)}",
            "putusan_tgl": ruled,
            **{c: wife[c] for c in AREA},
            "cerai_tgl_lapor": today,
            "adm_akta_no": act,
            "adm_akta_tgl": None if islam else today,
            "adm_tgl_entry": entered,
        },
    )
    day.event("cerai", "siak.capil_cerai", {"cerai_no": number}, nik=wife["nik"], no_kk=no_kk)
    return 1


def _aged(today: date, youngest: int, oldest: int) -> str:
    """The birth dates of people of these ages, for BETWEEN."""
    return f"'{today - timedelta(days=oldest * 366)}' AND '{today - timedelta(days=youngest * 366)}'"


def _husband(day: Day, card: Row | None, members: list[Row]) -> Row | None:
    """The man at the head of the card, when he is there and married."""
    if card is None:
        return None
    for member in members:
        if member["nik"] == card["nik_kk"] and int(member["stat_hbkel"]) == 1 and int(member["stat_kwn"]) == MARRIED:
            men = day.rows(query("siak", "ayah"), {"no_kk": card["no_kk"]})
            return member if member["nik"] in {m["nik"] for m in men} else None
    return None
