"""Names of dropped files: what is shown, and under which name an original is kept."""

from __future__ import annotations

import pytest

from lumbung.sources.drop.originals import original_name, shown_name

SHA = "0123456789abcdef" * 4


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        pytest.param("kasus_202601.csv", "kasus_202601.csv", id="plain"),
        pytest.param("Laporan (final) 2.xlsx", "Laporan (final) 2.xlsx", id="blanks"),
        pytest.param("a;rm -rf $HOME\n.csv", "a_rm -rf _HOME_.csv", id="shell"),
        pytest.param("..", "..", id="dots are harmless behind the digest"),
        pytest.param("a/../../etc/passwd", "a_.._.._etc_passwd", id="slashes"),
        pytest.param("data_é.csv", "data_é.csv", id="letters"),
        pytest.param("x" * 400 + ".csv", "x" * 146 + ".csv", id="long"),
        pytest.param("é" * 200 + ".csv", "é" * 73 + ".csv", id="long, cut between characters"),
    ],
)
def test_an_original_has_a_plain_name_behind_its_digest(name: str, kept: str) -> None:
    assert original_name(SHA, name) == f"0123456789abcdef_{kept}"


@pytest.mark.parametrize(
    ("entry", "shown"),
    [
        pytest.param("kasus.csv", "kasus.csv", id="plain"),
        pytest.param("a\nb\x1b[31m.csv", "a\ufffdb\ufffd[31m.csv", id="control characters"),
        pytest.param(b"caf\xe9.csv", "caf\ufffd.csv", id="no UTF-8"),
        pytest.param("a\u202efdp.csv", "a\ufffdfdp.csv", id="turned writing"),
    ],
)
def test_a_name_is_shown_without_what_would_harm_a_terminal(entry: str | bytes, shown: str) -> None:
    assert shown_name(entry) == shown
