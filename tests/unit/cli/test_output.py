"""Values as the command line shows them."""

from __future__ import annotations

import json

import pytest

from lumbung.cli.output import as_json, as_table


def test_a_drawing_is_shown_as_people_read_wkb_elsewhere(capsys: pytest.CaptureFixture[str]) -> None:
    row = {"kode": "35.15", "batas": b"\x01\x06\xff"}
    as_json([row])
    assert json.loads(capsys.readouterr().out) == [{"kode": "35.15", "batas": "0106ff"}]
    as_table("Peta", [row], {"kode": "kode", "batas": "batas"})
    assert "0106ff" in capsys.readouterr().out
