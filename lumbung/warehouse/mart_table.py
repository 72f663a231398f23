"""One mart as a table: compute it from pinned inputs, write it to a branch, test it there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from lumbung.warehouse import iceberg
from lumbung.warehouse.ddl import DELETED_BATCH, create_iceberg

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from pyspark.sql import DataFrame, SparkSession

    from lumbung.declarations.models import Mart

COUNTED: Final = "dihitung"
"""The reason in identity.sql under which rows are that the mart counts; every other reason is an exclusion."""
_SHOWN: Final = 3


@dataclass(frozen=True, slots=True)
class Inputs:
    """Everything that decides a mart's content.

    `snapshots`: full table name → Iceberg snapshot, lists included. `as_of`: UTC. `parameters`: values that the SQL may
    name. `digest`: of all of it, the SQL and the contract among it.
    """

    snapshots: Mapping[str, int]
    as_of: datetime
    parameters: Mapping[str, Any]
    digest: str


class MartRefusedError(RuntimeError):
    """A mart broke a test or its rows do not add up. The former content stays in place."""


def mart_name(mart: Mart) -> str:
    """`mart.<name>`."""
    return f"mart.{mart.name}"


def mart_columns(mart: Mart) -> dict[str, tuple[str, str]]:
    """Type and comment of every column of a mart's table, in the table's order."""
    return {
        column.name: (
            column.physical.lower().replace(" ", ""),
            f"{column.title}{f' ({column.unit})' if column.unit else ''}. {column.description}",
        )
        for column in mart.columns
    }


def create_mart(spark: SparkSession, mart: Mart) -> None:
    """Create the mart's table, or bring it up to its contract."""
    comment = f"{mart.title}. {mart.description} {mart.read_for}"
    create_iceberg(spark, mart_name(mart), mart_columns(mart), comment, mart.grain)


def pinned(sql: str, versions: Mapping[str, int | str]) -> str:
    """Fix tables of a query at a version: `curated.x AS a` becomes `curated.x VERSION AS OF 123 AS a`.

    `versions`: full table name → snapshot id or branch. Tables are named with their database and used under an alias,
    as our SQL files are written, so that a name stands for a table wherever it occurs outside a comment.
    """
    for name, version in versions.items():
        at = str(version) if isinstance(version, int) else f"'{version}'"
        sql = re.sub(rf"(?<![\w.`]){re.escape(name)}(?![\w.`])", f"{name} VERSION AS OF {at}", sql)
    return sql


def without_comments(sql: str) -> str:
    """The statement without its `--` lines, which would otherwise be pinned too."""
    return re.sub(r"--[^\n]*", "", sql)


def run_query(spark: SparkSession, sql: str, inputs: Inputs, versions: Mapping[str, int | str]) -> DataFrame:
    """Run a query of a mart's folder against pinned tables; only the parameters that it names are passed."""
    text = pinned(without_comments(sql), versions)
    named = {key: value for key, value in inputs.parameters.items() if re.search(rf":{key}\b", text)}
    return spark.sql(text, args=named)


def compute(spark: SparkSession, mart: Mart, inputs: Inputs) -> DataFrame:
    """The mart's rows from mart.sql, in the contract's columns and types, ordered by grain.

    Raises `MartRefusedError` when the SQL gives other columns than the contract names.
    """
    from pyspark.sql import functions as fn

    result = run_query(spark, mart.sql_path.read_text(encoding="utf-8"), inputs, inputs.snapshots)
    wanted = [column.name for column in mart.columns]
    if result.columns != wanted:
        raise MartRefusedError(
            f"{mart.sql_path}: gives columns {', '.join(result.columns)}; the contract says {', '.join(wanted)}"
        )
    typed = result.select(*(fn.col(column.name).cast(column.physical).alias(column.name) for column in mart.columns))
    return typed.coalesce(1).sortWithinPartitions(*mart.grain)


def write_mart(rows: DataFrame, branch: iceberg.Branch) -> None:
    """Replace the branch's content by `rows` in one snapshot (INSERT OVERWRITE)."""
    from pyspark.sql import functions as fn

    rows.writeTo(branch.target).overwrite(fn.lit(True))


def count_identity(spark: SparkSession, mart: Mart, inputs: Inputs) -> dict[tuple[str, str], int]:
    """Where every current row of the inputs went: (input, reason) → rows; empty without an identity.sql."""
    if mart.identity_sql_path is None:
        return {}
    sql = mart.identity_sql_path.read_text(encoding="utf-8")
    rows = run_query(spark, sql, inputs, inputs.snapshots).collect()
    return {(row["sumber"], row["alasan"]): row["jumlah"] for row in rows}


def check_counts(spark: SparkSession, mart: Mart, inputs: Inputs, identity: Mapping[tuple[str, str], int]) -> None:
    """Hold counted + excluded against the current rows of each input that identity.sql names.

    Raises `MartRefusedError` when a row is lost or counted twice, or the primary input is not accounted for.
    """
    sources = sorted({source for source, _ in identity})
    if mart.primary_input is not None and mart.primary_input not in sources:
        current = _current(spark, mart.primary_input, inputs)
        if current:
            raise MartRefusedError(
                f"mart.{mart.name}: identity.sql says nothing of {mart.primary_input}, which has {current} current rows"
            )
    for source in sources:
        current = _current(spark, source, inputs)
        told = sum(n for (name, _), n in identity.items() if name == source)
        if told != current:
            raise MartRefusedError(
                f"mart.{mart.name}: of {current} current rows of {source}, {told} are counted or excluded with a "
                f"reason ({_reasons(identity, source)}). See {mart.identity_sql_path}."
            )


def _current(spark: SparkSession, source: str, inputs: Inputs) -> int:
    """Rows of a curated input that are current at the pinned snapshot."""
    from pyspark.sql import functions as fn

    name = f"curated.{source}"
    if name not in inputs.snapshots:
        raise MartRefusedError(f"identity.sql names {source}, which is not among the inputs of the contract")
    return iceberg.at(spark, name, inputs.snapshots[name]).where(fn.col(DELETED_BATCH).isNull()).count()


def _reasons(identity: Mapping[tuple[str, str], int], source: str) -> str:
    """The identity of one input in words."""
    return "; ".join(f"{reason}: {n}" for (name, reason), n in sorted(identity.items()) if name == source)


def check_mart(
    spark: SparkSession, mart: Mart, inputs: Inputs, identity: Mapping[tuple[str, str], int], branch: iceberg.Branch
) -> None:
    """Hold the branch against grain, required columns, the identity's count and the contract's own tests.

    Raises `MartRefusedError` naming the test, its reason and some of the rows; nobody has seen the branch then.
    """
    from pyspark.sql import functions as fn

    rows = iceberg.on_branch(spark, branch)
    doubled = rows.groupBy(*mart.grain).count().where("count > 1").drop("count")
    _must_be_empty(mart, "grain", f"more than one row per {', '.join(mart.grain)}", doubled)
    empty = fn.lit(False)
    for column in mart.columns:
        if column.required:
            empty = empty | fn.col(column.name).isNull()
    _must_be_empty(mart, "required", "a required column is empty", rows.where(empty))
    if mart.counted_measure is not None and identity:
        in_mart = rows.agg(fn.coalesce(fn.sum(mart.counted_measure), fn.lit(0)).cast("bigint").alias("n")).collect()
        counted = sum(n for (_, reason), n in identity.items() if reason == COUNTED)
        if in_mart[0]["n"] != counted:
            raise MartRefusedError(
                f"mart.{mart.name}: {mart.counted_measure} adds up to {in_mart[0]['n']}, but identity.sql counts "
                f"{counted} rows. Compare {mart.sql_path} with {mart.identity_sql_path}."
            )
    versions: dict[str, int | str] = {**inputs.snapshots, mart_name(mart): branch.name}
    for test in mart.tests:
        _must_be_empty(mart, test.id, test.reason, run_query(spark, test.sql, inputs, versions))


def _must_be_empty(mart: Mart, test: str, reason: str, broken: DataFrame) -> None:
    """Refuse the mart when a test gives rows."""
    shown = [row.asDict() for row in broken.limit(_SHOWN).collect()]
    if shown:
        raise MartRefusedError(f"mart.{mart.name}: test {test} failed: {reason} For example: {shown}")
