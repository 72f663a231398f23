"""Who married and divorced whom and when, in line with ages, children and deaths, and the acts of it.

A couple shares one wedding day: of legal age (UU 1/1974 article 7: 19 and 16; both 19 since UU 16/2019), where it can
be before the first child. Divorced persons of one kecamatan are paired where their ages fit; the others' former spouse
lives elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from simulator import names, siak_tables
from simulator.arrow import date_column, digits, table, time_column
from simulator.chance import DAY, days, office_time, ymd
from simulator.people import ACTIVE, NEVER, Bools, Families, Ints, People
from simulator.siak_acts import act_numbers

MARRIED, DIVORCED, WIDOWED = 2, 3, 4
REFORM = days(date(2019, 10, 15))
"""UU 16/2019 in force: women too marry at 19."""
NINETEEN, SIXTEEN = round(19.05 * 365.25), round(16.05 * 365.25)
KEPT = 730
"""Acts of the last 24 months are in the source."""
CIVIL, RELIGIOUS = 1, 2
"""Who records a marriage, and which court divorces: Dukcapil and Pengadilan Negeri, or KUA and Pengadilan Agama."""
ISLAM = 1


@dataclass
class Marriages:
    """Per person: days of wedding, divorce and widowhood (NEVER), the spouse's index (-1), days on which the registry
    heard of it (NEVER when that was not here or not in the last 24 months)."""

    wedding: Ints
    divorce: Ints
    widowed: Ints
    partner: Ints
    told_wedding: Ints
    told_divorce: Ints

    @property
    def told(self) -> Ints:
        """The last of the days on which the registry changed the person's marital state; NEVER when it did not."""
        both = np.stack([self.told_wedding, self.told_divorce, self.widowed])
        last: Ints = np.where(both < NEVER, both, -1).max(axis=0)
        return np.where(last < 0, NEVER, last)


def marriages(rng: np.random.Generator, families: Families, people: People, today: int) -> Marriages:
    """Draw them; `people.marital` is corrected where a spouse died, and where a death left no day to marry."""
    n = len(people.nik)
    fresh = [np.full(n, NEVER) for _ in range(5)]
    found = Marriages(fresh[0], fresh[1], fresh[2], np.full(n, -1), fresh[3], fresh[4])
    _couples(rng, people, today, found)
    _divorces(rng, families, people, today, found)
    here = (families.state[people.family] == ACTIVE) & ~_elsewhere(families, people, found.wedding)
    told = np.minimum(found.wedding + 1 + rng.integers(0, 9, n), today - 1)
    both = found.partner >= 0
    told = np.where(both & (np.arange(n) > found.partner), told[found.partner], told)  # one report for both
    known = here & both & (people.marital != DIVORCED) & (found.wedding < NEVER) & (told >= today - KEPT)
    known &= told > people.entry // DAY
    known &= known[found.partner]
    found.told_wedding = np.where(known, told, NEVER)
    told = np.minimum(found.divorce + 5 + rng.integers(0, 50, n), today - 1)
    told = np.where(both & (np.arange(n) > found.partner), told[found.partner], told)
    here = (families.state[people.family] == ACTIVE) & ~_elsewhere(families, people, found.divorce)
    known = here & (found.divorce < NEVER) & (told >= today - KEPT) & (told > people.entry // DAY)
    known &= ~both | known[found.partner]
    found.told_divorce = np.where(known, told, NEVER)
    return found


def _elsewhere(families: Families, people: People, day: Ints) -> Bools:
    """Whether the family came only after `day`."""
    late: Bools = families.arrived[people.family] & (families.since_day[people.family] > day)
    return late


def _couples(rng: np.random.Generator, people: People, today: int, found: Marriages) -> None:
    wife = np.flatnonzero((people.shdk == 3) & (people.marital == MARRIED))
    husband = np.searchsorted(people.family, people.family[wife])
    birth = people.birth_day
    legal = np.maximum(birth[husband] + NINETEEN, birth[wife] + SIXTEEN)
    wish = birth[husband] + NINETEEN + (rng.gamma(2.6, 2.4, len(wife)) * 365.25).astype(np.int64)
    # Who would marry only after today has married already: some day since the legal age.
    spread = legal + (rng.random(len(wife)) * (today - 4 - legal)).astype(np.int64)
    wish = np.where(wish > today - 4, spread, wish)
    first = np.full(len(birth), NEVER)
    child = np.flatnonzero(people.mother >= 0)
    np.minimum.at(first, people.mother[child], birth[child])
    death = np.minimum(people.death_day[husband], people.death_day[wife])
    latest = np.minimum(np.minimum(first[wife] - 280, death - 30), today - 4)
    day = np.maximum(np.minimum(wish, latest), legal)
    young = (day >= REFORM) & (day < birth[wife] + NINETEEN)
    day = np.where(young, birth[wife] + NINETEEN, day)
    never = day > np.minimum(death - 30, today - 4)
    people.marital[wife[never]] = 1
    people.marital[husband[never]] = 1
    wife, husband, day = wife[~never], husband[~never], day[~never]
    found.wedding[wife] = found.wedding[husband] = day
    found.partner[wife], found.partner[husband] = husband, wife
    for dead, left in ((wife, husband), (husband, wife)):
        widowed = (people.death_day[dead] < NEVER) & (people.death_day[left] == NEVER)
        people.marital[left[widowed]] = WIDOWED
        found.widowed[left[widowed]] = people.death_report[dead[widowed]]


def _divorces(rng: np.random.Generator, families: Families, people: People, today: int, found: Marriages) -> None:
    alone = np.flatnonzero(people.marital == DIVORCED)
    birth = people.birth_day[alone]
    wedding = birth + NINETEEN + (rng.gamma(2.6, 2.4, len(alone)) * 365.25).astype(np.int64)
    wedding = np.minimum(wedding, today - 2000 - rng.integers(0, 1500, len(alone)))
    divorce = wedding + 400 + (rng.random(len(alone)) * (today - 60 - wedding - 400)).astype(np.int64)
    recent = (rng.random(len(alone)) < 0.3) & (birth > today - 60 * 365) & (people.shdk[alone] == 1)
    divorce = np.where(recent, today - 60 - rng.integers(0, 650, len(alone)), divorce)
    divorce = np.minimum(divorce, people.death_day[alone] - 20)
    found.wedding[alone], found.divorce[alone] = wedding, divorce
    fit = recent & (people.death_day[alone] == NEVER) & (families.state[people.family[alone]] == ACTIVE)
    fit &= ~_elsewhere(families, people, found.divorce)[alone]
    fit = alone[fit]
    order = fit[np.argsort(people.birth_day[fit], kind="stable")]
    men, women = order[~people.female[order]].tolist(), order[people.female[order]].tolist()
    for he in men:
        born = int(people.birth_day[he])
        she = next((w for w in women if born - 4 * 365 < int(people.birth_day[w]) < born + 12 * 365), None)
        if she is None:
            continue
        women.remove(she)
        found.partner[he], found.partner[she] = she, he
        day = max(int(people.birth_day[he]), int(people.birth_day[she])) + NINETEEN + int(rng.integers(0, 1500))
        found.wedding[he] = found.wedding[she] = min(day, today - 2000 - int(rng.integers(0, 1500)))
        found.divorce[he] = found.divorce[she] = max(int(found.divorce[he]), today - 700)


def numbers(wedding: Ints) -> pa.Array:
    """Numbers of marriage certificates, running/month/year, as they stand in the biodata; both spouses' are alike."""
    year, month, _ = ymd(np.where(wedding >= NEVER, 0, wedding))
    return pc.binary_join_element_wise(digits(1 + wedding * 7919 % 998), digits(month), digits(year), "/")


def weddings(rng: np.random.Generator, people: People, biodata: pa.Table, found: Marriages) -> pa.Table:
    """CAPIL_KAWIN: marriages told in the last 24 months, in the order of the report."""
    men = np.flatnonzero((found.told_wedding < NEVER) & ~people.female)
    men = men[np.argsort(found.told_wedding[men], kind="stable")]
    women = found.partner[men]
    n = len(men)
    he, she = biodata.take(pa.array(men)), biodata.take(pa.array(women))
    islam = pc.equal(he["agama"], ISLAM).to_numpy()
    told = found.told_wedding[men]
    number = act_numbers("KW", told, he["no_kec"])
    return table(
        siak_tables.columns("capil_kawin"),
        {
            "kawin_no": number,
            "suami_nik": he["nik"],
            "suami_nama_lgkp": he["nama_lgkp"],
            "suami_tgl_lhr": he["tgl_lhr"],
            "istri_nik": she["nik"],
            "istri_nama_lgkp": she["nama_lgkp"],
            "istri_tgl_lhr": she["tgl_lhr"],
            "kawin_agama": he["agama"],
            "kawin_tgl": date_column(found.wedding[men]),
            "kawin_pencatat": pa.array(np.where(islam, RELIGIOUS, CIVIL)),
            **{c: he[c] for c in ("no_prop", "no_kab", "no_kec", "no_kel")},
            "kawin_tgl_lapor": date_column(told),
            "adm_akta_no": pc.if_else(pa.array(islam), None, he["no_akta_kwn"]),
            "adm_akta_tgl": date_column(told, islam),
            "adm_tgl_entry": time_column(office_time(rng, told)),
        },
        n,
    )


def divorces(rng: np.random.Generator, people: People, biodata: pa.Table, found: Marriages) -> pa.Table:
    """CAPIL_CERAI: divorces told in the last 24 months; of a spouse who lives elsewhere only the name is known."""
    known = found.told_divorce < NEVER
    rows = np.flatnonzero(known & (~people.female | (found.partner < 0)))
    rows = rows[np.argsort(found.told_divorce[rows], kind="stable")]
    n = len(rows)
    woman = people.female[rows]
    other = found.partner[rows]
    alone = other < 0
    one, two = biodata.take(pa.array(rows)), biodata.take(pa.array(np.where(alone, rows, other)))
    year, _, _ = ymd(people.birth_day[rows])
    stranger = names.draw(rng, ~woman, year)
    told, day = found.told_divorce[rows], found.divorce[rows]
    islam = pc.equal(one["agama"], ISLAM).to_numpy()
    ours, theirs = pa.array(woman), pa.array(alone)
    other_nik = pc.if_else(theirs, None, two["nik"])
    other_name = pc.if_else(theirs, stranger, two["nama_lgkp"])
    court_year, _, _ = ymd(day)
    court = pc.if_else(pa.array(islam), "PDT.G/{}/PA.SDA", "PDT.G/{}/PN SDA").to_pylist()
    serial = rng.integers(1, 4000, n)
    ruling = [f"{s}/{c.format(y)}" for s, c, y in zip(serial, court, court_year, strict=True)]
    return table(
        siak_tables.columns("capil_cerai"),
        {
            "cerai_no": act_numbers("CR", told, one["no_kec"]),
            "suami_nik": pc.if_else(ours, other_nik, one["nik"]),
            "suami_nama_lgkp": pc.if_else(ours, other_name, one["nama_lgkp"]),
            "istri_nik": pc.if_else(ours, one["nik"], other_nik),
            "istri_nama_lgkp": pc.if_else(ours, one["nama_lgkp"], other_name),
            "cerai_agama": one["agama"],
            "kawin_tgl": date_column(found.wedding[rows]),
            "cerai_pengadilan": pa.array(np.where(islam, RELIGIOUS, CIVIL)),
            "putusan_no": pa.array(ruling, pa.string()),
            "putusan_tgl": date_column(day),
            **{c: one[c] for c in ("no_prop", "no_kab", "no_kec", "no_kel")},
            "cerai_tgl_lapor": date_column(told),
            "adm_akta_no": pc.if_else(pa.array(islam), None, one["no_akta_crai"]),
            "adm_akta_tgl": date_column(told, islam),
            "adm_tgl_entry": time_column(office_time(rng, told)),
        },
        n,
    )


def as_of(rows: pa.Table, found: Marriages, kept: Ints, day: int) -> pa.Table:
    """Biodata rows of the people `kept` with the marital state that the registry knew at the end of `day`."""

    def later(told: Ints) -> pa.Array:
        return pa.array((told[kept] > day) & (told[kept] < NEVER))

    single, together, widow = later(found.told_wedding), later(found.told_divorce), later(found.widowed)
    married = pc.or_(together, widow)
    state = pc.if_else(single, 1, pc.if_else(married, MARRIED, rows["stat_kwn"]))
    wife = pc.and_(single, pc.equal(rows["stat_hbkel"], 3))
    for column, values in {
        "stat_kwn": state,
        "akta_kwn": pc.if_else(single, 1, rows["akta_kwn"]),
        "no_akta_kwn": pc.if_else(single, None, rows["no_akta_kwn"]),
        "tgl_kwn": pc.if_else(single, None, rows["tgl_kwn"]),
        "akta_crai": pc.if_else(together, 1, rows["akta_crai"]),
        "no_akta_crai": pc.if_else(together, None, rows["no_akta_crai"]),
        "tgl_crai": pc.if_else(together, None, rows["tgl_crai"]),
        "stat_hbkel": pc.if_else(wife, 9, rows["stat_hbkel"]),
    }.items():
        rows = rows.set_column(rows.column_names.index(column), column, values)
    return rows
