"""Values as one text, whatever type source, raw and curated keep them in."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.compute as pc

from lumbung.declarations.written import WRITTEN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from lumbung.declarations import Dataset
    from lumbung.declarations.names import TextFormat
    from lumbung.settings import Settings

SEPARATOR: Final = "\x1f"
NULL: Final = "\x00"
FORGET_KEY: Final = "forget_key"
_ZEROS: Final = r"(\.[0-9]*[1-9])0+$|\.0*$"


def texts(dataset: Dataset, name: str, array: pa.Array) -> pa.Array:
    """A column as text: right-trimmed, written plainly; a number is the same however many zeros follow its point."""
    text = pc.utf8_rtrim_whitespace(pc.cast(array, pa.string()))
    written = dataset.column(name).format
    if written is not None:
        text = _plain(text, written)
    if dataset.column(name).logical == "number":
        text = pc.replace_substring_regex(text, _ZEROS, r"\1")
    return text


def _plain(text: pa.Array, written: TextFormat) -> pa.Array:
    """As `lumbung.rules.frame.plain`; values that are plain already (of the curated table) stay."""
    value = pc.utf8_ltrim_whitespace(text)
    rewritten = value
    for pattern, replacement in WRITTEN[written].steps:
        rewritten = pc.replace_substring_regex(rewritten, pattern, replacement)
    return pc.if_else(pc.match_substring_regex(value, WRITTEN[written].pattern), rewritten, text)


def joined(dataset: Dataset, arrays: Iterable[pa.Array]) -> list[str]:
    """One text per row: the key's parts in their order, NULL marked."""
    parts = [pc.fill_null(texts(dataset, name, array), NULL) for name, array in zip(dataset.key, arrays, strict=True)]
    return list(pc.binary_join_element_wise(*parts, SEPARATOR).to_pylist())


def key_hasher(place: Settings, dataset: str, *, create: bool) -> Callable[[str], str]:
    """HMAC-SHA256 of personal values under the platform's own key: without it nobody finds a value by trying.

    The key's file is read once, here. `create`: make the key when there is none; raises MissingSecret otherwise.
    """
    key = _key(place, create=create)
    return lambda value: hmac.new(key, f"{dataset}{SEPARATOR}{value}".encode(), hashlib.sha256).hexdigest()


def _key(place: Settings, *, create: bool) -> bytes:
    """The key; a new one is readable for its owner only."""
    file = place.secret_file(FORGET_KEY)
    if create and not file.is_file():
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(secrets.token_hex(32))
    return place.secret(FORGET_KEY).encode()
