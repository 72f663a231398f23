"""JSON documents whose values stay what was sent: numbers as their digits, nothing rounded, nothing converted."""

from __future__ import annotations

import json
from typing import Any, Final

#: Kinds of a JSON value, as contracts name them (`json string`, …); null and absent are no kind.
STRING, NUMBER, BOOLEAN, NESTED = "string", "number", "boolean", "nested"
ABSENT: Final = object()
"""What `at` gives for a key that is not there; null is None."""


class Digits(str):
    """A number as it was written."""

    __slots__ = ()


class NotJsonError(ValueError):
    """The bytes are no JSON document that can be read without guessing; the message quotes no value."""


def document(body: bytes) -> Any:
    """The document in `body` (UTF-8, RFC 8259). Raises NotJsonError: other bytes, a key twice, too deep."""
    try:
        text = body.decode("utf-8-sig")
        return json.loads(
            text, parse_float=Digits, parse_int=Digits, parse_constant=Digits, object_pairs_hook=_without_doubles
        )
    except UnicodeDecodeError as error:
        raise NotJsonError(f"bukan UTF-8 (byte ke-{error.start + 1})") from None
    except json.JSONDecodeError as error:
        raise NotJsonError(f"bukan JSON (baris {error.lineno}, kolom {error.colno})") from None
    except RecursionError:
        raise NotJsonError("JSON bersarang terlalu dalam") from None


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise NotJsonError("satu objek memuat kunci yang sama dua kali")
    return found


def at(value: Any, path: str) -> Any:
    """What stands at a path of keys below `value` (the empty path: itself); ABSENT when a key is missing."""
    for key in path.split(".") if path else ():
        if value is None:
            return None
        if not isinstance(value, dict) or key not in value:
            return ABSENT
        value = value[key]
    return value


def kind(value: Any) -> str | None:
    """The kind of a value; None for null."""
    if value is None:
        return None
    if isinstance(value, Digits):
        return NUMBER
    if isinstance(value, str):
        return STRING
    return BOOLEAN if isinstance(value, bool) else NESTED


def text(value: Any) -> str | None:
    """A value as raw keeps it: strings and numbers as sent, booleans as true and false, null as None."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def text_at(value: Any, path: str) -> str | None:
    """A value at a path as text; None when it is absent, null or no single value."""
    found = at(value, path)
    return None if found is ABSENT or isinstance(found, dict | list) else text(found)
