"""Writing Spark SQL safely: identifiers from contracts are checked and quoted, texts become literals.

Values of queries are named parameters (`spark.sql(text, args)`). Only statements that Spark gives no parameters for
(DDL, MERGE with a column list from a contract) are put together here, and only from `identifier` and `literal`.
"""

from __future__ import annotations

import re
from typing import Final

_IDENTIFIER: Final = re.compile(r"[a-z_][a-z0-9_]{0,127}")


class NameRefusedError(ValueError):
    """A name that is not a plain lower-case identifier was about to become SQL."""


def identifier(*parts: str) -> str:
    """Quote a name of one or more parts: `identifier("curated", "siak__biodata_wni")`.

    Raises `NameRefusedError` for anything but lower-case letters, digits and underscores.
    """
    for part in parts:
        if not _IDENTIFIER.fullmatch(part):
            raise NameRefusedError(f"{part!r} is not a name of lower-case letters, digits and underscores; rename it")
    return ".".join(f"`{part}`" for part in parts)


def table(name: str) -> str:
    """Quote a table's name given as `database.table`."""
    return identifier(*name.split("."))


def literal(text: str) -> str:
    """Write a text as a Spark SQL string literal."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n").replace("\r", "\\r")
    return f"'{escaped}'"


def same(left: str, right: str, columns: tuple[str, ...]) -> str:
    """Condition that joins two aliases on equal columns, nulls equal to nulls."""
    return " AND ".join(f"{left}.{identifier(column)} <=> {right}.{identifier(column)}" for column in columns)
