"""A plan's checksum is that of its steps, and its order does not depend on how they were found."""

from types import SimpleNamespace
from typing import Any

import pytest

from lumbung.ops import snapshots
from lumbung.ops.plans import COLUMNS, Plan, Step, from_json, in_order
from lumbung.settings import Maintenance

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


SMALL = Step("padatkan", "curated.b", "12 dari 14 berkas kecil", detail={"snapshot": 7, "files": 12, "bytes": 900})


@pytest.mark.parametrize(
    ("step", "rows", "files", "size"),
    [
        pytest.param(RAW, 3, None, 10, id="rows go"),
        pytest.param(SNAPSHOT, None, None, 5, id="snapshots have no rows"),
        pytest.param(SMALL, None, 12, 900, id="files are written anew"),
    ],
)
def test_every_figure_that_is_shown_means_something(
    step: Step, rows: int | None, files: int | None, size: int | None
) -> None:
    (shown,) = Plan((step,)).as_rows()
    assert set(shown) == set(COLUMNS)
    assert (shown["rows"], shown["files"], shown["bytes"]) == (rows, files, size)


def test_small_files_are_counted_with_their_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    files = [{"file_size_in_bytes": size} for size in (*[100] * 8, 20 * 1024 * 1024)]
    table = SimpleNamespace(select=lambda _: SimpleNamespace(collect=lambda: files))
    monkeypatch.setattr(snapshots.iceberg, "current_snapshot", lambda *_: 7)
    spark: Any = SimpleNamespace(table=lambda _: table)
    (step,) = snapshots._compaction(spark, "curated.b", Maintenance())
    assert (step.rows, step.bytes) == (0, 0)  # nothing goes
    assert Plan((step,)).as_rows()[0].items() >= {"files": 8, "bytes": 800}.items()
