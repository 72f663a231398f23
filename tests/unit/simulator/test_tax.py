"""Assessment and payment arithmetic in whole rupiah."""

import numpy as np
import pytest

from simulator.assessment import MINIMUM, NJOPTKP, assess, due_day, fine, issue_day, owed
from simulator.buildings import building_rows
from simulator.chance import EPOCH, chance, days
from simulator.estate import BUILDING_CLASSES, FACTORY, LAND_CLASSES, YEARS, class_code, estate, njop, zone_code
from simulator.places import districts
from simulator.tax import _nop
from simulator.zones import plot_rows, zone_rows

TODAY = days(EPOCH)


@pytest.mark.parametrize(
    ("year", "value", "exempt", "expected"),
    [
        (2024, 5_000_000, NJOPTKP, MINIMUM),
        (2024, 110_000_000, NJOPTKP, 100_000),
        (2024, 110_000_000, 0, 110_000),
        (2025, 1_000_000_000, 0, 1_000_000),
        (2025, 1_000_000_001, 0, 1_500_000),
        (2025, 2_000_000_000, 0, 3_000_000),
        (2026, 5_000_000_000, 0, 10_000_000),
        (2024, 6_000_000_000, NJOPTKP, 17_970_000),
        (2024, 100_005_000, 0, 100_005),
        (2023, 1_000_000_000, 0, 1_000_000),
        (2023, 1_000_000_001, 0, 2_000_000),
        (2021, 6_000_000_000, NJOPTKP, 11_980_000),
    ],
)
def test_tax_by_band_of_the_year(year, value, exempt, expected):
    assert owed(np.array([value]), np.array([exempt]), year)[0] == expected


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
    sppt, paid, cancelled = assess(chance(1, "tahun"), e, _nop(district, e), address, 2024, TODAY)
    return e, sppt.to_pandas(), paid.to_pandas(), cancelled.to_pandas()


def test_assessments_add_up(year):
    _, sppt, _, _ = year
    assert (sppt.njop_sppt == sppt.njop_bumi_sppt + sppt.njop_bng_sppt).all()
    assert (sppt.pbb_yg_harus_dibayar_sppt == sppt.pbb_terhutang_sppt - sppt.faktor_pengurang_sppt.fillna(0)).all()
    small = (sppt.pbb_yg_harus_dibayar_sppt <= 500_000).mean()
    assert 0.7 < small < 0.97
    assert sppt.pbb_yg_harus_dibayar_sppt.max() > 20 * sppt.pbb_yg_harus_dibayar_sppt.median()


def test_payments_follow_the_assessment(year):
    _, sppt, paid, _ = year
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
    before, _, _ = njop(e, 2021)
    assert (before <= land).all()
    assert (before < land).any()
    numbers = e.village * 10**8 + e.block * 10**4 + e.number
    assert len(np.unique(numbers)) == len(numbers)
    assert (np.diff(LAND_CLASSES) > 0).all()


def test_a_cancelled_assessment_has_its_cancellation(year):
    _, sppt, _, cancelled = year
    wanted = sppt[sppt.status_pembayaran_sppt.isin(["2", "3"])]
    assert len(cancelled) == len(wanted) > 0
    assert (cancelled.jml_sppt_yg_dibatalkan.to_numpy() == wanted.pbb_yg_harus_dibayar_sppt.to_numpy()).all()
    assert (cancelled.tgl_pembatalan_sppt > sppt.tgl_terbit_sppt.iloc[0]).all()
    assert (cancelled.tgl_rekam_btl_sppt.dt.date == cancelled.tgl_pembatalan_sppt).all()


@pytest.fixture(scope="module")
def land():
    """(estate, zone rows, plots, buildings) of one kecamatan as data frames."""
    import pyarrow as pa

    district = districts()[17]
    e = estate(chance(4, "pajak"), district, 2500)
    nop = _nop(district, e)
    surveyed = np.full(2500, 18_000)
    officer = pa.array(["197001012010011001"] * 2500)
    zones = {name: rows.to_pandas() for name, rows in zone_rows(chance(4, "zona"), district, e).items()}
    buildings = building_rows(chance(4, "bangunan"), e, nop, surveyed, officer)
    return e, zones, plot_rows(e, nop).to_pandas(), buildings.to_pandas()


@pytest.mark.parametrize("year", YEARS)
def test_the_rate_of_a_zone_explains_the_value_of_its_plots(land, year):
    e, zones, plots, _ = land
    value, _, land_class = njop(e, year)
    rates = zones["dat_nir"][zones["dat_nir"].thn_nir_znt == str(year)]
    key = ["kd_kecamatan", "kd_kelurahan", "kd_znt"]
    joined = plots.merge(rates, on=key, how="left", validate="many_to_one")
    low, high = LAND_CLASSES[land_class], LAND_CLASSES[land_class + 1]
    assert ((joined.nir >= low) & (joined.nir < high)).all()
    assert (value == plots.luas_bumi * low * 1000).all()
    assert not zones["dat_znt"].duplicated().any()
    assert set(map(tuple, plots[key].to_numpy())) == set(map(tuple, zones["dat_znt"][key].to_numpy()))


def test_buildings_add_up_to_their_object_and_look_like_a_town(land):
    e, _, plots, buildings = land
    key = ["kd_kelurahan", "kd_blok", "no_urut"]
    area = buildings.groupby(key).luas_bng.sum()
    wanted = plots.assign(luas=e.building).set_index(key).luas
    assert (area == wanted[wanted > 0].loc[area.index]).all() and len(area) == (wanted > 0).sum()
    value = buildings.groupby(key).nilai_sistem_bng.sum()
    assert (
        value
        == (e.building * BUILDING_CLASSES[e.building_class] * 1000)[wanted > 0][
            wanted[wanted > 0].index.get_indexer(value.index)
        ]
    ).all()
    built, surveyed = buildings.thn_dibangun_bng.astype(int), 2019
    assert built.max() <= surveyed and built.min() > 1960 and 1995 < built.median() < 2010
    renewed = buildings.thn_renovasi_bng.dropna().astype(int)
    assert (renewed >= built[renewed.index]).all() and renewed.max() <= surveyed
    houses = (buildings.kd_jpb == "01").mean()
    assert 0.6 < houses < 0.95
    assert buildings.kd_jpb.nunique() > 6 and buildings.jml_lantai_bng.between(1, 6).all()
    assert set(plots.jns_bumi[e.building > 0]) == {"1"}
    assert (e.use == FACTORY).any()


def test_codes_of_classes_and_zones():
    assert class_code(0, BUILDING_CLASSES) == f"{len(BUILDING_CLASSES):03d}"
    assert class_code(len(LAND_CLASSES) - 1, LAND_CLASSES) == "001"
    assert [zone_code(n) for n in (0, 25, 26, 674)] == ["AA", "AZ", "BA", "ZY"]
    with pytest.raises(ValueError, match="675"):
        zone_code(675)
