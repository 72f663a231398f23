"""The SQL of the marts about maps on the real engine, over a few rows of which the answer is known."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import shapely

from tests.integration.test_mart_sql import Answer, answer, declared  # noqa: F401

BOUNDARY = shapely.box(112.7, -7.4, 112.71, -7.39).wkb
POINT = shapely.Point(112.7, -7.4).wkb
PERSON = {"periode": "202502", "_akhir_periode": date(2025, 12, 31), "flag_status": "0", "_umur": 30}
FIRST, LAST = date(1900, 1, 1), date(9999, 12, 31)


def by_village(rows: list[dict[str, Any]], *names: str) -> dict[str, tuple[Any, ...]]:
    return {row["kode_desa"]: tuple(row[name] for name in names) for row in rows}


def reasons(answer: Answer, mart: str, rows: Any) -> dict[tuple[str, str], int]:  # noqa: F811
    return {(r["sumber"], r["alasan"]): r["jumlah"] for r in answer(mart, rows, file="identity.sql")}


def place(code: str, start: date = FIRST, end: date = LAST) -> dict[str, Any]:
    """A row of ref.wilayah; its level follows from its code."""
    level = {5: "kabupaten", 8: "kecamatan"}.get(len(code), "desa")
    parent = code.rpartition(".")[0]
    return {
        "kode": code,
        "nama": f"N {code}",
        "tingkat": level,
        "kode_induk": parent,
        "berlaku_dari": start,
        "berlaku_sampai": end,
    }


def village_codes(declared: Any) -> list[str]:  # noqa: F811
    """Two villages of one kecamatan, from the list itself."""
    rows = declared.lists["wilayah"].rows
    last = max(row.valid_to for row in rows)
    return sorted(row.code for row in rows if row.code.startswith("35.15.08.") and row.valid_to == last)[:2]


def test_a_village_has_area_and_density_when_it_is_drawn(answer: Answer, declared: Any) -> None:  # noqa: F811
    first, second = village_codes(declared)
    person = {**PERSON, "_kode_desa": first}
    rows = {
        "gis__batas_wilayah": [
            {"kode_desa": first, "luas_m2": Decimal("2000000.00"), "batas": BOUNDARY},
            {"kode_desa": second, "luas_m2": Decimal("1.00"), "batas": BOUNDARY, "_dihapus_batch": "b"},
            {"kode_desa": "35.15.04.1005", "luas_m2": Decimal("1.00"), "batas": BOUNDARY},  # left the decree in 2022
        ],
        "siak__biodata_wni_dkb": [
            *({**person, "nik": str(number)} for number in range(6)),
            {**person, "nik": "7", "periode": "202501", "_akhir_periode": date(2025, 6, 30)},
            {**person, "nik": "8", "flag_status": "1"},
            {**person, "nik": "0", "_umur": None},
            {**person, "nik": "9", "_kode_desa": second},
        ],
    }
    found = answer("luas_wilayah", rows)
    assert len(found) == 346
    shown = by_village(found, "jumlah_batas", "luas_km2", "periode_penduduk", "jumlah_penduduk", "kepadatan", "batas")
    assert shown[first] == (1, Decimal("2.0000"), "202502", 6, Decimal("3.00"), BOUNDARY)
    assert shown[second] == (0, None, "202502", 1, None, None)
    assert reasons(answer, "luas_wilayah", rows) == {
        ("gis__batas_wilayah", "dihitung"): 1,
        ("gis__batas_wilayah", "desa tidak berlaku pada tanggal acuan"): 1,
        ("siak__biodata_wni_dkb", "penduduk: terhitung pada desanya"): 7,
        ("siak__biodata_wni_dkb", "penduduk: semester lain"): 1,
        ("siak__biodata_wni_dkb", "penduduk: bukan penduduk aktif (FLAG_STATUS bukan 0)"): 1,
        ("siak__biodata_wni_dkb", "penduduk: umur tidak dapat dihitung"): 1,
    }


def test_residents_are_those_of_the_villages_at_the_end_of_the_semester(answer: Answer) -> None:  # noqa: F811
    stays, closed, new = "35.15.08.2001", "35.15.08.2002", "35.15.08.2003"
    rows = {
        "ref.wilayah": [
            place("35.15"),
            place("35.15.08"),
            place(stays),
            place(closed, end=date(2025, 12, 31)),
            place(new, start=date(2026, 1, 1)),
        ],
        "gis__batas_wilayah": [
            {"kode_desa": code, "luas_m2": Decimal("1000000.00"), "batas": BOUNDARY} for code in (stays, closed, new)
        ],
        "siak__biodata_wni_dkb": [
            {**PERSON, "nik": f"{code}-{number}", "_kode_desa": code}
            for code, many in ((stays, 4), (closed, 2), (new, 1))
            for number in range(many)
        ],
    }
    found = answer("luas_wilayah", rows)
    assert by_village(found, "jumlah_batas", "jumlah_penduduk", "kepadatan") == {
        stays: (1, 4, Decimal("4.00")),
        new: (1, None, None),  # nobody knows yet who lives there
    }
    told = reasons(answer, "luas_wilayah", rows)
    assert {reason: count for (source, reason), count in told.items() if source.startswith("siak")} == {
        "penduduk: terhitung pada desanya": 4,
        "penduduk: desa tidak berlaku pada tanggal acuan": 2,
        "penduduk: desa tidak berlaku pada akhir semester": 1,
    }
    (public,) = answer("luas_wilayah", {"mart.luas_wilayah": found}, file="publikasi_kepadatan_kecamatan.sql")
    assert (public["jumlah_penduduk"], public["luas"], public["status_nilai"]) == (4, Decimal("1.0000"), "sementara")


@pytest.mark.parametrize(
    ("areas", "density", "status"),
    [
        ((Decimal("2000000.00"), Decimal("1000000.00")), Decimal("2.00"), "final"),
        ((Decimal("2000000.00"), None), Decimal("2.00"), "sementara"),
        ((Decimal("0.00"), None), None, "sementara"),
        ((Decimal("0.00"), Decimal("1000000.00")), Decimal("2.00"), "sementara"),
    ],
    ids=["all-are-drawn", "one-is-not-drawn", "an-area-of-nothing", "one-area-of-nothing"],
)
def test_a_kecamatan_is_as_dense_as_its_drawn_villages(
    answer: Answer,  # noqa: F811
    areas: tuple[Decimal | None, ...],
    density: Decimal | None,
    status: str,
) -> None:
    codes = ("35.15.08.2001", "35.15.08.2002")
    rows = {
        "ref.wilayah": [place("35.15"), place("35.15.08"), *map(place, codes)],
        "gis__batas_wilayah": [
            {"kode_desa": code, "luas_m2": area, "batas": BOUNDARY}
            for code, area in zip(codes, areas, strict=True)
            if area is not None
        ],
        "siak__biodata_wni_dkb": [
            {**PERSON, "nik": f"{code}-{number}", "_kode_desa": code}
            for code, many in zip(codes, (4, 2), strict=True)
            for number in range(many)
        ],
    }
    found = answer("luas_wilayah", rows)
    (public,) = answer("luas_wilayah", {"mart.luas_wilayah": found}, file="publikasi_kepadatan_kecamatan.sql")
    assert (public["kepadatan"], public["status_nilai"]) == (density, status)


def test_plots_and_objects_that_do_not_meet_are_counted_from_both_sides(answer: Answer, declared: Any) -> None:  # noqa: F811
    first, second = village_codes(declared)
    link = next(row for row in declared.lists["wilayah_sismiop"].rows if row.values["kode_kemendagri"] == first)
    parts = {name: link.values[name] for name in ("kd_propinsi", "kd_dati2", "kd_kecamatan", "kd_kelurahan")}
    objects = [{**parts, "_nop": nop, "jns_transaksi_op": "1"} for nop in ("a", "b", "c")]
    objects += [{**parts, "_nop": "d", "jns_transaksi_op": "3"}]
    objects += [{**parts, "_nop": "e", "jns_transaksi_op": "1", "kd_kelurahan": "099"}]
    plot = {"kode_desa": first, "luas_m2": Decimal("100.00")}
    plots = [{**plot, "id_bidang": str(n), "nop": nop} for n, nop in enumerate(["a", "a", None, "d", "x"])]
    plots += [{**plot, "id_bidang": "9", "nop": "b", "kode_desa": second}]
    plots += [{**plot, "id_bidang": "8", "nop": None, "_dihapus_batch": "b"}]
    plots += [{**plot, "id_bidang": "7", "nop": None, "kode_desa": code} for code in ("35.15.08", "35.15")]
    rows = {"gis__bidang_pajak": plots, "sismiop__dat_objek_pajak": objects}
    names = ("jumlah_bidang", "jumlah_bidang_cocok", "jumlah_bidang_tanpa_nop", "jumlah_bidang_nop_lain", "luas_bidang")
    names += ("jumlah_objek", "jumlah_objek_berbidang", "jumlah_objek_tanpa_bidang")
    assert by_village(answer("bidang_objek_pajak", rows), *names) == {
        first: (5, 2, 1, 2, Decimal("500.00"), 3, 2, 1),  # d is deleted, x unknown; c has no plot
        second: (1, 1, 0, 0, Decimal("100.00"), 0, 0, 0),
    }
    assert reasons(answer, "bidang_objek_pajak", rows) == {
        ("gis__bidang_pajak", "dihitung"): 6,
        ("gis__bidang_pajak", "desa tidak berlaku pada tanggal acuan"): 2,  # a kecamatan, the regency
        ("sismiop__dat_objek_pajak", "objek: terhitung pada desanya"): 3,
        ("sismiop__dat_objek_pajak", "objek: dihapus"): 1,
        ("sismiop__dat_objek_pajak", "objek: wilayah NOP belum dipadankan"): 1,
    }


def test_an_object_whose_village_was_closed_is_counted_with_the_reason(answer: Answer) -> None:  # noqa: F811
    objek = {"kd_propinsi": "35", "kd_dati2": "15", "kd_kecamatan": "080", "jns_transaksi_op": "1"}
    codes = {"001": "35.15.08.2001", "002": "35.15.08.2002"}
    links = [
        {"kunci": f"3515080{number}", "kode_kemendagri": code, "berlaku_dari": FIRST, "berlaku_sampai": LAST}
        for number, code in codes.items()
    ]
    rows = {
        "sismiop__dat_objek_pajak": [{**objek, "kd_kelurahan": number, "_nop": number} for number in codes],
        "ref.wilayah_sismiop": links,
        "ref.wilayah": [
            place("35.15"),
            place("35.15.08"),
            place("35.15.08.2001"),
            place("35.15.08.2002", end=date(2025, 12, 31)),
        ],
    }
    assert by_village(answer("bidang_objek_pajak", rows), "jumlah_objek") == {"35.15.08.2001": (1,)}
    assert reasons(answer, "bidang_objek_pajak", rows) == {
        ("sismiop__dat_objek_pajak", "objek: terhitung pada desanya"): 1,
        ("sismiop__dat_objek_pajak", "objek: desa tidak berlaku pada tanggal acuan"): 1,
    }


def test_a_public_place_stands_in_its_village(answer: Answer, declared: Any) -> None:  # noqa: F811
    first, _ = village_codes(declared)
    place = {"nama": "TAMAN", "jenis": "RTH", "jenis_label": "Ruang terbuka hijau", "titik": POINT}
    rows = {
        "gis__fasilitas": [
            {**place, "id_fasilitas": "F1", "kode_desa": first},
            {**place, "id_fasilitas": "F2", "kode_desa": "35.15.08"},
            {**place, "id_fasilitas": "F3", "kode_desa": first, "_dihapus_batch": "b"},
        ]
    }
    (found,) = answer("fasilitas_umum", rows)
    assert (found["id_fasilitas"], found["kode_kecamatan"], found["jumlah_fasilitas"]) == ("F1", "35.15.08", 1)
    assert bytes(found["titik"]) == POINT
    assert reasons(answer, "fasilitas_umum", rows) == {
        ("gis__fasilitas", "dihitung"): 1,
        ("gis__fasilitas", "desa tidak berlaku pada tanggal acuan"): 1,
    }


def broken(
    answer: Answer,  # noqa: F811
    mart: str,
    test: str,
    rows: Any,
    changed: list[dict[str, Any]],
    records: Any = None,
) -> int:
    """How many rows a test of the mart's contract gives, when the mart is as it was changed."""
    return len(answer(mart, {**rows, f"mart.{mart}": changed}, records, file=f"tests/{test}.sql"))


def test_a_mart_that_lost_a_village_is_refused(answer: Answer) -> None:  # noqa: F811
    codes = ("35.15.08.2001", "35.15.08.2002")
    rows = {"ref.wilayah": [place("35.15"), place("35.15.08"), *map(place, codes)]}
    found = answer("luas_wilayah", rows)
    assert len(found) == 2
    assert broken(answer, "luas_wilayah", "desa-lengkap", rows, found) == 0
    assert broken(answer, "luas_wilayah", "desa-lengkap", rows, found[1:]) == 1
    assert broken(answer, "luas_wilayah", "desa-lengkap", rows, [*found, {**found[0], "kode_desa": "35.15.08"}]) == 1
    orphaned = {"ref.wilayah": [place("35.15"), *map(place, codes)]}  # the list lacks their kecamatan
    assert broken(answer, "luas_wilayah", "desa-lengkap", orphaned, answer("luas_wilayah", orphaned)) == 2


def test_what_a_village_without_kecamatan_holds_is_excluded_with_the_reason(answer: Answer) -> None:  # noqa: F811
    code = "35.15.08.2001"
    parts = {"kd_propinsi": "35", "kd_dati2": "15", "kd_kecamatan": "080", "kd_kelurahan": "001"}
    spot = {"nama": "TAMAN", "jenis": "RTH", "jenis_label": "Ruang terbuka hijau", "titik": POINT}
    rows = {
        "ref.wilayah": [place("35.15"), place(code)],  # the list lacks the kecamatan
        "ref.wilayah_sismiop": [
            {"kunci": "3515080001", "kode_kemendagri": code, "berlaku_dari": FIRST, "berlaku_sampai": LAST}
        ],
        "gis__bidang_pajak": [{"kode_desa": code, "luas_m2": Decimal("1.00"), "id_bidang": "1", "nop": "a"}],
        "gis__fasilitas": [{**spot, "id_fasilitas": "F1", "kode_desa": code}],
        "gis__batas_wilayah": [{"kode_desa": code, "luas_m2": Decimal("1.00"), "batas": BOUNDARY}],
        "siak__biodata_wni_dkb": [{**PERSON, "nik": "1", "_kode_desa": code}],
        "sismiop__dat_objek_pajak": [{**parts, "_nop": "a", "jns_transaksi_op": "1"}],
    }
    found = {}
    for mart in ("bidang_objek_pajak", "fasilitas_umum", "luas_wilayah"):
        assert answer(mart, rows) == []
        found |= {(mart, *counted): rows_of for counted, rows_of in reasons(answer, mart, rows).items()}
    gone = "desa tidak berlaku pada tanggal acuan"
    assert found == {
        ("bidang_objek_pajak", "gis__bidang_pajak", gone): 1,
        ("bidang_objek_pajak", "sismiop__dat_objek_pajak", f"objek: {gone}"): 1,
        ("fasilitas_umum", "gis__fasilitas", gone): 1,
        ("luas_wilayah", "gis__batas_wilayah", gone): 1,
        ("luas_wilayah", "siak__biodata_wni_dkb", f"penduduk: {gone}"): 1,
    }


def test_a_mart_that_lost_an_object_is_refused(answer: Answer, declared: Any) -> None:  # noqa: F811
    first, second = village_codes(declared)
    links = {row.values["kode_kemendagri"]: row.values for row in declared.lists["wilayah_sismiop"].rows}
    parts = ("kd_propinsi", "kd_dati2", "kd_kecamatan", "kd_kelurahan")
    objects = [
        {**{name: links[code][name] for name in parts}, "_nop": f"{code}-{number}", "jns_transaksi_op": "1"}
        for code, many in ((first, 2), (second, 1))
        for number in range(many)
    ]
    objects += [
        {**objects[0], "_nop": "deleted", "jns_transaksi_op": "3"},
        {**objects[0], "_nop": "x", "kd_dati2": "99"},
    ]
    rows = {"sismiop__dat_objek_pajak": objects}
    found = answer("bidang_objek_pajak", rows)
    assert broken(answer, "bidang_objek_pajak", "objek-lengkap", rows, found) == 0
    assert broken(answer, "bidang_objek_pajak", "objek-lengkap", rows, found[1:]) == 1
    assert broken(answer, "bidang_objek_pajak", "objek-lengkap", rows, [{**found[0], "jumlah_objek": 9}]) == 1


@pytest.mark.parametrize(
    ("drawing", "refused"),
    [(POINT, 0), (BOUNDARY, 1), (shapely.to_wkb(shapely.Point(112.7, -7.4, 3)), 1), (POINT[:20], 1)],
    ids=["point", "area", "height", "cut"],
)
def test_a_mart_of_places_without_points_is_refused(answer: Answer, drawing: bytes, refused: int) -> None:  # noqa: F811
    found = [{"id_fasilitas": "F1", "nama": "TAMAN", "titik": drawing}]
    assert broken(answer, "fasilitas_umum", "titik-sah", {}, found) == refused
