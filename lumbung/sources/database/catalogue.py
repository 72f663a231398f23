"""What a source's catalogue says of the tables that the account may read."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import psycopg

_QUERY = (Path(__file__).parent / "catalogue.sql").read_text(encoding="utf-8").encode()


class CatalogueRow(NamedTuple):
    """One column of one table. `key_position`: its place in the primary key, None outside."""

    schema: str
    table: str
    kind: str
    column: str
    not_null: bool
    type: str
    key_position: int | None
    comment: str | None
    table_comment: str | None


def read_catalogue(
    connection: psycopg.Connection[Any], schemas: Sequence[str], patterns: Sequence[str]
) -> list[CatalogueRow]:
    """All columns of the tables in `schemas` whose lower-case name fits one of `patterns`, in the tables' order."""
    with psycopg.RawCursor(connection) as cursor:
        return [CatalogueRow(*row) for row in cursor.execute(_QUERY, [list(schemas), list(patterns)]).fetchall()]
