"""A copy of the product whose declarations are N synthetic systems of one table each."""

from __future__ import annotations

import shutil
from pathlib import Path
from string import Template

from lumbung.settings import ROOT

COPIED = ("benchmarks", "dags", "jobs", "lumbung", "runtime", "requirements", "standards", "tenants")
HERE = Path(__file__).parent


def code_of(number: int) -> str:
    """`sumber01` …"""
    return f"sumber{number:02d}"


def make(folder: Path, systems: int) -> Path:
    """Write the tree; environments and jars are those of this one. Its state lies in its own `.lumbung`."""
    if folder.exists():
        shutil.rmtree(folder)
    for name in COPIED:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "results"))
    shutil.copy(ROOT / "settings.toml", folder / "settings.toml")
    for name in ("expectations", "sql/marts"):
        (folder / name).mkdir(parents=True)
    for number in range(1, systems + 1):
        place = folder / "contracts" / code_of(number)
        place.mkdir(parents=True)
        for template in ("system.yaml", "kejadian.yaml"):
            text = Template((HERE / template).read_text(encoding="utf-8"))
            (place / template).write_text(text.substitute(code=code_of(number), number=number), encoding="utf-8")
    for name in ("env/platform", "jars"):  # no portal: nothing is published
        place = folder / ".lumbung" / name
        place.parent.mkdir(exist_ok=True, parents=True)
        place.symlink_to(ROOT / ".lumbung" / name)
    return folder
