"""What the marts' own tests refuse: each finds a mart that differs from the rows it was made of."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.integration.test_mart_sql import Answer, answer, declared  # noqa: F401
from tests.integration.test_mart_sql_maps import broken
from tests.integration.test_mart_sql_people import KECAMATAN, NEXT, PERSON
from tests.integration.test_mart_sql_tax import AS_OF, SPPT, paid

UNKNOWN = dict.fromkeys(("pddk_akh", "jenis_pkrjn", "stat_kwn"))


def born(age: int, **more: Any) -> dict[str, Any]:
    """A person whose birthday was the last day of the semester."""
    codes = {"akta_lhr": 2, "pddk_akh": 5, "jenis_pkrjn": 65, "stat_kwn": 2}
    return {**PERSON, "_umur": age, "tgl_lhr": date(2025 - age, 12, 31)} | codes | more


DKB = {
    "siak__biodata_wni_dkb": [
        born(14),
        born(15, jenis_klmin=1),
        born(64, akta_lhr=1, **UNKNOWN),
        born(65, no_kk="m", akta_lhr=None),
        born(40, no_kk="n", _kode_desa=NEXT),
        born(30, no_kk="o", flag_status="2"),
        born(30, no_kk="o", _dihapus_batch="b"),
        {**PERSON, "_umur": None, "tgl_lhr": date(2026, 3, 1)},
        born(30, _kode_desa="35.15.01.2999"),
    ]
}
MOVE = {"no_pindah": "1", "tgl_pindah": date(2025, 3, 31), "klasifikasi_pindah": 4, **KECAMATAN}
MOVES = {
    "siak__pindah_header": [MOVE, {**MOVE, "no_pindah": "2"}],
    "siak__pindah_detail": [{"no_pindah": number} for number in ("1", "1", "2", "3")],
    "siak__datang_header": [{**KECAMATAN, "no_datang": "1", "tgl_datang": date(2025, 3, 1), "klasifikasi_pindah": 4}],
    "siak__datang_detail": [{"no_datang": "1"}],
}
EVENTS = {
    "siak__capil_kawin": [{**KECAMATAN, "kawin_tgl": date(2025, 3, 31), "kawin_tgl_lapor": date(2025, 4, 2)}],
    "siak__capil_cerai": [{**KECAMATAN, "putusan_tgl": date(2025, 3, 1), "cerai_tgl_lapor": date(2025, 4, 2)}],
    "siak__capil_lahir": [{**KECAMATAN, "bayi_tgl_lahir": date(2025, 3, 31), "plpr_tgl_lapor": date(2025, 4, 2)}],
    "siak__capil_mati": [{**KECAMATAN, "mati_tgl": date(2025, 3, 1), "plpr_tgl_lapor": date(2025, 4, 2)}],
}
TAX = {
    "sismiop__sppt": [
        SPPT,
        {**SPPT, "_nop": "2", "tgl_jatuh_tempo_sppt": AS_OF},
        {**SPPT, "_nop": "3"},
        {**SPPT, "_nop": "4", "status_pembayaran_sppt": "2"},
        {**SPPT, "_nop": "5", "kd_kelurahan": "999"},
    ],
    "sismiop__pembayaran_sppt": [
        paid(date(2024, 8, 31), 104, denda_sppt=Decimal(4)),
        paid(AS_OF, 300),
        paid(AS_OF + timedelta(days=1), 500),
        paid(date(2024, 8, 31), 2000, _nop="3"),
        paid(date(2024, 8, 31), 700, _nop="9"),
    ],
}


@pytest.mark.parametrize(
    ("mart", "test", "rows", "changes"),
    [
        (
            "penduduk_semester",
            "sesuai-dkb",
            DKB,
            [
                (0, {"jumlah_penduduk": 2}),
                (0, {"kelompok_umur": "15-19"}),
                (2, {"kelompok_umur": "65-69"}),
                (1, {"jenis_kelamin": "2"}),
                (3, {"kode_desa": NEXT}),
                (0, {"periode": "202501"}),
            ],
        ),
        (
            "penduduk_pendidikan",
            "sesuai-dkb",
            DKB,
            [(0, {"jumlah_penduduk": 1}), (1, {"pendidikan": "0"}), (0, {"pendidikan": "1"}), (0, {"kode_desa": NEXT})],
        ),
        (
            "penduduk_pekerjaan",
            "sesuai-dkb",
            DKB,
            [(0, {"jumlah_penduduk": 1}), (1, {"kelompok_pekerjaan": "00"}), (0, {"kelompok_pekerjaan": "01"})],
        ),
        (
            "penduduk_status_kawin",
            "sesuai-dkb",
            DKB,
            [(0, {"jumlah_penduduk": 1}), (1, {"status_kawin": "0"}), (0, {"jenis_kelamin": "1"})],
        ),
        (
            "keluarga_ukuran",
            "sesuai-dkb",
            DKB,
            [
                (0, {"jumlah_keluarga": 2}),
                (1, {"penduduk_0_14": 0}),
                (0, {"penduduk_65_ke_atas": 0}),
                (2, {"periode": "202501"}),
            ],
        ),
        (
            "kepemilikan_akta",
            "sesuai-dkb",
            DKB,
            [
                (0, {"jumlah_berakta": 0, "jumlah_tidak_berakta": 1}),
                (3, {"jumlah_tidak_diketahui": 0}),
                (2, {"jumlah_tidak_berakta": 2}),
                (0, {"kode_desa": NEXT}),
            ],
        ),
        (
            "perkawinan_perceraian",
            "tidak-melebihi-catatan",
            EVENTS,
            [(0, {"periode": "2025-04"}), (1, {"jumlah_peristiwa": 2}), (1, {"kode_kecamatan": "35.15.13"})],
        ),
        (
            "peristiwa_kependudukan",
            "tidak-melebihi-catatan",
            EVENTS,
            [(0, {"periode": "2025-04"}), (1, {"jumlah_peristiwa": 2}), (1, {"kode_kecamatan": "35.15.13"})],
        ),
        (
            "perpindahan",
            "tidak-melebihi-surat",
            MOVES,
            [
                (0, {"jumlah_orang": 2}),
                (1, {"jumlah_surat": 3}),
                (1, {"klasifikasi_pindah": "5"}),
                (1, {"periode": "2025-04"}),
                (0, {"arah": "pindah"}),
            ],
        ),
        (
            "pbb_piutang_umur",
            "sesuai-ketetapan",
            TAX,
            [
                (0, {"tunggakan": Decimal(999)}),
                (0, {"umur": "1"}),
                (1, {"tahun_pajak": 2025}),
                (1, {"kode_kecamatan": "35.15.02"}),
            ],
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_mart_that_differs_from_its_rows_is_refused(
    answer: Answer,  # noqa: F811
    mart: str,
    test: str,
    rows: Any,
    changes: list[tuple[int, dict[str, Any]]],
) -> None:
    found = sorted(answer(mart, rows), key=lambda row: [str(value) for value in row.values()])
    assert broken(answer, mart, test, rows, found) == 0
    for number, change in changes:
        changed = [*found[:number], {**found[number], **change}, *found[number + 1 :]]
        assert changed != found
        assert broken(answer, mart, test, rows, changed) > 0, change


@pytest.mark.parametrize("number", [0, 1])
def test_a_debt_that_was_lost_is_refused(answer: Answer, number: int) -> None:  # noqa: F811
    found = answer("pbb_piutang_umur", TAX)
    assert len(found) == 2
    assert broken(answer, "pbb_piutang_umur", "sesuai-ketetapan", TAX, [found[number]]) == 1


def test_outcomes_that_do_not_add_up_to_the_rows_judged_are_refused(answer: Answer) -> None:  # noqa: F811
    mart, test = "keterhubungan_data_induk", "sesuai-catatan"
    rule = {"sistem": "siak", "dataset": "siak.biodata_wni", "jenis": "daftar_kode", "induk": "agama"}
    rules = [{**rule, "aturan": "kode:agama", "dinilai": 10, "dilanggar": 4}]
    rules += [{**rule, "aturan": "kode:stat_kwn", "dinilai": 0, "dilanggar": 0}]
    person = {"sistem": "sismiop", "dataset": "sismiop.dat_subjek_pajak", "rujukan": "status_nik"}
    records = {"aturan": rules, "pencocokan": [{**person, "induk": "siak.biodata_wni", "hasil": "cocok", "jumlah": 2}]}
    found = answer(mart, {}, records)
    assert len(found) == 3
    assert broken(answer, mart, test, {}, found, records) == 0
    assert broken(answer, mart, test, {}, found[1:], records) == 1
    assert broken(answer, mart, test, {}, [{**found[0], "jumlah_baris": 9}, *found[1:]], records) == 1
    assert broken(answer, mart, test, {}, [{**found[0], "persen": Decimal(50)}, *found[1:]], records) == 1
    more_broken = {**records, "aturan": [{**rules[0], "dilanggar": 11}]}  # a share of more than everything
    assert broken(answer, mart, test, {}, answer(mart, {}, more_broken), more_broken) == 1
