"""Names looked up in code lists: the code of each, whether it is known, and the nearest names of those that are not.

A name is looked up as it was declared, never by likeness: likeness only serves the officer who reads the reason.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lumbung.declarations.spelling import BETWEEN, CAPITAL, LAST_DAY, SCOPE, SMALL, normal
from lumbung.rules.frame import local

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pyarrow import RecordBatch
    from pyspark.sql import Column as SparkColumn
    from pyspark.sql import DataFrame

    from lumbung.declarations.models import Dataset, NameReference

NEAREST: Final = 3
HINTED: Final = 300
"""Of how many unknown names of a batch the nearest ones are looked for: more are a wrong column, not a wrong name."""


def with_names(frame: DataFrame, dataset: Dataset) -> DataFrame:
    """Add the code `into` of every name (NULL when unknown), what is taken with it, and the flag `_dikenal<into>`.

    The flag is NULL without a name, and when the name it belongs to is unknown itself: one mistake, one reason.
    """
    from pyspark.sql import functions as fn

    flags: dict[str, str] = {}
    for reference in dataset.names:
        frame = frame.withColumn(reference.into, _code(reference, dataset))
        for name, values in reference.take.items():
            frame = frame.withColumn(name, looked_up(values, fn.col(reference.into)))
        asked = fn.col(reference.column).isNotNull()
        if reference.within in flags:
            asked = asked & fn.coalesce(fn.col(flags[reference.within]), fn.lit(True))
        frame = frame.withColumn(reference.flag, fn.when(asked, fn.col(reference.into).isNotNull()))
        flags[reference.into] = reference.flag
    return frame


def text_of(reference: NameReference) -> SparkColumn:
    """What a row asks the list for: the normal text, behind the code within which it is looked up.

    `lumbung.declarations.spelling.normal` in Spark's words.
    """
    from pyspark.sql import functions as fn

    capitals = fn.translate(fn.col(reference.column).cast("string"), SMALL, CAPITAL)
    text = fn.trim(fn.regexp_replace(capitals, BETWEEN, " "))
    if reference.within is None:
        return text
    return fn.concat(fn.col(reference.within).cast("string"), fn.lit(SCOPE), text)


def _code(reference: NameReference, dataset: Dataset) -> SparkColumn:
    """The code of a name on the row's day; without one, the code that has no last day."""
    from pyspark.sql import functions as fn

    if reference.on is None:
        lasting = {t: m.code for t, those in reference.meanings.items() for m in those if m.valid_to == LAST_DAY}
        return looked_up(lasting, text_of(reference))
    day = fn.coalesce(_day(reference.on, dataset), fn.lit(LAST_DAY))
    text = text_of(reference)
    found = [
        fn.when((day >= fn.lit(start)) & (day <= fn.lit(end)), looked_up(codes, text))
        for (start, end), codes in _periods(reference).items()
    ]
    return fn.coalesce(*found) if found else fn.lit(None).cast("string")


def _periods(reference: NameReference) -> dict[tuple[object, object], dict[str, str]]:
    """The meanings by their days: few different ones, so that each is one constant map."""
    found: dict[tuple[object, object], dict[str, str]] = {}
    for text, those in reference.meanings.items():
        for meaning in those:
            found.setdefault((meaning.valid_from, meaning.valid_to), {})[text] = meaning.code
    return found


def _day(name: str, dataset: Dataset) -> SparkColumn:
    from pyspark.sql import functions as fn

    columns = {column.name: column for column in dataset.columns}
    return (local(columns[name]) if name in columns else fn.col(name)).try_cast("date")


def looked_up(entries: Mapping[str, str], text: SparkColumn) -> SparkColumn:
    """A constant map: lists are short, and a join per name would shuffle the batch."""
    from pyspark.sql import functions as fn

    if not entries:
        return fn.lit(None).cast("string")
    return fn.try_element_at(fn.create_map(*(fn.lit(part) for entry in entries.items() for part in entry)), text)


def unknown(pieces: Iterable[RecordBatch], reference: NameReference) -> list[str]:
    """What the rows ask for in vain, in order, at most `HINTED` texts. `pieces`: the columns of `asked_in`."""
    import pyarrow.compute as pc

    found: set[str] = set()
    for piece in pieces:
        refused = piece.filter(pc.fill_null(pc.invert(piece.column(reference.flag)), False))
        names = refused.column(reference.column).to_pylist()
        scopes = refused.column(reference.within).to_pylist() if reference.within is not None else None
        if scopes is None:
            found.update(normal(name) for name in names)
        else:
            pairs = zip(scopes, names, strict=True)
            found.update(f"{scope}{SCOPE}{normal(name)}" for scope, name in pairs if scope is not None)
    return sorted(found)[:HINTED]


def asked_in(reference: NameReference) -> list[str]:
    """The columns that `unknown` looks at."""
    return list(dict.fromkeys(n for n in (reference.column, reference.within, reference.flag) if n is not None))


def hints(reference: NameReference, texts: Iterable[str]) -> dict[str, str]:
    """For each text, the sentence with the nearest names; texts with nothing to choose from have none."""
    known: dict[str, dict[str, set[str]]] = {}
    for key, those in reference.meanings.items():
        scope, _, text = key.rpartition(SCOPE)
        known.setdefault(scope, {}).setdefault(text, set()).update(reference.labels[m.code] for m in those)
    sentences = {}
    for key in texts:
        scope, _, text = key.rpartition(SCOPE)
        if names := nearest(text, known.get(scope, {})):
            sentences[key] = f" Nama yang paling mirip: {', '.join(names)}."
    return sentences


def nearest(text: str, known: Mapping[str, set[str]]) -> list[str]:
    """The names whose writing is most like `text`, the likest first, equals by the alphabet. `known`: text → names."""
    from rapidfuzz.fuzz import token_sort_ratio

    best: dict[str, float] = {}
    for other, names in known.items():
        likeness = token_sort_ratio(text, other)
        for name in names:
            best[name] = max(likeness, best.get(name, 0.0))
    return sorted(best, key=lambda name: (-best[name], name))[:NEAREST]
