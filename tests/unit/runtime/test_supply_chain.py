"""Secrets are found in whatever dress, licences are read as stated, and every exception has a reason and a use."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from lumbung.settings import ROOT
from runtime.supply_chain import (
    EXCEPTIONS,
    Problem,
    advisories,
    excused,
    license_of,
    license_problems,
    secrets_in,
    tree_secrets,
)

# put together here, so that this file holds none itself
DRAWN = "tK9x" + "Qv3mZp7L" + "w2Rb8NdY"
LONG = DRAWN + "f4Hs6Jc1" + "Gu5Ae0Xo" + "Ti9VqMkB"


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        pytest.param("-----BEGIN " + "RSA PRIVATE KEY-----", "private key", id="key"),
        pytest.param(f'password = "{DRAWN}"', "password in the text", id="assignment"),
        pytest.param(f"'api_key': '{DRAWN}'", "password in the text", id="mapping"),
        pytest.param(f"postgresql://lumbung:{DRAWN}@127.0.0.1/x", "password in a URL", id="url"),
        pytest.param("AKIA" + "ABCDEFGHIJKLMNOP", "token of a service", id="cloud"),
        pytest.param("ghp_" + "a1" * 18, "token of a service", id="forge"),
        pytest.param(f"eyJ{DRAWN}.eyJ{DRAWN}.{DRAWN}", "JWT", id="jwt"),
        pytest.param(f'x = "{LONG}"', "random text", id="random"),
    ],
)
def test_a_secret_is_found(line: str, kind: str) -> None:
    assert list(secrets_in("x.py", f"satu\n{line}\n")) == [Problem("secret", "x.py:2", kind)]
    assert line not in str(list(secrets_in("x.py", line)))


@pytest.mark.parametrize(
    "line",
    [
        'KEY_SECRET = "audit_key"  # the name, not the secret',
        'password_secret: str = "hive_engineer_password"',
        "postgresql://lumbung:rahasia@127.0.0.1/x",
        'return self.secret(f"source_{connection}_url")',
        "curated.siak__biodata_wni_dkb_yang_panjang_sekali_namanya",
        "nik = '3515014509900001'",
        'digest = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"',
        "| `read_prices_of_2025_and_2026_at_every_market_of_the_regency` |",
    ],
)
def test_names_and_words_are_no_secrets(line: str) -> None:
    assert list(secrets_in("x.py", line)) == []


def test_the_tree_holds_no_secret() -> None:
    exceptions = tomllib.loads((ROOT / EXCEPTIONS).read_text(encoding="utf-8"))
    left, stale = excused(tree_secrets(ROOT), {"secret": exceptions["secret"]})
    assert left == [] and stale == []
    assert all(reason.strip() for by in exceptions.values() for reason in by.values())


@pytest.mark.parametrize(
    ("metadata", "classifiers", "said"),
    [
        ({"License-Expression": "MIT", "License": "GPL"}, [], "MIT"),
        ({"License": "BSD\nlong text"}, ["License :: OSI Approved :: MIT License"], "MIT License"),
        ({"License": "Apache 2\nlong text"}, ["License :: OSI Approved"], "Apache 2"),
        ({}, [], "not stated"),
    ],
)
def test_a_licence_is_what_the_package_states(metadata: dict[str, str], classifiers: list[str], said: str) -> None:
    assert license_of(metadata, classifiers) == said


def test_a_licence_that_asks_something_needs_a_reason_that_is_used() -> None:
    found = list(license_problems({"a": "MIT", "b": "GPL-3.0-only", "c": "not stated"}))
    assert [problem.where for problem in found] == ["b", "c"]
    left, stale = excused(found, {"licence": {"b": "sebab", "lain": "sebab"}})
    assert [problem.where for problem in left] == ["c"]
    assert stale == ["licence lain"]


def test_advisories_that_cannot_be_asked_for_are_said_so_and_fail_nothing(tmp_path: Path) -> None:
    problems, said = advisories(tmp_path)  # no tool there to ask with
    assert problems == [] and said.startswith("not reachable")
