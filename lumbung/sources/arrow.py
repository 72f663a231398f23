"""PostgreSQL types as Arrow types, and the SELECT expressions that carry their values exactly.

Never inferred: the type comes from the catalogue's own text, modifier included. What no Arrow type can hold (infinity,
NaN, years outside 1-9999) becomes NULL in its column and its name goes into the raw column `_nilai`.
"""

import re
from dataclasses import dataclass

import pyarrow as pa
from psycopg import sql

ROW_COLUMN = "_row"
LOST_COLUMN = "_nilai"
OWN_COLUMNS = (ROW_COLUMN, LOST_COLUMN)

_NUMERIC = re.compile(r"numeric\((\d+),(-?\d+)\)")
_TIMESTAMP = re.compile(r"timestamp(?:\(\d\))? (with|without) time zone")
_MAX_DECIMAL128 = 38
_INTEGERS = {"smallint": pa.int32(), "integer": pa.int32(), "bigint": pa.int64()}
_FLOATS = {"real": pa.float32(), "double precision": pa.float64()}
_OUT_OF_RANGE = {
    "date": sql.SQL("({c} < date '0001-01-01' OR {c} >= date '10000-01-01')"),
    "without": sql.SQL("({c} < timestamp '0001-01-01' OR {c} >= timestamp '10000-01-01')"),
    "with": sql.SQL("({c} < timestamptz '0001-01-01 00:00Z' OR {c} >= timestamptz '10000-01-01 00:00Z')"),
}


@dataclass(frozen=True, slots=True)
class Carried:
    """How one column travels: its Arrow type, what to select, and when its value cannot be carried (None: never)."""

    name: str
    type: pa.DataType
    expression: sql.Composable
    lost: sql.Composable | None


def arrow_type(source_type: str) -> pa.DataType:
    """The Arrow type for a type as `format_type` prints it. Text for everything that has no exact counterpart."""
    if match := _NUMERIC.fullmatch(source_type):
        precision, scale = int(match[1]), int(match[2])
        exact = precision <= _MAX_DECIMAL128 and 0 <= scale <= precision
        return pa.decimal128(precision, scale) if exact else pa.string()
    if match := _TIMESTAMP.fullmatch(source_type):
        return pa.timestamp("us", tz="UTC" if match[1] == "with" else None)
    if source_type == "date":
        return pa.date32()
    if source_type == "boolean":
        return pa.bool_()
    return _INTEGERS.get(source_type) or _FLOATS.get(source_type) or pa.string()


def carry(name: str, source_name: str, source_type: str, server_version: int) -> Carried:
    """How one column travels: `name` as in the contract, `source_name` as the source spells it.

    `server_version` as PostgreSQL numbers itself, e.g. 160014.
    """
    column = sql.Identifier(source_name)
    lost = _lost(column, source_type, server_version)
    if lost is None:
        return Carried(name, arrow_type(source_type), column, None)
    kept = sql.SQL("CASE WHEN {lost} THEN NULL ELSE {column} END").format(lost=lost, column=column)
    return Carried(name, arrow_type(source_type), kept, lost)


def _lost(column: sql.Identifier, source_type: str, server_version: int) -> sql.Composable | None:
    """The condition under which a value cannot be carried; NULL or false for every other value."""
    timestamp = _TIMESTAMP.fullmatch(source_type)
    if source_type == "date" or timestamp:
        return _OUT_OF_RANGE[timestamp[1] if timestamp else "date"].format(c=column)
    if source_type in _FLOATS:
        return sql.SQL("{c} IN ('NaN', 'Infinity', '-Infinity')").format(c=column)
    if source_type == "numeric" and server_version >= 140000:
        return sql.SQL("{c} IN ('NaN', 'Infinity', '-Infinity')").format(c=column)
    if source_type.startswith("numeric"):
        return sql.SQL("{c} = 'NaN'").format(c=column)
    return None


def lost_names(columns: tuple[Carried, ...]) -> sql.Composable:
    """The expression of `_nilai`: names of the columns whose value cannot be carried, comma separated, else NULL."""
    checked = [column for column in columns if column.lost is not None]
    if not checked:
        return sql.SQL("NULL::text")
    anything = sql.SQL(" OR ").join(column.lost for column in checked if column.lost is not None)
    names = sql.SQL(", ").join(
        sql.SQL("CASE WHEN {lost} THEN {name} END").format(lost=column.lost, name=sql.Literal(column.name))
        for column in checked
    )
    return sql.SQL("CASE WHEN {anything} THEN concat_ws(',', {names}) END").format(anything=anything, names=names)


def received_schema(columns: tuple[Carried, ...]) -> pa.Schema:
    """Schema of the CSV stream: the carried columns, then `_nilai`."""
    return pa.schema([*((column.name, column.type) for column in columns), (LOST_COLUMN, pa.string())])
