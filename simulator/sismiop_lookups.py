"""The tables that the department fills once a year or less: REF_*, LOOKUP_ITEM, classes, tariffs, payment places."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa

from simulator.assessment import (
    BANKS,
    FIRST_CLASS_YEAR,
    MINIMUM,
    NJOPTKP,
    NO_CLASS,
    NO_CLASS_YEAR,
    TARIFFS,
)
from simulator.estate import BUILDING_CLASSES, LAND_CLASSES, YEARS, class_code
from simulator.people import Ints
from simulator.places import KD_DATI2, KD_PROPINSI, closed_villages, code_list, districts
from simulator.siak_rows import OFFICERS


def lookups() -> dict[str, pa.Table]:
    """The tables filled once a year or less: REF_*, LOOKUP_ITEM, classes, tariffs, places of payment."""
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
    numbers = {v: i + 1 for i, (_, v) in enumerate(villages)}
    one = [KD_PROPINSI], [KD_DATI2]
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
        "tarif": _tariffs(),
        "pbb_minimal": pa.table(
            {
                "kd_propinsi": [KD_PROPINSI] * len(YEARS),
                "kd_dati2": [KD_DATI2] * len(YEARS),
                "thn_pbb_minimal": [str(y) for y in YEARS],
                "no_sk_pbb_minimal": [f"188/{400 + y % 100}/404.1.3.2/{y - 1}" for y in YEARS],
                "tgl_sk_pbb_minimal": [date(y - 1, 12, 15) for y in YEARS],
                "nilai_pbb_minimal": [MINIMUM] * len(YEARS),
                "tgl_rekam_pbb_minimal": [date(y, 1, 4) for y in YEARS],
                "nip_perekam_pbb_minimal": [OFFICERS[y % len(OFFICERS)][1] for y in YEARS],
            }
        ),
        "ref_jpb": pa.table(
            {"kd_jpb": [c for c, _ in code_list("KD_JPB")], "nm_jpb": [n for _, n in code_list("KD_JPB")]}
        ),
        "tempat_pembayaran": pa.table(
            {
                **{c: [b[i] for b in BANKS] for i, c in enumerate(PLACE_OF_PAYMENT)},
                "nm_tp": ["BANK DAERAH PUSAT", "BANK DAERAH KANTOR KAS", "BANK UMUM", "KANTOR POS", "LOKET BPPD"],
                "alamat_tp": ["JL CONTOH 1", "JL CONTOH 2", "JL CONTOH 3", "JL CONTOH 4", "JL CONTOH 5"],
                "no_rek_tp": [f"99900000000{i}" for i in range(1, 6)],
            }
        ),
        "tipe_bangunan": _building_types(),
    }
    found["kelas_tanah"] = _classes("tanah", LAND_CLASSES, 50)
    found["kelas_bangunan"] = _classes("bng", BUILDING_CLASSES, 20)
    return found


PLACE_OF_PAYMENT = ("kd_kanwil", "kd_kppbb", "kd_bank_tunggal", "kd_bank_persepsi", "kd_tp")
_HIGHEST = 999_999_999_999_999


def _tariffs() -> pa.Table:
    rows = [
        (first, last, low, high or _HIGHEST, f"{rate / 100:.2f}")
        for first, last, bands in TARIFFS
        for low, (high, rate) in zip((0, *(b for b, _ in bands if b)), bands, strict=True)
    ]
    return pa.table(
        {
            "kd_propinsi": [KD_PROPINSI] * len(rows),
            "kd_dati2": [KD_DATI2] * len(rows),
            "thn_awal": [str(r[0]) for r in rows],
            "thn_akhir": [str(r[1]) for r in rows],
            "njop_min": [r[2] for r in rows],
            "njop_max": [r[3] for r in rows],
            "nilai_tarif": [r[4] for r in rows],
            "nilai_tarif_khusus": ["0"] * len(rows),
        }
    )


def _classes(short: str, values: Ints, before: int) -> pa.Table:
    """Today's classes, the ones of the old decree (A01 …, expired in 2013) and the mark for nothing to classify."""
    old = np.round(np.geomspace(values[0], values[-1] / 4, before)).astype(np.int64)
    today = [
        (class_code(i, values), FIRST_CLASS_YEAR, "9999", int(v), int(top), int(v))
        for i, (v, top) in enumerate(zip(values, [*(values[1:] - 1), values[-1] * 2], strict=True))
    ]
    expired = [
        (f"A{before - i:02d}", "1999", "2013", int(v), int(top), int(v))
        for i, (v, top) in enumerate(zip(old, [*(old[1:] - 1), old[-1] * 2], strict=True))
    ]
    rows = [*today, *expired, (NO_CLASS, NO_CLASS_YEAR, "9999", 0, 0, 0)]
    names = ("kd_kls", "thn_awal_kls", "thn_akhir_kls", "nilai_min", "nilai_max", "nilai_per_m2")
    return pa.table({f"{name}_{short}": [r[i] for r in rows] for i, name in enumerate(names)})


def _building_types() -> pa.Table:
    """TIPE_BANGUNAN: size classes of a building's floor area, square metres."""
    bounds = [(0, 25), (26, 50), (51, 70), (71, 100), (101, 150), (151, 250), (251, 500), (501, 9_999_999)]
    return pa.table(
        {
            "tipe_bng": [f"{i + 1:05d}" for i in range(len(bounds))],
            "nm_tipe_bng": [f"LUAS {low} - {high} M2" for low, high in bounds],
            "luas_min_tipe_bng": [low for low, _ in bounds],
            "luas_max_tipe_bng": [high for _, high in bounds],
            "faktor_pembagi_tipe_bng": ["1.0000"] * len(bounds),
        }
    )
