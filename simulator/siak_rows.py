"""People and families as rows of SIAK: 66 columns of biodata, 27 of the family card, and what happened to them.

All functions return `pyarrow.Table` with the department's column names; the population tables of a semester (DKB) are
the same rows as they were on its last day.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from simulator import names, siak_marriages, siak_moves, siak_tables
from simulator.arrow import date_column, digits, table, time_column
from simulator.chance import DAY, office_time, ymd
from simulator.livelihood import education, occupation
from simulator.people import ACTIVE, NEVER, Bools, Families, Ints, People, active_on
from simulator.places import BIRTHPLACES, District, closed_villages
from simulator.siak_acts import births, deaths

OFFICERS = tuple(
    (name, f"19{70 + i}0{1 + i % 9}1{i % 9}20{10 + i % 9:02d}01100{1 + i % 9}")
    for i, name in enumerate(
        [
            "SRI HANDAYANI",
            "AGUS PRASETYO",
            "NUR KHASANAH",
            "DWI SANTOSO",
            "ENDANG LESTARI",
            "HARI WIBOWO",
            "INDAH RAHAYU",
            "BUDI UTOMO",
            "RATNA WULANDARI",
            "EKO NUGROHO",
        ]
    )
)
"""Synthetic registrars: name and an 18-digit NIP of true form."""


@dataclass(frozen=True)
class SiakRows:
    """Everything SIAK holds about one kecamatan, and what the tax office needs to know of its residents."""

    biodata: pa.Table
    families: pa.Table
    events: Mapping[str, pa.Table]  # births, deaths, marriages, divorces, moves, by table
    dkb: Mapping[str, pa.Table]
    taxpayers: pa.Table  # nik, nama_lgkp, village (index), alamat, no_rt, no_rw of active adults


def siak_rows(
    rng: np.random.Generator,
    district: District,
    families: Families,
    people: People,
    today: int,
    semesters: Mapping[str, int],
) -> SiakRows:
    """Rows of one kecamatan; `semesters` maps a period (202501) to the day of its snapshot (days since 1970)."""
    n = len(people.nik)
    family = people.family
    unions = siak_marriages.marriages(rng, families, people, today)
    birth_year, _, _ = ymd(people.birth_day)
    age = (today - people.birth_day) // 365
    full_name = names.draw(rng, people.female, birth_year)
    old = np.full(n, 1955)
    mother_name = pc.if_else(
        pa.array(people.mother >= 0),
        full_name.take(pa.array(people.mother, mask=people.mother < 0)),
        names.draw(rng, np.ones(n, bool), old),
    )
    father_name = pc.if_else(
        pa.array(people.father >= 0),
        full_name.take(pa.array(people.father, mask=people.father < 0)),
        names.draw(rng, np.zeros(n, bool), old),
    )
    nik = digits(people.nik)
    dead = people.death_day < NEVER
    left = families.state[family] != ACTIVE
    shdk, head = _heads(people, families, dead)
    no_kec, no_kel, previous_kel, postcode = _where(district, families)
    earlier = siak_moves.before(rng, district, families, previous_kel)
    schooling = education(rng, age)
    change, changed = _changes(rng, people, families, unions.told, dead, today)
    has_act = (people.birth_report < NEVER) | (rng.random(n) < np.clip((birth_year - 1950) / 60, 0.1, 0.97))
    year, _, _ = ymd(people.birth_day)
    act = pc.binary_join_element_wise(
        pa.array(["3515-LT-"] * n), digits(1_000_000 + rng.integers(0, 9_000_000, n)), digits(year), "-"
    )
    card = (age >= 17) & (rng.random(n) < 0.96)
    printed = np.minimum(
        np.maximum(people.entry, office_time(rng, people.birth_day + 17 * 365 + 5 + rng.integers(0, 200, n))),
        (today - 1) * DAY + 40_000,
    )
    wed = unions.wedding < NEVER
    divorced = people.marital == siak_marriages.DIVORCED
    officer = rng.integers(0, len(OFFICERS), n)
    officer_name = pa.array([o[0] for o in OFFICERS]).take(pa.array(officer))
    officer_nip = pa.array([o[1] for o in OFFICERS]).take(pa.array(officer))
    rw = 1 + (rng.random(len(families.village)) ** 1.5 * 9).astype(np.int64)
    rt = 1 + (rng.random(len(families.village)) ** 1.3 * 11).astype(np.int64)
    place = _birthplace(people)
    blood = rng.choice([13, 1, 2, 3, 4, 5, 7, 11], n, p=[0.62, 0.09, 0.1, 0.03, 0.13, 0.01, 0.01, 0.01])
    impaired = rng.random(n)
    biodata = table(
        siak_tables.columns("biodata_wni"),
        {
            "nik": nik,
            "nama_lgkp": full_name,
            "jenis_klmin": pa.array(1 + people.female.astype(np.int64)),
            "tmpt_lhr": place,
            "tgl_lhr": date_column(people.birth_day),
            "akta_lhr": pa.array(np.where(has_act, 2, 1)),
            "no_akta_lhr": pc.if_else(pa.array(has_act), act, None),
            "gol_drh": pa.array(blood),
            "agama": pa.array(families.religion[family]),
            "stat_kwn": pa.array(people.marital),
            "akta_kwn": pa.array(np.where(people.marital > 1, 2, 1)),
            "no_akta_kwn": pc.if_else(pa.array(wed), siak_marriages.numbers(unions.wedding), None),
            "tgl_kwn": date_column(unions.wedding, ~wed),
            "akta_crai": pa.array(np.where(divorced, 2, 1)),
            "tgl_crai": date_column(unions.divorce, ~divorced),
            "no_akta_crai": pc.if_else(pa.array(divorced), digits(100 + rng.integers(0, 9000, n)), None),
            "stat_hbkel": pa.array(shdk),
            "klain_fsk": pa.array(np.where(impaired < 0.006, 2, 1), mask=impaired > 0.7),
            "pnydng_cct": pa.array(np.where(impaired < 0.006, rng.integers(1, 7, n), 7), mask=(impaired > 0.12)),
            "pddk_akh": pa.array(schooling),
            "jenis_pkrjn": pa.array(occupation(rng, age, people.female, schooling, district.urban)),
            "nik_ibu": digits(people.nik[people.mother], people.mother < 0),
            "nama_lgkp_ibu": mother_name,
            "nik_ayah": digits(people.nik[people.father], people.father < 0),
            "nama_lgkp_ayah": father_name,
            "nama_ket_rt": pc.binary_join_element_wise(pa.array(["KETUA RT"] * n), digits(rt[family]), " "),
            "nama_ket_rw": pc.binary_join_element_wise(pa.array(["KETUA RW"] * n), digits(rw[family]), " "),
            "nama_pet_reg": officer_name,
            "nip_pet_reg": officer_nip,
            "nama_pet_entri": officer_name,
            "nip_pet_entri": officer_nip,
            "tgl_entri": time_column(people.entry),
            "no_kk": digits(families.no_kk[family]),
            "no_prop": pa.array(np.full(n, 35)),
            "no_kab": pa.array(np.full(n, 15)),
            "no_kec": pa.array(no_kec[family]),
            "no_kel": pa.array(no_kel[family]),
            "stat_hidup": pa.array(np.where(dead, 2, 1)),
            "tgl_ubah": time_column(change, ~changed),
            "tgl_cetak_ktp": time_column(printed, ~card),
            "stat_ktp": pc.if_else(pa.array(card), "1", "0"),
            "als_numpang": pa.nulls(n, pa.string()),
            "pflag": pc.if_else(pa.array(rng.random(n) < 0.5), "Y", None),
            "cflag": pa.array(["0"] * n),
            "sync_flag": pa.array(["1"] * n),
            "kebangsaan": pa.array(["INDONESIA"] * n),
            "glr_akademis": pc.if_else(pa.array((schooling == 8) & (rng.random(n) < 0.4)), "S.PD", None),
            "is_pros_datang": pc.if_else(pa.array(families.arrived[family]), "Y", None),
            "flag_status": pc.if_else(pa.array(dead), "2", pc.if_else(pa.array(left), "3", "0")),
            "count_ktp": pa.array(card.astype(np.int64)),
            "count_biodata": pa.array(rng.integers(0, 4, n)),
            "flag_ektp": pc.if_else(pa.array(card), "1", "0"),
        },
        n,
    )
    street = names.addresses(rng, len(families.village), district.urban, 120)
    dkb = {}
    for period, day in semesters.items():
        dkb[period] = _snapshot(biodata, families, people, day, earlier, unions)
    adults = np.flatnonzero((age >= 24) & ~dead & ~left & np.isin(shdk, [1, 3]))
    cards = _families(rng, families, people, head, full_name, nik, street, rt, rw, no_kec, no_kel, postcode)
    moved = office_time(rng, np.where(families.moved_day < NEVER, families.moved_day, 0))
    since = people.entry[np.searchsorted(family, np.arange(len(families.village)))]
    anew, moved_at = pa.array(earlier.no_kk != families.no_kk), time_column(families.moved_day * DAY + 27_000)
    issued = pc.if_else(anew, moved_at, cards["tgl_insertion"])
    cards = cards.set_column(cards.column_names.index("tgl_insertion"), "tgl_insertion", issued)
    return SiakRows(
        biodata,
        pa.concat_tables([cards, siak_moves.closed_cards(families, earlier, cards, moved, since)]),
        {
            "capil_lahir": births(rng, people, families, biodata, today),
            "capil_mati": deaths(rng, people, biodata),
            "capil_kawin": siak_marriages.weddings(rng, people, biodata, unions),
            "capil_cerai": siak_marriages.divorces(rng, people, biodata, unions),
            **siak_moves.moves(rng, people, families, earlier, biodata, today),
        },
        dkb,
        pa.table(
            {
                "nik": nik.take(pa.array(adults)),
                "nama_lgkp": full_name.take(pa.array(adults)),
                "village": pa.array(families.village[family[adults]]),
                "alamat": street.take(pa.array(family[adults])),
                "rt": pa.array(rt[family[adults]]),
                "rw": pa.array(rw[family[adults]]),
                "jenis_pkrjn": biodata["jenis_pkrjn"].take(pa.array(adults)),
            }
        ),
    )


def _where(district: District, families: Families) -> tuple[Ints, Ints, Ints, Ints]:
    """no_kec, no_kel, no_kel before the last move and postcode per family; closed villages lie behind the open ones."""
    places = [*district.villages, *(v for v in closed_villages() if v.no_kec == district.no_kec)]
    no_kel = np.array([v.no_kel for v in places])
    return (
        np.full(len(families.village), district.no_kec),
        no_kel[families.village],
        no_kel[families.previous_village],
        np.array([v.postcode for v in places])[families.village],
    )


def _heads(people: People, families: Families, dead: Bools) -> tuple[Ints, Ints]:
    """SHDK after deaths, and the index of each family's head: spouse, else eldest, follows a dead one."""
    shdk = people.shdk.copy()
    count = len(families.village)
    head = np.searchsorted(people.family, np.arange(count))
    alive = np.flatnonzero(~dead)
    order = alive[np.lexsort((people.birth_day[alive], shdk[alive] != 3, shdk[alive] != 1, people.family[alive]))]
    owner = people.family[order]
    first = np.r_[True, owner[1:] != owner[:-1]] if len(order) else np.zeros(0, bool)
    head[owner[first]] = order[first]
    shdk[head] = 1
    return shdk, head


def _changes(
    rng: np.random.Generator, people: People, families: Families, told: Ints, dead: Bools, today: int
) -> tuple[Ints, Bools]:
    """Last change of each record (seconds) and whether there was one."""
    family = people.family
    n = len(people.nik)
    entry_day = people.entry // DAY
    span = np.maximum(today - 1 - entry_day, 0)
    day = entry_day + (span * (1 - rng.random(n) ** 2)).astype(np.int64)
    changed = (rng.random(n) < 0.6) & (day > entry_day)
    moved = families.moved_day[family]
    use = (moved < NEVER) & (entry_day < moved)
    day = np.where(use, np.maximum(moved, 0), day)
    leaving = families.left_day[family]
    day = np.where(told < NEVER, np.maximum(day, told), day)
    day = np.where(leaving < NEVER, leaving, day)
    day = np.where(dead, people.death_report, day)
    changed |= use | (told < NEVER) | (leaving < NEVER) | dead
    return office_time(rng, np.minimum(day, today - 1)), changed


def _birthplace(people: People) -> pa.Array:
    kab, index = np.unique(people.prefix // 100, return_inverse=True)
    return pa.array([BIRTHPLACES.get(int(k), "SIDOARJO") for k in kab]).take(pa.array(index))


def _snapshot(
    biodata: pa.Table,
    families: Families,
    people: People,
    day: int,
    earlier: siak_moves.Before,
    unions: siak_marriages.Marriages,
) -> pa.Table:
    """The rows of `biodata` as they counted at the end of `day`."""
    keep = np.flatnonzero(active_on(families, people, day))
    family = people.family[keep]
    count = len(keep)
    moved_later = pa.array((families.moved_day[family] > day) & (families.moved_day[family] < NEVER))
    rows = siak_marriages.as_of(biodata.take(pa.array(keep)), unions, keep, day)
    later = pc.greater_equal(rows["tgl_ubah"], pa.scalar((day + 1) * DAY, pa.int64()).cast(pa.timestamp("s")))
    for column, values in {
        "no_kk": pc.if_else(moved_later, digits(earlier.no_kk[family]), rows["no_kk"]),
        "no_kec": pc.if_else(moved_later, pa.array(earlier.no_kec[family]), rows["no_kec"]),
        "no_kel": pc.if_else(moved_later, pa.array(earlier.no_kel[family]), rows["no_kel"]),
        "stat_hidup": pa.array(np.ones(count, np.int64)),
        "flag_status": pa.array(["0"] * count, pa.string()),
        "tgl_ubah": pc.if_else(later, None, rows["tgl_ubah"]),
    }.items():
        rows = rows.set_column(rows.column_names.index(column), column, values)
    return rows


def _families(
    rng: np.random.Generator,
    families: Families,
    people: People,
    head: Ints,
    full_name: pa.Array,
    nik: pa.Array,
    street: pa.Array,
    rt: Ints,
    rw: Ints,
    no_kec: Ints,
    no_kel: Ints,
    postcode: Ints,
) -> pa.Table:
    n = len(families.village)
    start = people.entry[np.searchsorted(people.family, np.arange(n))]
    inserted = np.minimum(start, np.where(families.left_day < NEVER, families.left_day, NEVER) * DAY)
    deaths = np.full(n, -1)
    dead = np.flatnonzero(people.death_report < NEVER)
    np.maximum.at(deaths, people.family[dead], people.death_report[dead])
    moved = np.where(families.moved_day < NEVER, families.moved_day, -1)
    gone = np.where(families.left_day < NEVER, families.left_day, -1)
    last = np.maximum.reduce([deaths, moved, gone])
    return table(
        siak_tables.columns("data_keluarga"),
        {
            "no_kk": digits(families.no_kk),
            "nama_kep": full_name.take(pa.array(head)),
            "alamat": street,
            "no_rt": pa.array(rt),
            "no_rw": pa.array(rw),
            "kode_pos": pa.array(postcode),
            "dusun": pc.if_else(
                pa.array(rng.random(n) < 0.3),
                names.hamlets(rng, n),
                None,
            ),
            "no_prop": pa.array(np.full(n, 35)),
            "no_kab": pa.array(np.full(n, 15)),
            "no_kec": pa.array(no_kec),
            "no_kel": pa.array(no_kel),
            "userid": pc.binary_join_element_wise(pa.array(["OPERATOR"] * n), digits(1 + rng.integers(0, 40, n)), ""),
            "tgl_insertion": time_column(inserted),
            "tgl_updation": time_column(office_time(rng, np.maximum(last, 0)), last < 0),
            "cflag": pa.array(["0"] * n),
            "sync_flag": pa.array(["1"] * n),
            "tipe_kk": pa.array(["1"] * n),
            "nik_kk": nik.take(pa.array(head)),
            "count_kk": pa.array(rng.integers(0, 5, n)),
        },
        n,
    )
