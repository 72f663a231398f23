"""CSV files, line by line: never whole in memory, decoded as declared, each row with the line it begins on."""

from __future__ import annotations

import csv
import io
from codecs import getincrementaldecoder
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import islice, product
from pathlib import Path
from typing import BinaryIO, Final

from lumbung.declarations.files import CsvForm, FilesDataset
from lumbung.sources.drop.filetable import FileRefused, Line, header_of, positions, require_size

_CODECS: Final = {"utf-8": "utf-8-sig", "utf-16": "utf-16", "cp1252": "cp1252"}
_BLOCK: Final = 1 << 20
LONGEST_LINE: Final = 1 << 20
"""Characters of one line; beyond it the file is no table."""
_SEPARATOR_LINE: Final = "sep="
"""What Excel writes before the header to name its delimiter."""
_LOOK: Final = 100
"""Lines below the header that are looked at to tell quotes apart."""
_STARTS: Final = (
    (b"PK\x03\x04", "berkas Excel (.xlsx) yang diganti namanya"),
    (b"\xd0\xcf\x11\xe0", "berkas Excel lama (.xls) yang diganti namanya"),
    (b"%PDF", "berkas PDF"),
    (b"\x1f\x8b", "berkas yang dimampatkan (gzip)"),
)
_BOMS: Final = (
    (b"\xef\xbb\xbf", "utf-8", "UTF-8"),
    (b"\xff\xfe", "utf-16", "UTF-16"),
    (b"\xfe\xff", "utf-16", "UTF-16"),
)


class CsvReader:
    """One open file (see `filetable.Reader`)."""

    def __init__(self, binary: BinaryIO, form: CsvForm, files: FilesDataset) -> None:
        self._binary = binary
        self._form = form
        self._files = files
        self.remarks: list[str] = []
        self._odd = False
        self._skipped = 0
        self._header_end = 0
        self._require_start()
        self._delimiter, self._quote, self._header = self._as_declared()

    def header(self) -> list[str]:
        """Texts of the header."""
        return self._header

    def fault(self, line: int, position: int) -> str | None:
        """An empty cell of a CSV file is empty."""
        return None

    def lines(self) -> Iterator[Line]:
        """The lines below the header."""
        for record in self._records(self._delimiter, self._quote):
            if record.number > self._header_end:
                yield record

    def _require_start(self) -> None:
        """The first bytes are those of a text in the declared encoding, as far as they tell."""
        start = self._binary.read(8)
        encoding = self._form.encoding
        for magic, what in _STARTS:
            if start.startswith(magic):
                raise FileRefused(f"isinya {what}, bukan CSV; simpan sebagai CSV")
        marked = next(((of, name) for bom, of, name in _BOMS if start.startswith(bom)), None)
        if marked is not None and marked[0] != encoding:
            raise FileRefused(f"tersimpan sebagai {marked[1]}, padahal dijanjikan {encoding}; simpan ulang begitu")
        if encoding == "utf-16" and marked is None:
            raise FileRefused("dijanjikan UTF-16, tetapi tidak diawali tanda urutan byte (BOM); simpan lagi")

    def _as_declared(self) -> tuple[str, str, list[str]]:
        """Delimiter, quote and header: the declared ones, or those of the declared ones under which the header fits.

        Raises FileRefused in the words of the first choice when none fits.
        """
        choices = list(product(self._delimiters(), self._form.quotes))
        refused: FileRefused | None = None
        fitting: list[tuple[str, str, list[str]]] = []
        for delimiter, quote in choices:
            try:
                header = self._read_header(delimiter, quote)
                positions(header, self._files)
                fitting.append((delimiter, quote, header))
            except FileRefused as error:
                refused = refused or error
        if not fitting:
            assert refused is not None  # noqa: S101 - there is at least one choice
            raise refused
        return max(fitting, key=lambda choice: self._used(choice[0], choice[1])) if len(fitting) > 1 else fitting[0]

    def _delimiters(self) -> tuple[str, ...]:
        """The declared ones; where several are, Excel's own first line may name which."""
        first = next(self._text(), "").strip() if len(self._form.delimiters) > 1 else ""
        if not first.startswith(_SEPARATOR_LINE):
            return self._form.delimiters
        self._skipped = 1
        said = first[len(_SEPARATOR_LINE) :][:1]
        return (said,) if said in self._form.delimiters else self._form.delimiters

    def _used(self, delimiter: str, quote: str) -> int:
        """How often the quote stands at the beginning of a value in the first lines."""
        if not quote:
            return 0
        return sum(line.startswith(quote) + line.count(delimiter + quote) for line in islice(self._text(), _LOOK))

    def _read_header(self, delimiter: str, quote: str) -> list[str]:
        first, many = self._files.header_row + self._skipped, self._files.header_rows
        lines: list[list[str]] = []
        for record in self._records(delimiter, quote):
            if record.number < first:
                continue
            if record.defect is not None:
                raise FileRefused(f"kepala tabel (baris {record.number}) {record.defect}")
            lines.append([str(cell) for cell in record.cells])
            self._header_end = record.number
            if len(lines) == many:
                break
        if not any(lines):
            raise FileRefused(f"kepala tabel tidak ditemukan pada baris {first}")
        if any("\x00" in cell for line in lines for cell in line):
            raise FileRefused("kepala tabel memuat karakter NUL: mungkin tersimpan sebagai UTF-16 tanpa BOM")
        return header_of(lines)

    def _records(self, delimiter: str, quote: str) -> Iterator[Line]:
        """Every record from the beginning of the file, with the line it begins on."""
        text, before = self._text(), self._skipped
        for _ in range(self._skipped):
            next(text)
        if quote:
            reader = csv.reader(text, delimiter=delimiter, quotechar=quote, strict=True)
        else:
            reader = csv.reader(text, delimiter=delimiter, quotechar=None, quoting=csv.QUOTE_NONE, strict=True)
        while True:
            self._odd = False
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                if "end of data" in str(error) or "field limit" in str(error):
                    raise FileRefused(
                        f"tanda kutip yang dibuka pada baris {before + 1} tidak ditutup; sisanya tidak terbaca"
                    ) from None
                yield Line(before + 1, (), "tanda kutipnya tidak pada tempatnya")
            else:
                yield Line(before + 1, cells, None, self._odd)
            before = reader.line_num + self._skipped

    def _text(self) -> Iterator[str]:
        """The decoded lines from the beginning, their ends kept. Raises FileRefused for bytes that are no such text."""
        self._binary.seek(0)
        text = io.TextIOWrapper(self._binary, _CODECS[self._form.encoding], errors="strict", newline="")
        number = 0
        try:
            while line := text.readline(LONGEST_LINE):
                number += 1
                if len(line) == LONGEST_LINE:
                    raise FileRefused(f"baris {number} lebih panjang dari {LONGEST_LINE:,} karakter: bukan tabel CSV")
                if "E+" in line or "e+" in line or "\x00" in line:
                    self._odd = True
                yield line
        except UnicodeDecodeError:
            at = self._undecodable_line() or number
            raise FileRefused(f"baris {at} memuat byte yang bukan {self._form.encoding}; simpan ulang begitu") from None
        finally:
            with suppress(ValueError):  # the file was closed before the last line was asked for
                text.detach()

    def _undecodable_line(self) -> int | None:
        """The first line that the encoding does not know; None where bytes have no line ends of their own (UTF-16)."""
        if self._form.encoding == "utf-16":
            return None
        self._binary.seek(0)
        decoder = getincrementaldecoder(self._form.encoding)()
        for number, line in enumerate(iter(lambda: self._binary.readline(LONGEST_LINE), b""), 1):
            try:
                decoder.decode(line)
            except UnicodeDecodeError:
                return number
        return number  # cut within its last character


@contextmanager
def open_csv(path: Path, files: FilesDataset) -> Iterator[CsvReader]:
    """Open a CSV file as declared. Raises FileRefused."""
    form = files.csv
    if form is None:
        raise FileRefused("kontrak tidak menyebut csv")  # the declarations' check forbids it
    require_size(path, form.max_mb, "; pecah menjadi beberapa")
    with path.open("rb", buffering=_BLOCK) as binary:
        yield CsvReader(binary, form, files)
