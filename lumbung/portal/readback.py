"""Reading back what the public now sees: file, table, dictionary and version must all be what was sent."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from lumbung.declarations.models import Publication
from lumbung.portal.ckan import Portal
from lumbung.portal.dataset import fields
from lumbung.portal.pii import Finding, scan
from lumbung.portal.table import Content, lines

_NUMBERS: Final = ("integer", "bigint", "numeric")
_SHOWN_AS: Final = {"integer": "int4", "bigint": "int8", "boolean": "bool"}
"""PostgreSQL's own names, by which the DataStore tells the types that have one beside ours."""


class ReadBackError(Exception):
    """The portal shows something else than what was sent."""


def read_back(
    portal: Portal, resource: str, content: Content, version: str, exempt: Mapping[str, str]
) -> list[Finding]:
    """Compare file, table, dictionary and versions with the content; search the table again for personal data.

    Raises ReadBackError naming what differs; returns the findings of the search (none is expected).
    """
    where = f"publikasi {content.publication.id} versi {version}"
    state = portal.version(resource)
    if state is None or not state["consistent"]:
        raise ReadBackError(f"{where}: berkas, tabel dan metadata tidak membawa versi yang sama: {state}")
    for part in ("file", "table", "metadata"):
        if (state[part]["version"], state[part]["sha256"]) != (version, content.sha256):
            raise ReadBackError(f"{where}: {part} membawa {state[part]['version']} ({state[part]['sha256'][:8]})")
    file = portal.get(state["file"]["url"])
    if hashlib.sha256(file.body).hexdigest() != content.sha256:
        raise ReadBackError(f"{where}: berkas yang diunduh tidak sama dengan yang dikirim")
    total = portal.call("datastore_search", {"resource_id": resource, "limit": 0, "include_total": True})["total"]
    if total != len(content.rows):
        raise ReadBackError(f"{where}: tabel berisi {total} baris, dikirim {len(content.rows)}")
    rows = _table(portal, resource, content, where)
    if wrong := foreign_entries(portal, resource, content.publication):
        raise ReadBackError(f"{where}: jenis atau kamus data tidak sama untuk kolom {', '.join(wrong)}")
    return scan(content.columns, rows, content.columns, exempt)


def _table(portal: Portal, resource: str, content: Content, where: str) -> list[list[str | Decimal]]:
    """Rows of the DataStore's own dump, checked against the content (order does not matter); numbers are numbers."""
    dump = portal.get(f"/datastore/dump/{resource}?format=csv&bom=False")
    found = lines(dump.body)
    if not found or found[0] != ["_id", *content.columns]:
        raise ReadBackError(f"{where}: kolom tabel {found[:1]} tidak sama dengan {list(content.columns)}")
    rows = [line[1:] for line in found[1:]]
    kinds = [column.type for column in content.publication.columns]
    sent = lines(content.csv)[1:]
    if _digest(rows, kinds) != _digest(sent, kinds):
        raise ReadBackError(f"{where}: isi tabel tidak sama dengan berkasnya")
    return [[_value(cell, kind) for cell, kind in zip(row, kinds, strict=True)] for row in rows]


def _value(cell: str, kind: str) -> str | Decimal:
    """As the search before publication saw it: the text of a number, 628717000.00, looks like a telephone's."""
    return Decimal(cell) if cell and kind in _NUMBERS else cell


def _digest(rows: list[list[str]], kinds: list[str]) -> str:
    """Order-insensitive digest of rows; numbers and truth values compare by value, everything else by text."""
    canonical = sorted("\x1f".join(_same(cell, kind) for cell, kind in zip(row, kinds, strict=True)) for row in rows)
    return hashlib.sha256("\x1e".join(canonical).encode()).hexdigest()


def _same(cell: str, kind: str) -> str:
    if kind == "numeric" and cell:
        return format(Decimal(cell).normalize(), "f")
    if kind == "boolean":
        return {"t": "true", "True": "true", "f": "false", "False": "false"}.get(cell, cell)
    return cell.replace(" ", "T") if kind == "timestamp" else cell


def foreign_entries(portal: Portal, resource: str, publication: Publication) -> list[str]:
    """Columns whose type in the table, or entry in its dictionary, is not the declared one."""
    stored = {field["id"]: field for field in portal.call("datastore_info", {"id": resource})["fields"]}
    return [field["id"] for field in fields(publication) if _foreign(field, stored.get(field["id"], {}))]


def _foreign(field: Mapping[str, Any], stored: Mapping[str, Any]) -> bool:
    """Whether a column as the DataStore tells it is another than the declared one."""
    told = stored.get("info") or {}
    shown = _SHOWN_AS.get(field["type"], field["type"])
    return stored.get("type") != shown or any(told.get(name) != value for name, value in field["info"].items())
