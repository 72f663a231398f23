"""The public table: rows of a publication's SQL, suppressed, sorted and written as the one CSV that everybody gets."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Final

from lumbung.declarations.models import Publication, PublishedColumn
from lumbung.declarations.names import STATUS_COLUMN, WITHHELD
from lumbung.portal.disclosure import CellTable, Hidden, Key

LONGEST_TEXT: Final = 1 << 19
"""Characters of one cell. PostgreSQL indexes at most 1 MiB of words of a row, and coordinates are words."""

Value = str | int | Decimal | date | datetime | bool | None


class ContentError(Exception):
    """The SQL of a publication gave rows that its declaration does not allow."""


@dataclass(frozen=True)
class Content:
    """A publication's rows, typed as declared and sorted by key; columns in the order of the declaration."""

    publication: Publication
    rows: tuple[tuple[Value, ...], ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the public columns."""
        return tuple(column.name for column in self.publication.columns)

    @property
    def keys(self) -> list[Key]:
        """Key of every row."""
        at = [self.columns.index(name) for name in self.publication.key]
        return [tuple(row[i] for i in at) for row in self.rows]

    @cached_property
    def csv(self) -> bytes:
        """UTF-8, comma, LF, header; ISO dates, '.' as decimal mark, empty for no value: same rows, same bytes."""
        out = io.StringIO(newline="")
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(self.columns)
        writer.writerows([text(value) for value in row] for row in self.rows)
        return out.getvalue().encode()

    @property
    def sha256(self) -> str:
        """Digest of the CSV, 64 hex digits."""
        return hashlib.sha256(self.csv).hexdigest()

    def values(self, name: str) -> list[Value]:
        """One column."""
        at = self.columns.index(name)
        return [row[at] for row in self.rows]


def text(value: Value) -> str:
    """A value as the CSV writes it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    return str(value)


def lines(body: bytes) -> list[list[str]]:
    """Every line of a CSV (UTF-8), however long its cells are: a drawing is longer than the module's own limit.

    No cell is longer than its file, so that nothing is refused here; the limit is the process's, and is put back.
    """
    before = csv.field_size_limit(max(len(body), 1))
    try:
        return list(csv.reader(io.StringIO(body.decode("utf-8-sig"), newline="")))
    finally:
        csv.field_size_limit(before)


def content(publication: Publication, names: Sequence[str], rows: Sequence[Mapping[str, object]]) -> Content:
    """Rows of the publication's SQL (`names`: its columns in order) as typed, sorted content.

    Raises ContentError: undeclared or missing columns, a value that is not of the declared type, a text longer than
    LONGEST_TEXT, an empty or repeated key, no row at all.
    """
    declared = tuple(column.name for column in publication.columns)
    if tuple(names) != declared:
        raise ContentError(f"publikasi {publication.id}: SQL memberi kolom {list(names)}, deklarasi {list(declared)}")
    if not rows:
        raise ContentError(f"publikasi {publication.id}: SQL tidak memberi baris; tabel publik tidak dikosongkan")
    if publication.drawing is not None:
        rows = _drawn(publication, publication.drawing, rows)
    typed = [
        tuple(_typed(publication, number, column.name, column.type, row[column.name]) for column in publication.columns)
        for number, row in enumerate(rows, start=1)
    ]
    found = Content(publication, tuple(typed))
    order = sorted(zip(found.keys, typed, strict=True), key=lambda pair: tuple(_order(part) for part in pair[0]))
    keys = [key for key, _ in order]
    for key, after in zip(keys, [*keys[1:], None], strict=True):
        if None in key or key == after:
            trouble = "kosong" if None in key else "berulang"
            raise ContentError(
                f"publikasi {publication.id}: kunci {dict(zip(publication.key, key, strict=True))} {trouble}"
            )
    return replace(found, rows=tuple(row for _, row in order))


def _drawn(
    publication: Publication, column: PublishedColumn, rows: Sequence[Mapping[str, object]]
) -> list[Mapping[str, object]]:
    """The rows with their drawings as GeoJSON texts. Raises ContentError."""
    from lumbung.portal.drawing import DrawingError, drawings  # only publications with a map wait for its libraries

    try:
        texts = drawings([row[column.name] for row in rows], column.simplify_m, column.drawn_decimals)
    except DrawingError as error:
        where = f"publikasi {publication.id}: kolom {column.name} baris {error.row}"
        raise ContentError(f"{where} {error}; perbaiki {publication.sql_path.name}") from None
    return [{**row, column.name: text} for row, text in zip(rows, texts, strict=True)]


def _order(part: Hashable) -> tuple[str, object]:
    return type(part).__name__, part


def _typed(publication: Publication, number: int, name: str, kind: str, value: object) -> Value:
    if value is None or value == "":
        return None
    match kind, value:
        case (("text" | "geometry"), str()):
            if len(value) > LONGEST_TEXT:
                raise ContentError(
                    f"publikasi {publication.id}: kolom {name} baris {number} memuat {len(value)} karakter, paling "
                    f"banyak {LONGEST_TEXT}; gambar disederhanakan dengan simplify_m atau decimals di publikasi.yaml"
                )
            return value
        case (("integer" | "bigint"), int()) if not isinstance(value, bool):
            return value
        case (("integer" | "bigint"), Decimal()) if value == int(value):
            return int(value)
        case "numeric", Decimal() if value.is_finite():
            return value
        case "numeric", int() if not isinstance(value, bool):
            return Decimal(value)
        case "date", date() if not isinstance(value, datetime):
            return value
        case "timestamp", datetime():
            return value
        case "boolean", bool():
            return value
    raise ContentError(
        f"publikasi {publication.id}: kolom {name} baris {number} bertipe {type(value).__name__}, deklarasi {kind}; "
        f"perbaiki {publication.sql_path.name}"
    )


def cells(content: Content, sticky: frozenset[Key] = frozenset()) -> CellTable | None:
    """The content as disclosure control sees it, None when the publication declares no suppression.

    Columns are named by the mart expression they stand for, so that two publications of a mart speak of the same
    district by the same name although one calls it `kode_wilayah` and the other `kode_kecamatan`. A row whose SQL says
    `disamarkan` already is withheld whatever its count.
    """
    publication = content.publication
    rule = publication.suppress
    if rule is None:
        return None
    source = {column.name: " ".join(column.source.lower().split()) for column in publication.columns}
    used = dict.fromkeys([*publication.key, *(name for group in rule.total_groups for name in group)])
    at = {name: content.columns.index(name) for name in (*used, rule.count_column)}
    return CellTable(
        id=publication.id,
        rows=[{source[name]: row[i] for name, i in at.items()} for row in content.rows],
        key=tuple(source[name] for name in publication.key),
        count_column=source[rule.count_column],
        k=rule.k,
        total_groups=tuple(tuple(source[name] for name in group) for group in rule.total_groups),
        measure=f"{publication.mart}:{source[rule.count_column]}",
        sticky=sticky,
        asked=frozenset(
            key for key, said in zip(content.keys, content.values(STATUS_COLUMN), strict=True) if said == WITHHELD
        ),
    )


def withhold(content: Content, hidden: Hidden) -> Content:
    """The content with hidden cells emptied and marked; every other value is untouched."""
    rule = content.publication.suppress
    if rule is None:
        return content
    status = content.columns.index(STATUS_COLUMN)
    emptied = {content.columns.index(name) for name in (rule.count_column, *rule.value_columns)}
    rows = []
    for key, row in zip(content.keys, content.rows, strict=True):
        if key in hidden.keys:
            row = tuple(None if i in emptied else WITHHELD if i == status else value for i, value in enumerate(row))
        rows.append(row)
    return replace(content, rows=tuple(rows))


def still_hidden(content: Content, previous: bytes | None) -> frozenset[Key]:
    """Keys that the published version hides in periods whose visible cells have not changed since.

    Two versions of an unchanged period that hide different cells would give both back. `previous` is the published CSV.
    """
    publication = content.publication
    if previous is None or publication.suppress is None:
        return frozenset()
    head, *rest = lines(previous) or [[]]
    old = [dict(zip(head, line, strict=True)) for line in rest]
    if not old or not {STATUS_COLUMN, *publication.key} <= set(old[0]):
        return frozenset()
    now = {}
    for key, row in zip(content.keys, content.rows, strict=True):
        now[tuple(text(part) for part in key)] = (key, dict(zip(content.columns, map(text, row), strict=True)))  # type: ignore[arg-type]
    known = {tuple(line[name] for name in publication.key) for line in old}
    at = publication.period_column or ""
    changed = {row.get(at, "") for key, (_, row) in now.items() if key not in known}
    hidden: list[tuple[str, Key]] = []
    for line in old:
        period = line.get(at, "")
        found = now.get(tuple(line[name] for name in publication.key))
        if line[STATUS_COLUMN] == WITHHELD:
            hidden += [(period, found[0])] if found else []
        elif found is None or any(line[name] != value for name, value in found[1].items() if name in line):
            changed.add(period)
    return frozenset(key for period, key in hidden if period not in changed)
