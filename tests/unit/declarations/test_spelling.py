"""Names as they are compared, what each written form of a code list means, and forms that mean two codes."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from lumbung.declarations import check, load
from lumbung.declarations.models import Alias, CodeList, CodeRow, NameForm
from lumbung.declarations.spelling import LAST_DAY, meanings, normal

TREE = Path(__file__).parent / "tree"
FOREVER = (date(1900, 1, 1), LAST_DAY)

WRITTEN = {
    "as-it-is": ("SIDOARJO", "SIDOARJO"),
    "small-letters": ("Sidoarjo", "SIDOARJO"),
    "point": ("KEC. SDA", "KEC SDA"),
    "comma": ("Sidoarjo, Kec", "SIDOARJO KEC"),
    "no-space-after-the-point": ("Kec.Sidoarjo", "KEC SIDOARJO"),
    "brackets": ("BAWANG MERAH (KG)", "BAWANG MERAH KG"),
    "spaces-around-and-between": ("  Bawang   Merah ", "BAWANG MERAH"),
    "tab-and-line-end": ("Bawang\tMerah\r\n", "BAWANG MERAH"),
    "no-break-space": ("Bawang\u00a0Merah", "BAWANG MERAH"),
    "dash": ("Bawang–Merah", "BAWANG MERAH"),
    "quotes": ("“Bawang” 'Merah'", "BAWANG MERAH"),
    "slash-and-bar": ("A/B|C", "A B C"),
    "digits-stay": ("Telur 1kg", "TELUR 1KG"),
    "other-letters-stay": ("Café", "CAFé"),
    "nothing-left": (" .-, ", ""),
    "empty": ("", ""),
}


@pytest.mark.parametrize(("text", "wanted"), WRITTEN.values(), ids=WRITTEN.keys())
def test_a_name_as_it_is_compared(text: str, wanted: str) -> None:
    assert normal(text) == wanted
    assert normal(wanted) == wanted


def row(code: str, name: str, level: str = "desa", parent: str = "01", days: tuple[date, date] = FOREVER) -> CodeRow:
    values = {"kode": code, "nama": name, "tingkat": level, "induk": parent}
    return CodeRow(code=code, label=name, valid_from=days[0], valid_to=days[1], values=values)


def places(*rows: CodeRow, aliases: tuple[Alias, ...] = (), forms: tuple[NameForm, ...] = ()) -> CodeList:
    return CodeList(
        name="tempat",
        title="Tempat",
        description="",
        source="uji",
        license="Fakta",
        caution=None,
        columns=(),
        key=("kode",),
        code_column="kode",
        label_column="nama",
        has_validity=True,
        rows=rows,
        aliases=aliases,
        forms=forms,
    )


def test_label_forms_and_aliases_mean_the_code() -> None:
    codes = places(
        row("01", "Sidoarjo", "kecamatan"),
        row("01.1", "Gebang"),
        aliases=(Alias(text="SDA", code="01", note=None),),
        forms=(NameForm(form="KEC. {nama}", where={"tingkat": ("kecamatan",)}), NameForm(form="{kosong} {nama}")),
    )
    found, double = meanings(codes, {})
    assert {text: [m.code for m in those] for text, those in found.items()} == {
        "SIDOARJO": ["01"],
        "KEC SIDOARJO": ["01"],
        "SDA": ["01"],
        "KEC SDA": ["01"],
        "GEBANG": ["01.1"],
    }
    assert double == []


def test_where_and_within_narrow_what_a_name_means() -> None:
    codes = places(
        row("01", "Candi", "kecamatan"), row("01.1", "Candi", parent="01"), row("02.1", "Candi", parent="02")
    )
    assert len(meanings(codes, {})[1]) == 2
    found, double = meanings(codes, {"tingkat": ("kecamatan",)})
    assert ({text: those[0].code for text, those in found.items()}, double) == ({"CANDI": "01"}, [])
    found, double = meanings(codes, {"tingkat": ("desa",)}, ("induk",))
    wanted = {"01|CANDI": "01.1", "02|CANDI": "02.1"}
    assert ({text: those[0].code for text, those in found.items()}, double) == (wanted, [])


def test_one_name_for_two_codes_at_the_same_time_is_ambiguous() -> None:
    before, after = (date(1900, 1, 1), date(2020, 12, 31)), (date(2021, 1, 1), LAST_DAY)
    found, double = meanings(places(row("1", "Pasar", days=before), row("2", "PASAR.", days=after)), {})
    assert ([m.code for m in found["PASAR"]], double) == (["1", "2"], [])
    _, double = meanings(places(row("1", "Pasar"), row("2", "PASAR.", days=after)), {})
    assert [(d.text, d.codes) for d in double] == [("PASAR", ("1", "2"))]
    twice = places(row("1", "Pasar"), row("2", "Toko"), aliases=(Alias(text="pasar", code="2", note=None),))
    assert [(d.text, d.codes) for d in meanings(twice, {})[1]] == [("PASAR", ("1", "2"))]


def test_an_ambiguous_alias_is_found_where_its_list_is_declared(tmp_path: Path) -> None:
    tree = shutil.copytree(TREE, tmp_path / "tree")
    aliases = tree / "standards/reference/cabang_alias.csv"
    aliases.write_text(aliases.read_text() + "Cabang Utara,B,\n")
    files = {p.file: p.message for p in check(tree) if "means both" in p.message}
    assert set(files) == {"standards/reference/cabang.yaml", "expectations/toko/penjualan.yaml"}
    assert files["standards/reference/cabang.yaml"].startswith("CABANG UTARA means both A and B")


def test_aliases_that_no_list_declares_are_a_mistake(tmp_path: Path) -> None:
    tree = shutil.copytree(TREE, tmp_path / "tree")
    form = tree / "standards/reference/cabang.yaml"
    form.write_text(form.read_text().replace("  aliases: true\n", ""))
    assert [(p.file, p.message.split(";")[0]) for p in check(tree)] == [
        ("standards/reference/cabang_alias.csv", "a CSV without a descriptor")
    ]
    form.write_text(form.read_text().replace("names:\n", "names:\n  aliases: true\n"))
    (tree / "standards/reference/cabang_alias.csv").unlink()
    assert ["this file is missing" in p.message for p in check(tree)] == [True]


def test_a_new_alias_judges_anew(tmp_path: Path) -> None:
    before = load(TREE).digest("toko.penjualan")
    tree = shutil.copytree(TREE, tmp_path / "tree")
    aliases = tree / "standards/reference/cabang_alias.csv"
    aliases.write_text(aliases.read_text() + "Sltn,B,\n")
    assert load(tree).digest("toko.penjualan") != before


def test_a_name_of_a_dataset_has_its_rule_its_code_and_what_stands_on_it() -> None:
    sales = load(TREE).datasets["toko.penjualan"]
    (name,) = sales.names
    assert (name.flag, name.rule_id, name.labels) == (
        "_dikenal_kode_cabang",
        "nama:barang",
        {"A": "UTARA BARU", "B": "SELATAN"},
    )
    assert {m.code for m in name.meanings["UTR"]} == {"A"}
    assert sales.named_derived == ("_cabang_a",)
    assert [(column.name, codes) for column, codes in sales.coded] == [
        ("cara", "cara_bayar"),
        ("_kode_cabang", "cabang"),
    ]
    assert sales.rule("nama:barang").kwargs == {"column": "_dikenal_kode_cabang", "value_set": [True]}
