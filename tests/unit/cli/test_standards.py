"""What `lumbung standards diff` gives machines: every change with whether it alters a meaning, and the digest."""

from __future__ import annotations

from dataclasses import replace

from lumbung.cli.standards import as_row
from lumbung.ops.standards import Plan, Touched
from lumbung.warehouse.list_changes import Change

PLAN = Plan(
    changes={"jenis": (Change("1", "label", "LAMA", "BARU"), Change("3", "baru", None, "TIGA"))},
    touched=(Touched("jenis", "curated.uji__rumah", "jenis", 2, 1),),
    marts=("rumah",),
    systems=("uji",),
    versions={"jenis": ("a", "b")},
)


def test_a_plan_for_machines() -> None:
    assert as_row(PLAN) == {
        "digest": PLAN.digest,
        "changes": [
            {"list": "jenis", "code": "1", "kind": "label", "before": "LAMA", "after": "BARU", "meaning": True},
            {"list": "jenis", "code": "3", "kind": "baru", "before": None, "after": "TIGA", "meaning": False},
        ],
        "touched": [{"list": "jenis", "table": "curated.uji__rumah", "column": "jenis", "rows": 2, "labels": 1}],
        "marts": ["rumah"],
        "systems": ["uji"],
    }
    assert as_row(Plan({}, (), (), (), {}))["digest"] is None


def test_the_digest_names_lists_and_rows() -> None:
    others = (
        replace(PLAN, versions={"jenis": ("a", "c")}),
        replace(PLAN, versions={"jenis": ("c", "b")}),
        replace(PLAN, touched=(replace(PLAN.touched[0], rows=3),)),
        replace(PLAN, touched=()),
    )
    assert len({PLAN.digest, *(other.digest for other in others)}) == 5
    assert replace(PLAN, marts=()).digest == PLAN.digest
