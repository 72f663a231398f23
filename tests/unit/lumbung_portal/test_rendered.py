"""What anonymous readers see on the portal's pages: no link that is refused, no token, Indonesian words."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from lumbung.settings import ROOT

Pieces = dict[str, dict[str, str]]
PYTHON = ROOT / ".lumbung/env/portal/bin/python"


@pytest.fixture(scope="module")
def pieces(tmp_path_factory: pytest.TempPathFactory) -> Pieces:
    """Rendered by the portal's own Python over CKAN's templates; see rendered.py."""
    script = Path(__file__).with_name("rendered.py")
    answer = subprocess.run(
        [str(PYTHON), "-B", str(script), str(tmp_path_factory.mktemp("stubs"))],
        env={**os.environ, "PYTHONPATH": str(ROOT / "portal/ckanext-lumbung")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr[-3000:]
    found: Any = json.loads(answer.stdout)
    return dict(found)


@pytest.mark.parametrize("kind", ["group", "organization"])
def test_only_those_who_may_open_the_members_have_the_tab(pieces: Pieces, kind: str) -> None:
    tabs = pieces[f"tabs of {kind}"]
    assert tabs["anonymous"].split() == [f"[{kind}.read]", f"[{kind}.about]", f"[activity.{kind}_activity]"]
    assert f"[{kind}.members]" in tabs["officer"]


def test_the_author_of_a_change_is_named_and_linked_only_for_those_who_may_open_the_page(pieces: Pieces) -> None:
    author = pieces["author"]
    assert "Penerbit &amp; Co" in author["anonymous"]
    assert "href" not in author["anonymous"]
    assert 'href="/user/penerbit"' in author["officer"]


@pytest.mark.parametrize("word", ["Authorization", "API_TOKEN", "apikey", "jones", "Further information", "Querying"])
def test_the_dialog_about_the_api_asks_for_no_token_and_speaks_no_english(pieces: Pieces, word: str) -> None:
    assert word not in pieces["api"]["anonymous"]


def test_the_dialog_about_the_api_shows_how_to_read_the_table(pieces: Pieces) -> None:
    page = pieces["api"]["anonymous"]
    assert "tidak perlu akun atau token" in page
    assert page.lstrip().startswith('<div class="modal"')
    assert page.count("058514f5-9681-5fb4-ac37-9909999e2565") >= 6
    assert "tahun" in page
    assert "lumbung.berkas" in page


def test_a_moment_is_written_as_people_say_it(pieces: Pieces) -> None:
    assert pieces["moment"] == {"hours": "29 November 2026 22.16 WIB", "none": ""}


def test_the_helpers_are_those_of_the_plugin() -> None:
    """CKAN replaces its helpers by ours under exactly these names."""
    text = (ROOT / "portal/ckanext-lumbung/lumbung_portal/presentation.py").read_text(encoding="utf-8")
    for name in ("build_nav_icon", "linked_user", "render_datetime"):
        assert f'"{name}": {name},' in text
        assert f"@tk.chained_helper\ndef {name}(" in text
