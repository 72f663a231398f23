"""SOAP envelopes, 1.1 and 1.2: the body of an answer, and the fault that may stand in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from lumbung import xmltext
from lumbung.declarations.models import System
from lumbung.masking import masked
from lumbung.sources.errors import SourceError, SourceRefused
from lumbung.sources.service.web import Answer

_ENVELOPES: Final = ("http://schemas.xmlsoap.org/soap/envelope/", "http://www.w3.org/2003/05/soap-envelope")
_WITH_FAULT: Final = frozenset({400, 500})
"""Statuses of an answer that is a fault (SOAP 1.1 §6.2; SOAP 1.2 part 2 §7.5.2.2): no broken connection."""
_SECURITY: Final = frozenset(
    {"FailedAuthentication", "FailedCheck", "InvalidSecurity", "InvalidSecurityToken", "SecurityTokenUnavailable"}
)
"""Faults of WS-Security 1.1 §12 that say that our account is refused."""
_SHOWN: Final = 200


def body_of(root: Any) -> Any:
    """The body of an envelope. Raises NotXmlError when the document is none."""
    body = root.find(f"{{{xmltext.namespace(root)}}}Body")
    if xmltext.local_name(root) != "Envelope" or xmltext.namespace(root) not in _ENVELOPES or body is None:
        raise xmltext.NotXmlError(f"bukan amplop SOAP, melainkan unsur {root.tag}")
    return body


def is_fault(status: int, answer: Answer) -> bool:
    """Whether an answer without success is a SOAP fault."""
    if status not in _WITH_FAULT:
        return False
    try:
        return _fault(body_of(xmltext.document(answer.body, answer.headers.get("content-type", "")))) is not None
    except xmltext.NotXmlError:
        return False


def failure(body: Any, operation: str, system: System) -> SourceError | None:
    """The fault in a body as an error: code and words, without the service's own stack trace; None without one."""
    fault = _fault(body)
    if fault is None:
        return None
    codes = [text for name in ("faultcode", "Value") for text in _texts(fault, name)]
    said = [text for name in ("faultstring", "Text") for text in _texts(fault, name)]
    code, words = (_shown(texts[0]) if texts else "tanpa keterangan" for texts in (codes, said))
    where = f"sumber {system.code}: operasi {operation} menjawab Fault {code}: {words}"
    if any(text.rpartition(":")[2] in _SECURITY for text in codes):
        return SourceRefused(
            f"{where}. Periksa berkas rahasia source_{system.connection}_credentials bersama {system.owner_name}, "
            "lalu jalankan lagi"
        )
    return SourceError(f"{where}. Jalankan lagi; bila tetap, hubungi {system.owner_name}")


def _fault(body: Any) -> Any:
    return body.find(f"{{{xmltext.namespace(body)}}}Fault")


def _texts(fault: Any, name: str) -> Iterator[str]:
    """Texts of the elements of that name, the details left out: they are the service's own business."""
    for part in fault:
        if xmltext.local_name(part).lower() != "detail":
            for element in part.iter():
                if xmltext.local_name(element) == name and (text := (element.text or "").strip()):
                    yield text


def _shown(text: str) -> str:
    """The first line, short, without personal numbers."""
    return masked(text.splitlines()[0][:_SHOWN])
