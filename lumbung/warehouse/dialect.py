"""SQLAlchemy dialect `lumbung://user:password@host:port/database?auth=CUSTOM` for HiveServer2 on Spark.

PyHive's own dialect names every table after its schema, loses decimals' precision and varchars' length, does not know
missing tables and rejects Decimal parameters. This one reads Spark's own SHOW and DESCRIBE. It only reads: INSERT,
UPDATE and DELETE do not compile.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NoReturn

from sqlalchemy import exc, text, types
from sqlalchemy.engine import default, reflection
from sqlalchemy.sql import compiler
from thrift.transport import TTransport

from lumbung.warehouse.sql import NameRefusedError, identifier

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from sqlalchemy import URL, Connection
    from sqlalchemy.engine.interfaces import Dialect, ReflectedColumn, ReflectedTableComment

_TYPE: Final = re.compile(r"(?P<name>\w+)(?:\((?P<p>\d+)(?:,\s*(?P<s>\d+))?\))?")
_MISSING: Final = ("TABLE_OR_VIEW_NOT_FOUND", "SCHEMA_NOT_FOUND")
_TYPES: Final[dict[str, Callable[[int | None, int | None], types.TypeEngine[Any]]]] = {
    "boolean": lambda p, s: types.Boolean(),
    "tinyint": lambda p, s: types.SmallInteger(),
    "smallint": lambda p, s: types.SmallInteger(),
    "int": lambda p, s: types.Integer(),
    "bigint": lambda p, s: types.BigInteger(),
    "float": lambda p, s: types.Float(),
    "double": lambda p, s: types.Double(),
    "decimal": lambda p, s: types.Numeric(p or 10, s or 0),
    "string": lambda p, s: types.String(),
    "varchar": lambda p, s: types.String(p),
    "char": lambda p, s: types.CHAR(p),
    "date": lambda p, s: types.Date(),
    "timestamp": lambda p, s: types.TIMESTAMP(),
    "timestamp_ntz": lambda p, s: types.TIMESTAMP(),
    "binary": lambda p, s: types.LargeBinary(),
}


class LumbungCompiler(compiler.SQLCompiler):
    """Statements as Spark reads them; only those that read."""

    def visit_insert(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuse INSERT."""
        self._refuse("INSERT")

    def visit_update(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuse UPDATE."""
        self._refuse("UPDATE")

    def visit_delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuse DELETE."""
        self._refuse("DELETE")

    def _refuse(self, statement: str) -> NoReturn:
        raise exc.CompileError(f"{statement} through HiveServer2 is refused: tables are written by the stages only")

    def visit_char_length_func(self, fn: Any, **kw: Any) -> str:
        """Spark's name of the function."""
        return f"length{self.function_argspec(fn, **kw)}"


class LumbungTypeCompiler(compiler.GenericTypeCompiler):
    """Spark's names of types, for CAST."""

    def visit_INTEGER(self, type_: Any, **kw: Any) -> str:  # noqa: N802 - SQLAlchemy's name
        """INT."""
        return "INT"

    def visit_DOUBLE(self, type_: Any, **kw: Any) -> str:  # noqa: N802
        """DOUBLE."""
        return "DOUBLE"

    def visit_NUMERIC(self, type_: Any, **kw: Any) -> str:  # noqa: N802
        """DECIMAL with its precision and scale."""
        precision, scale = type_.precision, type_.scale
        return "DECIMAL(38, 10)" if precision is None else f"DECIMAL({precision}, {scale or 0})"

    def visit_VARCHAR(self, type_: Any, **kw: Any) -> str:  # noqa: N802
        """STRING: Spark casts to no other text."""
        return "STRING"

    def visit_CHAR(self, type_: Any, **kw: Any) -> str:  # noqa: N802
        """STRING."""
        return "STRING"

    def visit_NVARCHAR(self, type_: Any, **kw: Any) -> str:  # noqa: N802
        """STRING."""
        return "STRING"

    def visit_NCHAR(self, type_: Any, **kw: Any) -> str:  # noqa: N802
        """STRING."""
        return "STRING"

    def visit_TEXT(self, type_: Any, **kw: Any) -> str:  # noqa: N802
        """STRING."""
        return "STRING"

    def visit_CLOB(self, type_: Any, **kw: Any) -> str:  # noqa: N802
        """STRING."""
        return "STRING"

    def visit_DATETIME(self, type_: Any, **kw: Any) -> str:  # noqa: N802
        """TIMESTAMP."""
        return "TIMESTAMP"

    def visit_TIMESTAMP(self, type_: Any, **kw: Any) -> str:  # noqa: N802
        """TIMESTAMP."""
        return "TIMESTAMP"

    def visit_BLOB(self, type_: Any, **kw: Any) -> str:  # noqa: N802
        """BINARY."""
        return "BINARY"


class LumbungPreparer(compiler.IdentifierPreparer):
    """Every name in backticks: Spark's reserved words depend on its settings."""

    def __init__(self, dialect: Dialect, **more: Any) -> None:
        super().__init__(dialect, **{"initial_quote": "`", **more})

    def _requires_quotes(self, value: str) -> bool:
        return True


class LumbungDialect(default.DefaultDialect):
    """HiveServer2 of a Spark engine."""

    name = "lumbung"
    driver = "pyhive"
    statement_compiler = LumbungCompiler
    type_compiler_cls = LumbungTypeCompiler
    preparer = LumbungPreparer  # type: ignore[assignment]  # the stub wants the base class itself
    supports_statement_cache = False
    supports_native_decimal = True
    supports_native_boolean = True
    supports_sane_rowcount = False
    supports_alter = False
    supports_comments = True
    supports_default_values = False
    supports_empty_insert = False
    supports_multivalues_insert = False
    postfetch_lastrowid = False
    max_identifier_length = 128

    @classmethod
    def import_dbapi(cls) -> ModuleType:
        """The DB-API module: PyHive with deadlines."""
        from lumbung.warehouse import hive

        return hive

    def create_connect_args(self, url: URL) -> tuple[list[Any], dict[str, Any]]:
        """Arguments of `lumbung.warehouse.hive.connect`; the query may carry `auth` and `deadline` (seconds)."""
        arguments: dict[str, Any] = {
            "host": url.host or "127.0.0.1",
            "port": url.port or 10000,
            "username": url.username,
            "password": url.password,
            "database": url.database or "default",
            **url.query,
        }
        return [], arguments

    def _get_default_schema_name(self, connection: Connection) -> str:
        return str(connection.exec_driver_sql("SELECT current_schema()").scalar_one())

    def do_rollback(self, dbapi_connection: Any) -> None:
        """There are no transactions."""

    def is_disconnect(self, e: Exception, connection: Any, cursor: Any) -> bool:
        """Whether the connection is of no more use: the socket broke or a deadline passed on it."""
        from lumbung.warehouse.hive import ServerSilentError

        lost = (ServerSilentError, TTransport.TTransportException, OSError)
        return isinstance(e, lost) or "Invalid SessionHandle" in str(e)

    @reflection.cache  # type: ignore[untyped-decorator, unused-ignore]
    def get_schema_names(self, connection: Connection, **kw: Any) -> list[str]:
        """Databases."""
        return [row[0] for row in connection.execute(text("SHOW DATABASES"))]

    @reflection.cache  # type: ignore[untyped-decorator, unused-ignore]
    def get_table_names(self, connection: Connection, schema: str | None = None, **kw: Any) -> list[str]:
        """Tables of a database, views left out."""
        views = set(self.get_view_names(connection, schema, **kw))
        rows = connection.execute(text(f"SHOW TABLES IN {self._database(schema)}"))
        return [row.tableName for row in rows if row.tableName not in views and not row.isTemporary]

    @reflection.cache  # type: ignore[untyped-decorator, unused-ignore]
    def get_view_names(self, connection: Connection, schema: str | None = None, **kw: Any) -> list[str]:
        """Views of a database."""
        rows = connection.execute(text(f"SHOW VIEWS IN {self._database(schema)}"))
        return [row.viewName for row in rows if not row.isTemporary]

    def has_table(self, connection: Connection, table_name: str, schema: str | None = None, **kw: Any) -> bool:
        """Whether a table or view of that name exists."""
        try:
            self._describe(connection, table_name, schema)
        except exc.NoSuchTableError:
            return False
        return True

    @reflection.cache  # type: ignore[untyped-decorator, unused-ignore]
    def get_columns(
        self, connection: Connection, table_name: str, schema: str | None = None, **kw: Any
    ) -> list[ReflectedColumn]:
        """Columns with type, precision and comment. Raises NoSuchTableError."""
        columns: list[ReflectedColumn] = []
        for name, kind, comment in self._describe(connection, table_name, schema):
            if not name or name.startswith("#"):
                break
            columns.append(
                {"name": name, "type": column_type(kind), "nullable": True, "default": None, "comment": comment or None}
            )
        return columns

    @reflection.cache  # type: ignore[untyped-decorator, unused-ignore]
    def get_table_comment(
        self, connection: Connection, table_name: str, schema: str | None = None, **kw: Any
    ) -> ReflectedTableComment:
        """The table's comment. Raises NoSuchTableError."""
        rows = self._describe(connection, table_name, schema, "EXTENDED")
        return {"text": next((kind for name, kind, _ in rows if name == "Comment"), None)}

    def get_pk_constraint(self, connection: Connection, table_name: str, schema: str | None = None, **kw: Any) -> Any:
        """Spark keeps no keys."""
        return {"constrained_columns": [], "name": None}

    def get_foreign_keys(self, connection: Connection, table_name: str, schema: str | None = None, **kw: Any) -> Any:
        """Spark keeps no keys."""
        return []

    def get_indexes(self, connection: Connection, table_name: str, schema: str | None = None, **kw: Any) -> Any:
        """Spark keeps no indexes."""
        return []

    def get_unique_constraints(
        self, connection: Connection, table_name: str, schema: str | None = None, **kw: Any
    ) -> Any:
        """Spark keeps no constraints."""
        return []

    def get_check_constraints(
        self, connection: Connection, table_name: str, schema: str | None = None, **kw: Any
    ) -> Any:
        """Spark keeps no constraints."""
        return []

    def _database(self, schema: str | None) -> str:
        """A database's name, quoted."""
        return identifier((schema or self.default_schema_name or "default").lower())

    def _describe(
        self, connection: Connection, table_name: str, schema: str | None, extended: str = ""
    ) -> list[tuple[str, str, str | None]]:
        """Rows of DESCRIBE TABLE: name, full type, comment. Raises NoSuchTableError."""
        try:
            name = f"{self._database(schema)}.{identifier(table_name.lower())}"
            rows = connection.execute(text(f"DESCRIBE TABLE {extended} {name}")).all()
        except NameRefusedError:
            raise exc.NoSuchTableError(table_name) from None
        except exc.DBAPIError as error:
            if any(mark in str(error.orig) for mark in _MISSING):
                raise exc.NoSuchTableError(table_name) from None
            raise
        return [(row[0], row[1], row[2]) for row in rows]


def column_type(described: str) -> types.TypeEngine[Any]:
    """SQLAlchemy type of a type as DESCRIBE writes it; arrays, maps and structs come as text."""
    parts = _TYPE.match(described)
    make = _TYPES.get(parts["name"]) if parts else None
    if parts is None or make is None:
        return types.String()
    return make(int(parts["p"]) if parts["p"] else None, int(parts["s"]) if parts["s"] else None)
