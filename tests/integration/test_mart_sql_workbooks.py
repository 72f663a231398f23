"""The SQL of the marts about small businesses and villages on the real engine, over rows whose answer is known."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from lumbung.declarations import Declarations
from lumbung.declarations.names import WITHHELD
from lumbung.portal.disclosure import suppress
from lumbung.portal.table import cells, content, withhold
from tests.integration.test_mart_sql import Answer, answer, declared  # noqa: F401

SHOP = {"semester": "2025-S1", "_akhir_semester": date(2025, 6, 30), "_kode_kecamatan": "35.15.08", "kbli": "56102"}
SHOP |= {"_kode_skala": "mikro", "_kode_skala_label": "Mikro", "nib": None, "tenaga_kerja": 2, "omzet": Decimal(100)}
DANA = {"tahun": "2024", "_akhir_tahun": date(2024, 12, 31), "kode_desa": "35.15.08.2015", "kelompok": "4.2.1"}
DANA |= {"anggaran": Decimal(800), "realisasi": Decimal(600)}
VILLAGE = {"tahun": "2024", "_akhir_tahun": date(2024, 12, 31), "kode_desa": "35.15.08.2015", "luas": Decimal("250.00")}
VILLAGE |= {"laki_laki": 500, "perempuan": 510, "jumlah": 1010, "keluarga": 300, "paud": 2, "sd": None, "posyandu": 5}


def reasons(answer: Answer, mart: str, rows: Any) -> dict[str, int]:  # noqa: F811
    return {r["alasan"]: r["jumlah"] for r in answer(mart, rows, file="identity.sql")}


def test_businesses_are_counted_by_the_section_of_their_kbli_and_by_scale(answer: Answer) -> None:  # noqa: F811
    shops = [
        SHOP,
        {**SHOP, "nib": "9120304050607", "kbli": "56304", "tenaga_kerja": 3},
        {**SHOP, "kbli": "10710"},
        {**SHOP, "_kode_skala": "kecil", "_kode_skala_label": "Kecil"},
        {**SHOP, "semester": "2024-S2", "_akhir_semester": date(2024, 12, 31)},
        {**SHOP, "_dihapus_batch": "b"},
        {**SHOP, "_kode_kecamatan": None},
        {**SHOP, "kbli": "04111"},
    ]
    rows = {"umkm__usaha": shops}
    shown = ("semester", "tahun", "nama_kecamatan", "kategori_kbli", "skala", "jumlah_usaha", "jumlah_ber_nib")
    found = {
        tuple(r[name] for name in shown): (r["jumlah_tenaga_kerja"], r["jumlah_omzet"])
        for r in answer("umkm_sektor", rows)
    }
    assert found == {
        ("2025-S1", 2025, "Sidoarjo", "I", "mikro", 2, 1): (5, Decimal(200)),
        ("2025-S1", 2025, "Sidoarjo", "C", "mikro", 1, 0): (2, Decimal(100)),
        ("2025-S1", 2025, "Sidoarjo", "I", "kecil", 1, 0): (2, Decimal(100)),
        ("2024-S2", 2024, "Sidoarjo", "I", "mikro", 1, 0): (2, Decimal(100)),
    }
    assert reasons(answer, "umkm_sektor", rows) == {
        "dihitung": 5,
        "kecamatan tidak berlaku pada akhir semester": 1,
        "dua angka pertama KBLI tidak ada di daftar golongan pokok": 1,
    }


def test_a_budget_knows_its_village_and_how_much_of_it_came_about(answer: Answer) -> None:  # noqa: F811
    lines = [
        DANA,
        {**DANA, "kelompok": "B5", "anggaran": Decimal(0), "realisasi": Decimal(0)},
        {**DANA, "kode_desa": "35.15.08.2999"},
        {**DANA, "kelompok": "9.9"},
        {**DANA, "_dihapus_batch": "b"},
    ]
    rows = {"desa__apbdes": lines}
    shown = ("tahun", "nama_kecamatan", "nama_desa", "jenis", "kelompok_label", "anggaran", "persen_realisasi")
    assert sorted(tuple(r[name] for name in shown) for r in answer("apbdes", rows)) == [
        (2024, "Sidoarjo", "Blurukidul", "belanja", "Penanggulangan Bencana, Darurat, dan Mendesak Desa", 0, None),
        (2024, "Sidoarjo", "Blurukidul", "pendapatan", "Dana Desa", 800, Decimal("75.00")),
    ]
    assert reasons(answer, "apbdes", rows) == {
        "dihitung": 2,
        "kode desa tidak berlaku pada akhir tahun": 1,
        "kelompok tidak berlaku pada akhir tahun": 1,
    }


@pytest.mark.parametrize(
    ("desas", "status"), [(("2001", "2002"), "final"), (("2001",), "sementara")], ids=["all-desas", "one-lacks"]
)
def test_the_sum_of_a_kecamatan_is_provisional_until_every_desa_is_in(
    answer: Answer,  # noqa: F811
    desas: tuple[str, ...],
    status: str,
) -> None:
    place = {"berlaku_dari": date(1900, 1, 1), "berlaku_sampai": date(9999, 12, 31), "nama": "N"}
    desa = {**place, "tingkat": "desa", "kode_induk": "35.15.08"}
    places = [
        {**place, "kode": "35.15", "tingkat": "kabupaten"},
        {**place, "kode": "35.15.08", "tingkat": "kecamatan", "kode_induk": "35.15"},
        {**desa, "kode": "35.15.08.2001"},
        {**desa, "kode": "35.15.08.2002"},
        {**desa, "kode": "35.15.08.2003", "berlaku_sampai": date(2023, 12, 31)},
        {**desa, "kode": "35.15.08.1001", "tingkat": "kelurahan"},
    ]
    lines = [{**DANA, "kode_desa": f"35.15.08.{number}"} for number in desas]
    lines.append({**DANA, "kode_desa": "35.15.08.2001", "kelompok": "6.1"})  # a kind that not every desa has
    mart = answer("apbdes", {"desa__apbdes": lines, "ref.wilayah": places})
    assert {row["jumlah_desa_kecamatan"] for row in mart} == {2}
    public = answer("apbdes", {"mart.apbdes": mart}, file="publikasi_apbdes_kecamatan.sql")
    assert [(row["jumlah_desa"], row["status_nilai"]) for row in sorted(public, key=lambda row: str(row["jenis"]))] == [
        (len(desas), status),
        (1, status),
    ]


@pytest.mark.parametrize(
    ("change", "density", "level"),
    [
        ({}, Decimal("404.0"), "desa"),
        ({"luas": None}, None, "desa"),
        ({"luas": Decimal(0)}, None, "desa"),
        ({"kode_desa": "35.15.08.1020"}, Decimal("404.0"), "kelurahan"),
    ],
    ids=["hundred-hectares-are-a-square-kilometre", "no-area", "area-of-nothing", "kelurahan"],
)
def test_a_profile_says_how_densely_a_village_is_lived_in(
    answer: Answer,  # noqa: F811
    change: dict[str, Any],
    density: Decimal | None,
    level: str,
) -> None:
    rows = {"desa__profil_desa": [{**VILLAGE, **change}, {**VILLAGE, "_dihapus_batch": "b"}]}
    (found,) = answer("profil_desa", rows)
    assert (found["kepadatan"], found["tingkat"], found["jumlah_penduduk"], found["jumlah_sd"]) == (
        density,
        level,
        1010,
        None,
    )
    assert reasons(answer, "profil_desa", rows) == {"dihitung": 1}


def test_a_village_that_was_closed_has_a_profile_until_its_last_day(answer: Answer) -> None:  # noqa: F811
    gone = {**VILLAGE, "kode_desa": "35.15.06.2003"}
    years = [{**gone, "tahun": str(year), "_akhir_tahun": date(year, 12, 31)} for year in (2022, 2023)]
    rows = {"desa__profil_desa": years}
    assert [r["tahun"] for r in answer("profil_desa", rows)] == [2022]
    assert reasons(answer, "profil_desa", rows) == {"dihitung": 1, "kode desa tidak berlaku pada akhir tahun": 1}


def test_a_subtotal_of_a_kecamatan_is_no_village(answer: Answer) -> None:  # noqa: F811
    rows = {"desa__profil_desa": [VILLAGE, {**VILLAGE, "kode_desa": "35.15.08"}]}
    assert [r["kode_desa"] for r in answer("profil_desa", rows)] == ["35.15.08.2015"]
    assert reasons(answer, "profil_desa", rows) == {"dihitung": 1, "kode desa tidak berlaku pada akhir tahun": 1}


@pytest.mark.parametrize(
    "small",
    [{"laki_laki": 1, "perempuan": 3, "jumlah": 4, "keluarga": 0}, {"jumlah": 1010, "keluarga": 4}],
    ids=["few-inhabitants", "few-families"],
)
def test_a_small_village_is_withheld_and_no_total_gives_it_back(
    answer: Answer,  # noqa: F811
    declared: Declarations,  # noqa: F811
    small: dict[str, int],
) -> None:
    codes = [f"35.15.08.20{number}" for number in (15, 16, 17, 18)]
    villages = [{**VILLAGE, "kode_desa": code, "jumlah": 1010 + n} for n, code in enumerate(codes)]
    villages += [{**VILLAGE, "kode_desa": "35.15.01.2001"}, {**VILLAGE, "kode_desa": "35.15.01.2002"}]
    villages[0] |= small
    mart = answer("profil_desa", {"desa__profil_desa": villages})
    public = answer("profil_desa", {"mart.profil_desa": mart}, file="publikasi_profil_desa.sql")
    (publication,) = declared.marts["profil_desa"].publications
    made = content(publication, list(public[0]), public)
    table = cells(made)
    assert table is not None
    (hidden,) = suppress([table]).values()
    shown = withhold(made, hidden)
    found = {row["kode_wilayah"]: row for row in (dict(zip(shown.columns, one, strict=True)) for one in shown.rows)}
    withheld = {code for code, row in found.items() if row["status_nilai"] == WITHHELD}
    assert codes[0] in withheld
    assert len(withheld) == 2  # another village of the kecamatan, lest the kecamatan's total gives the first one back
    assert {code[:8] for code in withheld} == {"35.15.08"}
    for code, row in found.items():
        values = [row[name] for name in ("jumlah_penduduk", "jumlah_keluarga", "kepadatan")]
        assert all(value is None for value in values) == (code in withheld)
        assert (row["luas_ha"], row["jumlah_posyandu"]) == (Decimal("250.00"), 5)
    assert not {"jumlah_laki_laki", "jumlah_perempuan"} & set(shown.columns)  # public by sex is the DKB, protected


@pytest.mark.parametrize(
    ("change", "refused"),
    [
        ({}, 0),
        ({"jumlah_usaha": 4}, 1),
        ({"jumlah_tenaga_kerja": 7}, 1),
        ({"jumlah_omzet": Decimal(301)}, 1),
        ({"jumlah_omzet": Decimal(-1)}, 1),
        ({"semester": "2019-S1"}, 1),
    ],
    ids=["as-it-is", "more-businesses", "more-workers", "more-turnover", "below-zero", "a-semester-of-its-own"],
)
def test_a_mart_with_more_than_was_asked_is_refused(
    answer: Answer,  # noqa: F811
    change: dict[str, Any],
    refused: int,
) -> None:
    rows = {"umkm__usaha": [SHOP, SHOP, {**SHOP, "_kode_kecamatan": None}, {**SHOP, "_dihapus_batch": "b"}]}
    (found,) = answer("umkm_sektor", rows)
    changed = {**rows, "mart.umkm_sektor": [{**found, **change}]}
    assert len(answer("umkm_sektor", changed, file="tests/tidak-melebihi-sumber.sql")) == refused
