"""How files become models: generated rules, derived columns, the tenant's values, digests."""

from __future__ import annotations

import shutil
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest

from lumbung.declarations import Dataset, Declarations, load
from lumbung.declarations.docs import pages, stale, write
from lumbung.declarations.periods import parse_duration
from lumbung.warehouse.ddl import raw_type

TREE = Path(__file__).parent / "tree"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    shutil.copytree(TREE, tmp_path / "tree")
    return tmp_path / "tree"


@pytest.fixture(scope="module")
def small() -> Declarations:
    return load(TREE)


@pytest.fixture
def sales(small: Declarations) -> Dataset:
    return small.datasets["toko.penjualan"]


def test_a_request_per_value_of_another_dataset_knows_how_that_is_asked_for(small: Declarations) -> None:
    asked = small.datasets["harga.harian"].rest
    assert asked is not None
    day, market = asked.each
    assert day.asked is None
    assert market.asked is not None
    assert (market.asked.path, market.path) == ("/pasar", "pasar.kode")


def test_text_that_should_be_something_else_has_a_rule_of_type(small: Declarations) -> None:
    rules = {rule.id: rule.reason for rule in small.datasets["harga.harian"].rules if rule.kind == "type"}
    assert rules == {
        "tipe:hari": "Hari {hari} bukan tanggal.",
        "tipe:harga": "Harga {harga} bukan bilangan paling banyak 12 angka, 2 desimal.",
    }


def test_how_a_dataset_is_asked_for_decides_no_verdict(tree: Path) -> None:
    before = load(tree).digest("harga.harian")
    path = tree / "contracts/harga/harian.yaml"
    path.write_text(path.read_text().replace("path: /harga", "path: /harga/v2"))
    moved = shutil.copytree(tree, tree.parent / "moved")
    assert load(moved).digest("harga.harian") == before
    path = moved / "contracts/harga/harian.yaml"
    path.write_text(path.read_text().replace("value: 31-12-2025", "value: 31/12/2025"))
    other = shutil.copytree(moved, tree.parent / "other")
    assert load(other).digest("harga.harian") != before


def test_generated_rules(small: Declarations, sales: Dataset) -> None:
    severities = {rule.id: (rule.kind, rule.severity) for rule in sales.rules}
    assert severities == {
        "kunci-ganda": ("key", "error"),
        "wajib:no": ("map", "error"),
        "wajib:barang": ("map", "error"),
        "kode:cara": ("map", "warning"),
        "wajib:jual": ("map", "error"),
        "nilai:jual": ("map", "error"),
        "wajib:diubah": ("map", "error"),
        "wilayah:cabang": ("list", "error"),
        "nama:barang": ("name", "error"),
        "jual-wajar": ("map", "warning"),
    }
    goods = {rule.id: rule.kind for rule in small.datasets["toko.barang"].rules}
    assert (
        goods.items()
        >= {
            "kode_barang:kode": "map",
            "kode_barang-panjang:kode": "map",
            "tipe:harga": "type",
            "nilai:harga": "map",
        }.items()
    )


def test_codes_are_compared_in_the_columns_own_type(sales: Dataset) -> None:
    assert sales.rule("kode:cara").kwargs == {"column": "cara", "value_set": [1, 2]}


def test_a_value_that_cannot_be_stored_breaks_one_rule_only(sales: Dataset) -> None:
    """It arrives as NULL: the required column must not be called empty as well."""
    assert sales.derived["_nilai_jual"] == "NOT coalesce(array_contains(split(_nilai, ','), 'jual'), false)"
    assert sales.derived["_wajib_jual"] == "jual IS NOT NULL OR NOT _nilai_jual"
    assert sales.rule("wajib:jual").kwargs == {"column": "_wajib_jual", "value_set": [True]}
    assert sales.rule("wajib:no").kwargs == {"column": "no"}


def test_derived_columns_that_need_the_parent_come_late(sales: Dataset) -> None:
    assert sales.late_derived == ("_murah",)
    assert sales.references[0].take[0].name == "_harga"


def test_the_contract_may_say_how_long_its_files_are_kept(tree: Path) -> None:
    contract = tree / "contracts" / "toko" / "penjualan.yaml"
    promise = "  - {property: latency, value: 12, unit: h}\n"
    text = contract.read_text(encoding="utf-8")
    contract.write_text(text.replace(promise, f"{promise}  - {{property: retention, value: 2, unit: y}}\n"))
    declared = load(tree)
    assert declared.retention(declared.datasets["toko.penjualan"]) == timedelta(days=730)
    assert declared.datasets["toko.penjualan"].freshness == timedelta(hours=12)


def test_a_derived_column_may_ask_whether_a_reference_holds(tree: Path) -> None:
    suite = tree / "expectations" / "toko" / "penjualan.yaml"
    text = suite.read_text(encoding="utf-8")
    asking = '  _sah: {expr: "_berlaku_cabang AND _ada_barang", title: Sah, description: Cabang dan barang ada.}\n'
    suite.write_text(text.replace("list_refs:\n", asking + "list_refs:\n", 1), encoding="utf-8")
    assert load(tree).datasets["toko.penjualan"].late_derived == ("_murah", "_sah")


def test_a_reference_may_start_from_what_an_earlier_one_took(tree: Path) -> None:
    contract = tree / "contracts/toko/penjualan.yaml"
    take = "          - {property: take, value: {_harga: harga}}\n"
    chained = """          - {property: take, value: {_harga: harga, _kode: kode}}
      - id: lagi
        type: foreignKey
        from: _kode
        to: toko.barang.kode
        customProperties:
          - {property: severity, value: warning}
          - {property: reason, value: "Barang {barang} tidak dikenal."}
          - {property: source, value: Aturan rumah}
          - {property: many, value: true}
          - {property: take, value: {_semua_harga: harga}}
"""
    contract.write_text(contract.read_text().replace(take, chained))
    first, second = load(tree).datasets["toko.penjualan"].references
    assert (first.many, second.many) == (False, True)
    assert second.columns == ("_kode",)


def test_the_tenants_values_are_literals(sales: Dataset) -> None:
    assert sales.derived["_murah"] == "_harga < 5"


def test_reasons_carry_title_and_place_for_the_value(small: Declarations) -> None:
    assert small.datasets["toko.barang"].rule("kode_barang:kode").reason == "Kode barang {kode} salah."


def test_types_in_curated(small: Declarations, sales: Dataset) -> None:
    assert small.datasets["toko.barang"].column("harga").spark_type == "DECIMAL(12,2)"
    assert [column.spark_type for column in sales.columns] == ["INT", "STRING", "STRING", "INT", "DATE", "TIMESTAMP"]
    assert [column.trim for column in sales.columns] == [False, False, True, False, False, False]
    assert [(c.name, c.spark_type) for c in sales.kept] == [("_bulan", "STRING"), ("_kode_cabang", "STRING")]


def test_validity_has_no_open_end(small: Declarations) -> None:
    branches = small.lists["cabang"]
    assert [(row.code, row.valid_from, row.valid_to) for row in branches.rows] == [
        ("A", date(1900, 1, 1), date(2021, 12, 31)),
        ("A", date(2022, 1, 1), date(9999, 12, 31)),
        ("B", date(1900, 1, 1), date(9999, 12, 31)),
    ]
    assert branches.codes() == ("A", "B")
    assert branches.label("A", date(2021, 12, 31)) == "UTARA"
    assert branches.label("A", date(2022, 1, 1)) == "UTARA BARU"


def test_publications_take_the_tenants_defaults(small: Declarations) -> None:
    publication = small.marts["penjualan"].publications[0]
    assert publication.license == "CC-BY-4.0"
    assert publication.suppress is not None
    assert publication.suppress.k == 5
    assert publication.suppress.total_groups == (("bulan",),)


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("contracts/toko/penjualan.yaml", "Nama pembeli.", "Nama si pembeli."),
        ("expectations/toko/penjualan.yaml", '"^20"', '"^2"'),
        ("standards/types.yaml", "Nama orang.", "Nama."),
        ("standards/reference/cara_bayar.csv", "TRANSFER", "KARTU"),
        ("standards/reference/cabang.csv", "SELATAN", "TIMUR"),
        ("tenants/contoh.yaml", "k: 5", "k: 6"),
        ("contracts/toko/system.yaml", "Asia/Jakarta", "Asia/Makassar"),
    ],
    ids=lambda value: value if "/" in value else "",
)
def test_the_digest_follows_what_decides_validation(file: str, old: str, new: str, tree: Path) -> None:
    before = load(tree).digest("toko.penjualan")
    assert before == load(TREE).digest("toko.penjualan")
    changed = tree.parent / "changed"
    shutil.copytree(tree, changed)
    (changed / file).write_text((changed / file).read_text().replace(old, new))
    assert load(changed).digest("toko.penjualan") != before


def test_the_digest_ignores_what_does_not(tree: Path) -> None:
    (tree / "standards/reference/opd.csv").write_text("kode,label\ndinkop,Dinas\n")
    (tree / "contracts/toko/system.yaml").write_text(
        (tree / "contracts/toko/system.yaml").read_text().replace("retries: 3", "retries: 4")
    )
    assert load(tree).digest("toko.penjualan") == load(TREE).digest("toko.penjualan")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("P3D", timedelta(days=3)),
        ("PT15M", timedelta(minutes=15)),
        ("P1DT2H", timedelta(days=1, hours=2)),
        ("PT0S", timedelta(0)),
    ],
)
def test_durations(text: str, value: timedelta) -> None:
    assert parse_duration(text) == value


@pytest.mark.parametrize("text", ["P", "PT", "P1M", "P1Y", "3D", "P-1D", "P1.5D", "", None, 3])
def test_what_is_no_duration(text: object) -> None:
    with pytest.raises(ValueError, match="ISO 8601"):
        parse_duration(text)


def test_pages_are_written_once_and_removed_with_their_dataset(tree: Path) -> None:
    declared = load(tree)
    assert set(write(declared, tree)) == set(pages(declared))
    assert stale(declared, tree) == []
    gone = tree / "docs/datasets/toko/hilang.md"
    gone.write_text("lama")
    assert stale(declared, tree) == [gone.relative_to(tree)]
    write(declared, tree)
    assert not gone.exists()
    page = (tree / "docs/datasets/toko/penjualan.md").read_text()
    for expected in ("`pembeli`", "rahasia", "`kunci-ganda`", "Cabang {barang} tidak berlaku.", "12 jam"):
        assert expected in page


def test_an_officer_reads_every_rule_with_its_reason_source_and_consequence(tree: Path) -> None:
    declared = load(tree)
    write(declared, tree)
    page = (tree / "docs/aturan/toko.md").read_text()
    for dataset in declared.of_system("toko"):
        for rule in dataset.rules:
            assert f"(`{rule.id}`)" in page
            assert f" | {rule.source} | " in page
    assert "{" not in page
    line = next(line for line in page.splitlines() if "(`kode:cara`)" in line)
    assert line.endswith("| Baris diterima, dihitung |")
    suite = next(line for line in page.splitlines() if "(`jual-wajar`)" in line)
    assert not suite.startswith("| jual-wajar")


def test_loading_needs_no_heavy_library() -> None:
    code = (
        "import sys, lumbung.declarations as d; d.load_systems(); print(*sorted(m.split('.')[0] for m in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"pyspark", "great_expectations", "airflow", "sqlglot", "pandas", "open_data_contract_standard"}
    assert heavy.isdisjoint(done.stdout.split())


def test_how_a_soap_dataset_is_asked_for_decides_no_verdict(tree: Path) -> None:
    before = load(tree).digest("rawat.kunjungan")
    path = tree / "contracts/rawat/kunjungan.yaml"
    path.write_text(path.read_text().replace("size: 100", "size: 50"))
    assert load(shutil.copytree(tree, tree.parent / "moved")).digest("rawat.kunjungan") == before


def test_a_soap_system_brings_its_wsdl_and_the_schemas_beside_it(small: Declarations) -> None:
    spoken = small.systems["rawat"].soap
    assert spoken is not None
    assert sorted(spoken.files) == ["layanan.wsdl", "tipe.xsd"]


def test_values_of_a_soap_service_are_text_in_raw_and_typed_by_rules(small: Declarations) -> None:
    visits = small.datasets["rawat.kunjungan"]
    assert {raw_type(column.physical) for column in visits.columns} == {"string"}
    assert {rule.id for rule in visits.rules if rule.kind == "type"} == {"tipe:masuk", "tipe:tarif"}
