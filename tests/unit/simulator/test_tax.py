"""Assessment and payment arithmetic in whole rupiah."""

import numpy as np
import pytest

from simulator.assessment import MINIMUM, NJOPTKP, assess, due_day, fine, issue_day, owed
from simulator.chance import EPOCH, chance, days
from simulator.estate import BUILDING_CLASSES, LAND_CLASSES, estate, njop
from simulator.places import districts
from simulator.tax import _nop

TODAY = days(EPOCH)


@pytest.mark.parametrize(
    ("value", "exempt", "expected"),
    [
        (5_000_000, NJOPTKP, MINIMUM),
        (110_000_000, NJOPTKP, 100_000),
        (110_000_000, 0, 110_000),
        (1_000_000_000, 0, 1_000_000),
        (1_000_000_001, 0, 1_500_000),
        (2_000_000_000, 0, 3_000_000),
        (5_000_000_000, 0, 10_000_000),
        (6_000_000_000, NJOPTKP, 17_970_000),
        (100_005_000, 0, 100_005),
    ],
)
def test_tax_by_band(value, exempt, expected):
    assert owed(np.array([value]), np.array([exempt]))[0] == expected


@pytest.mark.parametrize(("late", "months"), [(-5, 0), (0, 0), (1, 1), (30, 1), (31, 2), (365, 13), (5000, 24)])
def test_fine_is_two_per_cent_for_each_month_begun(late, months):
    assert fine(np.array([100_000]), np.array([1000 + late]), np.array([1000]))[0] == 2_000 * months


def test_due_dates_follow_the_buku():
    due = due_day(2025, np.array([500_000, 500_001]))
    assert due.astype("datetime64[D]").astype(str).tolist() == ["2025-09-30", "2025-08-31"]
    assert str(np.datetime64(issue_day(2026), "D")) == "2026-02-16"


@pytest.fixture(scope="module")
def year():
    district = districts()[17]
    e = estate(chance(1, "pajak"), district, 3000)
    n = len(e.village)
    names = ("nm_wp_sppt", "jln_wp_sppt", "rw_wp_sppt", "rt_wp_sppt", "kelurahan_wp_sppt", "kota_wp_sppt")
    import pyarrow as pa

    address = {c: pa.array(["X"] * n) for c in names}
    sppt, paid = assess(chance(1, "tahun"), e, _nop(district, e), address, 2024, TODAY)
    return e, sppt.to_pandas(), paid.to_pandas()


def test_assessments_add_up(year):
    _, sppt, _ = year
    assert (sppt.njop_sppt == sppt.njop_bumi_sppt + sppt.njop_bng_sppt).all()
    assert (sppt.pbb_yg_harus_dibayar_sppt == sppt.pbb_terhutang_sppt - sppt.faktor_pengurang_sppt.fillna(0)).all()
    small = (sppt.pbb_yg_harus_dibayar_sppt <= 500_000).mean()
    assert 0.7 < small < 0.97
    assert sppt.pbb_yg_harus_dibayar_sppt.max() > 20 * sppt.pbb_yg_harus_dibayar_sppt.median()


def test_payments_follow_the_assessment(year):
    _, sppt, paid = year
    key = ["kd_kelurahan", "kd_blok", "no_urut"]
    principal = paid.assign(pokok=paid.jml_sppt_yg_dibayar - paid.denda_sppt.fillna(0)).groupby(key).pokok.sum()
    both = sppt.set_index(key).join(principal, how="left").fillna({"pokok": 0})
    full = both.pokok == both.pbb_yg_harus_dibayar_sppt
    assert (both.pokok <= both.pbb_yg_harus_dibayar_sppt).all()
    assert ((both.status_pembayaran_sppt == "1") == full).all()
    assert 0.75 < full.mean() < 0.95
    assert (paid.pembayaran_sppt_ke > 1).any()
    assert (paid.tgl_pembayaran_sppt > sppt.tgl_terbit_sppt.iloc[0]).all()
    late = paid[paid.denda_sppt.fillna(0) > 0]
    assert 0.02 < len(late) / len(paid) < 0.4
    months = paid.tgl_pembayaran_sppt.map(lambda d: d.month)
    assert months.isin([8, 9]).mean() > 0.35
    cancelled = both[both.status_pembayaran_sppt.isin(["2", "3"])]
    assert (cancelled.pokok == 0).all()


def test_a_block_shares_its_zone_and_values_come_from_the_classes():
    e = estate(chance(2, "pajak"), districts()[0], 800)
    land, building, land_class = njop(e, 2025)
    assert (land == e.land * LAND_CLASSES[land_class] * 1000).all()
    assert (building % (BUILDING_CLASSES[0] // 10 * 1000) >= 0).all()
    before, _, _ = njop(e, 2023)
    assert (before <= land).all()
    assert (before < land).any()
    numbers = e.village * 10**8 + e.block * 10**4 + e.number
    assert len(np.unique(numbers)) == len(numbers)
    assert (np.diff(LAND_CLASSES) > 0).all()
