"""What the pages point at is there: links between files, headings, and the files that are named."""

import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [*sorted((ROOT / "docs").rglob("*.md")), ROOT / "README.md", ROOT / "CHANGELOG.md"]
LINK = re.compile(r"\]\(([^)\s]+)\)")
NAMED = re.compile(r"`([^`\s<>{}*…]+/[^`\s<>{}*…]+)`")
TAUGHT = re.compile(r"<!-- (?:file|append): (\S+) -->")
ELSEWHERE = ("http://", "https://", "mailto:")


@cache
def anchors(page: Path) -> set[str]:
    """What can stand behind `#`: the headings of a page as GitHub writes them."""
    heads = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_a_page_links_to_exists(page: Path) -> None:
    missing = []
    for link in LINK.findall(page.read_text(encoding="utf-8")):
        if link.startswith(ELSEWHERE):
            continue
        name, _, anchor = link.partition("#")
        target = page.parent / name if name else page
        if not target.exists() or (anchor and target.suffix == ".md" and anchor not in anchors(target)):
            missing.append(link)
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_files_that_a_page_names_exist(page: Path) -> None:
    """Those of the repository's folders; what a how-to page lets its reader write is on that page."""
    text = page.read_text(encoding="utf-8")
    folders = {path.name for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith(".")}
    taught = set(TAUGHT.findall(text))
    named = {name.partition(":")[0] for name in NAMED.findall(text) if name.split("/")[0] in folders}
    assert [name for name in sorted(named - taught) if not (ROOT / name).exists()] == []
