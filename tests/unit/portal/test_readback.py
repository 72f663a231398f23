"""Reading back: what the portal shows is compared with what was sent, and searched as it was before."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from lumbung.portal.dataset import fields
from lumbung.portal.pii import Finding
from lumbung.portal.readback import ReadBackError, read_back
from lumbung.portal.table import Content, content
from tests.publishing import publication, published

DECLARED = publication(
    "uji",
    "t",
    (published("periode", "periode"), published("catatan", "catatan"), published("anggaran", "anggaran", "numeric")),
    ("periode",),
    (("periode",),),
)
NAMES = [column.name for column in DECLARED.columns]
VERSION = "2026-01-05-abcdef01"


class Shown:
    """A portal that shows a content; `table`: other rows in its DataStore."""

    def __init__(self, sent: Content, table: Sequence[str] | None = None) -> None:
        self._sent = sent
        self._table = sent.csv.decode().splitlines()[1:] if table is None else table

    def version(self, resource: str) -> dict[str, Any]:
        part = {"version": VERSION, "sha256": self._sent.sha256, "url": "/berkas"}
        return {"consistent": True, "file": part, "table": part, "metadata": part}

    def get(self, url: str) -> SimpleNamespace:
        head = ",".join(["_id", *self._sent.columns])
        dump = "\n".join([head, *(f"{number},{line}" for number, line in enumerate(self._table, start=1))])
        return SimpleNamespace(body=self._sent.csv if url == "/berkas" else dump.encode())

    def call(self, action: str, asked: dict[str, Any]) -> dict[str, Any]:
        return {"total": len(self._table), "fields": fields(self._sent.publication)}


def sent(amount: object, note: str) -> Content:
    return content(DECLARED, NAMES, [{"periode": "2024", "catatan": note, "anggaran": amount}])


def findings(shown: Content) -> list[Finding]:
    return read_back(Shown(shown), "r", shown, VERSION, {})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "amount", ["628717000.00", "0", "-5.50", ""], ids=["telephone", "nothing", "below-zero", "none"]
)
def test_an_amount_is_no_telephone_number(amount: str) -> None:
    assert findings(sent(Decimal(amount) if amount else None, "Dana Desa")) == []


def test_a_telephone_number_in_a_text_is_found_again() -> None:
    assert [one.kind for one in findings(sent(1, "628717000.00"))] == ["telepon"]


def test_a_long_text_is_read_back_like_any_other() -> None:
    assert findings(sent(1, "panjang " * 50_000)) == []
    shown = sent(1, "panjang " * 50_000)
    with pytest.raises(ReadBackError, match="isi tabel tidak sama"):
        read_back(Shown(shown, [f"2024,{'panjang ' * 50_001},1"]), "r", shown, VERSION, {})  # type: ignore[arg-type]


def test_another_amount_in_the_table_is_told() -> None:
    shown = sent(100, "Dana Desa")
    with pytest.raises(ReadBackError, match="isi tabel tidak sama"):
        read_back(Shown(shown, ["2024,Dana Desa,101"]), "r", shown, VERSION, {})  # type: ignore[arg-type]
