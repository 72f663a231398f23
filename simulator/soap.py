"""SOAP 1.1 as a department's old system speaks it: envelopes, faults, elements; document/literal."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from xml.sax.saxutils import escape

from lxml import etree

from simulator.desk import Reply

_SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
_HEAD = f'<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="{_SOAP}"'


def request(body: bytes) -> tuple[str, dict[str, str]] | None:
    """Operation and arguments of a request; None for what is no envelope."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        found = etree.fromstring(body, parser).find(f"{{{_SOAP}}}Body")
    except etree.XMLSyntaxError:
        return None
    if found is None or len(found) != 1:
        return None
    arguments = {etree.QName(child).localname: child.text or "" for child in found[0]}
    return etree.QName(found[0]).localname, arguments


def element(name: str, value: Any) -> str:
    """An element: a mapping holds elements, None is `xsi:nil`."""
    if value is None:
        return f'<{name} xsi:nil="true"/>'
    if isinstance(value, Mapping):
        return f"<{name}>{''.join(element(inner, part) for inner, part in value.items())}</{name}>"
    return f"<{name}>{escape(value.isoformat() if isinstance(value, date) else str(value))}</{name}>"


def envelope(namespace: str, operation: str, inside: str) -> Reply:
    """The answer of an operation."""
    text = (
        f'{_HEAD} xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soap:Body>'
        f'<{operation}Response xmlns="{namespace}">{inside}</{operation}Response></soap:Body></soap:Envelope>'
    )
    return Reply(text.encode())


def fault(code: str, words: str) -> Reply:
    """A fault, with HTTP 500 as SOAP 1.1 wants it."""
    text = (
        f"{_HEAD}><soap:Body><soap:Fault><faultcode>soap:{code}</faultcode>"
        f"<faultstring>{escape(words)}</faultstring></soap:Fault></soap:Body></soap:Envelope>"
    )
    return Reply(text.encode(), 500)
