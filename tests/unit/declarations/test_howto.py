"""Whoever copies the files of the how-to pages gets declarations without a mistake, and they say what the page says."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from lumbung.declarations import check, load, load_systems
from lumbung.declarations.docs import pages
from lumbung.declarations.loader import REPOSITORY

BLOCK = re.compile(r"<!-- (file|append): (\S+) -->\n```\w+\n(.*?)```", re.DOTALL)


def follow(page: str, tree: Path) -> list[str]:
    """Write the files of a how-to page into `tree`; their names."""
    blocks = BLOCK.findall((REPOSITORY / "docs" / "howto" / page).read_text(encoding="utf-8"))
    for kind, name, text in blocks:
        path = tree / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text((path.read_text(encoding="utf-8") if kind == "append" else "") + text, encoding="utf-8")
    return [name for _, name, _ in blocks]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the repository's declarations, without what the page would add."""
    for folder in ("contracts", "standards", "expectations", "tenants", "sql"):
        shutil.copytree(REPOSITORY / folder, tmp_path / folder)
    return tmp_path


def test_a_dataset_is_added_with_files_alone(tree: Path) -> None:
    names = follow("dataset.md", tree)
    assert names == ["contracts/sismiop/tipe_bangunan.yaml", "expectations/sismiop/tipe_bangunan.yaml"]
    assert check(tree) == []
    declared = load(tree)
    dataset = declared.datasets["sismiop.tipe_bangunan"]
    assert dataset.rule("batas-urut").severity == "error"
    assert dataset.rule("wajib:luas_max_tipe_bng")
    assert "tipe_bangunan" in [
        head.name for s in load_systems(tree) for head in s.datasets if s.system.code == "sismiop"
    ]
    assert Path("docs/datasets/sismiop/tipe_bangunan.md") in pages(declared)


def test_a_system_is_added_with_files_alone(tree: Path) -> None:
    follow("code-list.md", tree)
    follow("system.md", tree)
    assert check(tree) == []
    declared = load(tree)
    assert declared.systems["air_minum"].registration.status != "disetujui"
    assert declared.lists["golongan_pelanggan"].codes() == ("1", "2", "3")
    assert "perumdam" in declared.lists["opd"].codes()


def test_a_system_of_an_unknown_department_is_refused(tree: Path) -> None:
    """The page says that the department's code comes first."""
    follow("system.md", tree)
    assert [(p.file, p.key) for p in check(tree)] == [("contracts/air_minum/system.yaml", "owner")]
