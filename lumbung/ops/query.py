"""One SQL statement through HiveServer2, for a person: rows, or Spark's own reason in one line."""

from __future__ import annotations

import re
from typing import Any, Final

from lumbung.warehouse.hive import engine

_CLASSES: Final = re.compile(r"^.*\b(?:[a-z]\w*\.)+\w*(?:Exception|Error): ")


class QueryFailed(ValueError):
    """The statement is empty, or the engine refused it; the message is the engine's reason."""


def query(sql: str, limit: int) -> list[dict[str, Any]]:
    """At most `limit` rows of the statement, by column name; none for a statement that gives no rows.

    Raises QueryFailed.
    """
    from sqlalchemy import text
    from sqlalchemy.exc import DBAPIError

    if not sql.strip(" \t\r\n;"):
        raise QueryFailed('Pernyataan SQL kosong; tulis misalnya "SELECT * FROM mart.pembaruan".')
    try:
        with engine().connect() as connection:
            result = connection.execute(text(sql))
            names = list(result.keys()) if result.returns_rows else []
            return [dict(zip(names, row, strict=True)) for row in result.fetchmany(limit)] if names else []
    except DBAPIError as error:
        raise QueryFailed(reason(str(error.orig))) from error


def reason(message: str) -> str:
    """The first line of what the server says, without the Java classes that passed it on."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    return _CLASSES.sub("", lines[0]) if lines else "tanpa keterangan dari server"
