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
