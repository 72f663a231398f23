"""Buildings of one kecamatan (DAT_OP_BANGUNAN): use, age, storeys, materials and value, as a surveyor notes them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from simulator import sismiop_tables
from simulator.arrow import date_column, digits, table
from simulator.chance import rank_within, ymd
from simulator.estate import BUILDING_CLASSES, FACTORY, HOUSE, SHOP, Estate
from simulator.people import Ints
from simulator.siak_rows import OFFICERS

_USES = {
    HOUSE: (("01",), (1.0,)),
    SHOP: (("04", "02", "07", "05", "06", "14"), (0.72, 0.13, 0.05, 0.05, 0.03, 0.02)),
    FACTORY: (("03", "08", "15"), (0.58, 0.41, 0.01)),
}
_OTHER = (("16", "09", "11", "10", "12"), (0.34, 0.2, 0.34, 0.09, 0.03))
# Shares of the codes 1, 2, 3 … of each material, from the dearest; the second row is for cheap buildings.
_MATERIALS = {
    "jns_atap_bng": ((0.10, 0.28, 0.52, 0.08, 0.02), (0.01, 0.08, 0.60, 0.24, 0.07)),
    "kd_dinding": ((0.02, 0.08, 0.88, 0.015, 0.003, 0.002), (0.002, 0.01, 0.86, 0.09, 0.03, 0.008)),
    "kd_lantai": ((0.06, 0.72, 0.06, 0.08, 0.08), (0.002, 0.42, 0.05, 0.208, 0.32)),
    "kd_langit_langit": ((0.12, 0.78, 0.10), (0.01, 0.55, 0.44)),
}


def building_rows(
    rng: np.random.Generator, e: Estate, nop: dict[str, pa.Array], surveyed: Ints, officer: pa.Array
) -> pa.Table:
    """One row per building: a second one on some plots; their areas add up to the object's, values follow its class."""
    owner = np.flatnonzero(e.building > 0)
    parts = np.where(
        (e.building[owner] >= 60) & (rng.random(len(owner)) < np.where(e.use[owner] == FACTORY, 0.4, 0.05)), 2, 1
    )
    main = np.round(e.building[owner] * rng.uniform(0.55, 0.85, len(owner))).astype(np.int64)
    owner, count, main = (np.repeat(a, parts) for a in (owner, parts, main))
    number = rank_within(owner) + 1
    n = len(owner)
    area = np.where(count == 1, e.building[owner], np.where(number == 1, main, e.building[owner] - main))
    use = np.where(number == 2, HOUSE, e.use[owner])
    year_surveyed = ymd(surveyed)[0][owner]
    age = np.minimum(rng.gamma(2.2, 9.0, n), 55).astype(np.int64)
    built = year_surveyed - age
    renovated = np.minimum(built + 8 + rng.integers(0, 12, n), year_surveyed)
    worked_on = (age >= 10) & (rng.random(n) < 0.18)
    storeys = np.where(rng.random(n) < np.clip(area / np.maximum(e.land[owner], 1) - 0.55, 0, 0.9), 2, 1)
    storeys = np.where((use == SHOP) & (area > 400) & (rng.random(n) < 0.35), rng.integers(3, 7, n), storeys)
    condition = np.clip(1 + rng.binomial(3, np.clip(0.28 + (age - 15 * worked_on) / 110, 0.1, 0.8)), 1, 4)
    cheap = e.building_class[owner] < np.median(e.building_class[owner]) if n else np.zeros(0, bool)
    frame = np.where(
        use == FACTORY,
        rng.choice([1, 2, 3], n, p=[0.55, 0.3, 0.15]),
        np.where(storeys > 2, 2, rng.choice([2, 3, 4], n, p=[0.16, 0.81, 0.03])),
    )
    materials = {
        column: np.where(
            cheap,
            rng.choice(len(low), n, p=np.array(low) / sum(low)) + 1,
            rng.choice(len(high), n, p=np.array(high) / sum(high)) + 1,
        )
        for column, (high, low) in _MATERIALS.items()
    }
    picked = pa.array(owner)
    nip = officer.take(picked)
    return table(
        sismiop_tables.columns("dat_op_bangunan"),
        {
            **{c: v.take(picked) for c, v in nop.items()},
            "no_bng": pa.array(number),
            "kd_jpb": pa.array(_uses(rng, use)),
            "no_formulir_lspop": pc.binary_join_element_wise(
                digits(year_surveyed), pc.utf8_lpad(digits(rng.integers(0, 9_999_999, n)), 7, "0"), ""
            ),
            "thn_dibangun_bng": digits(built),
            "thn_renovasi_bng": digits(renovated, ~worked_on),
            "luas_bng": pa.array(area),
            "jml_lantai_bng": pa.array(storeys),
            "kondisi_bng": digits(condition),
            "jns_konstruksi_bng": digits(frame),
            **{column: digits(codes) for column, codes in materials.items()},
            "nilai_sistem_bng": pa.array(area * BUILDING_CLASSES[e.building_class[owner]] * 1000),
            "jns_transaksi_bng": pa.array(np.where(worked_on, "2", "1")),
            "tgl_pendataan_bng": date_column(surveyed[owner]),
            "nip_pendata_bng": nip,
            "tgl_pemeriksaan_bng": date_column(surveyed[owner] + 5),
            "nip_pemeriksa_bng": pa.array([o[1] for o in OFFICERS]).take(pa.array((number + owner) % len(OFFICERS))),
            "tgl_perekaman_bng": date_column(surveyed[owner] + 9),
            "nip_perekam_bng": nip,
        },
        n,
    )


def _uses(rng: np.random.Generator, use: Ints) -> list[str]:
    """KD_JPB of each building."""
    found = np.full(len(use), "01", dtype="<U2")
    for kind in np.unique(use):
        codes, shares = _USES.get(int(kind), _OTHER)
        rows = use == kind
        found[rows] = rng.choice(codes, int(rows.sum()), p=shares)
    return [str(code) for code in found]
