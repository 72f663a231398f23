"""Each received row is exactly one of accepted, quarantined, duplicate; and which rules it broke.

In this order (DESIGN section 4): same key with different content inside the batch → all of them quarantined; same
content as the current curated row → duplicate; an error rule broken → quarantined; a further exact copy within the
batch → duplicate; else accepted. Rules are counted over all received rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Final, TypeVar

from lumbung.declarations.models import Rule
from lumbung.declarations.names import FILE_DEFECT, FILE_LINE
from lumbung.rules.frame import (
    KEY_HASH,
    ROW,
    ROW_HASH,
    VALUES,
    contract_frame,
    has_key,
    key_columns,
    key_hash,
    key_number,
    received_key_hash,
    row_hash,
)
from lumbung.rules.naming import looked_up, text_of
from lumbung.rules.reasons import reason

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pyarrow import RecordBatch
    from pyspark.sql import Column as SparkColumn
    from pyspark.sql import DataFrame

    from lumbung.declarations.models import Dataset

CLASS: Final = "_kelas"
ACCEPTED: Final = "diterima"
QUARANTINED: Final = "ditolak"
DUPLICATE: Final = "duplikat"
CURRENT_HASH: Final = "_hash_kini"
UNREADABLE: Final = "nilai:lain"
DIFFERS: Final = "_isi_berbeda"
COPY: Final = "_salinan"
_NUMBER: Final = "_nomor_kunci"
_TIMES: Final = "_kali"
_Part = TypeVar("_Part")


@dataclass(frozen=True, slots=True)
class Tally:
    """Rows of a batch by class, and received rows per broken rule (every rule is named, also with 0)."""

    received: int
    accepted: int
    quarantined: int
    duplicate: int
    by_rule: Mapping[str, int]


def own_rules(dataset: Dataset) -> tuple[Rule, ...]:
    """The rules that no row-by-row expectation can say: the key's, and values lost in columns without such a rule.

    A value that could not be carried must never become an accepted NULL, whatever the contract says about its column.
    """
    unreadable = Rule(
        id=UNREADABLE,
        kind="key",
        severity="error",
        expectation="",
        kwargs={},
        columns=(VALUES,),
        reason=f"Kolom {{{VALUES}}} berisi nilai yang tidak dapat disimpan (tak hingga, bukan angka, atau karakter "
        "NUL); perbaiki di sistem asal.",
        source="DESIGN bagian 5: nilai tidak pernah diganti NULL",
    )
    return (*(rule for rule in dataset.rules if rule.kind == "key"), unreadable)


def all_rules(dataset: Dataset) -> tuple[Rule, ...]:
    """Every rule in the order of the violation columns: own ones, then the declared others."""
    return (*own_rules(dataset), *(rule for rule in dataset.rules if rule.kind != "key"))


def broken(index: int) -> str:
    """Name of the column that says whether the row breaks rule number `index` of `all_rules`."""
    return f"_langgar_{index}"


def repeated(raw: DataFrame, dataset: Dataset) -> DataFrame:
    """The rows of a batch whose key another row has too: `_row`, `_isi_berbeda` (a row of the key has other content),
    `_salinan` (1 for the first of them).

    Keys are counted as numbers without their rows, so that only the few that may be repeated are brought together,
    where their hashes decide. A row without a whole key is no other's twin.
    """
    from pyspark.sql import Window
    from pyspark.sql import functions as fn

    keys = key_columns(dataset)
    numbered = contract_frame(raw, dataset).where(has_key(dataset)).select(ROW, key_number(keys).alias(_NUMBER))
    often = numbered.groupBy(_NUMBER).agg(fn.count(fn.lit(1)).alias(_TIMES)).where(f"{_TIMES} > 1").select(_NUMBER)
    rows = contract_frame(raw.join(numbered.join(often, _NUMBER).select(ROW), ROW), dataset)
    same_key = Window.partitionBy(KEY_HASH)
    found = rows.select(ROW, key_hash(keys).alias(KEY_HASH), _content(dataset).alias(ROW_HASH)).select(
        ROW,
        (fn.min(ROW_HASH).over(same_key) != fn.max(ROW_HASH).over(same_key)).alias(DIFFERS),
        fn.row_number().over(same_key.orderBy(ROW)).alias(COPY),
        fn.count(fn.lit(1)).over(same_key).alias(_TIMES),
    )
    return found.where(f"{_TIMES} > 1").drop(_TIMES)


def tag(
    prepared: DataFrame,
    dataset: Dataset,
    conditions: Mapping[str, SparkColumn],
    twins: DataFrame | None,
    current: DataFrame | None,
) -> DataFrame:
    """The prepared frame with hashes, one boolean per rule of `all_rules` and the row's class.

    `conditions`: from `gx.conditions`; `twins`: from `repeated`, None when no key is repeated; `current`: `_key_hash`
    and `_hash_kini` of the current curated rows, None when there are none.
    """
    from pyspark.sql import functions as fn

    rules = all_rules(dataset)
    frame = prepared.withColumn(ROW_HASH, _content(dataset))
    frame = frame.withColumn(KEY_HASH, received_key_hash(dataset))
    if current is not None:
        frame = frame.join(current, KEY_HASH, "left")
    if twins is not None:
        frame = frame.join(twins, ROW, "left")
    differs = fn.lit(False) if twins is None else fn.coalesce(fn.col(DIFFERS), fn.lit(False))
    further = fn.lit(False) if twins is None else fn.coalesce(fn.col(COPY) > 1, fn.lit(False))
    unchanged = fn.lit(False) if current is None else fn.col(ROW_HASH) == fn.col(CURRENT_HASH)
    found: dict[str, SparkColumn] = {}
    for index, rule in enumerate(rules):
        if rule.id == UNREADABLE:
            found[broken(index)] = _unreadable(dataset)
        elif rule.kind == "key":
            found[broken(index)] = differs
        else:
            found[broken(index)] = conditions[rule.id]
    frame = frame.withColumns(found)
    conflict = [fn.col(broken(i)) for i, rule in enumerate(rules) if rule.kind == "key" and rule.id != UNREADABLE]
    errors = [fn.col(broken(i)) for i, rule in enumerate(rules) if rule.severity == "error"]
    verdict = (
        fn.when(_any(conflict), QUARANTINED)
        .when(unchanged, DUPLICATE)
        .when(_any(errors), QUARANTINED)
        .when(further, DUPLICATE)
        .otherwise(ACCEPTED)
    )
    return frame.withColumn(CLASS, verdict).drop(CURRENT_HASH, DIFFERS, COPY)


def _content(dataset: Dataset) -> SparkColumn:
    """The hash of a row's content."""
    return row_hash(dataset.columns, *((FILE_DEFECT,) if dataset.files is not None else ()))


def counted(dataset: Dataset) -> list[str]:
    """The columns that `tally` looks at."""
    return [CLASS, *(broken(index) for index in range(len(all_rules(dataset))))]


def tally(pieces: Iterable[RecordBatch], dataset: Dataset) -> Tally:
    """Count classes and rules in the tagged rows (`counted` names the columns): no query of the engine is needed."""
    import pyarrow.compute as pc

    rules = all_rules(dataset)
    classes = dict.fromkeys((ACCEPTED, QUARANTINED, DUPLICATE), 0)
    by_rule = dict.fromkeys((rule.id for rule in rules), 0)
    received = 0
    for piece in pieces:
        received += piece.num_rows
        for entry in pc.value_counts(piece.column(CLASS)).to_pylist():
            classes[entry["values"]] += entry["counts"]
        for index, rule in enumerate(rules):
            by_rule[rule.id] += pc.sum(piece.column(broken(index))).as_py() or 0
    return Tally(received, classes[ACCEPTED], classes[QUARANTINED], classes[DUPLICATE], by_rule)


def refused(tagged: DataFrame, dataset: Dataset, hints: Mapping[str, Mapping[str, str]]) -> DataFrame:
    """The quarantined rows: `_row`, `_rules` (ids of broken error rules), `_reasons` (in words), `_key_hash`.

    `hints`: per rule of a name, what is added to the reason for a text that is asked for.
    """
    from pyspark.sql import functions as fn

    names = {reference.rule_id: reference for reference in dataset.names}
    where = f"Baris {{{FILE_LINE}}}: " if dataset.files is not None else ""

    def words(rule: Rule) -> SparkColumn:
        said = reason(where + rule.reason, types)
        added = hints.get(rule.id)
        return fn.concat(said, fn.coalesce(looked_up(added, text_of(names[rule.id])), fn.lit(""))) if added else said

    types = {field.name: field.dataType.simpleString() for field in tagged.schema.fields}
    errors = [(index, rule) for index, rule in enumerate(all_rules(dataset)) if rule.severity == "error"]
    return tagged.where(fn.col(CLASS) == QUARANTINED).select(
        ROW,
        _where_broken([(index, fn.lit(rule.id)) for index, rule in errors]).alias("_rules"),
        _where_broken([(index, words(rule)) for index, rule in errors]).alias("_reasons"),
        KEY_HASH,
    )


def _where_broken(values: Sequence[tuple[int, SparkColumn]]) -> SparkColumn:
    from pyspark.sql import functions as fn

    return fn.array_compact(fn.array(*(fn.when(fn.col(broken(index)), value) for index, value in values)))


def _unreadable(dataset: Dataset) -> SparkColumn:
    """Whether `_nilai` names a column that no rule `nilai:<column>` speaks of."""
    from pyspark.sql import functions as fn

    covered = [rule.id.removeprefix("nilai:") for rule in dataset.rules if rule.id.startswith("nilai:")]
    names = fn.split(fn.col(VALUES), ",")
    left = fn.array_except(names, fn.array(*map(fn.lit, covered)).cast("array<string>")) if covered else names
    return fn.coalesce(fn.size(left) > 0, fn.lit(False)) & fn.col(VALUES).isNotNull()


def _any(columns: Sequence[SparkColumn]) -> SparkColumn:
    from pyspark.sql import functions as fn

    return disjunction(columns) if columns else fn.lit(False)


def disjunction(parts: Sequence[_Part]) -> _Part:
    """All `parts` joined by `|` as a balanced tree: Spark Connect refuses expressions more than some 50 levels deep."""
    level = list(parts)
    while len(level) > 1:
        level = [reduce(or_, level[start : start + 2]) for start in range(0, len(level), 2)]
    return level[0]
