"""Every kind of mistake in a declaration is found, with its file, line and key, and nothing else is reported."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from lumbung.declarations import DeclarationError, check, load, load_systems

TREE = Path(__file__).parent / "tree"
SYSTEM = "contracts/toko/system.yaml"
GOODS = "contracts/toko/barang.yaml"
SALES = "contracts/toko/penjualan.yaml"
SUITE = "expectations/toko/penjualan.yaml"
TYPES = "standards/types.yaml"
BRANCHES = "standards/reference/cabang.csv"
BRANCH_FORM = "standards/reference/cabang.yaml"
TENANT = "tenants/contoh.yaml"
MART = "sql/marts/penjualan/contract.yaml"
PUBLISHED = "sql/marts/penjualan/publikasi.yaml"
PUBLISHED_SQL = "sql/marts/penjualan/publikasi_penjualan_bulanan.sql"


@dataclass(frozen=True)
class Mistake:
    """A row of `mistakes.yaml`."""

    id: str
    file: str
    old: str
    new: str
    key: str
    message: str
    at: str | None = None
    report: str | None = None


MISTAKES = tuple(Mistake(**entry) for entry in yaml.safe_load((Path(__file__).parent / "mistakes.yaml").read_text()))


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A small tree without mistakes."""
    shutil.copytree(TREE, tmp_path / "tree")
    return tmp_path / "tree"


def line_of(text: str, at: str) -> int:
    """The line, from 1, on which `at` begins."""
    return text[: text.index(at)].count("\n") + 1


def test_the_small_tree_has_no_mistake(tree: Path) -> None:
    assert check(tree) == []


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda m: m.id)
def test_a_mistake_is_found_where_it_is(mistake: Mistake, tree: Path) -> None:
    path = tree / mistake.file
    text = path.read_text()
    assert mistake.old in text, "the case no longer fits the tree"
    broken = text.replace(mistake.old, mistake.new, 1)
    path.write_text(broken)

    problems = check(tree)

    reported = mistake.report or mistake.file
    matching = [p for p in problems if p.file == reported and p.key == mistake.key and mistake.message in p.message]
    assert matching, f"not reported; reported: {[str(p) for p in problems]}"
    changed = text[: text.index(mistake.old)].count("\n") + 1
    there = broken if mistake.report is None else (tree / mistake.report).read_text()
    assert matching[0].line == (changed if mistake.at is None else line_of(there, mistake.at))


def test_a_mistake_is_reported_once_and_alone(tree: Path) -> None:
    """A reader gets the cause, not an avalanche of what follows from it."""
    (tree / SALES).write_text((tree / SALES).read_text().replace("value: cara_bayar", "value: cara_byr"))
    (tree / SUITE).write_text((tree / SUITE).read_text().replace('  "kode:cara": warning\n', ""))
    assert [(p.file, p.message.split(";")[0]) for p in check(tree)] == [(SALES, "unknown code list 'cara_byr'")]


SOLD = "curated.toko__penjualan"
CARRIED = {
    "bare": (f"SELECT bulan, jumlah, pembeli AS pembeli_terbesar FROM {SOLD}", False),
    "maximum": (f"SELECT bulan, jumlah, upper(max(p.pembeli)) AS pembeli_terbesar FROM {SOLD} AS p", False),
    "in-a-cte": (f"WITH a AS (SELECT pembeli AS x FROM {SOLD}) SELECT max(x) AS pembeli_terbesar FROM a", False),
    "in-a-subquery": (f"SELECT y AS pembeli_terbesar FROM (SELECT trim(pembeli) AS y FROM {SOLD}) AS b", False),
    "in-a-union": (f"SELECT '-' AS pembeli_terbesar UNION ALL SELECT pembeli FROM {SOLD}", False),
    "counted": (f"SELECT count(pembeli) AS pembeli_terbesar FROM {SOLD}", True),
    "counted-first": (
        f"WITH a AS (SELECT pembeli AS x FROM {SOLD}), b AS (SELECT count(x) AS x FROM a) "
        "SELECT x AS pembeli_terbesar FROM b",
        True,
    ),
    "elsewhere": ("SELECT pembeli AS pembeli_terbesar FROM ref.cabang", True),
}


@pytest.mark.parametrize(("sql", "public"), CARRIED.values(), ids=CARRIED.keys())
def test_a_secret_is_followed_to_the_mart(sql: str, public: bool, tree: Path) -> None:
    (tree / "sql/marts/penjualan/mart.sql").write_text(sql)
    (tree / MART).write_text((tree / MART).read_text().replace("classification: rahasia", "classification: umum"))
    wanted = [] if public else [(MART, "schema[0].properties[2].classification")]
    assert [(p.file, p.key) for p in check(tree)] == wanted


def test_all_mistakes_are_reported_together(tree: Path) -> None:
    for file, old, new in ((SYSTEM, "30 1", "99 1"), (TENANT, "k: 5", "k: 0"), (PUBLISHED_SQL, "AS jumlah", "AS x")):
        (tree / file).write_text((tree / file).read_text().replace(old, new, 1))
    assert [p.file for p in check(tree)] == sorted([SYSTEM, TENANT, PUBLISHED_SQL])


@pytest.mark.parametrize(
    ("removed", "file", "message"),
    [
        (SYSTEM, SYSTEM, "missing"),
        (GOODS, SALES, "unknown dataset"),
        (SALES, SUITE, "without a contract"),
        (BRANCHES, BRANCH_FORM, "CSV"),
        (BRANCH_FORM, BRANCHES, "without a descriptor"),
        (TYPES, TYPES, "cannot be read"),
        (TENANT, "tenants/sidoarjo.yaml", "missing"),
        (MART, MART, "no contract"),
        ("sql/marts/penjualan/mart.sql", MART, "mart.sql"),
        (PUBLISHED_SQL, PUBLISHED, "no SQL"),
        (PUBLISHED, PUBLISHED_SQL, "no publication"),
    ],
    ids=lambda value: str(value).rsplit("/", 1)[-1],
)
def test_a_missing_file_is_reported(removed: str, file: str, message: str, tree: Path) -> None:
    (tree / removed).unlink()
    assert any(p.file == file and message in p.message for p in check(tree))


@pytest.mark.parametrize("name", ["contracts/toko/jasa.yml", "standards/reference/warna.tsv", "tenants/lain.json"])
def test_a_file_that_nothing_reads_is_reported(name: str, tree: Path) -> None:
    """A misspelt ending would otherwise be a dataset that silently does not exist."""
    (tree / name).write_text("")
    assert [p.file for p in check(tree)] == [name]


def test_a_column_twice_is_reported_at_the_second(tree: Path) -> None:
    text = (tree / SALES).read_text().replace("- name: cara\n", "- name: barang\n")
    (tree / SALES).write_text(text)
    found = [p for p in check(tree) if p.key == "schema[0].properties[3].name"]
    assert [p.line for p in found] == [text[: text.rindex("- name: barang\n")].count("\n") + 1]


def test_keys_after_the_schema_are_refused(tree: Path) -> None:
    """The scheduler reads only what stands before `schema:`."""
    text = (tree / GOODS).read_text() + "tags: [contoh]\n"
    (tree / GOODS).write_text(text)
    assert [(p.key, p.line) for p in check(tree)] == [("schema", line_of(text, "schema:"))]


def test_load_refuses_what_check_finds(tree: Path) -> None:
    (tree / SYSTEM).write_text((tree / SYSTEM).read_text().replace("disetujui", "setuju"))
    with pytest.raises(DeclarationError, match=r"contracts/toko/system\.yaml:\d+: registration\.status") as refused:
        load(tree)
    assert [p.key for p in refused.value.problems] == ["registration.status"]
    with pytest.raises(DeclarationError):
        load_systems(tree)


def test_a_mart_is_published_or_says_why_not(tree: Path) -> None:
    for path in (tree / PUBLISHED, tree / PUBLISHED_SQL):
        path.unlink()
    assert [(p.file, p.key) for p in check(tree)] == [(MART, "customProperties")]
    text = (tree / MART).read_text()
    reason = '  - {property: unpublished, value: "Hanya untuk rapat."}\n'
    (tree / MART).write_text(text.replace("customProperties:\n", f"customProperties:\n{reason}", 1))
    assert check(tree) == []
