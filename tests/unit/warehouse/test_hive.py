"""Parameters as Spark literals, and what is refused before the server is asked."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
import thrift_sasl
from pyhive.exc import NotSupportedError, OperationalError, ProgrammingError
from sqlalchemy import Column, Integer, MetaData, Table, create_engine, delete, exc, insert, select, types, update
from thrift.transport import TTransport

from lumbung.settings import settings
from lumbung.warehouse.dialect import LumbungDialect, column_type
from lumbung.warehouse.hive import Cursor, connect, spark_literal, written

TABLE = Table("penduduk", MetaData(schema="mart"), Column("jumlah", Integer))
WIB = timezone(timedelta(hours=7))


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (None, "NULL"),
        (True, "TRUE"),
        (False, "FALSE"),
        (-3, "-3"),
        (2.5, "2.5D"),
        (1e-07, "1e-07D"),
        (Decimal("5.25"), "5.25BD"),
        (Decimal("-0.10"), "-0.10BD"),
        (Decimal("1E+3"), "1000BD"),
        ("Ma'ruf \\ 100%", r"'Ma\'ruf \\ 100%'"),
        (date(2025, 12, 31), "DATE'2025-12-31'"),
        (datetime(2025, 12, 31, 23, 59, 58, 5), "TIMESTAMP'2025-12-31 23:59:58.000005'"),
        (datetime(2026, 1, 1, 6, tzinfo=WIB), "TIMESTAMP'2025-12-31 23:00:00'"),
        (datetime(2026, 1, 1, tzinfo=UTC), "TIMESTAMP'2026-01-01 00:00:00'"),
        (["a", 1], "('a', 1)"),
    ],
    ids=repr,
)
def test_a_parameter_is_a_literal_of_its_own_type(value: Any, wanted: str) -> None:
    assert spark_literal(value) == wanted


@pytest.mark.parametrize("value", [Decimal("NaN"), float("inf"), float("nan"), b"x", object()], ids=repr)
def test_a_parameter_without_a_literal_is_refused(value: Any) -> None:
    with pytest.raises(ProgrammingError, match="no Spark literal"):
        written([value])


@pytest.mark.parametrize("statement", ["INSERT INTO x VALUES (1)", "  insert\ninto x SELECT 1", "-- a\nINSERT INTO x"])
def test_insert_is_refused(statement: str) -> None:
    cursor = Cursor.__new__(Cursor)
    with pytest.raises(NotSupportedError, match="INSERT"):
        cursor.execute(statement)
    cursor._operationHandle = None


@pytest.mark.parametrize("statement", [insert(TABLE), update(TABLE), delete(TABLE)], ids=["insert", "update", "delete"])
def test_statements_that_write_do_not_compile(statement: Any) -> None:
    with pytest.raises(exc.CompileError, match="refused"):
        statement.values(jumlah=1).compile(dialect=LumbungDialect()) if hasattr(
            statement, "values"
        ) else statement.compile(dialect=LumbungDialect())


def test_a_query_names_its_database() -> None:
    text = str(select(TABLE.c.jumlah).compile(dialect=LumbungDialect()))
    assert text.split() == ["SELECT", "`mart`.`penduduk`.`jumlah`", "FROM", "`mart`.`penduduk`"]


@pytest.mark.parametrize(
    ("described", "kind", "arguments"),
    [
        ("decimal(20,2)", types.Numeric, {"precision": 20, "scale": 2}),
        ("varchar(30)", types.String, {"length": 30}),
        ("char(2)", types.CHAR, {"length": 2}),
        ("string", types.String, {}),
        ("int", types.Integer, {}),
        ("bigint", types.BigInteger, {}),
        ("double", types.Double, {}),
        ("boolean", types.Boolean, {}),
        ("date", types.Date, {}),
        ("timestamp", types.TIMESTAMP, {}),
        ("timestamp_ntz", types.TIMESTAMP, {}),
        ("array<string>", types.String, {}),
        ("struct<a:decimal(3,1)>", types.String, {}),
    ],
)
def test_described_types_keep_precision_and_length(described: str, kind: type, arguments: dict[str, int]) -> None:
    found = column_type(described)
    assert type(found) is kind
    assert {name: getattr(found, name) for name in arguments} == arguments


def test_the_url_carries_deadline_and_authentication() -> None:
    url = create_engine("lumbung://engineer:s%40ndi@127.0.0.1:11000/mart?auth=CUSTOM&deadline=7").url
    assert LumbungDialect().create_connect_args(url) == (
        [],
        {
            "host": "127.0.0.1",
            "port": 11000,
            "username": "engineer",
            "password": "s@ndi",
            "database": "mart",
            "auth": "CUSTOM",
            "deadline": "7",
        },
    )


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"username": "engineer", "password": ""}, OperationalError),
        ({"username": "", "password": "x"}, OperationalError),
        ({"username": "engineer", "password": "x", "auth": "NONE"}, NotSupportedError),
        ({"username": "engineer", "password": "x", "auth": "NOSASL"}, NotSupportedError),
    ],
    ids=["no password", "no user", "no authentication", "no sasl"],
)
def test_a_session_without_user_and_password_is_not_tried(arguments: dict[str, str], error: type[Exception]) -> None:
    with pytest.raises(error):
        connect("127.0.0.1", 1, **arguments)  # type: ignore[arg-type]


def test_a_server_that_does_not_answer_names_the_command_that_starts_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(_: object) -> None:
        raise TTransport.TTransportException(message="connection refused")

    monkeypatch.setattr(thrift_sasl.TSaslClientTransport, "open", silent)
    with pytest.raises(OperationalError) as caught:
        connect("127.0.0.1", 1, "engineer", "rahasia")
    assert f"({settings().start})" in str(caught.value) and "rahasia" not in str(caught.value)
