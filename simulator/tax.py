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
from simulator.arrow import date_column, digits, table
from simulator.assessment import assess, issue_day
from simulator.buildings import building_rows
from simulator.estate import YEARS, Estate, estate, njop
from simulator.people import Ints
from simulator.places import KD_DATI2, KD_PROPINSI, District, closed_villages, districts
from simulator.siak_rows import OFFICERS
from simulator.subjects import subjects_of, text
from simulator.zones import plot_rows, zone_rows

_DAY_2010 = 14_613  # 2010-01-04


@dataclass(frozen=True)
class TaxRows:
    """Rows of one kecamatan, and how its subjects relate to the civil registry."""

    subjects: pa.Table
    objects: pa.Table
    land: dict[str, pa.Table]  # map blocks, zones, rates, plots and buildings, by table
    sppt: Sequence[pa.Table]
    payments: Sequence[pa.Table]
    cancellations: Sequence[pa.Table]
    kinds: dict[str, int]
    taxpayer_niks: Ints


def tax_rows(rng: np.random.Generator, district: District, count: int, residents: pa.Table, today: int) -> TaxRows:
    """Tax rows of one kecamatan with `count` objects; `residents`: adults of SIAK (nik, nama_lgkp, village …)."""
    e = estate(rng, district, count)
    subjects, ids, subject_names, kinds, niks = subjects_of(rng, district, e, residents)
    nop = _nop(district, e)
    own_id, own_name = ids.take(pa.array(e.subject)), subject_names.take(pa.array(e.subject))
    street = names.addresses(rng, count, district.urban, 30)
    rt, rw = (
        pc.utf8_lpad(digits(1 + rng.integers(0, 12, count)), 3, "0"),
        pc.utf8_lpad(digits(1 + rng.integers(0, 9, count)), 2, "0"),
    )
    officer = pa.array([o[1] for o in OFFICERS]).take(pa.array(rng.integers(0, len(OFFICERS), count)))
    land, building, _ = njop(e, YEARS[-1])
    surveyed = np.where(
        e.first_year > 2000,
        issue_day(2024) - 60 + rng.integers(-20, 20, count),
        _DAY_2010 + rng.integers(0, 4000, count),
    )
    objects = table(
        sismiop_tables.columns("dat_objek_pajak"),
        {
            **nop,
            "subjek_pajak_id": own_id,
            "no_formulir_spop": text("2015", rng.integers(0, 9_999_999, count), 7),
            "jalan_op": street,
            "rw_op": rw,
            "rt_op": rt,
            "kd_status_cabang": pa.array(np.zeros(count, np.int64)),
            "kd_status_wp": pa.array(rng.choice(["1", "2", "3", "4", "5"], count, p=[0.94, 0.02, 0.015, 0.02, 0.005])),
            "total_luas_bumi": pa.array(e.land),
            "total_luas_bng": pa.array(e.building),
            "njop_bumi": pa.array(land),
            "njop_bng": pa.array(building),
            "status_peta_op": pa.array((rng.random(count) < 0.9).astype(np.int64)),
            "jns_transaksi_op": pc.if_else(
                pa.array(e.deleted), "3", pc.if_else(pa.array(rng.random(count) < 0.3), "2", "1")
            ),
            "tgl_pendataan_op": date_column(surveyed),
            "nip_pendata": officer,
            "tgl_pemeriksaan_op": date_column(surveyed + 5),
            "nip_pemeriksa_op": officer,
            "tgl_perekaman_op": date_column(surveyed + 9),
            "nip_perekam_op": officer,
        },
        count,
    )
    address = {
        "jln_wp_sppt": subjects["jalan_wp"].combine_chunks().take(pa.array(e.subject)),
        "rw_wp_sppt": subjects["rw_wp"].combine_chunks().take(pa.array(e.subject)),
        "rt_wp_sppt": subjects["rt_wp"].combine_chunks().take(pa.array(e.subject)),
        "kelurahan_wp_sppt": subjects["kelurahan_wp"].combine_chunks().take(pa.array(e.subject)),
        "kota_wp_sppt": subjects["kota_wp"].combine_chunks().take(pa.array(e.subject)),
        "npwp_sppt": subjects["npwp"].combine_chunks().take(pa.array(e.subject)),
        "nm_wp_sppt": own_name,
    }
    land_rows = {
        **zone_rows(rng, district, e),
        "dat_op_bumi": plot_rows(e, nop),
        "dat_op_bangunan": building_rows(rng, e, nop, surveyed, officer),
        "dat_subjek_pajak_njoptkp": _exemptions(e, nop, own_id),
    }
    years = [assess(rng, e, nop, address, year, today) for year in YEARS]
    assessments, payments, cancellations = zip(*years, strict=True)
    return TaxRows(subjects, objects, land_rows, assessments, payments, cancellations, kinds, niks)


def _exemptions(e: Estate, nop: dict[str, pa.Array], subject: pa.Array) -> pa.Table:
    """DAT_SUBJEK_PAJAK_NJOPTKP: the one object for which a subject has the exempt value, and since which tax year."""
    rows = np.flatnonzero(e.first_of_subject)
    picked = pa.array(rows)
    return table(
        sismiop_tables.columns("dat_subjek_pajak_njoptkp"),
        {
            "subjek_pajak_id": subject.take(picked),
            **{c: v.take(picked) for c, v in nop.items()},
            "thn_njoptkp": digits(np.maximum(e.first_year[rows], YEARS[0])),
        },
        len(rows),
    )


def _nop(district: District, e: Estate) -> dict[str, pa.Array]:
    n = len(e.village)
    return {
        "kd_propinsi": pa.array([KD_PROPINSI] * n),
        "kd_dati2": pa.array([KD_DATI2] * n),
        "kd_kecamatan": pa.array([district.kd_kecamatan] * n),
        "kd_kelurahan": pa.array([v.kd_kelurahan for v in district.villages]).take(pa.array(e.village)),
        "kd_blok": pc.utf8_lpad(digits(e.block), 3, "0"),
        "no_urut": pc.utf8_lpad(digits(e.number), 4, "0"),
        "kd_jns_op": pa.array(["0"] * n),
    }


def closed_objects(rng: np.random.Generator, subject_id: str) -> pa.Table:
    """A few objects deleted long ago in the seven closed villages: history without assessments."""
    kecamatan = {d.no_kec: d.kd_kecamatan for d in districts()}
    villages = [v for v in closed_villages() for _ in range(3)]
    n = len(villages)
    land = rng.integers(60, 400, n)
    recorded = _DAY_2010 + rng.integers(0, 2500, n)
    return table(
        sismiop_tables.columns("dat_objek_pajak"),
        {
            "kd_propinsi": pa.array([KD_PROPINSI] * n),
            "kd_dati2": pa.array([KD_DATI2] * n),
            "kd_kecamatan": pa.array([kecamatan[v.no_kec] for v in villages]),
            "kd_kelurahan": pa.array([v.kd_kelurahan for v in villages]),
            "kd_blok": pa.array(["001"] * n),
            "no_urut": pc.utf8_lpad(digits(np.arange(n) % 3 + 1), 4, "0"),
            "kd_jns_op": pa.array(["0"] * n),
            "subjek_pajak_id": pa.array([subject_id] * n),
            "jalan_op": pa.array(["EKS AREA TERDAMPAK"] * n),
            "rw_op": pa.array(["01"] * n),
            "rt_op": pa.array(["001"] * n),
            "kd_status_cabang": pa.array(np.zeros(n, np.int64)),
            "kd_status_wp": pa.array(["1"] * n),
            "total_luas_bumi": pa.array(land),
            "total_luas_bng": pa.array(np.zeros(n, np.int64)),
            "njop_bumi": pa.array(land * 200_000),
            "njop_bng": pa.array(np.zeros(n, np.int64)),
            "status_peta_op": pa.array(np.ones(n, np.int64)),
            "jns_transaksi_op": pa.array(["3"] * n),
            "tgl_pendataan_op": date_column(recorded),
            "tgl_perekaman_op": date_column(recorded + 9),
        },
        n,
    )
