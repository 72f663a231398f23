"""A plan's checksum is that of its steps, and its order does not depend on how they were found."""

from typing import Any

import pytest

from lumbung.ops.plans import Plan, Step, from_json, in_order

RAW = Step("raw", "raw/a", "tua", 3, 10, {"batch": "x-1"})
SNAPSHOT = Step("snapshot", "curated.a", "tua", 0, 5, {"snapshots": [1, 2]})


def test_the_same_steps_have_the_same_checksum_in_whatever_order_they_were_found() -> None:
    assert Plan(in_order([SNAPSHOT, RAW])).checksum == Plan(in_order([RAW, SNAPSHOT])).checksum


@pytest.mark.parametrize(
    "other",
    [
        pytest.param([RAW], id="one-less"),
        pytest.param([RAW, Step("snapshot", "curated.a", "tua", 0, 5, {"snapshots": [1, 3]})], id="another-snapshot"),
        pytest.param([Step("raw", "raw/a", "tua", 4, 10, {"batch": "x-1"}), SNAPSHOT], id="another-count"),
    ],
)
def test_another_plan_has_another_checksum(other: list[Step]) -> None:
    assert Plan(in_order(other)).checksum != Plan((RAW, SNAPSHOT)).checksum


def test_what_was_kept_back_does_not_change_the_checksum() -> None:
    assert Plan((RAW,), ("x: baris masih ditolak",)).checksum == Plan((RAW,)).checksum


def test_a_plan_comes_back_from_the_ledger_as_it_was() -> None:
    steps: Any = Plan((RAW, SNAPSHOT)).as_json()
    assert from_json(steps) == (RAW, SNAPSHOT)
    assert Plan((RAW, SNAPSHOT)).summary()["raw"] == {"steps": 1, "rows": 3, "bytes": 10}
