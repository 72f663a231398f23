"""Why a row was refused, in words: the rule's template with the row's own values."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import Column as SparkColumn

EMPTY: Final = "kosong"
_PLACEHOLDER: Final = re.compile(r"\{([a-z_][a-z0-9_]*)\}")


def placeholders(template: str) -> tuple[str, ...]:
    """Names of the columns that a template shows."""
    return tuple(_PLACEHOLDER.findall(template))


def reason(template: str, types: Mapping[str, str]) -> SparkColumn:
    """The template with `{column}` filled from the row. `types`: column → Spark type of the frame.

    A NULL reads "kosong", dates read as on the forms (31-12-2025). A name that the frame has not stays as written.
    """
    from pyspark.sql import functions as fn

    parts: list[SparkColumn] = []
    for index, piece in enumerate(_PLACEHOLDER.split(template)):
        if index % 2 == 0:
            if piece:
                parts.append(fn.lit(piece))
        elif piece in types:
            parts.append(fn.coalesce(_shown(piece, types[piece]), fn.lit(EMPTY)))
        else:
            parts.append(fn.lit(f"{{{piece}}}"))
    return fn.concat(*parts) if parts else fn.lit("")


def _shown(name: str, kind: str) -> SparkColumn:
    from pyspark.sql import functions as fn

    if kind == "date":
        return fn.date_format(name, "dd-MM-yyyy")
    if kind.startswith("timestamp"):
        return fn.date_format(name, "dd-MM-yyyy HH:mm:ss")
    return fn.col(name).cast("string")
