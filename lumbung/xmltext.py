"""XML documents whose values stay what was sent, read so that no document can harm the reader.

No DTD (so no entities and nothing external), no network, no huge trees; what is wrong is said without quoting a value.
"""

from __future__ import annotations

import codecs
import re
from typing import Any, Final
from xml.parsers import expat

from lxml import etree

XSI_NIL: Final = "{http://www.w3.org/2001/XMLSchema-instance}nil"
_MOST_MARKS: Final = 1_000_000
"""`<` or `=` in a document: bounds its elements and attributes, and so the tree's memory (about 150 MB)."""
_CHARSET: Final = re.compile(r"charset\s*=\s*\"?([A-Za-z0-9._-]+)", re.IGNORECASE)
_WHOLE: Final = r"[+-]?\d+"
_DAY: Final = r"-?\d{4,}-\d\d-\d\d"
_CLOCK: Final = r"\d\d:\d\d:\d\d(\.\d+)?"
_ZONE: Final = r"(Z|[+-]\d\d:\d\d)?"
_LEXICAL: Final = {
    "boolean": r"true|false|0|1",
    "date": _DAY + _ZONE,
    "dateTime": f"{_DAY}T{_CLOCK}{_ZONE}",
    "decimal": r"[+-]?(\d+(\.\d*)?|\.\d+)",
    "double": r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?|-?INF|NaN",
    "float": r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?|-?INF|NaN",
    "gYear": r"-?\d{4,}" + _ZONE,
    "gYearMonth": r"-?\d{4,}-\d\d" + _ZONE,
    "time": _CLOCK + _ZONE,
} | dict.fromkeys(
    ("byte", "int", "integer", "long", "nonNegativeInteger", "positiveInteger", "short", "unsignedInt", "unsignedLong"),
    _WHOLE,
)
_PATTERNS: Final = {f"xsd:{name}": re.compile(rf"\s*({pattern})\s*\Z", re.ASCII) for name, pattern in _LEXICAL.items()}


class NotXmlError(ValueError):
    """The bytes are no XML document that can be read safely and without guessing; the message quotes no value."""


def document(body: bytes, content_type: str = "") -> Any:
    """The root element of the document in `body`. `content_type`: the header that came with it.

    Raises NotXmlError: not well-formed, a DTD, two encodings named, too many elements, too deep.
    """
    _require_plain_prolog(body, content_type)
    if max(body.count(b"<"), body.count(b"=")) > _MOST_MARKS:
        raise NotXmlError(f"lebih dari {_MOST_MARKS} unsur atau atribut; minta halaman yang lebih kecil")
    charset = _CHARSET.search(content_type)
    parser = etree.XMLParser(
        encoding=charset[1] if charset else None,
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError as error:
        line, column = error.position
        raise NotXmlError(f"bukan XML yang utuh (baris {line}, kolom {column})") from None
    if root is None or root.getroottree().docinfo.internalDTD is not None:
        raise NotXmlError("memuat DTD")
    return root


def _require_plain_prolog(body: bytes, content_type: str) -> None:
    """Read up to the root element. Raises NotXmlError for a DTD, an unknown encoding, or two that disagree."""
    named: list[str] = []

    def declared(_version: str, encoding: str | None, _standalone: int) -> None:
        if encoding:
            named.append(encoding)

    def doctype(*_: object) -> None:
        raise NotXmlError("memuat DTD (<!DOCTYPE>); DTD dan entitas tidak dibaca")

    def root(*_: object) -> None:
        raise _AtRoot

    charset = _CHARSET.search(content_type)
    try:
        parser = expat.ParserCreate()
        parser.XmlDeclHandler = declared
        parser.StartDoctypeDeclHandler = doctype
        parser.StartElementHandler = root
        parser.Parse(body, True)
    except _AtRoot:
        pass
    except (expat.ExpatError, LookupError, ValueError) as error:
        if isinstance(error, NotXmlError):
            raise
        line = getattr(error, "lineno", 1)
        raise NotXmlError(f"bukan XML (baris {line})" if body.strip() else "kosong, bukan XML") from None
    both = [*named, *([charset[1]] if charset else [])]
    try:
        if len({codecs.lookup(name).name for name in both}) > 1:
            raise NotXmlError(f"menyebut dua pengodean: {both[0]} di dokumen, {both[1]} di content-type")
    except LookupError:
        raise NotXmlError(f"menyebut pengodean yang tidak dikenal: {', '.join(both)}") from None


class _AtRoot(Exception):
    """The prolog is over."""


def local_name(element: Any) -> str:
    """An element's name without its namespace."""
    return str(element.tag).rpartition("}")[2]


def namespace(element: Any) -> str:
    """An element's namespace; empty without one."""
    return str(element.tag).rpartition("}")[0].removeprefix("{")


def is_nil(element: Any) -> bool:
    """Whether `xsi:nil` says that there is no value."""
    return (element.get(XSI_NIL) or "").strip() in ("true", "1")


def fits(value: str, xsd_type: str) -> bool:
    """Whether a text is written as its XML Schema type wants it (free text fits every text type)."""
    pattern = _PATTERNS.get(xsd_type)
    return pattern is None or pattern.match(value) is not None
