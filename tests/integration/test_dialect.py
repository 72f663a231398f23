"""HiveServer2 through PyHive and SQLAlchemy: login, exact values, metadata."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from pyhive.exc import NotSupportedError, OperationalError

from lumbung.settings import settings
from lumbung.warehouse.hive import ServerSilentError, connect, engine
from lumbung.warehouse.session import session

WANTED: dict[str, Any] = {
    "kode": "35.15.01",
    "jumlah": 9_000_000_000,
    "pajak": Decimal("12345678901234567890.10"),
    "persen": Decimal("0.00"),
    "hari": date(2025, 12, 31),
    "saat": datetime(2025, 12, 31, 17, 0, 0, 123000),
    "benar": True,
    "kosong": None,
    "daftar": '["a","b"]',
}


@pytest.fixture(scope="module")
def database() -> Iterator[tuple[sa.Engine, str]]:
    """A table and a view over it, written over Spark Connect; read through HiveServer2."""
    spark, name = session("uji"), f"uji_{uuid.uuid4().hex[:8]}"
    spark.sql("CREATE DATABASE IF NOT EXISTS mart")
    spark.sql(
        f"CREATE TABLE mart.{name} (kode STRING COMMENT 'Kode kecamatan', jumlah BIGINT, pajak DECIMAL(22,2), "
        "persen DECIMAL(5,2), hari DATE, saat TIMESTAMP, benar BOOLEAN, kosong DECIMAL(3,1), daftar ARRAY<STRING>) "
        "USING iceberg COMMENT 'tabel uji'"
    )
    spark.sql(
        f"INSERT INTO mart.{name} VALUES ('35.15.01', 9000000000, 12345678901234567890.10, 0.00, DATE'2025-12-31', "
        "TIMESTAMP'2025-12-31 17:00:00.123', true, NULL, array('a', 'b'))"
    )
    spark.sql(f"CREATE VIEW mart.{name}_lihat AS SELECT kode FROM mart.{name}")
    opened = engine()
    yield opened, name
    opened.dispose()
    spark.sql(f"DROP VIEW mart.{name}_lihat")
    spark.sql(f"DROP TABLE mart.{name}")


def test_a_table_is_read_with_its_types(database: tuple[sa.Engine, str]) -> None:
    opened, name = database
    table = sa.Table(name, sa.MetaData(), schema="mart", autoload_with=opened)
    with opened.connect() as connection:
        assert dict(connection.execute(sa.select(table)).mappings().one()) == WANTED
        assert dict(connection.execute(sa.text(f"SELECT * FROM mart.{name}")).mappings().one()) == WANTED


@pytest.mark.parametrize("column", ["kode", "jumlah", "pajak", "persen", "hari", "saat", "benar"])
def test_a_value_finds_its_own_row(database: tuple[sa.Engine, str], column: str) -> None:
    opened, name = database
    table = sa.Table(name, sa.MetaData(), schema="mart", autoload_with=opened)
    with opened.connect() as connection:
        found = sa.select(sa.func.count()).select_from(table).where(table.c[column] == WANTED[column])
        assert connection.execute(found).scalar_one() == 1
        other = sa.select(sa.func.count()).select_from(table).where(table.c[column] != WANTED[column])
        assert connection.execute(other).scalar_one() == 0


def test_tables_views_columns_and_comments_are_listed(database: tuple[sa.Engine, str]) -> None:
    opened, name = database
    inspector = sa.inspect(opened)
    assert {"raw", "curated", "mart"} & set(inspector.get_schema_names())
    assert name in inspector.get_table_names("mart")
    assert f"{name}_lihat" not in inspector.get_table_names("mart")
    assert f"{name}_lihat" in inspector.get_view_names("mart")
    columns = {column["name"]: column for column in inspector.get_columns(name, "mart")}
    assert list(columns) == list(WANTED)
    assert columns["kode"]["comment"] == "Kode kecamatan"
    pajak = columns["pajak"]["type"]
    assert isinstance(pajak, sa.Numeric)
    assert (pajak.precision, pajak.scale) == (22, 2)
    assert inspector.get_table_comment(name, "mart") == {"text": "tabel uji"}
    assert inspector.has_table(name, "mart")
    assert inspector.default_schema_name == "mart"


def test_a_missing_table_is_said_to_be_missing(database: tuple[sa.Engine, str]) -> None:
    inspector = sa.inspect(database[0])
    for schema, name in (("mart", "tidak_ada"), ("tidak_ada", "x"), ("mart", "a`; DROP TABLE x")):
        assert not inspector.has_table(name, schema)
        with pytest.raises(sa.exc.NoSuchTableError):
            inspector.get_columns(name, schema)


@pytest.mark.parametrize("text", ["Ma'ruf", "100%", "a\\b", "dua\nbaris", "%(x)s", "'; DROP TABLE x; --", "é ₹ 日本"])
def test_texts_arrive_as_they_are(database: tuple[sa.Engine, str], text: str) -> None:
    with database[0].connect() as connection:
        assert connection.execute(sa.select(sa.literal(text))).scalar_one() == text
        assert connection.execute(sa.text("SELECT :t"), {"t": text}).scalar_one() == text


def test_insert_is_refused_and_nothing_is_written(database: tuple[sa.Engine, str]) -> None:
    opened, name = database
    table = sa.Table(name, sa.MetaData(), schema="mart", autoload_with=opened)
    with opened.connect() as connection:
        with pytest.raises(sa.exc.CompileError):
            connection.execute(sa.insert(table).values(kode="x"))
        with pytest.raises(NotSupportedError):
            connection.connection.cursor().execute(f"INSERT INTO mart.{name} (kode) VALUES ('x')")
        assert connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one() == 1


def test_an_error_is_short(database: tuple[sa.Engine, str]) -> None:
    with database[0].connect() as connection, pytest.raises(sa.exc.DBAPIError) as caught:
        connection.execute(sa.text("SELECT tidak_ada FROM mart.juga_tidak"))
    assert "TABLE_OR_VIEW_NOT_FOUND" in str(caught.value)
    assert len(str(caught.value)) < 2000


@pytest.mark.parametrize("password", ["salah", "engineer", " "], ids=["wrong", "the user's name", "blank"])
def test_a_wrong_password_is_refused(password: str) -> None:
    hive = settings().hive
    with pytest.raises(OperationalError, match=f"{hive.port} refused user {hive.user}"):
        connect(hive.host, hive.port, hive.user, password)


def test_an_unknown_user_is_refused() -> None:
    hive = settings().hive
    with pytest.raises(OperationalError, match="refused user"):
        connect(hive.host, hive.port, "orang_lain", settings().secret(hive.password_secret))


def test_the_password_is_in_no_message() -> None:
    hive = settings().hive
    with pytest.raises(OperationalError) as caught:
        connect(hive.host, hive.port, hive.user, "rahasia-sekali")
    assert "rahasia-sekali" not in str(caught.value)


def test_a_silent_server_is_given_up() -> None:
    """A socket that accepts and never answers: the caller gets an error, not a hang."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as server, pytest.MonkeyPatch.context() as patched:
        patched.setattr("lumbung.warehouse.hive._LOGIN_DEADLINE_S", 0.5)
        with pytest.raises(OperationalError, match="does not answer"):
            connect("127.0.0.1", server.getsockname()[1], "engineer", "x")


def test_a_query_beyond_its_deadline_is_given_up() -> None:
    hive = settings().hive
    held = connect(hive.host, hive.port, hive.user, settings().secret(hive.password_secret), deadline=1)
    with pytest.raises(ServerSilentError, match="within the deadline"):
        held.cursor().execute("SELECT reflect('java.lang.Thread', 'sleep', 4000L)")
