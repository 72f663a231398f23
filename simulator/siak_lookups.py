"""SETUP_* and BIODATA_WNI_MASTER."""

from __future__ import annotations

import pyarrow as pa

from simulator.places import closed_villages, code_list, districts


def lookups() -> dict[str, pa.Table]:
    """SETUP_* and BIODATA_WNI_MASTER."""
    areas = districts()
    villages = sorted(
        [v for d in areas for v in d.villages] + list(closed_villages()), key=lambda v: (v.no_kec, v.no_kel)
    )
    sections = {
        "JENIS_KLMIN": "jenis_kelamin",
        "AGAMA": "agama",
        "STAT_KWN": "status_kawin",
        "STAT_HBKEL": "shdk",
        "PDDK_AKH": "pendidikan",
        "JENIS_PKRJN": "pekerjaan",
        "GOL_DRH": "golongan_darah",
        "PNYDNG_CCT": "disabilitas",
        "KLASIFIKASI_PINDAH": "klasifikasi_pindah",
        "ALASAN_PINDAH": "alasan_pindah",
        "JENIS_PINDAH": "jenis_pindah",
        "STATUS_KK_PINDAH": "status_kk_pindah",
        "STATUS_KK_TDK_PINDAH": "status_kk_tdk_pindah",
    }
    codes = [(int(code), sect, label) for sect, name in sections.items() for code, label in code_list(name)]
    return {
        "setup_prop": pa.table({"no_prop": [35], "nama_prop": ["JAWA TIMUR"]}),
        "setup_kab": pa.table({"no_prop": [35], "no_kab": [15], "nama_kab": ["SIDOARJO"]}),
        "setup_kec": pa.table(
            {
                "no_prop": [35] * len(areas),
                "no_kab": [15] * len(areas),
                "no_kec": [d.no_kec for d in areas],
                "nama_kec": [d.name for d in areas],
            }
        ),
        "setup_kel": pa.table(
            {
                "no_prop": [35] * len(villages),
                "no_kab": [15] * len(villages),
                "no_kec": [v.no_kec for v in villages],
                "no_kel": [v.no_kel for v in villages],
                "nama_kel": [v.name for v in villages],
            }
        ),
        "biodata_wni_master": pa.table(
            {
                "no": [c[0] for c in codes],
                "sect": [c[1] for c in codes],
                "descrip": [c[2] for c in codes],
            }
        ),
    }
