"""Which columns a mart's column comes from, as far as its SQL says it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from lumbung.warehouse.ddl import curated_columns
from lumbung.warehouse.list_changes import VALID_FROM, VALID_TO
from lumbung.warehouse.mart_table import mart_columns, without_comments

if TYPE_CHECKING:
    from sqlglot.lineage import Node

    from lumbung.declarations import Declarations, Mart

log = logging.getLogger(__name__)

_DIALECT: Final = "spark"
Schema = dict[str, object]


def schema_of(declared: Declarations) -> Schema:
    """Every table that a mart may read: database → table → column → type."""
    return {
        "curated": {
            dataset.table_name: {name: kind for name, (kind, _) in curated_columns(dataset).items()}
            for dataset in declared.datasets.values()
        },
        "ref": {
            name: {**{column.name: "string" for column in codes.columns}, VALID_FROM: "date", VALID_TO: "date"}
            for name, codes in declared.lists.items()
        },
        "mart": {
            name: {column: kind for column, (kind, _) in mart_columns(mart).items()}
            for name, mart in declared.marts.items()
        },
    }


def column_sources(mart: Mart, schema: Schema) -> dict[str, set[tuple[str, str]]]:
    """Column of the mart → (table, column) that it is computed from; a column that comes from no table has none.

    Empty when the SQL is beyond the parser: lineage of tables is known all the same.
    """
    from sqlglot import parse_one
    from sqlglot.errors import SqlglotError
    from sqlglot.lineage import lineage
    from sqlglot.optimizer.qualify import qualify
    from sqlglot.optimizer.scope import build_scope

    try:
        tree = parse_one(without_comments(mart.sql_path.read_text(encoding="utf-8")), dialect=_DIALECT)
        query = qualify(tree, schema=schema, dialect=_DIALECT)
        scope = build_scope(query)
        roots = lineage(None, query, schema=schema, scope=scope, dialect=_DIALECT)
        return {column.name: _leaves(roots[column.name]) for column in mart.columns if column.name in roots}
    except (SqlglotError, ValueError) as error:
        log.info("lineage: columns of mart.%s are not followed: %s", mart.name, error)
        return {}


def _leaves(root: Node) -> set[tuple[str, str]]:
    from sqlglot import exp

    found = set()
    for node in root.walk():
        if not node.downstream and isinstance(node.source, exp.Table) and node.source.db:
            found.add((f"{node.source.db}.{node.source.name}", node.name.rpartition(".")[2].strip('`"')))
    return found
