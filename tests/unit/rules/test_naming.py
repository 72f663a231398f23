"""Unknown names of a batch and the nearest known ones: a hint, and always the same."""

from __future__ import annotations

from datetime import date
from typing import Any

import pyarrow as pa
import pytest

from lumbung.declarations.models import Meaning, NameReference
from lumbung.rules.naming import HINTED, asked_in, hints, nearest, unknown

GOODS = {
    "BAWANG MERAH": {"Bawang Merah"},
    "BAWANG PUTIH": {"Bawang Putih"},
    "BERAS PREMIUM": {"Beras Premium"},
    "BERAS MEDIUM": {"Beras Medium"},
    "BRAMBANG": {"Bawang Merah"},
}

NEAREST = {
    "typing-mistake": ("BAWNG MERAH", "Bawang Merah"),
    "other-order": ("MERAH BAWANG", "Bawang Merah"),
    "near-an-alias-shows-the-name": ("BRAMBAN", "Bawang Merah"),
    "unit-behind": ("BERAS MEDIUM KG", "Beras Medium"),
}


@pytest.mark.parametrize(("text", "first"), NEAREST.values(), ids=NEAREST.keys())
def test_the_nearest_name_comes_first(text: str, first: str) -> None:
    found = nearest(text, GOODS)
    assert (found[0], len(found), len(set(found))) == (first, 3, 3)


def test_equally_near_names_come_by_the_alphabet() -> None:
    assert nearest("X", {name: {name} for name in ("D", "A", "C", "B")}) == ["A", "B", "C"]
    assert nearest("X", {}) == []


def reference(**more: Any) -> NameReference:
    always = {"valid_from": date(1900, 1, 1), "valid_to": date(9999, 12, 31)}
    made: dict[str, Any] = {
        "column": "nama",
        "list": "tempat",
        "into": "_kode",
        "within": None,
        "on": None,
        "meanings": {"CANDI": (Meaning(code="1", **always),), "GEDANGAN": (Meaning(code="2", **always),)},
        "labels": {"1": "Candi", "2": "Gedangan"},
    }
    return NameReference(**{**made, **more})


def batch(**columns: list[Any]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pydict(columns)


def test_unknown_names_are_collected_once_each_and_in_order() -> None:
    pieces = [
        batch(nama=["Cndi", "Candi", None, "cndi."], _dikenal_kode=[False, True, None, False]),
        batch(nama=["Aneh"], _dikenal_kode=[False]),
    ]
    assert asked_in(reference()) == ["nama", "_dikenal_kode"]
    assert unknown(pieces, reference()) == ["ANEH", "CNDI"]


def test_names_are_unknown_within_what_they_belong_to() -> None:
    inside = reference(within="_kec")
    piece = batch(nama=["Cndi", "Cndi"], _kec=["01", None], _dikenal_kode=[False, False])
    assert asked_in(inside) == ["nama", "_kec", "_dikenal_kode"]
    assert unknown([piece], inside) == ["01|CNDI"]


def test_only_so_many_unknown_names_get_a_hint() -> None:
    many = [f"N{number:04}" for number in range(HINTED + 5)]
    found = unknown([batch(nama=many, _dikenal_kode=[False] * len(many))], reference())
    assert found == many[:HINTED]


def test_a_hint_names_what_there_is_in_the_same_place() -> None:
    assert hints(reference(), ["CNDI"]) == {"CNDI": " Nama yang paling mirip: Candi, Gedangan."}
    always = Meaning(code="1", valid_from=date(1900, 1, 1), valid_to=date(9999, 12, 31))
    inside = reference(within="_kec", meanings={"01|CANDI": (always,)}, labels={"1": "Candi"})
    assert hints(inside, ["01|CNDI", "02|CNDI"]) == {"01|CNDI": " Nama yang paling mirip: Candi."}
