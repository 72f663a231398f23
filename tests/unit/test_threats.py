"""Every control in docs/threats.md has a test, and the test exists."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROWS = [
    [cell.strip() for cell in line.strip("|").split(" | ")]
    for line in (ROOT / "docs" / "threats.md").read_text(encoding="utf-8").splitlines()
    if re.match(r"\| [A-Z]\d+ \|", line)
]
TESTS = [(row[0].strip("| "), test) for row in ROWS for test in re.findall(r"`([^`]+)`", row[-1])]


@cache
def functions(file: Path) -> set[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_there_are_threats_and_every_row_is_whole() -> None:
    assert len(ROWS) >= 12
    for row in ROWS:
        assert len(row) == 6 and all(row), row[0]
        assert re.findall(r"`([^`]+)`", row[-1]), f"{row[0]} names no test"
    assert len({row[0] for row in ROWS}) == len(ROWS)


@pytest.mark.parametrize(("threat", "test"), TESTS)
def test_the_test_of_a_threat_exists(threat: str, test: str) -> None:
    path, _, name = test.partition("::")
    assert (ROOT / path).is_file(), f"{threat}: {path} does not exist"
    assert name in functions(ROOT / path), f"{threat}: {path} has no {name}"


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_what_enforces_a_control_exists(row: list[str]) -> None:
    for path in re.findall(r"`([\w/.-]+/[\w/.*-]*)`", row[3]):
        if "…" not in path:
            assert list(ROOT.glob(path.rstrip("/"))), f"{row[0]}: {path} does not exist"
