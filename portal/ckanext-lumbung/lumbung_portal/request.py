"""What a refresh is asked to do: the parameters of `lumbung_refresh`, checked before anything is touched."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any

from ckan.plugins import toolkit as tk

VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,63}")
FIELD_ID = re.compile(r"[a-z][a-z0-9_]{0,62}")
SHA256 = re.compile(r"[0-9a-f]{64}")
RESOURCE_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# json columns cannot take the COPY path; arrays and composite types have no place in an open table.
COLUMN_TYPE = re.compile(
    r"text|int|int2|int4|int8|integer|smallint|bigint|numeric|numeric\(\d{1,3}(,\s?\d{1,3})?\)|bool|boolean|date"
    r"|timestamp|float4|float8|real|double precision"
)
INFO_KEYS = frozenset({"label", "notes", "unit", "type_override"})
RESERVED_VERSIONS = frozenset({"terbaru"})
# What the refresh itself writes, and what decides identity, place or visibility.
PROTECTED = frozenset(
    {
        *("id", "name", "type", "state", "private", "owner_org", "groups", "tags", "tag_string", "resources"),
        *("package_id", "position", "created", "last_modified", "datastore_active", "mimetype", "size", "hash"),
        *("url", "url_type", "versi", "sha256", "jumlah_baris"),
    }
)


@dataclass(frozen=True)
class Field:
    """One column: name, PostgreSQL type, and its entry in the data dictionary."""

    id: str
    type: str
    info: dict[str, str]


@dataclass(frozen=True)
class RefreshRequest:
    """One refresh of one resource: a version of its content and what is said about it.

    `rows` counts data rows without the header; `sha256` is of the bytes of the file as sent. `rebuild`: the table is
    made anew although its record says that it carries the version.
    """

    resource_id: str
    version: str
    sha256: str
    rows: int
    fields: tuple[Field, ...]
    primary_key: tuple[str, ...]
    indexes: tuple[tuple[str, ...], ...]
    package_metadata: dict[str, Any]
    resource_metadata: dict[str, Any]
    rebuild: bool = False

    @property
    def definition(self) -> str:
        """Digest of everything that shapes the table besides its content."""
        shape = [[[f.id, f.type, f.info] for f in self.fields], self.primary_key, self.indexes]
        return hashlib.sha256(json.dumps(shape, sort_keys=True, ensure_ascii=False).encode()).hexdigest()

    @property
    def column_ids(self) -> tuple[str, ...]:
        """Names of the columns in the order of the file's header."""
        return tuple(f.id for f in self.fields)


def refuse(key: str, message: str) -> tk.ValidationError:
    """The error for one wrong parameter; CKAN answers it with 409 and this key."""
    return tk.ValidationError({key: [message]})


def _decoded(data: dict[str, Any], key: str, default: Any) -> Any:
    """A parameter that multipart calls carry as JSON text."""
    value = data.get(key)
    if value is None or value == "":
        return default
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError as error:
        raise refuse(key, f"not JSON: {error}") from error


def _matching(data: dict[str, Any], key: str, pattern: re.Pattern[str], form: str) -> str:
    value = data.get(key)
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise refuse(key, f"must be {form}")
    return value


def _field(entry: Any) -> Field:
    if not isinstance(entry, dict) or set(entry) - {"id", "type", "info"}:
        raise refuse("fields", "each field is an object with the keys id, type and info")
    name, kind, info = entry.get("id"), entry.get("type"), entry.get("info") or {}
    if not isinstance(name, str) or not FIELD_ID.fullmatch(name):
        raise refuse("fields", f"unsafe column name {name!r}: lower-case letters, digits and _, at most 63")
    if not isinstance(kind, str) or not COLUMN_TYPE.fullmatch(kind):
        raise refuse("fields", f"column {name}: type {kind!r} is not allowed")
    if not isinstance(info, dict) or not all(isinstance(value, str) for value in info.values()):
        raise refuse("fields", f"column {name}: info is an object of texts")
    if set(info) - INFO_KEYS:
        raise refuse("fields", f"column {name}: unknown info {sorted(set(info) - INFO_KEYS)}")
    return Field(name, kind, dict(info))


def _names(value: Any, key: str, known: tuple[str, ...]) -> tuple[str, ...]:
    names = (value,) if isinstance(value, str) else tuple(value) if isinstance(value, list) else None
    if names is None or any(name not in known for name in names) or len(set(names)) != len(names):
        raise refuse(key, f"must name columns of the table, each once; got {value!r}")
    return names


def _metadata(data: dict[str, Any], part: str, known: frozenset[str]) -> dict[str, Any]:
    metadata = _decoded(data, "metadata", {})
    if not isinstance(metadata, dict) or set(metadata) - {"package", "resource"}:
        raise refuse("metadata", "must be an object with the keys package and resource")
    values = metadata.get(part) or {}
    if not isinstance(values, dict):
        raise refuse("metadata", f"{part} must be an object")
    wrong = sorted(key for key in values if key in PROTECTED or key not in known)
    if wrong:
        raise refuse("metadata", f"{part}: {', '.join(wrong)} cannot be set by a refresh")
    return values


def parse(data: dict[str, Any], package_fields: frozenset[str], resource_fields: frozenset[str]) -> RefreshRequest:
    """Check every parameter of a call. Raises ValidationError naming the parameter.

    `package_fields` and `resource_fields` are the names that the dataset schema declares.
    """
    resource_id = _matching(data, "resource_id", RESOURCE_ID, "the resource's uuid")
    version = _matching(data, "version", VERSION, "letters, digits, '.', '_', '-', at most 64, no path")
    if version in RESERVED_VERSIONS or ".." in version:
        raise refuse("version", f"{version!r} is reserved")
    sha256 = _matching(data, "sha256", SHA256, "64 lower-case hexadecimal digits")
    try:
        rows = int(data.get("rows", ""))
    except (TypeError, ValueError):
        raise refuse("rows", "must be the number of data rows") from None
    if rows < 1:
        raise refuse("rows", "an empty refresh is refused: withdraw the dataset instead")
    entries = _decoded(data, "fields", [])
    if not isinstance(entries, list) or not entries:
        raise refuse("fields", "must be a list of at least one column")
    fields = tuple(_field(entry) for entry in entries)
    ids = tuple(field.id for field in fields)
    if len(set(ids)) != len(ids):
        raise refuse("fields", "two columns have the same name")
    indexes = _decoded(data, "indexes", [])
    if not isinstance(indexes, list):
        raise refuse("indexes", "must be a list")
    return RefreshRequest(
        resource_id=resource_id,
        version=version,
        sha256=sha256,
        rows=rows,
        fields=fields,
        primary_key=_names(_decoded(data, "primary_key", []), "primary_key", ids),
        indexes=tuple(_names(index, "indexes", ids) for index in indexes),
        package_metadata=_metadata(data, "package", package_fields),
        resource_metadata=_metadata(data, "resource", resource_fields),
        rebuild=str(data.get("rebuild", False)).lower() == "true",
    )
