"""REF_*, LOOKUP_ITEM, classes, NJOPTKP and TARIF."""

from __future__ import annotations

import pyarrow as pa

from simulator.assessment import BANDS, FIRST_CLASS_YEAR, NJOPTKP
from simulator.estate import BUILDING_CLASSES, LAND_CLASSES
from simulator.places import KD_DATI2, KD_PROPINSI, closed_villages, code_list, districts


def lookups() -> dict[str, pa.Table]:
    """REF_*, LOOKUP_ITEM, classes, NJOPTKP and TARIF."""
    areas = districts()
    by_no = {d.no_kec: d for d in areas}
    villages = [(by_no[v.no_kec], v) for v in [v for d in areas for v in d.villages] + list(closed_villages())]
    villages.sort(key=lambda pair: (pair[0].kd_kecamatan, pair[1].kd_kelurahan))
    groups = {
        "10": "KD_STATUS_WP",
        "08": "STATUS_PEKERJAAN_WP",
        "20": "JNS_BUMI",
        "33": "JNS_TRANSAKSI_OP",
        "21": "KONDISI_BNG",
        "22": "JNS_KONSTRUKSI_BNG",
        "41": "JNS_ATAP_BNG",
        "42": "KD_DINDING",
        "43": "KD_LANTAI",
        "44": "KD_LANGIT_LANGIT",
    }
    items = [(g, code, label) for g, name in sorted(groups.items()) for code, label in code_list(name)]
    lower = [0, *(b for b, _ in BANDS if b)]
    numbers = {v: i + 1 for i, (_, v) in enumerate(villages)}
    one = [KD_PROPINSI], [KD_DATI2]
    classes = {
        "tanah": ("kelas_tanah", LAND_CLASSES),
        "bng": ("kelas_bangunan", BUILDING_CLASSES),
    }
    found = {
        "ref_propinsi": pa.table({"kd_propinsi": one[0], "nm_propinsi": ["JAWA TIMUR"]}),
        "ref_dati2": pa.table({"kd_propinsi": one[0], "kd_dati2": one[1], "nm_dati2": ["SIDOARJO"]}),
        "ref_kecamatan": pa.table(
            {
                "kd_propinsi": [KD_PROPINSI] * len(areas),
                "kd_dati2": [KD_DATI2] * len(areas),
                "kd_kecamatan": [d.kd_kecamatan for d in areas],
                "nm_kecamatan": [d.name for d in areas],
            }
        ),
        "ref_kelurahan": pa.table(
            {
                "kd_propinsi": [KD_PROPINSI] * len(villages),
                "kd_dati2": [KD_DATI2] * len(villages),
                "kd_kecamatan": [d.kd_kecamatan for d, _ in villages],
                "kd_kelurahan": [v.kd_kelurahan for _, v in villages],
                "kd_sektor": ["20" if v.kind == "kelurahan" or d.urban > 0.6 else "10" for d, v in villages],
                "nm_kelurahan": [v.name[:30] for _, v in villages],
                "no_kelurahan": [numbers[v] for _, v in villages],
                "kd_pos_kelurahan": [str(v.postcode) for _, v in villages],
            }
        ),
        "ref_jns_sektor": pa.table({"kd_sektor": ["10", "20"], "nm_sektor": ["PEDESAAN", "PERKOTAAN"]}),
        "lookup_item": pa.table(
            {
                "kd_lookup_group": [i[0] for i in items],
                "kd_lookup_item": [i[1] for i in items],
                "nm_lookup_item": [i[2] for i in items],
            }
        ),
        "njoptkp": pa.table(
            {
                "kd_propinsi": one[0],
                "kd_dati2": one[1],
                "thn_awal": ["2014"],
                "thn_akhir": ["9999"],
                "nilai_njoptkp": [NJOPTKP],
            }
        ),
        "tarif": pa.table(
            {
                "kd_propinsi": [KD_PROPINSI] * len(BANDS),
                "kd_dati2": [KD_DATI2] * len(BANDS),
                "thn_awal": ["2014"] * len(BANDS),
                "thn_akhir": ["9999"] * len(BANDS),
                "njop_min": lower,
                "njop_max": [b or 999_999_999_999_999 for b, _ in BANDS],
                "nilai_tarif": [f"{r / 100:.2f}" for _, r in BANDS],
                "nilai_tarif_khusus": ["0"] * len(BANDS),
            }
        ),
    }
    for short, (name, values) in classes.items():
        count = len(values)
        found[name] = pa.table(
            {
                f"kd_kls_{short}": [f"{i + 1:03d}" for i in range(count)],
                f"thn_awal_kls_{short}": [FIRST_CLASS_YEAR] * count,
                f"thn_akhir_kls_{short}": ["9999"] * count,
                f"nilai_min_{short}": [int(v) for v in values],
                f"nilai_max_{short}": [int(v) for v in [*(values[1:] - 1), values[-1] * 2]],
                f"nilai_per_m2_{short}": [int(v) for v in values],
            }
        )
    return found
