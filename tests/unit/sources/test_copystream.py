"""CSV of COPY as Arrow: NULL is not the empty string, quotes and newlines stay, blocks may cut anywhere."""

import csv
import io
from collections.abc import Iterator
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lumbung.sources.database.copystream import CopyStream, column_of, record_batches
from lumbung.sources.digest import ContentDigest

TEXTS = pa.schema([("a", pa.string()), ("b", pa.string())])
VALUES = st.none() | st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00"), max_size=8)


def line(values: list[str | None]) -> bytes:
    """A row as PostgreSQL writes it: NULL is nothing, everything else may be quoted."""
    return (",".join("" if v is None else '"' + v.replace('"', '""') + '"' for v in values) + "\n").encode()


def table(rows: list[bytes], schema: pa.Schema = TEXTS, block: int = 3) -> list[dict[str, object]]:
    stream = CopyStream((rows[at : at + block] for at in range(0, len(rows), block)), ContentDigest())
    batches = list(record_batches(stream, schema))
    assert stream.rows == len(rows)
    return pa.Table.from_batches(batches, schema).to_pylist()


@settings(deadline=None)  # a thread for each example takes its time on a busy machine
@given(st.lists(st.tuples(VALUES, VALUES), max_size=12))
def test_texts_come_back_exactly(rows: list[tuple[str | None, str | None]]) -> None:
    assert table([line(list(row)) for row in rows]) == [{"a": a, "b": b} for a, b in rows]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        pytest.param(b",\n", {"a": None, "b": None}, id="null"),
        pytest.param(b'"",""\n', {"a": "", "b": ""}, id="empty"),
        pytest.param(b'" x ",NULL\n', {"a": " x ", "b": "NULL"}, id="blanks-and-words"),
        pytest.param(b'"a\r\nb","c;""d"""\n', {"a": "a\r\nb", "b": 'c;"d"'}, id="newlines-and-quotes"),
        pytest.param(b'"\\.",\\N\n', {"a": "\\.", "b": "\\N"}, id="copy-escapes-mean-nothing"),
    ],
)
def test_null_and_text(raw: bytes, expected: dict[str, str | None]) -> None:
    assert table([raw]) == [expected]


def test_a_single_column_of_nulls_keeps_its_rows() -> None:
    one = pa.schema([("a", pa.string())])
    assert table([b"\n", b"x\n", b"\n"], one) == [{"a": None}, {"a": "x"}, {"a": None}]


def test_no_rows_give_no_batches() -> None:
    assert table([]) == []


def test_typed_values() -> None:
    schema = pa.schema([("n", pa.decimal128(5, 2)), ("b", pa.bool_()), ("i", pa.int64())])
    assert table([b"-1.50,t,7\n", b",,\n"], schema) == [
        {"n": Decimal("-1.50"), "b": True, "i": 7},
        {"n": None, "b": None, "i": None},
    ]


@given(st.lists(st.binary(min_size=1, max_size=30), max_size=20), st.integers(1, 40))
def test_reading_in_blocks_gives_the_same_bytes(rows: list[bytes], size: int) -> None:
    digest = ContentDigest()
    stream = CopyStream((rows[at : at + size] for at in range(0, len(rows), size)), digest)
    blocks: list[bytes] = []
    while block := stream.next_block():
        blocks.append(block)
    assert b"".join(blocks) == b"".join(rows)
    assert stream.rows == digest.rows == len(rows)


@pytest.mark.parametrize("block", [1, 7, 5000])
def test_many_blocks_keep_the_order_of_the_rows(block: int) -> None:
    rows = [line([str(number), None]) for number in range(5000)]
    assert [row["a"] for row in table(rows, block=block)] == [str(number) for number in range(5000)]


def test_the_period_is_part_of_a_rows_content() -> None:
    digests = []
    for prefix in (b"202501", b"202502", b""):
        digest = ContentDigest()
        CopyStream([[b"1\n"]], digest, prefix).next_block()
        digests.append(digest.hexdigest())
    assert len(set(digests)) == 3


def test_an_error_of_the_source_is_raised_as_it_is() -> None:
    class Broken(Exception):
        pass

    def rows() -> Iterator[list[bytes]]:
        yield [b"a,b\n"]
        raise Broken

    received = record_batches(CopyStream(rows(), ContentDigest()), TEXTS)
    assert next(received).to_pylist() == [{"a": "a", "b": "b"}]
    with pytest.raises(Broken):
        next(received)


def test_no_more_is_received_once_nobody_wants_it() -> None:
    taken = 0

    def rows() -> Iterator[list[bytes]]:
        nonlocal taken
        for taken in range(1, 1001):  # noqa: B007 - looked at below
            yield [b"a,b\n"]

    received = record_batches(CopyStream(rows(), ContentDigest()), TEXTS)
    next(received)
    received.close()
    assert taken < 100


def test_a_value_that_does_not_fit_names_the_column_not_the_value() -> None:
    schema = pa.schema([("a", pa.string()), ("n", pa.decimal128(2, 0))])
    with pytest.raises(pa.ArrowInvalid) as caught:
        table([b"x,rahasia\n"], schema)
    text = column_of(caught.value, schema)
    assert text == "kolom n, tipe decimal128(2, 0)"


def test_python_reads_the_same_csv() -> None:
    assert next(csv.reader(io.StringIO(line(["a,b", 'c"d']).decode()))) == ["a,b", 'c"d']
