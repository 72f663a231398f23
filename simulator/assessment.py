"""The yearly assessment (SPPT) and its payments: exact arithmetic in whole rupiah, payments by season, arrears."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from simulator import sismiop_tables
from simulator.arrow import date_column, table, time_column
from simulator.chance import office_time, rank_within
from simulator.estate import BUILDING_CLASSES, LAND_CLASSES, YEARS, Estate, class_code, njop
from simulator.people import NEVER, Bools, Ints
from simulator.siak_rows import OFFICERS
from simulator.source_rows import NOP, Change, Row

NJOPTKP = 10_000_000

MINIMUM = 10_000

Bands = tuple[tuple[int | None, int], ...]

TARIFFS: tuple[tuple[int, int, Bands], ...] = (
    (2014, 2023, ((1_000_000_000, 10), (None, 20))),
    (2024, 9999, ((1_000_000_000, 10), (2_000_000_000, 15), (5_000_000_000, 20), (None, 30))),
)
"""First and last tax year, and the bands: upper bound of the NJOP and rate in hundredths of a per cent."""

FIRST_CLASS_YEAR = "2014"
NO_CLASS, NO_CLASS_YEAR = "XXX", "1986"
"""SISMIOP's own mark for "nothing there to classify", with its row in the class tables."""

BUKU = (500_000, 2_000_000, 5_000_000, 10_000_000)

BANK = ("kd_kanwil_bank", "kd_kppbb_bank", "kd_bank_tunggal", "kd_bank_persepsi", "kd_tp")
BANKS = (
    ("12", "15", "01", "14", "01"),
    ("12", "15", "01", "14", "02"),
    ("12", "15", "01", "09", "01"),
    ("12", "15", "01", "20", "01"),
    ("12", "15", "01", "14", "05"),
)


def issue_day(year: int) -> int:
    """Day on which the assessments of a tax year are issued (16 February), days since 1970."""
    return int((np.datetime64(f"{year}-02-16") - np.datetime64("1970-01-01")).astype(int))


def due_day(year: int, payable: Ints) -> Ints:
    """30 September for buku 1, 31 August for the others."""
    september = int((np.datetime64(f"{year}-09-30") - np.datetime64("1970-01-01")).astype(int))
    day: Ints = np.where(payable <= BUKU[0], september, september - 30)
    return day


def owed(value: Ints, exempt: Ints, year: int) -> Ints:
    """Tax before any reduction: rate of the year's band times (NJOP - NJOPTKP), half up, at least `MINIMUM`."""
    bands = next(bands for first, last, bands in TARIFFS if first <= year <= last)
    rate = np.select([value <= bound for bound, _ in bands if bound], [r for b, r in bands if b], bands[-1][1])
    tax: Ints = np.maximum((np.maximum(value - exempt, 0) * rate + 5_000) // 10_000, MINIMUM)
    return tax


def fine(principal: Ints, paid_day: Ints, due: Ints) -> Ints:
    """2 % for each month begun after the due date, 24 months at most."""
    months = np.clip(-(-(paid_day - due) // 30), 0, 24)
    penalty: Ints = (principal * months * 2 + 50) // 100
    return penalty


def assess(
    rng: np.random.Generator, e: Estate, nop: dict[str, pa.Array], address: dict[str, pa.Array], year: int, today: int
) -> tuple[pa.Table, pa.Table, pa.Table]:
    """Assessments, payments and cancellations of one tax year."""
    rows = np.flatnonzero((e.first_year <= year) & (~e.deleted | (year == YEARS[0])))
    n = len(rows)
    land, building, land_class = (a[rows] for a in njop(e, year))
    value = land + building
    exempt = np.where(e.first_of_subject[rows], NJOPTKP, 0)
    tax = owed(value, exempt, year)
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
    sppt = table(
        sismiop_tables.columns("sppt"),
        {
            **nop_rows,
            "thn_pajak_sppt": text_year,
            "siklus_sppt": pa.array(np.ones(n, np.int64)),
            **{c: pa.array([v] * n) for c, v in zip(BANK, BANKS[0], strict=True)},
            **{c: v.take(picked) for c, v in address.items()},
            "kd_kls_tanah": _codes(land_class, LAND_CLASSES),
            "thn_awal_kls_tanah": pa.array([FIRST_CLASS_YEAR] * n),
            "kd_kls_bng": pc.if_else(
                pa.array(has_building), _codes(e.building_class[rows], BUILDING_CLASSES), NO_CLASS
            ),
            "thn_awal_kls_bng": pc.if_else(pa.array(has_building), FIRST_CLASS_YEAR, NO_CLASS_YEAR),
            "tgl_jatuh_tempo_sppt": date_column(due),
            "luas_bumi_sppt": pa.array(e.land[rows]),
            "luas_bng_sppt": pa.array(e.building[rows]),
            "njop_bumi_sppt": pa.array(land),
            "njop_bng_sppt": pa.array(building),
            "njop_sppt": pa.array(value),
            "njoptkp_sppt": pa.array(exempt),
            "pbb_terhutang_sppt": pa.array(tax),
            "faktor_pengurang_sppt": pa.array(reduction, mask=no_reduction),
            "pbb_yg_harus_dibayar_sppt": pa.array(payable),
            "status_pembayaran_sppt": status,
            "status_tagihan_sppt": pa.array(["0"] * n),
            "status_cetak_sppt": pa.array(["1"] * n),
            "tgl_terbit_sppt": date_column(np.full(n, issued)),
            "tgl_cetak_sppt": time_column(office_time(rng, np.full(n, issued) + rng.integers(0, 5, n))),
            "nip_pencetak_sppt": officer,
        },
        n,
    )
    owner, nth, principal, paid_day = schedule
    penalty = fine(principal, paid_day, due[owner])
    recorded = np.minimum(
        paid_day + np.where(rng.random(len(owner)) < 0.08, rng.integers(1, 5, len(owner)), 0), today - 1
    )
    m = len(owner)
    bank = rng.choice(len(BANKS), m, p=[0.46, 0.2, 0.12, 0.12, 0.1])
    by_owner = pa.array(owner)
    payments = table(
        sismiop_tables.columns("pembayaran_sppt"),
        {
            **{c: v.take(by_owner) for c, v in nop_rows.items()},
            "thn_pajak_sppt": pa.array([str(year)] * m, pa.string()),
            "pembayaran_sppt_ke": pa.array(nth),
            **{c: pa.array([b[i] for b in BANKS]).take(pa.array(bank)) for i, c in enumerate(BANK)},
            "denda_sppt": pa.array(penalty, mask=(penalty == 0) & (rng.random(m) < 0.15)),
            "jml_sppt_yg_dibayar": pa.array(principal + penalty),
            "tgl_pembayaran_sppt": date_column(paid_day),
            "tgl_rekam_byr_sppt": time_column(office_time(rng, recorded)),
            "nip_rekam_byr_sppt": pa.array([o[1] for o in OFFICERS]).take(pa.array(rng.integers(0, len(OFFICERS), m))),
        },
        m,
    )
    return sppt, payments, _cancellations(rng, sppt, np.flatnonzero(cancelled), issued, today)


def _codes(index: Ints, classes: Ints) -> pa.Array:
    return pa.array([class_code(i, classes) for i in range(len(classes))]).take(pa.array(index))


def _cancellations(rng: np.random.Generator, sppt: pa.Table, rows: Ints, issued: int, today: int) -> pa.Table:
    """PEMBATALAN_SPPT of the cancelled assessments: the whole amount, some weeks after the issue."""
    n = len(rows)
    those = sppt.take(pa.array(rows)).combine_chunks()
    day = np.minimum(issued + rng.integers(10, 200, n), today - 1)
    same = (*BANK, "thn_pajak_sppt", *NOP)
    return table(
        sismiop_tables.columns("pembatalan_sppt"),
        {
            **{c: those[c].combine_chunks() for c in same},
            "pembatalan_sppt_ke": pa.array(np.ones(n, np.int64)),
            "kd_batal": pa.array(rng.choice(["1", "2", "3"], n, p=[0.5, 0.35, 0.15]), pa.string()),
            "denda_sppt": pa.array(np.zeros(n, np.int64)),
            "jml_sppt_yg_dibatalkan": those["pbb_yg_harus_dibayar_sppt"].combine_chunks(),
            "tgl_pembatalan_sppt": date_column(day),
            "tgl_rekam_btl_sppt": time_column(office_time(rng, day)),
            "nip_rekam_btl_sppt": pa.array([o[1] for o in OFFICERS]).take(pa.array(rng.integers(0, len(OFFICERS), n))),
        },
        n,
    )


def assessed_in_another_class(row: Row, chance: np.random.Generator) -> Change:
    """A whole assessment by the class next to the zone's: every amount follows, only the class is the wrong one."""
    index = len(LAND_CLASSES) - int(row["kd_kls_tanah"])
    other = index + 1 if index + 1 < len(LAND_CLASSES) - 1 else index - 1
    land = int(row["luas_bumi_sppt"]) * int(LAND_CLASSES[other]) * 1000
    value = land + int(row["njop_bng_sppt"])
    return {
        "kd_kls_tanah": class_code(other, LAND_CLASSES),
        "njop_bumi_sppt": land,
        "njop_sppt": value,
        **_taxed(value, int(row["njoptkp_sppt"] or 0), int(row["thn_pajak_sppt"])),
    }


def assessed_with_another_exemption(row: Row, chance: np.random.Generator) -> Change:
    """A whole assessment with an NJOPTKP that no decree of its year sets."""
    exempt = int(chance.integers(2, 20)) * 500_000 + 250_000
    return {"njoptkp_sppt": exempt, **_taxed(int(row["njop_sppt"]), exempt, int(row["thn_pajak_sppt"]))}


def _taxed(value: int, exempt: int, year: int) -> Change:
    tax = int(owed(np.array([value]), np.array([exempt]), year)[0])
    return {"pbb_terhutang_sppt": tax, "pbb_yg_harus_dibayar_sppt": tax}


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
    good = {2021: 0.93, 2022: 0.92, 2023: 0.91, 2024: 0.89, 2025: 0.86}.get(year, 0.85)
    willing = good + np.where(payable > BUKU[2], 0.05, 0.0)
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
