"""What the Spark contestants share: the session, the frame with looked-up parents, and the split by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.b2_validate.rules import KEY, REFERENCE, Check


def session(settings: Mapping[str, str]) -> Any:
    """A classic local session of two threads, with the settings of the platform's engine."""
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local[2]")
    for key, value in settings.items():
        builder = builder.config(key, value)
    opened = builder.getOrCreate()
    opened.sparkContext.setLogLevel("ERROR")
    return opened


def rows(opened: Any, data: Path) -> Any:
    """The received rows."""
    return opened.read.parquet(f"file:{data / 'rows'}")


def looked_up(opened: Any, data: Path, checks: Sequence[Check]) -> Any:
    """The rows with one flag per reference: whether the parent is there (NULL for a NULL)."""
    from pyspark.sql import functions as fn

    frame = rows(opened, data)
    for check in checks:
        if check.kind == REFERENCE:
            column, parent = check.columns[0], opened.read.parquet(f"file:{data / str(check.arguments[0])}.parquet")
            keys = parent.select(fn.col("kode").alias("_kode"))
            frame = frame.join(keys, fn.col(column) == fn.col("_kode"), "left").withColumn(
                check.flag, fn.when(fn.col(column).isNotNull(), fn.col("_kode").isNotNull())
            )
            frame = frame.drop("_kode")
    return frame


def split_by_hand(frame: Any, checks: Sequence[Check], out: Path) -> dict[str, int]:
    """What a team writes itself beside a checker: one pass with the broken rules per row, written in two folders."""
    from pyspark.sql import functions as fn

    broken = fn.array_compact(
        fn.array(*(fn.when(fn.coalesce(fn.expr(c.broken("rlike")), fn.lit(False)), fn.lit(c.id)) for c in checks))
    )
    tagged = frame.withColumn("_rules", broken).withColumn("_ok", fn.size("_rules") == 0)
    tagged.write.mode("overwrite").partitionBy("_ok").parquet(f"file:{out}")
    counted = frame.sparkSession.read.parquet(f"file:{out}").groupBy("_ok").count().collect()
    return _classes(counted)


def split_by_ids(frame: Any, broken: dict[str, list[str]], out: Path) -> dict[str, int]:
    """The split from lists of broken keys, which the checker brought to the driver."""
    from pyspark.sql import functions as fn

    by_key: dict[str, list[str]] = {}
    for rule, keys in broken.items():
        for key in keys:
            by_key.setdefault(key, []).append(rule)
    opened = frame.sparkSession
    found = opened.createDataFrame(list(by_key.items()), "_kunci string, _rules array<string>")
    joined = frame.join(fn.broadcast(found), fn.col(KEY) == fn.col("_kunci"), "left").drop("_kunci")
    joined.withColumn("_ok", fn.col("_rules").isNull()).write.mode("overwrite").partitionBy("_ok").parquet(
        f"file:{out}"
    )
    counted = opened.read.parquet(f"file:{out}").groupBy("_ok").count().collect()
    return _classes(counted)


def _classes(counted: Sequence[Any]) -> dict[str, int]:
    """Rows per class. The folder's name comes back as text, and `"false"` is true to Python."""
    return {("accepted" if str(row["_ok"]).lower() == "true" else "quarantined"): row["count"] for row in counted}
