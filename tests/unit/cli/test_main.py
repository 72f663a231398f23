"""The command line as a process: what its exit code says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        pytest.param(["--help"], 0, id="help"),
        pytest.param(["check"], 0, id="done"),
        pytest.param(["simulate", "no-such-command"], 2, id="code-of-another-program"),
    ],
)
def test_the_exit_code_says_how_it_went(arguments: list[str], code: int) -> None:
    answer = subprocess.run(
        [sys.executable, "-m", "lumbung.cli", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert answer.returncode == code, answer.stderr


def answer(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "lumbung.cli", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    ("arguments", "command", "named"),
    [
        pytest.param(["nope"], "", "'nope'", id="no such command"),
        pytest.param(["status", "--jsn"], " status", "--jsn", id="no such option"),
        pytest.param(["run"], " run", "SYSTEM", id="an argument is missing"),
        pytest.param(["rollback", "curated.x", "--to", "abc"], " rollback", "--to", id="no number"),
        pytest.param(["run", "siak", "--timeout", "-5"], " run", "--timeout", id="a wait below nothing"),
        pytest.param(["query", "SELECT 1", "--limit", "-1"], " query", "--limit", id="fewer rows than none"),
        pytest.param(["audit", "--last", "0"], " audit", "--last", id="no entry at all"),
    ],
)
def test_wrong_usage_says_what_is_wrong_and_how_to_type_it(arguments: list[str], command: str, named: str) -> None:
    given = answer(*arguments)
    assert given.returncode == 2, given.stderr
    assert f"Usage: bin/lumbung{command}" in given.stderr
    assert f"Try 'bin/lumbung{command} --help'" in given.stderr
    assert named in given.stderr.splitlines()[-1]
    assert given.stdout == ""


@pytest.mark.parametrize(
    ("arguments", "usage"),
    [
        pytest.param(["run"], "Usage: bin/lumbung run ", id="a command of ours"),
        pytest.param(["simulate"], "usage: bin/lumbung simulate ", id="the simulator"),
        pytest.param(["simulate", "sql"], "usage: bin/lumbung simulate sql ", id="a command of the simulator"),
    ],
)
def test_help_names_the_command_that_people_type(arguments: list[str], usage: str) -> None:
    shown = answer(*arguments, "--help").stdout
    assert usage in shown and "python -m" not in shown
