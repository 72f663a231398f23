"""How departments write the names of the lists that we ship: each text finds its one code, or none."""

from __future__ import annotations

import pytest

from lumbung.declarations import Declarations, load
from lumbung.declarations.spelling import LAST_DAY, meanings, normal

KECAMATAN = {"tingkat": ("kecamatan",)}
DESA = {"tingkat": ("desa", "kelurahan")}

WRITTEN = {
    "kec-abbreviated": ("wilayah", KECAMATAN, "", "KEC. SDA", "35.15.08"),
    "kec-behind": ("wilayah", KECAMATAN, "", "Sidoarjo, Kec", "35.15.08"),
    "kec-in-full": ("wilayah", KECAMATAN, "", "kecamatan  Balong Bendo", "35.15.12"),
    "kec-plain": ("wilayah", KECAMATAN, "", "TAMAN", "35.15.13"),
    "kec-is-no-village": ("wilayah", KECAMATAN, "", "Kel. Sidoarjo", None),
    "kec-misspelt": ("wilayah", KECAMATAN, "", "Sidoarji", None),
    "village": ("wilayah", DESA, "35.15.08", "Ds. Bluru Kidul", "35.15.08.2015"),
    "village-elsewhere": ("wilayah", DESA, "35.15.01", "Bluru Kidul", None),
    "village-spelt-by-bps": ("wilayah", DESA, "35.15.08", "SARI ROGO", "35.15.08.2023"),
    "village-closed": ("wilayah", DESA, "35.15.06", "Kedungbendo", None),
    "goods-with-unit": ("komoditas", {}, "", "BAWANG MERAH (KG)", "bawang-merah"),
    "goods-as-the-service-writes": ("komoditas", {}, "", "Cabe Rawit Merah / kg", "cabai-rawit-merah"),
    "goods-in-litres": ("komoditas", {}, "", "Minyak Goreng MINYAKITA / liter", "minyakita"),
    "goods-in-another-unit": ("komoditas", {}, "", "Bawang Merah / ons", None),
    "market": ("pasar", {}, "", "Psr. Larangan", "larangan"),
    "market-without-the-word": ("pasar", {}, "", "SEPANJANG", "taman"),
}


@pytest.fixture(scope="module")
def declared() -> Declarations:
    return load()


@pytest.mark.parametrize(("name", "where", "within", "text", "code"), WRITTEN.values(), ids=WRITTEN.keys())
def test_a_written_name(
    name: str, where: dict[str, tuple[str, ...]], within: str, text: str, code: str | None, declared: Declarations
) -> None:
    found, double = meanings(declared.lists[name], where, ("kode_induk",) if within else ())
    lasting = [
        m.code for m in found.get(f"{within}|{normal(text)}" if within else normal(text), ()) if m.valid_to == LAST_DAY
    ]
    assert (lasting, double) == ([code] if code else [], [])


def test_every_village_is_found_by_its_name_within_its_kecamatan(declared: Declarations) -> None:
    """Three villages are called Janti: without the kecamatan a name says nothing."""
    codes = declared.lists["wilayah"]
    found, double = meanings(codes, DESA, ("kode_induk",))
    assert double == []
    for row in codes.rows:
        if row.values["tingkat"] in DESA["tingkat"]:
            assert [m.code for m in found[f"{row.values['kode_induk']}|{normal(row.label)}"]] == [row.code]
    _, double = meanings(codes, DESA)
    assert "JANTI" in {ambiguity.text for ambiguity in double}
