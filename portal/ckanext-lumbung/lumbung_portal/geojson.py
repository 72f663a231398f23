"""A version's CSV as GeoJSON: one feature per row, made anew from the very file."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

NUMBERS = frozenset({"int2", "int4", "int8", "numeric", "float4", "float8"})
NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
"""A number of JSON; it goes over as it is written, since a reader of numbers would make 0.1 of 0.10."""
csv.field_size_limit(1 << 27)


def features(path: Path, geometry: str, types: Mapping[str, str]) -> Iterator[bytes] | None:
    """The file in pieces (RFC 7946); None when it has no such column. `types`: PostgreSQL types of the columns.

    The column `geometry` holds GeoJSON texts, or nothing for a feature without a drawing.
    """
    with path.open(encoding="utf-8", newline="") as file:
        if geometry not in next(csv.reader(file), []):
            return None
    return _pieces(path, geometry, types)


def _pieces(path: Path, geometry: str, types: Mapping[str, str]) -> Iterator[bytes]:
    yield b'{"type":"FeatureCollection","features":[\n'
    with path.open(encoding="utf-8", newline="") as file:
        for number, row in enumerate(csv.DictReader(file)):
            drawn = row.pop(geometry)
            json.loads(drawn or "null")  # what is no JSON must not look like the end of a whole file
            cells = [f"{_text(name)}:{_value(cell, types.get(name, 'text'))}" for name, cell in row.items()]
            properties = ",".join(cells)
            feature = f'{{"type":"Feature","properties":{{{properties}}},"geometry":{drawn or "null"}}}'
            yield (",\n" if number else "").encode() + feature.encode()
    yield b"\n]}\n"


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def _value(cell: str, kind: str) -> str:
    """A cell as JSON writes it; a code that looks like a number stays text."""
    if cell == "":
        return "null"
    if kind in NUMBERS and NUMBER.fullmatch(cell):
        return cell
    if kind == "bool":
        return "true" if cell == "true" else "false"
    return _text(cell)
