"""Rows of `COPY … TO STDOUT (FORMAT csv)` as Arrow record batches, digested on the way.

PostgreSQL sends one message per row, so a row's canonical bytes are its CSV line under the session's fixed settings.
An empty field is NULL, `""` is an empty string. A thread of its own receives and digests, some blocks ahead, while
the caller parses and writes: Arrow leaves Python's lock free for it (docs/performance.md, B1).
"""

import re
import select
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event

import psycopg
import pyarrow as pa
from psycopg import pq
from pyarrow import csv

from lumbung.sources.digest import ContentDigest

_BLOCK = 1 << 20
_AHEAD = 8
"""Blocks received ahead: what comes while a row group is written."""
_LOOK_S = 1.0
"""How soon a receiver that waits for the source notices that nobody wants its rows any more."""
_SEPARATOR = b"\x1f"


class CopiedRows:
    """Rows of a COPY that runs on the connection, in lists of about `_BLOCK` bytes.

    Straight from libpq: psycopg's own reader goes through its event loop for every row, at about twice the CPU.
    """

    def __init__(self, connection: psycopg.Connection[object]) -> None:
        self._pgconn = connection.pgconn
        self._unwanted = Event()
        self.sent: int | None = None
        """How many rows the server says it has sent; None before the end."""

    def abandon(self) -> None:
        """Let the iteration end early, also while it waits for the source."""
        self._unwanted.set()

    def __iter__(self) -> Iterator[list[bytes]]:
        """Raises psycopg's error when the source breaks off."""
        readable = select.poll()
        readable.register(self._pgconn.socket, select.POLLIN)
        receive = self._pgconn.get_copy_data
        rows: list[bytes] = []
        size = 0
        while not self._unwanted.is_set():
            length, data = receive(1)
            if length > 0:
                rows.append(bytes(data))
                size += length
                if size >= _BLOCK:
                    yield rows
                    rows, size = [], 0
            elif length == 0:
                if readable.poll(_LOOK_S * 1000):
                    self._pgconn.consume_input()
            else:
                self.sent = self._end()
                if rows:
                    yield rows
                return

    def _end(self) -> int | None:
        """The result behind the last row. Raises the server's error when there is one."""
        count = None
        while (result := self._pgconn.get_result()) is not None:
            if result.status != pq.ExecStatus.COMMAND_OK:
                raise psycopg.errors.error_from_result(result)
            count = result.command_tuples
        return count


class CopyStream:
    """Blocks of whole rows from lists of rows. `prefix` goes into each row's digest (the period of a period table)."""

    def __init__(self, rows: CopiedRows | Iterable[list[bytes]], digest: ContentDigest, prefix: bytes = b"") -> None:
        self._source = rows
        self._rows = iter(rows)
        self._digest = digest
        self._prefix = prefix + _SEPARATOR if prefix else b""
        self.rows = 0

    def next_block(self) -> bytes:
        """The next rows, one after the other; empty at the end."""
        rows = next(self._rows, [])
        add, prefix = self._digest.add, self._prefix
        for row in rows:
            add(prefix + row)
        self.rows += len(rows)
        return b"".join(rows)

    def abandon(self) -> None:
        """Let `next_block` come to its end, also while it waits for the source."""
        if isinstance(self._source, CopiedRows):
            self._source.abandon()


def record_batches(stream: CopyStream, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """The stream's rows in batches of some megabytes, in the columns and types of `schema`; nothing for no rows.

    Raises pyarrow.ArrowInvalid when a value does not fit its declared type, or the error that broke the stream.
    """
    with ThreadPoolExecutor(1, "copy") as receiver:
        ahead: deque[Future[bytes]] = deque(receiver.submit(stream.next_block) for _ in range(_AHEAD))
        try:
            while block := ahead.popleft().result():
                ahead.append(receiver.submit(stream.next_block))
                yield from _parsed(block, schema)
        finally:
            # before the executor is left: that waits for the block being received, and a source may be silent for long
            stream.abandon()
            for future in ahead:
                future.cancel()


def _parsed(block: bytes, schema: pa.Schema) -> list[pa.RecordBatch]:
    """A block of whole rows; one thread, since the others are busy with receiving, digesting and the server's work."""
    table = csv.read_csv(
        pa.BufferReader(block),
        read_options=csv.ReadOptions(column_names=schema.names, block_size=len(block) + 1, use_threads=False),
        parse_options=csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
        convert_options=csv.ConvertOptions(
            column_types=schema,
            null_values=[""],
            true_values=["t"],
            false_values=["f"],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
    )
    batches: list[pa.RecordBatch] = table.to_batches()
    return batches


def column_of(error: pa.ArrowException, schema: pa.Schema) -> str:
    """Which column Arrow complains about, without the value that its message quotes."""
    match = re.search(r"CSV column #(\d+)", str(error))
    if match is None:
        return type(error).__name__
    field = schema.field(int(match[1]))
    return f"kolom {field.name}, tipe {field.type}"
