"""A contract does not change unseen: what a change means, the version it demands, the line that tells of it."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from lumbung.declarations import evolution, load
from lumbung.declarations.evolution import MARTS, accept, form_of, forms_of, verdicts

TREE = Path(__file__).parent / "tree"
GOODS, SALES = "contracts/toko/barang.yaml", "contracts/toko/penjualan.yaml"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """The small tree with its contracts accepted."""
    shutil.copytree(TREE, tmp_path / "tree")
    declared = load(tmp_path / "tree")
    for code in (*declared.systems, MARTS):
        accept(declared, code)
    return tmp_path / "tree"


def changed(tree: Path, tmp_path: Path, file: str, *replaced: tuple[str, str]) -> Path:
    """A copy of the tree (declarations are read once per place) in which texts of a file are replaced."""
    copy = tmp_path / f"copy{len(list(tmp_path.iterdir()))}"
    shutil.copytree(tree, copy)
    path = copy / file
    text = path.read_text()
    for old, new in replaced:
        assert old in text, f"the case no longer fits the tree: {old!r}"
        text = text.replace(old, new, 1)
    path.write_text(text)
    return copy


def test_no_contract_of_the_repository_changed_without_its_version() -> None:
    open_ = [one for one in verdicts(load()) if not one.stands]
    assert open_ == [], "see `bin/lumbung contracts`"


NEW_COLUMN = """      - name: warna
        businessName: Warna
        description: Warna barang.
        logicalType: string
        physicalType: text
        classification: umum
"""
FIRST = "      - name: kode\n"
PRICE = """      - name: harga
        physicalName: HARGA_SKRG
        businessName: Harga
        description: Harga hari itu.
        logicalType: number
        physicalType: json string
        classification: umum
        customProperties:
          - {property: decimal, value: "12,2"}
          - {property: format, value: "1.234,5"}
"""
CASES: list[tuple[str, str, tuple[tuple[str, str], ...], str, str]] = [
    ("an optional column comes", GOODS, ((FIRST, NEW_COLUMN + FIRST),), "compatible", "kolom warna baru"),
    (
        "a required column comes",
        GOODS,
        ((FIRST, NEW_COLUMN.replace("umum\n", "umum\n        required: true\n") + FIRST),),
        "breaking",
        "kolom warna baru dan wajib",
    ),
    ("a column goes", "contracts/harga/harian.yaml", ((PRICE, ""),), "breaking", "kolom harga dihapus"),
    (
        "a column becomes required",
        "contracts/harga/harian.yaml",
        ((PRICE, PRICE.replace("umum\n", "umum\n        required: true\n")),),
        "breaking",
        "kolom harga menjadi wajib",
    ),
    (
        "a column is renamed at the source",
        "contracts/harga/pasar.yaml",
        (("physicalName: pasar.kode", "physicalName: pasar.id"),),
        "breaking",
        "kolom kode dibaca dari pasar.kode (json string) menjadi dari pasar.id (json string)",
    ),
    (
        "more digits",
        "contracts/harga/harian.yaml",
        (('value: "12,2"', 'value: "14,2"'),),
        "compatible",
        "kolom harga bertipe DECIMAL(12,2) menjadi DECIMAL(14,2)",
    ),
    (
        "more decimals for the same digits",
        "contracts/harga/harian.yaml",
        (('value: "12,2"', 'value: "12,4"'),),
        "breaking",
        "kolom harga bertipe DECIMAL(12,2) menjadi DECIMAL(12,4)",
    ),
    (
        "fewer digits",
        "contracts/harga/harian.yaml",
        (('value: "12,2"', 'value: "10,2"'),),
        "breaking",
        "kolom harga bertipe DECIMAL(12,2) menjadi DECIMAL(10,2)",
    ),
    (
        "another JSON type",
        "contracts/harga/pasar.yaml",
        (("physicalType: json string", "physicalType: json number"),),
        "breaking",
        "kolom kode dibaca dari pasar.kode (json string) menjadi dari pasar.kode (json number)",
    ),
    (
        "the key grows",
        "contracts/harga/harian.yaml",
        (
            (
                "        physicalType: json string\n        classification: umum\n        customProperties:\n"
                "          - {property: decimal",
                "        physicalType: json string\n        required: true\n        primaryKey: true\n"
                "        primaryKeyPosition: 3\n        classification: umum\n        customProperties:\n"
                "          - {property: decimal",
            ),
        ),
        "breaking",
        "kunci (hari, pasar) menjadi (hari, pasar, harga)",
    ),
    (
        "another table",
        GOODS,
        (("physicalName: public.barang", "physicalName: public.barang_baru"),),
        "compatible",
        "asal public.barang menjadi public.barang_baru",
    ),
    (
        "a class",
        "contracts/harga/harian.yaml",
        (
            (
                "        classification: umum\n        customProperties:\n          - {property: decimal",
                "        classification: terbatas\n        customProperties:\n          - {property: decimal",
            ),
        ),
        "compatible",
        "kelas harga umum menjadi terbatas",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=[case[0] for case in CASES])
def test_a_change_is_classified_and_demands_its_version(
    case: tuple[str, str, tuple[tuple[str, str], ...], str, str], tree: Path, tmp_path: Path
) -> None:
    _, file, replaced, kind, what = case
    system, name = file.split("/")[1], Path(file).stem
    dataset = f"{system}.{name}"
    least = {"breaking": "2.0.0", "compatible": "1.1.0"}[kind]

    same_version = changed(tree, tmp_path, file, *replaced)
    (found,) = (one for one in verdicts(load(same_version), system) if not one.stands)
    assert found.dataset == dataset
    assert (kind, what) in found.changes
    assert found.wrong is not None and f"paling rendah {least}" in found.wrong
    with pytest.raises(ValueError, match=re.escape(dataset)):
        accept(load(same_version), system)

    numbered = changed(same_version, tmp_path, file, ("version: 1.0.0", f"version: {least}"))
    (found,) = (one for one in verdicts(load(numbered), system) if not one.stands)
    assert found.wrong is not None and f"- {name} {least}: …" in found.wrong

    told = changed(numbered, tmp_path, file)
    (told / "contracts" / system / "PERUBAHAN.md").write_text(f"# Perubahan\n\n- {name} {least}: sebabnya.\n")
    assert [one.dataset for one in accept(load(told), system)] == [dataset]
    assert [one for one in verdicts(load(changed(told, tmp_path, file)), system) if not one.stands] == []


MART = "sql/marts/penjualan/contract.yaml"
PUBLIC = "sql/marts/penjualan/publikasi.yaml"
BIGGEST = """      - name: pembeli_terbesar
        businessName: Pembeli terbesar
        description: Nama pembeli terbesar.
        logicalType: string
        physicalType: string
        classification: rahasia
"""
COUNT = "logicalType: integer\n        physicalType: bigint\n        required: true\n"
SHOWN = (
    "      - {name: jumlah, source: sum(jumlah), title: Jumlah, description: Jumlah., unit: penjualan, type: bigint}\n"
)
YEAR = "      - {name: tahun, source: left(bulan), title: Tahun, description: Tahun., type: text}\n"
OF_MARTS: list[tuple[str, str, tuple[tuple[str, str], ...], str, str]] = [
    (MART, "penjualan", ((BIGGEST, ""),), "breaking", "kolom pembeli_terbesar dihapus"),
    (
        MART,
        "penjualan",
        ((BIGGEST, BIGGEST.replace("rahasia", "rahasia\n        required: true") + BIGGEST.replace("besar", "kecil")),),
        "compatible",
        "kolom pembeli_terkecil baru",
    ),
    (
        MART,
        "penjualan",
        ((BIGGEST, BIGGEST.replace("rahasia", "rahasia\n        required: true")),),
        "compatible",
        "kolom pembeli_terbesar menjadi wajib",
    ),
    (
        MART,
        "penjualan",
        ((COUNT, COUNT.replace("        required: true\n", "")),),
        "breaking",
        "kolom jumlah tidak lagi wajib",
    ),
    (
        MART,
        "penjualan",
        ((COUNT, COUNT.replace("bigint", "int")),),
        "breaking",
        "kolom jumlah bertipe BIGINT menjadi INT",
    ),
    (
        PUBLIC,
        "penjualan/penjualan_bulanan",
        (("slug: penjualan-bulanan", "slug: penjualan-per-bulan"),),
        "breaking",
        "alamat penjualan-bulanan menjadi penjualan-per-bulan",
    ),
    (PUBLIC, "penjualan/penjualan_bulanan", ((SHOWN, YEAR + SHOWN),), "compatible", "kolom tahun baru"),
    (
        PUBLIC,
        "penjualan/penjualan_bulanan",
        (("type: bigint", "type: numeric"),),
        "breaking",
        "kolom jumlah bertipe BIGINT menjadi NUMERIC",
    ),
]


@pytest.mark.parametrize("case", OF_MARTS, ids=[case[4] for case in OF_MARTS])
def test_a_mart_and_its_public_tables_do_not_change_unseen(
    case: tuple[str, str, tuple[tuple[str, str], ...], str, str], tree: Path, tmp_path: Path
) -> None:
    file, name, replaced, kind, what = case
    least = {"breaking": "2.0.0", "compatible": "1.1.0"}[kind]

    same_version = changed(tree, tmp_path, file, *replaced)
    (found,) = (one for one in verdicts(load(same_version)) if not one.stands)
    assert (found.dataset, (kind, what) in found.changes) == (f"mart.{name}", True)
    assert found.wrong is not None and f"paling rendah {least}" in found.wrong

    numbered = changed(same_version, tmp_path, MART, ("version: 1.0.0", f"version: {least}"))
    (found,) = (one for one in verdicts(load(numbered)) if one.changes)
    assert found.wrong == f"sql/marts/PERUBAHAN.md belum memuat baris `- penjualan {least}: …`"

    told = changed(numbered, tmp_path, MART)
    (told / "sql/marts/PERUBAHAN.md").write_text(f"- penjualan {least}: sebabnya.\n")
    assert {one.dataset for one in accept(load(told), MARTS)} == {"mart.penjualan", "mart.penjualan/penjualan_bulanan"}
    assert [one for one in verdicts(load(changed(told, tmp_path, MART))) if not one.stands] == []


def test_a_publication_that_is_gone_is_told(tree: Path, tmp_path: Path) -> None:
    copy = changed(tree, tmp_path, MART)
    lock = copy / "sql/marts/versi.json"
    forms = json.loads(lock.read_text())
    forms["penjualan/lama"] = forms["penjualan/penjualan_bulanan"]
    lock.write_text(json.dumps(forms))
    (found,) = (one for one in verdicts(load(copy)) if not one.stands)
    assert found.changes == (("breaking", "publikasi dihapus"),)
    assert found.wrong is not None and "- penjualan/lama dihapus: …" in found.wrong


def test_words_demand_nothing(tree: Path, tmp_path: Path) -> None:
    copy = changed(
        tree,
        tmp_path,
        GOODS,
        ("businessName: Kode barang", "businessName: Kode"),
        ("value: 1, unit: d", "value: 2, unit: d"),
    )
    assert [one for one in verdicts(load(copy)) if not one.stands] == []


def test_a_version_that_goes_back_is_refused(tree: Path, tmp_path: Path) -> None:
    copy = changed(tree, tmp_path, GOODS, ("version: 1.0.0", "version: 0.9.0"))
    (found,) = (one for one in verdicts(load(copy)) if not one.stands)
    assert found.wrong == "versi mundur dari 1.0.0 ke 0.9.0"


def test_a_removed_dataset_is_told(tree: Path, tmp_path: Path) -> None:
    copy = changed(tree, tmp_path, SALES)
    lock = copy / "contracts/toko/versi.json"
    forms = json.loads(lock.read_text())
    forms["lama"] = forms["barang"]
    lock.write_text(json.dumps(forms))
    (found,) = (one for one in verdicts(load(copy)) if not one.stands)
    assert found.changes == (("breaking", "dataset dihapus"),)
    assert found.wrong is not None and "- lama dihapus: …" in found.wrong


def test_a_new_dataset_only_has_to_be_accepted(tree: Path, tmp_path: Path) -> None:
    copy = changed(tree, tmp_path, GOODS)
    (copy / "contracts/toko/versi.json").unlink()
    found = [one for one in verdicts(load(copy), "toko") if not one.stands]
    assert {one.dataset for one in found} == {"toko.barang", "toko.penjualan"}
    assert all(one.wrong is None for one in found)


def test_what_is_written_is_what_is_read(tree: Path) -> None:
    declared = load(tree)
    forms = evolution.read_forms(tree, "toko")
    assert forms == {dataset.name: form_of(dataset) for dataset in declared.of_system("toko")}
    assert evolution.read_forms(tree, MARTS) == forms_of(declared, MARTS)
