"""Keys of source and warehouse as one text."""

from __future__ import annotations

from decimal import Decimal
from types import SimpleNamespace

import pyarrow as pa

from lumbung.ops.keys import joined


def test_a_number_is_the_same_however_many_zeros_follow_its_point() -> None:
    kinds = {"kode": "string", "batas": "number", "ke": "integer"}
    dataset = SimpleNamespace(key=tuple(kinds), column=lambda name: SimpleNamespace(logical=kinds[name]))
    source = [pa.array(["10.0 ", "A", None]), pa.array(["0", "1000.5", "70"]), pa.array([1, 2, 10])]
    curated = [
        pa.array(["10.0", "A", None]),
        pa.array([Decimal("0.00"), Decimal("1000.50"), Decimal("70.00")]),
        pa.array([1, 2, 10]),
    ]
    ours, theirs = (joined(dataset, arrays) for arrays in (source, curated))  # type: ignore[arg-type]
    assert ours == theirs
    assert len(set(ours)) == 3
    assert ours[0].startswith("10.0")
