"""A version's CSV as GeoJSON: one feature per row, made anew from the very file."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

NUMBERS = frozenset({"int2", "int4", "int8", "numeric", "float4", "float8"})
NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?")
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
            feature = {
                "type": "Feature",
                "properties": {name: _value(cell, types.get(name, "text")) for name, cell in row.items()},
                "geometry": json.loads(drawn) if drawn else None,
            }
            text = json.dumps(feature, ensure_ascii=False, separators=(",", ":"))
            yield (",\n" if number else "").encode() + text.encode()
    yield b"\n]}\n"


def _value(cell: str, kind: str) -> Any:
    """A cell as JSON has it; a code that looks like a number stays text."""
    if cell == "":
        return None
    if kind in NUMBERS and NUMBER.fullmatch(cell):
        return json.loads(cell)
    return cell == "true" if kind == "bool" else cell
