"""What cannot be traced is named, with what may have been meant, and nothing more."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any, cast

import pytest

from lumbung.declarations import load
from lumbung.ops import trace
from lumbung.ops.trace import TraceError, trace_target

NOBODY = cast(Any, SimpleNamespace())


@pytest.mark.parametrize(
    ("target", "says"),
    [
        pytest.param("mart.penduduk_semster", r"mirip: mart\.penduduk_semester", id="a mart misspelt"),
        pytest.param("mart.penduduk_semster?periode=1", r"mirip: mart\.penduduk_semester", id="a row of it"),
        pytest.param("zzzz", "mirip: tidak ada", id="nothing like it"),
        pytest.param("http://127.0.0.1:11050/dataset/tidak-ada", "bukan alamat atau id", id="an address"),
        pytest.param("00000000-0000-5000-8000-000000000000", "bukan alamat atau id", id="an id"),
    ],
)
def test_an_unknown_target(target: str, says: str) -> None:
    with pytest.raises(TraceError, match=says) as caught:
        trace_target(target, NOBODY)
    assert target.split("?")[0] in str(caught.value) and "bin/lumbung summary" in str(caught.value)
    assert len(str(caught.value)) < 250


def test_a_row_that_is_not_there_is_named_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = SimpleNamespace(limit=lambda _: SimpleNamespace(collect=list))
    frame.where = lambda _: frame
    column = SimpleNamespace(cast=lambda _: column)
    functions = SimpleNamespace(functions=SimpleNamespace(col=lambda _: column, lit=lambda value: value))
    monkeypatch.setitem(sys.modules, "pyspark.sql", cast(Any, functions))
    monkeypatch.setattr("lumbung.warehouse.session.session", lambda _: SimpleNamespace(table=lambda _: frame))
    refresh = cast(Any, SimpleNamespace(snapshot_id=None))
    asked = [("periode", "999999"), ("kode_desa", "35.15.01.2001")]
    with pytest.raises(TraceError, match=r"baris dengan periode = 999999 dan kode_desa = 35\.15\.01\.2001\.$"):
        trace._rows(load(), "penduduk_semester", refresh, asked)
