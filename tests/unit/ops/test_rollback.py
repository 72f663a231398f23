"""What is known of a table after going back: as of when it is complete, what rests on it, and the checksum."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from lumbung.cli.rollback import as_row, show
from lumbung.ops.dependents import linked_tables, marts_on, readers
from lumbung.ops.rollback import Plan, State, complete_to


def day(number: int) -> datetime:
    return datetime(2026, 1, number, tzinfo=UTC)


def batch(number: int, mode: str = "window", wrote: bool = True, same_as: str | None = None) -> Any:
    """Batch `b<number>` of run kind `jadwal` with source clock on that day of January."""
    return SimpleNamespace(
        id=f"b{number}",
        mode=mode,
        snapshot_id=number if wrote else None,
        same_as=same_as,
        source_clock=day(number),
        run_id="jadwal",
    )


KINDS = {kind: kind for kind in ("jadwal", "isi-ulang", "ulang")}


@pytest.mark.parametrize(
    ("batches", "written", "wanted"),
    [
        pytest.param([batch(1), batch(2), batch(3)], {"b1", "b2"}, day(2), id="the last one is undone"),
        pytest.param([batch(1), batch(2, wrote=False), batch(3)], {"b1"}, day(2), id="one that changed nothing counts"),
        pytest.param([batch(1), batch(2), batch(3, wrote=False)], {"b1"}, day(1), id="but not after an undone one"),
        pytest.param(
            [batch(1, "full"), batch(2, "full", same_as="b1"), batch(3, "full")], {"b1"}, day(2), id="unchanged content"
        ),
        pytest.param([batch(1), batch(2), batch(3), batch(4)], {"b1", "b3"}, day(1), id="a window over a gap"),
        pytest.param(
            [batch(1), batch(2), batch(3, "sweep"), batch(4), batch(5)],
            {"b1", "b3", "b4"},
            day(4),
            id="a sweep mends it",
        ),
        pytest.param([batch(1), batch(2), batch(3)], {"b2"}, day(2), id="older snapshots are expired"),
        pytest.param([batch(1), batch(2)], set(), None, id="nothing is known"),
    ],
)
def test_complete_to_says_never_too_much(batches: list[Any], written: set[str], wanted: datetime | None) -> None:
    assert complete_to(batches, written, KINDS) == wanted


def test_a_backfill_does_not_complete_a_table() -> None:
    backfill = batch(2)
    backfill.run_id = "isi-ulang"
    assert complete_to([batch(1), backfill], {"b1", "b2"}, KINDS) == day(1)


def reference(to: str) -> Any:
    return SimpleNamespace(to=to)


def dataset(name: str, linked: str | None = None, references: tuple[Any, ...] = ()) -> Any:
    return SimpleNamespace(
        id=f"uji.{name}",
        system="uji",
        table_name=f"uji__{name}",
        linked=linked,
        references=references,
        master_refs=(),
    )


DATASETS = [dataset("a", "pasangan"), dataset("b", "pasangan", (reference("uji.a"),)), dataset("c")]
DECLARED: Any = SimpleNamespace(
    datasets={one.id: one for one in DATASETS},
    of_system=lambda system: DATASETS,
    marts={
        "satu": SimpleNamespace(inputs=("uji__a",)),
        "dua": SimpleNamespace(inputs=("mart.satu",)),
        "lain": SimpleNamespace(inputs=("uji__c", "ref.wilayah")),
    },
)


def test_everything_that_rests_on_a_table_is_named() -> None:
    assert marts_on(DECLARED, "curated.uji__a") == ["dua", "satu"]
    assert marts_on(DECLARED, "mart.satu") == ["dua", "satu"]
    assert linked_tables(DECLARED, DATASETS[0]) == ("curated.uji__b",)
    assert readers(DECLARED, DATASETS[0]) == ("uji.b",)
    assert (linked_tables(DECLARED, None), readers(DECLARED, None)) == ((), ())


PLAN = Plan(
    table="curated.uji__a",
    now=State(2, day(2), "b2"),
    then=State(1, day(1), None),
    gained=1,
    lost=2,
    changed=3,
    undone=("b2",),
    linked=("curated.uji__b",),
    readers=(),
    marts=("satu",),
    publications={"satu_desa": "2026.1", "satu_kec": None},
    states=(State(2, day(2), "b2"), State(1, day(1), None)),
)


@pytest.mark.parametrize("change", [{"now": State(3, day(3), "b3")}, {"lost": 3}, {"then": State(0, day(1), None)}])
def test_the_checksum_is_of_this_change_only(change: dict[str, Any]) -> None:
    assert replace(PLAN, **change).checksum != PLAN.checksum
    assert replace(PLAN, publications={}).checksum == PLAN.checksum


def test_the_dry_run_says_what_changes_and_how_to_do_it() -> None:
    text = show(PLAN)
    for word in ("hilang 2", "muncul kembali 1", "berubah 3", "b2", "curated.uji__b", "satu_desa (versi 2026.1)"):
        assert word in text
    assert f"--apply {PLAN.checksum}" in text
    assert as_row(PLAN)["checksum"] == PLAN.checksum


@pytest.mark.parametrize(
    ("table", "cost"),
    [("curated.uji__a", "dibaca utuh"), ("mart.satu", "publikasinya akan berhenti")],
    ids=["curated", "mart"],
)
def test_going_back_to_the_same_content_is_not_proposed(table: str, cost: str) -> None:
    same = replace(PLAN, table=table, gained=0, lost=0, changed=0)
    assert "tidak ada gunanya" in show(same) and cost in show(same)
    assert "--apply" not in show(same)
    for count in ("gained", "lost", "changed"):
        assert "--apply" in show(replace(same, **{count: 1}))
