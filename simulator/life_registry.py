"""What every event at the civil registry needs: fresh numbers, the family card, its members."""

from __future__ import annotations

from datetime import date

from simulator.day import Day
from simulator.places import closed_villages
from simulator.queries import query
from simulator.siak_rows import OFFICERS
from simulator.source_rows import Row

ALIVE = "flag_status = '0' AND stat_hidup = 1"
OPEN_CARD = (
    f"cflag = '0' AND (no_kec, no_kel) NOT IN ({', '.join(f'({v.no_kec}, {v.no_kel})' for v in closed_villages())})"
)
AREA = ("no_prop", "no_kab", "no_kec", "no_kel")


def next_number(day: Day, kind: str, stem: str, low: int, high: int) -> str | None:
    """The next free serial of a `nik` or `kk` number between `low` and `high`; None when the range is used up."""
    last = day.value(query("siak", f"nomor_terakhir_{kind}"), {"dari": f"{stem}{low}", "sampai": f"{stem}{high}"})
    number = int(last[12:]) + 1 if last else low
    return f"{stem}{number}" if number <= high else None


def stem(prefix: str, when: date, female: bool) -> str:
    """The first twelve digits of a NIK or (never `female`) of a card's number."""
    return f"{prefix}{when.day + 40 * female:02d}{when:%m%y}"


def new_card(day: Day, no_kec: int) -> str | None:
    """The number of a family card issued today in a kecamatan; None when the day's numbers are used up."""
    return next_number(day, "kk", stem(f"3515{no_kec:02d}", day.start.date(), False), 9900, 9999)


def officer(day: Day) -> dict[str, str]:
    """Some registrar, for the columns of biodata."""
    name, nip = OFFICERS[int(day.rng.integers(0, len(OFFICERS)))]
    return {"nama_pet_reg": name, "nip_pet_reg": nip, "nama_pet_entri": name, "nip_pet_entri": nip}


def act_number(day: Day, kind: str, stem: str) -> str:
    """The next number of an act (`kind`: lahir, mati, kawin, cerai) whose number begins with `stem`."""
    taken = day.value(query("siak", f"akta_{kind}_sehari"), {"awal": stem})
    return f"{stem}{5000 + int(taken) + 1:04d}"


def family_card(day: Day, no_kk: str) -> Row | None:
    """The family card of a number, None when there is none or a defect spoilt it."""
    cards = day.rows(query("siak", "kartu"), {"no_kk": no_kk})
    return cards[0] if len(cards) == 1 else None


def members_of(day: Day, no_kk: str) -> list[Row]:
    """Active members without defects: spouse first, then by age. The head is among them."""
    return day.rows(query("siak", "anggota"), {"no_kk": no_kk})


def has_spoilt_members(day: Day, no_kk: str) -> bool:
    """Whether a defect spoilt a member's record."""
    return bool(day.value(query("siak", "anggota_cacat"), {"no_kk": no_kk}))
