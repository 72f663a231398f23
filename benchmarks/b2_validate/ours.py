"""Ours: `lumbung.rules` and the stage's own functions, step by step as `lumbung.stages.judging.judge` calls them.

What is left out is what no peer has: the ledger, the registration in the metastore, the pages of Data Docs.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.b2_validate import population
from benchmarks.b2_validate.rules import COMPOUND, KEY, REFERENCE, UNIQUE, Check
from lumbung.declarations.models import Column, Dataset, Reference, Rule
from lumbung.declarations.rulebook import reference_rule
from lumbung.rules import gx
from lumbung.rules.frame import prepare
from lumbung.rules.references import with_references
from lumbung.stages import judging

_MOMENT = datetime(2026, 1, 5, tzinfo=UTC)
_ZONE = "Asia/Jakarta"


def dataset(checks: Sequence[Check]) -> Dataset:
    """The neutral rules as declarations."""
    columns = tuple(
        Column.model_construct(
            name=name, logical=logical, physical=physical, title=name, required=name == KEY, classification="umum"
        )
        for name, (logical, physical, _) in population.COLUMNS.items()
    )
    references = tuple(
        Reference(
            id=check.id, columns=check.columns, to=f"uji.{check.arguments[0]}", to_columns=("kode",), severity="error",
            reason="{" + check.columns[0] + "} tidak ada.", source="uji",
        )
        for check in checks
        if check.kind == REFERENCE
    )  # fmt: skip
    referring = {reference.id: reference for reference in references}
    rules = tuple(reference_rule(referring[check.id]) if check.id in referring else _rule(check) for check in checks)
    return Dataset.model_construct(
        system="uji", name="warga", version="1.0.0", title="Warga", columns=columns, key=(KEY,), period_column=None,
        derived={}, late_derived=(), kept=(), references=references, list_refs=(), rules=rules, lookup=False,
    )  # fmt: skip


def _rule(check: Check) -> Rule:
    column = {"column": check.columns[0]}
    match check.kind:
        case "regex":
            name, arguments = "expect_column_values_to_match_regex", {**column, "regex": check.arguments[0]}
        case "in_set":
            name, arguments = "expect_column_values_to_be_in_set", {**column, "value_set": list(check.arguments)}
        case "between":
            low, high = check.arguments
            name, arguments = "expect_column_values_to_be_between", {**column, "min_value": low, "max_value": high}
        case "not_null":
            name, arguments = "expect_column_values_to_not_be_null", column
        case _ if check.kind == UNIQUE:
            name, arguments = "expect_column_values_to_be_unique", column
        case _ if check.kind == COMPOUND:
            name = "expect_compound_columns_to_be_unique"
            arguments = {"column_list": list(check.columns), "ignore_row_if": "any_value_is_missing"}
        case _:
            raise ValueError(check.kind)
    return Rule(
        id=check.id, kind="map", severity="error", expectation=name, kwargs=arguments, columns=check.columns,
        reason="{" + check.columns[0] + "} melanggar.", source="uji",
    )  # fmt: skip


def judge(opened: Any, data: Path, checks: Sequence[Check], out: Path, verdict: bool) -> dict[str, Any]:
    """Tag, write, count, (`verdict`: hold against Great Expectations), split. Counts by class and by rule."""
    from pyspark.sql import functions as fn

    declared = dataset(checks)
    raw = opened.read.parquet(f"file:{data / 'rows'}")
    found = []
    for reference in declared.references:
        parent = opened.read.parquet(f"file:{data / reference.to.removeprefix('uji.')}.parquet")
        found.append((reference, declared, parent.select(fn.col("kode").alias("_kunci_0")).distinct()))
    prepared = with_references(prepare(raw, declared), declared, found, (), opened)
    prepared = prepared.withColumn("_nilai", fn.col("_nilai").cast("string"))
    conditions = gx.conditions(prepared, declared)
    tagged, tally = judging.tag(opened, raw, prepared, declared, conditions, None, out)
    if verdict:
        theirs, _ = gx.checkpoint(gx.visible(tagged, prepared.columns), declared, "uji", _MOMENT)
        if differing := judging.compare(tally, theirs):
            raise judging.CountsDiffer("; ".join(differing))
    judging.split(raw, tagged, declared, _ZONE, out, tally)
    return {
        "accepted": tally.accepted,
        "quarantined": tally.quarantined,
        "by_rule": {check.id: tally.by_rule[_id(declared, check)] for check in checks},
    }


def _id(declared: Dataset, check: Check) -> str:
    """A reference's rule has an id of its own."""
    for reference in declared.references:
        if reference.id == check.id:
            return reference_rule(reference).id
    return check.id
