"""Rows of `COPY … TO STDOUT (FORMAT csv)` as Arrow record batches, digested on the way.

PostgreSQL sends one message per row, so a row's canonical bytes are its CSV line under the session's fixed settings.
An empty field is NULL, `""` is an empty string.
"""

import io
import re
from collections.abc import Iterator

import psycopg
import pyarrow as pa
from pyarrow import csv

from lumbung.sources.digest import ContentDigest

_BLOCK = 4 << 20
_SEPARATOR = b"\x1f"


class CopyStream(io.RawIOBase):
    """A readable file over COPY's messages. `prefix` goes into each row's digest (the period of a period table)."""

    def __init__(self, messages: Iterator[bytes], digest: ContentDigest, prefix: bytes = b"") -> None:
        super().__init__()
        self._messages = messages
        self._digest = digest
        self._prefix = prefix + _SEPARATOR if prefix else b""
        self._pending = b""
        self.rows = 0
        self.error: BaseException | None = None

    def readable(self) -> bool:
        """Yes."""
        return True

    def has_rows(self) -> bool:
        """Whether there is at least one row; reads it ahead."""
        if not self._pending:
            self._pending = self._next()
        return bool(self._pending)

    def read(self, size: int | None = -1) -> bytes:
        """Whole rows up to `size` bytes (at least a part of one); empty at the end."""
        limit = _BLOCK if size is None or size < 0 else size
        parts: list[bytes] = []
        filled = 0
        row = self._pending or self._next()
        while row and filled + len(row) <= limit:
            parts.append(row)
            filled += len(row)
            row = self._next()
        if not parts and row:
            parts, row = [row[:limit]], row[limit:]
        self._pending = row
        return b"".join(parts)

    def _next(self) -> bytes:
        try:
            row = next(self._messages, b"")
        except BaseException as error:  # kept: Arrow's reader may wrap it beyond recognition
            self.error = error
            raise
        if row:
            self.rows += 1
            self._digest.add(self._prefix + row)
        return row


def record_batches(stream: CopyStream, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """The stream's rows in batches of some megabytes, in the columns and types of `schema`; nothing for no rows.

    Raises pyarrow.ArrowInvalid when a value does not fit its declared type, or the error that broke the stream.
    """
    if not stream.has_rows():
        return
    try:
        reader = csv.open_csv(
            stream,
            read_options=csv.ReadOptions(column_names=schema.names, block_size=_BLOCK, use_threads=True),
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
        yield from reader
    except pa.ArrowException:
        if stream.error is not None:
            raise stream.error from None
        raise


def messages(copy: psycopg.Copy) -> Iterator[bytes]:
    """COPY's messages, one row each."""
    while data := copy.read():
        yield bytes(data)


def column_of(error: pa.ArrowException, schema: pa.Schema) -> str:
    """Which column Arrow complains about, without the value that its message quotes."""
    match = re.search(r"CSV column #(\d+)", str(error))
    if match is None:
        return type(error).__name__
    field = schema.field(int(match[1]))
    return f"kolom {field.name}, tipe {field.type}"
