"""PostgreSQL types as Arrow types, never inferred; identifiers are quoted."""

import pyarrow as pa
import pytest

from lumbung.sources.arrow import arrow_type, carry, lost_names, received_schema

VERSION = 160014


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("character varying(16)", pa.string()),
        ("character(2)", pa.string()),
        ("text", pa.string()),
        ("numeric(2,0)", pa.decimal128(2, 0)),
        ("numeric(38,38)", pa.decimal128(38, 38)),
        ("numeric(39,0)", pa.string()),
        ("numeric(3,-2)", pa.string()),
        ("numeric(2,4)", pa.string()),
        ("numeric", pa.string()),
        ("smallint", pa.int32()),
        ("integer", pa.int32()),
        ("bigint", pa.int64()),
        ("real", pa.float32()),
        ("double precision", pa.float64()),
        ("boolean", pa.bool_()),
        ("date", pa.date32()),
        ("timestamp without time zone", pa.timestamp("us")),
        ("timestamp(0) without time zone", pa.timestamp("us")),
        ("timestamp(3) with time zone", pa.timestamp("us", tz="UTC")),
        ("uuid", pa.string()),
        ("integer[]", pa.string()),
    ],
)
def test_arrow_type(source: str, expected: pa.DataType) -> None:
    assert arrow_type(source) == expected


def test_a_name_cannot_break_out_of_its_quotes() -> None:
    hostile = 'x"; DROP TABLE orang; --'
    carried = carry("x", hostile, "date", VERSION)
    assert '"x""; DROP TABLE orang; --"' in carried.expression.as_string(None)
    assert 'x"; DROP' not in carried.expression.as_string(None).replace('""', "")


@pytest.mark.parametrize("source", ["text", "character(3)", "integer", "boolean", "jsonb"])
def test_types_that_carry_every_value_are_selected_as_they_are(source: str) -> None:
    carried = carry("x", "x", source, VERSION)
    assert carried.lost is None
    assert carried.expression.as_string(None) == '"x"'


@pytest.mark.parametrize(
    ("source", "version", "word"),
    [
        pytest.param("numeric(5,2)", VERSION, "'NaN'", id="numeric"),
        pytest.param("numeric", VERSION, "'-Infinity'", id="unconstrained"),
        pytest.param("double precision", VERSION, "'-Infinity'", id="float"),
        pytest.param("date", VERSION, "date '10000-01-01'", id="date"),
        pytest.param("timestamp(0) without time zone", VERSION, "timestamp '0001-01-01'", id="timestamp"),
        pytest.param("timestamp with time zone", VERSION, "timestamptz '0001-01-01 00:00Z'", id="timestamptz"),
    ],
)
def test_values_that_cannot_be_carried_are_named(source: str, version: int, word: str) -> None:
    carried = carry("nilai", "NILAI", source, version)
    assert word in carried.expression.as_string(None)
    assert "'nilai'" in lost_names((carried,)).as_string(None)


def test_old_servers_know_no_infinite_numeric() -> None:
    assert "Infinity" not in carry("x", "x", "numeric", 130000).expression.as_string(None)


def test_the_stream_ends_with_the_list_of_lost_values() -> None:
    columns = (carry("a", "a", "text", VERSION), carry("b", "b", "date", VERSION))
    assert received_schema(columns).names == ["a", "b", "_nilai"]
    assert lost_names(columns[:1]).as_string(None) == "NULL::text"
