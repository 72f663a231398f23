"""Validators of the Satu Data fields."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from ckan.plugins import toolkit as tk


def lumbung_moment(value: Any) -> Any:
    """A moment with its zone (ISO 8601), kept in UTC as `YYYY-MM-DDTHH:MM:SSZ`. Raises Invalid otherwise."""
    if value in (None, ""):
        return value
    try:
        moment = datetime.fromisoformat(str(value).replace("Z", "+00:00"))
    except ValueError:
        raise tk.Invalid(f"{value!r} bukan waktu ISO 8601") from None
    if moment.tzinfo is None:
        raise tk.Invalid(f"{value!r}: zona waktu harus disebut")
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def lumbung_json(value: Any) -> Any:
    """JSON, kept as canonical text. Raises Invalid otherwise."""
    if value in (None, ""):
        return value
    try:
        content = json.loads(value) if isinstance(value, str) else value
    except ValueError as error:
        raise tk.Invalid(f"bukan JSON: {error}") from None
    return json.dumps(content, sort_keys=True, ensure_ascii=False)


def lumbung_count(value: Any) -> Any:
    """A whole number of at least 0. Raises Invalid otherwise."""
    if value in (None, ""):
        return value
    if not str(value).isdecimal():
        raise tk.Invalid(f"{value!r} bukan bilangan cacah")
    return str(int(value))


VALIDATORS = {"lumbung_moment": lumbung_moment, "lumbung_json": lumbung_json, "lumbung_count": lumbung_count}
