"""Tax objects, subjects, assessments and payments of one kecamatan as rows of SISMIOP.

Values follow zones (a block shares a land class), taxes follow the arithmetic of the assessment exactly, payments
follow the year (a peak before the due date), and a tail of arrears remains. All amounts are whole rupiah.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from simulator import names, sismiop_tables
from simulator.chance import office_time, rank_within
from simulator.people import NEVER, Bools, Ints
from simulator.places import KD_DATI2, KD_PROPINSI, District, closed_villages, code_list, districts
from simulator.siak_rows import OFFICERS, date_column, digits, time_column

YEARS = (2023, 2024, 2025)
NJOPTKP = 10_000_000
MINIMUM = 10_000
BANDS = ((1_000_000_000, 10), (2_000_000_000, 15), (5_000_000_000, 20), (None, 30))
"""Upper bound of the NJOP and rate in hundredths of a per cent."""
LAND_CLASSES = np.unique(np.round(np.geomspace(20, 20_000, 100), 0)).astype(np.int64)
LAND_CLASSES = np.r_[LAND_CLASSES, LAND_CLASSES[-1] * 2] if len(LAND_CLASSES) < 100 else LAND_CLASSES
BUILDING_CLASSES = np.round(np.geomspace(120, 6_000, 40), -1).astype(np.int64)
FIRST_CLASS_YEAR = "2014"
_DAY_2010 = 14_613  # 2010-01-04
BUKU = (500_000, 2_000_000, 5_000_000, 10_000_000)
BANKS = (("12", "15", "01", "14", "01"), ("12", "15", "01", "14", "02"), ("12", "15", "01", "09", "01"),
         ("12", "15", "01", "20", "01"), ("12", "15", "01", "14", "05"))  # fmt: skip


@dataclass(frozen=True)
class TaxRows:
    """Rows of one kecamatan, and how its subjects relate to the civil registry."""

    subjects: pa.Table
    objects: pa.Table
    sppt: Sequence[pa.Table]
    payments: Sequence[pa.Table]
    kinds: dict[str, int]
    taxpayer_niks: Ints


def issue_day(year: int) -> int:
    """Day on which the assessments of a tax year are issued (16 February), days since 1970."""
    return int((np.datetime64(f"{year}-02-16") - np.datetime64("1970-01-01")).astype(int))


def due_day(year: int, payable: Ints) -> Ints:
    """30 September for buku 1, 31 August for the others."""
    september = int((np.datetime64(f"{year}-09-30") - np.datetime64("1970-01-01")).astype(int))
    return np.where(payable <= BUKU[0], september, september - 30)


def owed(njop: Ints, exempt: Ints) -> Ints:
    """Tax before any reduction: rate of the band times (NJOP - NJOPTKP), half up, at least `MINIMUM`."""
    rate = np.select([njop <= bound for bound, _ in BANDS if bound], [r for b, r in BANDS if b], BANDS[-1][1])
    return np.maximum((np.maximum(njop - exempt, 0) * rate + 5_000) // 10_000, MINIMUM)


def fine(principal: Ints, paid_day: Ints, due: Ints) -> Ints:
    """2 % for each month begun after the due date, 24 months at most."""
    months = np.clip(-(-(paid_day - due) // 30), 0, 24)
    return (principal * months * 2 + 50) // 100


@dataclass
class _Estate:
    """Arrays of one kecamatan's objects (n,)."""

    village: Ints
    block: Ints
    number: Ints
    land: Ints
    building: Ints
    land_class: Ints  # index into LAND_CLASSES, 2025
    building_class: Ints
    raised_2024: Bools
    raised_2025: Bools
    first_year: Ints
    deleted: Bools
    subject: Ints
    first_of_subject: Bools


def _estate(rng: np.random.Generator, district: District, count: int) -> _Estate:
    village = np.sort(rng.choice(len(district.villages), count, p=district.village_weights))
    per_village = np.bincount(village, minlength=len(district.villages))
    blocks = np.maximum(2, per_village // 110)[village]
    block = np.minimum((rng.random(count) * blocks).astype(np.int64), 989) + 1
    order = np.lexsort((block, village))
    village, block = village[order], block[order]
    number = rank_within(village * 1000 + block) + 1
    zone, zone_of = np.unique(village * 1000 + block, return_inverse=True)
    centre = district.land_value * np.exp(rng.normal(0, 0.42, len(zone)))
    urban = district.urban
    use = rng.random(count)
    house, field = use < 0.70 + 0.16 * urban, use > 0.985 - 0.20 * (1 - urban)
    shop = ~house & ~field & (use < 0.80 + 0.14 * urban)
    factory = ~house & ~field & ~shop & (rng.random(count) < 0.35)
    land = np.select(
        [house, field, factory],
        [rng.lognormal(np.log(112), 0.48, count), rng.lognormal(np.log(1900), 0.6, count), rng.lognormal(np.log(3200), 0.85, count)],
        rng.lognormal(np.log(130), 0.5, count),
    ).clip(24, 400_000)  # fmt: skip
    share = np.select([house, field, factory], [rng.normal(0.62, 0.22, count), 0.0, rng.normal(0.5, 0.1, count)], rng.normal(1.4, 0.4, count))
    building = np.where(share < 0.12, 0, land * share).clip(0, 300_000)
    factor = np.select([field, shop, factory], [0.32, 1.7, 0.85], 1.0)
    value = np.clip(centre[zone_of] * factor, LAND_CLASSES[0], LAND_CLASSES[-3])
    built = np.clip(rng.lognormal(np.log(750 + 250 * urban), 0.45, count), BUILDING_CLASSES[0], BUILDING_CLASSES[-1])
    raised = rng.random((2, len(zone)))
    subject = np.where(rng.random(count) < 0.84, np.arange(count), rng.integers(0, max(count, 1), count))
    _, subject = np.unique(subject, return_inverse=True)
    return _Estate(
        village=village, block=block, number=number, land=np.round(land).astype(np.int64), building=np.round(building).astype(np.int64),
        land_class=np.searchsorted(LAND_CLASSES, value).clip(3, len(LAND_CLASSES) - 3),
        building_class=np.searchsorted(BUILDING_CLASSES, built).clip(0, len(BUILDING_CLASSES) - 1),
        raised_2024=raised[0][zone_of] < 0.35, raised_2025=raised[1][zone_of] < 0.25,
        first_year=np.where(rng.random(count) < 0.03, 2024 + (rng.random(count) < 0.5), 2000),
        deleted=rng.random(count) < 0.003, subject=subject, first_of_subject=rank_within(subject) == 0,
    )  # fmt: skip


def _njop(e: _Estate, year: int) -> tuple[Ints, Ints, Ints]:
    """NJOP of land and building and the land class of a year, rupiah."""
    land_class = e.land_class - np.where(e.raised_2025 & (year < 2025), 1, 0) - np.where(e.raised_2024 & (year < 2024), 1, 0)
    return e.land * LAND_CLASSES[land_class] * 1000, e.building * BUILDING_CLASSES[e.building_class] * 1000, land_class


def _text(prefix: str, number: Ints, width: int) -> pa.Array:
    return pc.binary_join_element_wise(pa.array([prefix] * len(number), pa.string()), pc.utf8_lpad(digits(number), width, "0"), "")


def table(name: str, values: dict[str, pa.Array], rows: int) -> pa.Table:
    """A table with every column of `name`; those not in `values` are NULL."""
    columns = sismiop_tables.columns(name)
    unknown = set(values) - set(columns)
    if unknown:
        raise KeyError(f"{name}: {sorted(unknown)}")
    return pa.table({c: values[c] if c in values else pa.nulls(rows, pa.string()) for c in columns})


def tax_rows(rng: np.random.Generator, district: District, count: int, residents: pa.Table, today: int) -> TaxRows:
    """Tax rows of one kecamatan with `count` objects; `residents` are the adults of SIAK (nik, nama_lgkp, village …)."""
    e = _estate(rng, district, count)
    subjects, ids, subject_names, kinds, niks = _subjects(rng, district, e, residents)
    nop = _nop(district, e)
    own_id, own_name = ids.take(pa.array(e.subject)), subject_names.take(pa.array(e.subject))
    street = names.addresses(rng, count, district.urban, 30)
    rt, rw = pc.utf8_lpad(digits(1 + rng.integers(0, 12, count)), 3, "0"), pc.utf8_lpad(digits(1 + rng.integers(0, 9, count)), 2, "0")
    officer = pa.array([o[1] for o in OFFICERS]).take(pa.array(rng.integers(0, len(OFFICERS), count)))
    land, building, _ = _njop(e, YEARS[-1])
    surveyed = np.where(e.first_year > 2000, issue_day(2024) - 60 + rng.integers(-20, 20, count), _DAY_2010 + rng.integers(0, 4000, count))
    objects = table("dat_objek_pajak", {
        **nop, "subjek_pajak_id": own_id, "no_formulir_spop": _text("2015", rng.integers(0, 9_999_999, count), 7), "jalan_op": street,
        "rw_op": rw, "rt_op": rt, "kd_status_cabang": pa.array(np.zeros(count, np.int64)),
        "kd_status_wp": pa.array(rng.choice(["1", "2", "3", "4", "5"], count, p=[0.94, 0.02, 0.015, 0.02, 0.005])),
        "total_luas_bumi": pa.array(e.land), "total_luas_bng": pa.array(e.building), "njop_bumi": pa.array(land), "njop_bng": pa.array(building),
        "status_peta_op": pa.array((rng.random(count) < 0.9).astype(np.int64)),
        "jns_transaksi_op": pc.if_else(pa.array(e.deleted), "3", pc.if_else(pa.array(rng.random(count) < 0.3), "2", "1")),
        "tgl_pendataan_op": date_column(surveyed), "nip_pendata": officer, "tgl_pemeriksaan_op": date_column(surveyed + 5),
        "nip_pemeriksa_op": officer, "tgl_perekaman_op": date_column(surveyed + 9), "nip_perekam_op": officer,
    }, count)  # fmt: skip
    address = {
        "jln_wp_sppt": subjects["jalan_wp"].combine_chunks().take(pa.array(e.subject)), "rw_wp_sppt": subjects["rw_wp"].combine_chunks().take(pa.array(e.subject)),
        "rt_wp_sppt": subjects["rt_wp"].combine_chunks().take(pa.array(e.subject)),
        "kelurahan_wp_sppt": subjects["kelurahan_wp"].combine_chunks().take(pa.array(e.subject)),
        "kota_wp_sppt": subjects["kota_wp"].combine_chunks().take(pa.array(e.subject)), "nm_wp_sppt": own_name,
    }  # fmt: skip
    assessments, payments = [], []
    for year in YEARS:
        sppt, paid = _year(rng, e, nop, address, year, today)
        assessments.append(sppt)
        payments.append(paid)
    return TaxRows(subjects, objects, assessments, payments, kinds, niks)


def _nop(district: District, e: _Estate) -> dict[str, pa.Array]:
    n = len(e.village)
    return {
        "kd_propinsi": pa.array([KD_PROPINSI] * n), "kd_dati2": pa.array([KD_DATI2] * n),
        "kd_kecamatan": pa.array([district.kd_kecamatan] * n),
        "kd_kelurahan": pa.array([v.kd_kelurahan for v in district.villages]).take(pa.array(e.village)),
        "kd_blok": pc.utf8_lpad(digits(e.block), 3, "0"), "no_urut": pc.utf8_lpad(digits(e.number), 4, "0"),
        "kd_jns_op": pa.array(["0"] * n),
    }  # fmt: skip


def _subjects(
    rng: np.random.Generator, district: District, e: _Estate, residents: pa.Table
) -> tuple[pa.Table, pa.Array, pa.Array, dict[str, int], Ints]:
    """Subjects: residents by NIK (same or other name), NIKs that SIAK does not know, and old numbers."""
    n = int(e.subject.max()) + 1 if len(e.subject) else 0
    roll = rng.random(n)
    available = residents.num_rows
    pick = rng.permutation(available)[:n]
    pick = np.r_[pick, np.zeros(max(0, n - len(pick)), np.int64)]
    has_resident = np.arange(n) < available
    same, other = (roll < 0.70) & has_resident, (roll >= 0.70) & (roll < 0.75) & has_resident
    unknown = (roll >= 0.75) & (roll < 0.80)
    resident_name = residents["nama_lgkp"].combine_chunks().take(pa.array(pick))
    same &= np.asarray(pc.less_equal(pc.utf8_length(resident_name), 30))
    old = ~(same | other | unknown)
    female = rng.random(n) < 0.3
    foreign_name = pc.utf8_slice_codeunits(names.draw(rng, female, np.full(n, 1965)), 0, 30)
    # Another name for the same person's NIK: the object was inherited or sold and the record never followed.
    differs = pc.utf8_slice_codeunits(pc.binary_join_element_wise(pa.array(["P. "] * n, pa.string()), foreign_name, ""), 0, 30)
    name = pc.if_else(pa.array(same), resident_name, pc.if_else(pa.array(other), differs, foreign_name))
    firm = old & (rng.random(n) < 0.12)
    company = pc.binary_join_element_wise(pa.array(["PT "] * n, pa.string()), pc.utf8_slice_codeunits(foreign_name, 0, 27), "")
    name = pc.if_else(pa.array(firm), company, name)
    serial = np.arange(n) + district.no_kec * 1_000_000
    alien = (357801 + serial % 31) * 10**10 + (1 + serial % 28) * 10**8 + (1 + serial // 28 % 12) * 10**6 + (50 + serial // 336 % 45) * 10**4
    alien = alien + 9990 + (5 if district.no_kec > 15 else 0) + np.minimum(rank_within(alien), 4)
    ids = pc.if_else(
        pa.array(same | other), residents["nik"].combine_chunks().take(pa.array(pick)),
        pc.if_else(pa.array(unknown), digits(alien), _text("3515 OP-", serial, 9)),
    )  # fmt: skip
    village = np.where(same | other, residents["village"].to_numpy()[pick] if available else 0, rng.integers(0, len(district.villages), n))
    # Closed villages never occur here: only active residents are passed in.
    place = pc.utf8_slice_codeunits(pa.array([v.name for v in district.villages]).take(pa.array(village)), 0, 30)
    from_elsewhere = (unknown | old) & (rng.random(n) < 0.35)
    job = rng.choice(["1", "2", "3", "4", "5"], n, p=[0.07, 0.02, 0.05, 0.02, 0.84])
    subjects = table("dat_subjek_pajak", {
        "subjek_pajak_id": ids, "nm_wp": name,
        "jalan_wp": names.addresses(rng, n, district.urban, 30),
        "rw_wp": pc.utf8_lpad(digits(1 + rng.integers(0, 9, n)), 2, "0"), "rt_wp": pc.utf8_lpad(digits(1 + rng.integers(0, 12, n)), 3, "0"),
        "kelurahan_wp": pc.if_else(pa.array(from_elsewhere), "GUBENG", place),
        "kota_wp": pc.if_else(pa.array(from_elsewhere), "SURABAYA", "SIDOARJO"),
        "kd_pos_wp": digits(61200 + rng.integers(0, 77, n), rng.random(n) < 0.4),
        "telp_wp": _text("0812", rng.integers(0, 9_999_999, n), 8).cast(pa.string()),
        "status_pekerjaan_wp": pc.if_else(pa.array(firm), "4", pa.array(job)),
    }, n)  # fmt: skip
    kinds = {"cocok": int(same.sum()), "beda": int(other.sum()), "tidak_ditemukan": int(unknown.sum()), "bukan_nik": int(old.sum())}
    niks = residents["nik"].combine_chunks().take(pa.array(pick[same | other])).cast(pa.int64()).to_numpy()
    return subjects, ids, name, kinds, niks


def _year(
    rng: np.random.Generator, e: _Estate, nop: dict[str, pa.Array], address: dict[str, pa.Array], year: int, today: int
) -> tuple[pa.Table, pa.Table]:
    """Assessments and payments of one tax year."""
    rows = np.flatnonzero((e.first_year <= year) & (~e.deleted | (year == YEARS[0])))
    n = len(rows)
    land, building, land_class = (a[rows] for a in _njop(e, year))
    njop = land + building
    exempt = np.where(e.first_of_subject[rows], NJOPTKP, 0)
    tax = owed(njop, exempt)
    roll = rng.random(n)
    reduction = np.where(roll < 0.03, tax * rng.choice([25, 50, 75], n) // 100, 0)
    no_reduction = roll > 0.25
    payable = tax - reduction
    due = due_day(year, payable)
    issued = issue_day(year)
    cancelled = rng.random(n) < 0.003
    schedule, settled = _payments(rng, payable, due, year, today, cancelled)
    status = pa.array(np.where(cancelled, np.where(rng.random(n) < 0.6, "2", "3"), np.where(settled, "1", "0")))
    picked = pa.array(rows)
    nop_rows = {c: v.take(picked) for c, v in nop.items()}
    text_year = pa.array([str(year)] * n)
    officer = pa.array([o[1] for o in OFFICERS]).take(pa.array(rng.integers(0, len(OFFICERS), n)))
    has_building = e.building[rows] > 0
    sppt = table("sppt", {
        **nop_rows, "thn_pajak_sppt": text_year, "siklus_sppt": pa.array(np.ones(n, np.int64)),
        **dict(zip(("kd_kanwil_bank", "kd_kppbb_bank", "kd_bank_tunggal", "kd_bank_persepsi", "kd_tp"), (pa.array([v] * n) for v in BANKS[0]), strict=True)),
        **{c: v.take(picked) for c, v in address.items()},
        "kd_kls_tanah": pc.utf8_lpad(digits(land_class + 1), 3, "0"), "thn_awal_kls_tanah": pa.array([FIRST_CLASS_YEAR] * n),
        "kd_kls_bng": pc.if_else(pa.array(has_building), pc.utf8_lpad(digits(e.building_class[rows] + 1), 3, "0"), "XXX"),
        "thn_awal_kls_bng": pc.if_else(pa.array(has_building), FIRST_CLASS_YEAR, "1986"),
        "tgl_jatuh_tempo_sppt": date_column(due), "luas_bumi_sppt": pa.array(e.land[rows]), "luas_bng_sppt": pa.array(e.building[rows]),
        "njop_bumi_sppt": pa.array(land), "njop_bng_sppt": pa.array(building), "njop_sppt": pa.array(njop), "njoptkp_sppt": pa.array(exempt),
        "pbb_terhutang_sppt": pa.array(tax), "faktor_pengurang_sppt": pa.array(reduction, mask=no_reduction),
        "pbb_yg_harus_dibayar_sppt": pa.array(payable), "status_pembayaran_sppt": status, "status_tagihan_sppt": pa.array(["0"] * n),
        "status_cetak_sppt": pa.array(["1"] * n), "tgl_terbit_sppt": date_column(np.full(n, issued)),
        "tgl_cetak_sppt": time_column(office_time(rng, np.full(n, issued) + rng.integers(0, 5, n))), "nip_pencetak_sppt": officer,
    }, n)  # fmt: skip
    owner, nth, principal, paid_day = schedule
    penalty = fine(principal, paid_day, due[owner])
    recorded = np.minimum(paid_day + np.where(rng.random(len(owner)) < 0.08, rng.integers(1, 5, len(owner)), 0), today - 1)
    m = len(owner)
    bank = rng.choice(len(BANKS), m, p=[0.46, 0.2, 0.12, 0.12, 0.1])
    by_owner = pa.array(owner)
    payments = table("pembayaran_sppt", {
        **{c: v.take(by_owner) for c, v in nop_rows.items()}, "thn_pajak_sppt": pa.array([str(year)] * m, pa.string()),
        "pembayaran_sppt_ke": pa.array(nth),
        **{c: pa.array([b[i] for b in BANKS]).take(pa.array(bank)) for i, c in enumerate(("kd_kanwil_bank", "kd_kppbb_bank", "kd_bank_tunggal", "kd_bank_persepsi", "kd_tp"))},
        "denda_sppt": pa.array(penalty, mask=(penalty == 0) & (rng.random(m) < 0.15)), "jml_sppt_yg_dibayar": pa.array(principal + penalty),
        "tgl_pembayaran_sppt": date_column(paid_day), "tgl_rekam_byr_sppt": time_column(office_time(rng, recorded)),
        "nip_rekam_byr_sppt": pa.array([o[1] for o in OFFICERS]).take(pa.array(rng.integers(0, len(OFFICERS), m))),
    }, m)  # fmt: skip
    return sppt, payments


def season(rng: np.random.Generator, due: Ints, issued: int) -> Ints:
    """A day to pay: some at once, most in the weeks before the due date, a tail after it. Shape as `due`."""
    n = len(due)
    roll = rng.random(n)
    early = issued + 3 + (rng.random(n) ** 1.3 * 90).astype(np.int64)
    before = due - (rng.exponential(24, n)).astype(np.int64)
    after = due + 1 + rng.exponential(130, n).astype(np.int64)
    return np.maximum(np.where(roll < 0.24, early, np.where(roll < 0.82, before, after)), issued + 1)


def _payments(
    rng: np.random.Generator, payable: Ints, due: Ints, year: int, today: int, cancelled: Bools
) -> tuple[tuple[Ints, Ints, Ints, Ints], Bools]:
    """(assessment, number, principal, day) of each payment, and which assessments are fully paid before `today`."""
    n = len(payable)
    willing = {2023: 0.91, 2024: 0.89, 2025: 0.86}.get(year, 0.85) + np.where(payable > BUKU[2], 0.05, 0.0)
    pays = (rng.random(n) < willing) & ~cancelled
    parts = np.where(rng.random(n) < 0.06, 2 + (rng.random(n) < 0.3), 1)
    parts = np.where(pays & (payable >= 30_000), parts, 1)
    first = season(rng, due, issue_day(year))
    owner = np.repeat(np.arange(n), np.where(pays, parts, 0))
    nth = rank_within(owner) + 1
    count = parts[owner]
    share = payable[owner] // count
    principal = np.where(nth == count, payable[owner] - share * (count - 1), share)
    day = first[owner] + (nth - 1) * 31
    # A few stop after the first instalment.
    keep = (day < today) & ~((nth > 1) & (rng.random(len(owner)) < 0.12))
    broken = np.full(n, NEVER)
    dropped = ~keep
    np.minimum.at(broken, owner[dropped], nth[dropped])
    keep &= nth < broken[owner]
    owner, nth, principal, day = owner[keep], nth[keep], principal[keep], day[keep]
    total = np.bincount(owner, weights=principal, minlength=n).astype(np.int64)
    return (owner, nth, principal, day), (total == payable) & (total > 0)


def closed_objects(rng: np.random.Generator, subject_id: str) -> pa.Table:
    """A few objects deleted long ago in the seven closed villages: history without assessments."""
    kecamatan = {d.no_kec: d.kd_kecamatan for d in districts()}
    villages = [v for v in closed_villages() for _ in range(3)]
    n = len(villages)
    land = rng.integers(60, 400, n)
    recorded = _DAY_2010 + rng.integers(0, 2500, n)
    return table("dat_objek_pajak", {
        "kd_propinsi": pa.array([KD_PROPINSI] * n), "kd_dati2": pa.array([KD_DATI2] * n),
        "kd_kecamatan": pa.array([kecamatan[v.no_kec] for v in villages]), "kd_kelurahan": pa.array([v.kd_kelurahan for v in villages]),
        "kd_blok": pa.array(["001"] * n), "no_urut": pc.utf8_lpad(digits(np.arange(n) % 3 + 1), 4, "0"), "kd_jns_op": pa.array(["0"] * n),
        "subjek_pajak_id": pa.array([subject_id] * n), "jalan_op": pa.array(["EKS AREA TERDAMPAK"] * n), "rw_op": pa.array(["01"] * n),
        "rt_op": pa.array(["001"] * n), "kd_status_cabang": pa.array(np.zeros(n, np.int64)), "kd_status_wp": pa.array(["1"] * n),
        "total_luas_bumi": pa.array(land), "total_luas_bng": pa.array(np.zeros(n, np.int64)), "njop_bumi": pa.array(land * 200_000),
        "njop_bng": pa.array(np.zeros(n, np.int64)), "status_peta_op": pa.array(np.ones(n, np.int64)),
        "jns_transaksi_op": pa.array(["3"] * n), "tgl_pendataan_op": date_column(recorded), "tgl_perekaman_op": date_column(recorded + 9),
    }, n)  # fmt: skip


def lookups() -> dict[str, pa.Table]:
    """REF_*, LOOKUP_ITEM, classes, NJOPTKP and TARIF."""
    areas = districts()
    by_no = {d.no_kec: d for d in areas}
    villages = [(by_no[v.no_kec], v) for v in [v for d in areas for v in d.villages] + list(closed_villages())]
    villages.sort(key=lambda pair: (pair[0].kd_kecamatan, pair[1].kd_kelurahan))
    groups = {"10": "KD_STATUS_WP", "08": "STATUS_PEKERJAAN_WP", "20": "JNS_BUMI", "33": "JNS_TRANSAKSI_OP", "21": "KONDISI_BNG",
              "22": "JNS_KONSTRUKSI_BNG", "41": "JNS_ATAP_BNG", "42": "KD_DINDING", "43": "KD_LANTAI", "44": "KD_LANGIT_LANGIT"}  # fmt: skip
    items = [(g, code, label) for g, name in sorted(groups.items()) for code, label in code_list(name)]
    lower = [0, *(b for b, _ in BANDS if b)]
    numbers = {v: i + 1 for i, (_, v) in enumerate(villages)}
    one = [KD_PROPINSI], [KD_DATI2]
    classes = {
        "tanah": ("kelas_tanah", LAND_CLASSES), "bng": ("kelas_bangunan", BUILDING_CLASSES),
    }  # fmt: skip
    found = {
        "ref_propinsi": pa.table({"kd_propinsi": one[0], "nm_propinsi": ["JAWA TIMUR"]}),
        "ref_dati2": pa.table({"kd_propinsi": one[0], "kd_dati2": one[1], "nm_dati2": ["SIDOARJO"]}),
        "ref_kecamatan": pa.table({
            "kd_propinsi": [KD_PROPINSI] * len(areas), "kd_dati2": [KD_DATI2] * len(areas),
            "kd_kecamatan": [d.kd_kecamatan for d in areas], "nm_kecamatan": [d.name for d in areas],
        }),
        "ref_kelurahan": pa.table({
            "kd_propinsi": [KD_PROPINSI] * len(villages), "kd_dati2": [KD_DATI2] * len(villages),
            "kd_kecamatan": [d.kd_kecamatan for d, _ in villages], "kd_kelurahan": [v.kd_kelurahan for _, v in villages],
            "kd_sektor": ["20" if v.kind == "kelurahan" or d.urban > 0.6 else "10" for d, v in villages],
            "nm_kelurahan": [v.name[:30] for _, v in villages], "no_kelurahan": [numbers[v] for _, v in villages],
            "kd_pos_kelurahan": [str(v.postcode) for _, v in villages],
        }),
        "ref_jns_sektor": pa.table({"kd_sektor": ["10", "20"], "nm_sektor": ["PEDESAAN", "PERKOTAAN"]}),
        "lookup_item": pa.table({"kd_lookup_group": [i[0] for i in items], "kd_lookup_item": [i[1] for i in items], "nm_lookup_item": [i[2] for i in items]}),
        "njoptkp": pa.table({"kd_propinsi": one[0], "kd_dati2": one[1], "thn_awal": ["2014"], "thn_akhir": ["9999"], "nilai_njoptkp": [NJOPTKP]}),
        "tarif": pa.table({
            "kd_propinsi": [KD_PROPINSI] * len(BANDS), "kd_dati2": [KD_DATI2] * len(BANDS), "thn_awal": ["2014"] * len(BANDS),
            "thn_akhir": ["9999"] * len(BANDS), "njop_min": lower, "njop_max": [b or 999_999_999_999_999 for b, _ in BANDS],
            "nilai_tarif": [f"{r / 100:.2f}" for _, r in BANDS], "nilai_tarif_khusus": ["0"] * len(BANDS),
        }),
    }  # fmt: skip
    for short, (name, values) in classes.items():
        count = len(values)
        found[name] = pa.table({
            f"kd_kls_{short}": [f"{i + 1:03d}" for i in range(count)], f"thn_awal_kls_{short}": [FIRST_CLASS_YEAR] * count,
            f"thn_akhir_kls_{short}": ["9999"] * count, f"nilai_min_{short}": [int(v) for v in values],
            f"nilai_max_{short}": [int(v) for v in [*(values[1:] - 1), values[-1] * 2]], f"nilai_per_m2_{short}": [int(v) for v in values],
        })  # fmt: skip
    return found
