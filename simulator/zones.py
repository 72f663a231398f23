"""Land of one kecamatan: map blocks, zones of value (ZNT) with their yearly rate (NIR), and the plots in them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from simulator import sismiop_tables
from simulator.arrow import digits, table
from simulator.estate import FIELD, LAND_CLASSES, YEARS, Estate, land_class_of, njop, zone_code
from simulator.people import Ints
from simulator.places import KD_DATI2, KD_PROPINSI, District


def zone_rows(rng: np.random.Generator, district: District, e: Estate) -> dict[str, pa.Table]:
    """DAT_PETA_BLOK, DAT_ZNT and DAT_NIR: a zone's rate lies within the land class that its plots are assessed by."""
    blocks = np.unique(e.village * 1000 + e.block)
    zones, first = np.unique(e.village * 1000 + e.zone, return_index=True)
    found = {
        "dat_peta_blok": _table(
            "dat_peta_blok",
            district,
            blocks // 1000,
            kd_blok=pc.utf8_lpad(digits(blocks % 1000), 3, "0"),
            status_peta_blok=pa.array((rng.random(len(blocks)) < 0.85).astype(np.int64)),
        ),
        "dat_znt": _table("dat_znt", district, zones // 1000, kd_znt=_zone_codes(zones % 1000)),
    }
    within = rng.random(len(zones))
    years = []
    for year in YEARS:
        land_class = land_class_of(e, year)[first]
        low, high = LAND_CLASSES[land_class], LAND_CLASSES[land_class + 1]
        years.append(
            _table(
                "dat_nir",
                district,
                zones // 1000,
                kd_znt=_zone_codes(zones % 1000),
                thn_nir_znt=pa.array([str(year)] * len(zones)),
                kd_kanwil=pa.array(["12"] * len(zones)),
                kd_kppbb=pa.array(["15"] * len(zones)),
                jns_dokumen=pa.array(["1"] * len(zones)),
                no_dokumen=pa.array([f"{year - 1}{district.kd_kecamatan}"] * len(zones)),
                nir=pa.array(low + np.floor(within * (high - low)).astype(np.int64)),
            )
        )
    found["dat_nir"] = pa.concat_tables(years)
    return found


def plot_rows(e: Estate, nop: dict[str, pa.Array]) -> pa.Table:
    """DAT_OP_BUMI: one plot per object, with its zone and the value of the last year of `YEARS`."""
    n = len(e.village)
    land, _, _ = njop(e, YEARS[-1])
    kind = np.select([e.building > 0, e.use == FIELD], ["1", "3"], "2")
    return table(
        sismiop_tables.columns("dat_op_bumi"),
        {
            **nop,
            "no_bumi": pa.array(np.ones(n, np.int64)),
            "kd_znt": _zone_codes(e.zone),
            "luas_bumi": pa.array(e.land),
            "jns_bumi": pa.array(kind),
            "nilai_sistem_bumi": pa.array(land),
        },
        n,
    )


def _zone_codes(zone: Ints) -> pa.Array:
    codes = [zone_code(z) for z in range(int(zone.max(initial=0)) + 1)]
    return pa.array(codes).take(pa.array(zone))


def _table(name: str, district: District, village: Ints, **values: pa.Array) -> pa.Table:
    n = len(village)
    return table(
        sismiop_tables.columns(name),
        {
            "kd_propinsi": pa.array([KD_PROPINSI] * n),
            "kd_dati2": pa.array([KD_DATI2] * n),
            "kd_kecamatan": pa.array([district.kd_kecamatan] * n),
            "kd_kelurahan": pa.array([v.kd_kelurahan for v in district.villages]).take(pa.array(village)),
            **values,
        },
        n,
    )
