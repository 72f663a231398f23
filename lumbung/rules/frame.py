"""The prepared frame: a batch's raw rows as every rule sees them, and the hashes by which rows are compared.

Order of columns: `_row`, the contract's columns (`char(n)` right-trimmed, otherwise as received), `_nilai`, of a file
its name, line and defect, the type flags `_tipe_<column>`, the derived columns of the suite and the codes of names.
References and code lists add theirs in `lumbung.rules.references`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from lumbung.declarations.files import WKB
from lumbung.declarations.names import FILE_EXTRAS, FILE_LINE
from lumbung.declarations.written import WRITTEN, ZONED, otherwise

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pyspark.sql import Column as SparkColumn
    from pyspark.sql import DataFrame

    from lumbung.declarations.models import Column, Dataset
    from lumbung.declarations.names import TextFormat

ROW: Final = "_row"
VALUES: Final = "_nilai"
"""Names of the columns whose value the extractor could not write (infinity, NaN, NUL); NULL when none."""
ROW_HASH: Final = "_row_hash"
KEY_HASH: Final = "_key_hash"
TYPE_FLAG: Final = "_tipe_"

_SEPARATOR: Final = "\u001f"
_NULL: Final = "\u0000"
"""PostgreSQL text cannot hold it, so a NULL never looks like a value."""

_WHOLE: Final = r"^\s*[+-]?[0-9]+(\.0*)?\s*$"
_DATE: Final = r"^\s*[0-9]{4}-[0-9]{2}-[0-9]{2}\s*$"
_TIMESTAMP: Final = r"^\s*[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?\s*$"
_TIMESTAMP_ZONED: Final = _TIMESTAMP.removesuffix("$") + r"(Z|[+-][0-9]{2}:[0-9]{2})?\s*$"


def contract_frame(raw: DataFrame, dataset: Dataset, *others: str) -> DataFrame:
    """Raw rows reduced to `_row`, the contract's columns, `_nilai` and `others`.

    A column that the source has and the contract has not is left out; an optional column that this batch lacks is NULL.
    """
    from pyspark.sql import functions as fn

    present = {field.name: field.dataType.typeName() for field in raw.schema.fields}
    selected: list[SparkColumn] = [fn.col(ROW).cast("bigint").alias(ROW)]
    for column in dataset.columns:
        if column.name not in present:
            selected.append(fn.lit(None).cast(local_type(column)).alias(column.name))
        elif column.trim:
            selected.append(fn.rtrim(fn.col(column.name)).alias(column.name))
        elif column.format is not None and present[column.name] == "string":  # curated rows are plain already
            selected.append(plain(column.name, column.format).alias(column.name))
        else:
            selected.append(fn.col(column.name))
    values = fn.col(VALUES) if VALUES in present else fn.lit(None)
    own = [
        (fn.col(name) if name in present else fn.lit(None))
        .cast("bigint" if name == FILE_LINE else "string")
        .alias(name)
        for name in (FILE_EXTRAS if dataset.files is not None else ())
    ]
    return raw.select(*selected, values.cast("string").alias(VALUES), *own, *others)


def plain(name: str, written: TextFormat) -> SparkColumn:
    """A text value in the plain way of writing (1234.5, 2025-12-31), when it is written as declared.

    Any other text stays, with a remark behind it: no type takes it then, and the type rule refuses it in those words.
    """
    from pyspark.sql import functions as fn

    value = fn.trim(fn.col(name))
    rewritten = value
    for pattern, replacement in WRITTEN[written].steps:
        rewritten = fn.regexp_replace(rewritten, pattern, replacement.replace("\\", "$"))
    other = fn.concat(fn.col(name), fn.lit(otherwise(written)))
    return fn.when(value.rlike(WRITTEN[written].pattern), rewritten).otherwise(other)


def with_type_flags(frame: DataFrame, dataset: Dataset) -> DataFrame:
    """Add `_tipe_<column>` for every rule of kind `type`: NULL for a NULL, else whether it parses without loss."""
    flags = {TYPE_FLAG + name: parses(dataset.column(name)) for name in typed_columns(dataset)}
    return frame.withColumns(flags) if flags else frame


def typed_columns(dataset: Dataset) -> tuple[str, ...]:
    """The columns that have a type rule, in the order of the rules."""
    return tuple(rule.kwargs["column"].removeprefix(TYPE_FLAG) for rule in dataset.rules if rule.kind == "type")


def with_derived(frame: DataFrame, derived: dict[str, str], names: Iterable[str] | None = None) -> DataFrame:
    """Add the derived columns (name → Spark SQL expression) in declared order; each may use earlier ones.

    `names` limits them. Expressions that do not use each other go into one projection: sixty nested ones take the
    analyzer seconds.
    """
    from pyspark.sql import functions as fn

    wanted = set(derived) if names is None else set(names)
    level: dict[str, SparkColumn] = {}
    for name, expression in derived.items():
        if name not in wanted:
            continue
        if any(re.search(rf"\b{re.escape(earlier)}\b", expression) for earlier in level):
            frame, level = frame.withColumns(level), {}
        level[name] = fn.expr(expression)
    return frame.withColumns(level) if level else frame


def prepare(raw: DataFrame, dataset: Dataset) -> DataFrame:
    """The prepared frame before references: contract columns, type flags, derived columns that need no parent, and
    the codes of names, which stand on some of these and others on them.
    """
    from lumbung.rules.naming import with_names

    frame = with_type_flags(contract_frame(raw, dataset), dataset)
    later = {*dataset.late_derived, *dataset.named_derived}
    frame = with_derived(frame, dataset.derived, [name for name in dataset.derived if name not in later])
    return with_derived(with_names(frame, dataset), dataset.derived, dataset.named_derived)


def local_type(column: Column) -> str:
    """The column's curated type, with the zone-less timestamps of the source left in the source's own time."""
    return "timestamp_ntz" if is_local_time(column) else column.spark_type.lower()


def is_local_time(column: Column) -> bool:
    """Whether the column holds timestamps without zone, in the system's time."""
    return column.logical == "timestamp" and "with time zone" not in column.physical and column.format != ZONED


def local(column: Column) -> SparkColumn:
    """A received column in `local_type`; NULL when it does not parse."""
    from pyspark.sql import functions as fn

    source = fn.col(column.name)
    if column.physical == WKB:
        return fn.unhex(source.cast("string"))
    if column.logical == "string":
        return source.cast("string")
    if column.logical == "integer":
        # A text such as '12.0' is no int to Spark, but it is a whole number.
        return source.try_cast("decimal(38,0)").try_cast(local_type(column))
    return source.try_cast(local_type(column))


def typed(column: Column, timezone: str) -> SparkColumn:
    """A received column in its curated type (`Column.spark_type`); zone-less timestamps become UTC. NULL when it does
    not parse: type rules have refused such rows before.
    """
    from pyspark.sql import functions as fn

    value = local(column)
    if is_local_time(column):
        value = fn.convert_timezone(fn.lit(timezone), fn.lit("UTC"), value).cast("timestamp")
    return value


def in_curated_types(tagged: DataFrame, dataset: Dataset, timezone: str) -> DataFrame:
    """Accepted rows as validate left them, reduced to contract columns, kept ones, `_row` and `_row_hash`, in the
    types of the curated table.
    """
    from pyspark.sql import functions as fn

    return tagged.select(
        *(typed(column, timezone).alias(column.name) for column in dataset.columns),
        *(fn.col(column.name).cast(column.spark_type).alias(column.name) for column in dataset.kept),
        ROW,
        ROW_HASH,
    )


def parses(column: Column) -> SparkColumn:
    """NULL for a NULL, else whether the received value becomes its curated type without overflow or lost digits."""
    from pyspark.sql import functions as fn

    text = fn.col(column.name).cast("string")
    good = local(column).isNotNull()
    match column.logical:
        case "integer":
            good = good & text.rlike(_WHOLE)
        case "number":
            good = good & text.rlike(rf"^\s*[+-]?[0-9]*(\.[0-9]{{0,{column.scale or 0}}}0*)?\s*$")
        case "date":
            good = good & text.rlike(_DATE)
        case "timestamp":
            good = good & text.rlike(_TIMESTAMP if is_local_time(column) else _TIMESTAMP_ZONED)
    return fn.when(fn.col(column.name).isNotNull(), good)


def row_hash(columns: Sequence[Column], *others: str) -> SparkColumn:
    """SHA-256 (hex) of a row's content over prepared values, in the contract's order; NULL differs from every value.

    A value that the extractor could not write (`_nilai`) is content too, otherwise such a row would equal one with
    NULL; so is what is wrong with a file's line (`others`).
    """
    from pyspark.sql import functions as fn

    content = fn.concat_ws(_SEPARATOR, *(_text(fn.col(column.name)) for column in columns))
    lost = (fn.coalesce(fn.concat(fn.lit(_SEPARATOR), fn.col(name)), fn.lit("")) for name in (VALUES, *others))
    return fn.sha2(fn.concat(content, *lost), 256)


def key_hash(columns: Sequence[Column]) -> SparkColumn:
    """SHA-256 (hex) of a key (`columns`: the key's, in order), equal for a received row and for its curated row.

    Values are compared as their curated type writes them; one that does not parse counts as it was received.
    """
    from pyspark.sql import functions as fn

    return fn.sha2(_key_text(columns), 256)


def key_number(columns: Sequence[Column]) -> SparkColumn:
    """64 bits of a key: equal where `key_hash` is, hardly ever elsewhere, and far cheaper to bring together."""
    from pyspark.sql import functions as fn

    return fn.xxhash64(_key_text(columns))


def _key_text(columns: Sequence[Column]) -> SparkColumn:
    from pyspark.sql import functions as fn

    parts = [_text(fn.coalesce(local(column).cast("string"), fn.col(column.name).cast("string"))) for column in columns]
    return fn.concat_ws(_SEPARATOR, *parts)


def received_key_hash(dataset: Dataset) -> SparkColumn:
    """`key_hash` of a received row that already has `_row_hash`; a row without a whole key stands for itself alone."""
    from pyspark.sql import functions as fn

    hashed = key_hash(key_columns(dataset))
    return fn.when(has_key(dataset), hashed).otherwise(fn.sha2(fn.concat(hashed, fn.col(ROW_HASH)), 256))


def has_key(dataset: Dataset) -> SparkColumn:
    """Whether every key column has a value."""
    from functools import reduce
    from operator import and_

    from pyspark.sql import functions as fn

    return reduce(and_, (fn.col(name).isNotNull() for name in dataset.key))


def key_columns(dataset: Dataset) -> tuple[Column, ...]:
    """The key's columns in the key's order."""
    return tuple(dataset.column(name) for name in dataset.key)


def _text(value: SparkColumn) -> SparkColumn:
    from pyspark.sql import functions as fn

    return fn.coalesce(value.cast("string"), fn.lit(_NULL))
