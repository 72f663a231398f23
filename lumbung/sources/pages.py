"""How the answers of a REST service go on, and whether they moved while they were read."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from lumbung.declarations.transports import Page
from lumbung.sources import jsontext
from lumbung.sources.errors import DatasetStopped, SourceChanged, SourceError
from lumbung.sources.web import Answer


@dataclass
class Paging:
    """Where one sequence of pages stands."""

    rows: int = 0
    pages: int = 0
    total: int | None = None
    first: str = ""
    seen: set[str] = field(default_factory=set)


def following_page(page: Page, document: Any, answer: Answer, rows: list[Any], state: Paging) -> str | None:
    """What to ask for next: a page number, an offset, a cursor, an address; None at the end.

    A page of numbers or offsets that is shorter than asked for need not be the last (a service may cap the size): the
    total says it, or an empty page. Raises SourceError when the next page is one that was read already.
    """
    if page.style == "none":
        return None
    if page.style in ("number", "offset"):
        if not rows or (state.total is not None and state.rows >= state.total):
            return None
        return str(page.first + state.pages if page.style == "number" else state.rows)
    if page.style == "link" and page.next_path is None:
        following = _link(answer.headers.get("link", ""))
    else:
        following = jsontext.text_at(document, page.next_path or "")
    if not following:
        return None
    if following in state.seen:
        raise SourceError(f"{answer.path}: halaman berikutnya menunjuk kembali ke halaman yang sudah dibaca")
    state.seen.add(following)
    return following


def _link(header: str) -> str | None:
    """The target with rel=next of a Link header (RFC 8288)."""
    for part in header.split(","):
        target, *parameters = part.split(";")
        if any(parameter.strip().replace('"', "") == "rel=next" for parameter in parameters):
            return target.strip().strip("<>")
    return None


def note_total(page: Page, document: Any, state: Paging, path: str) -> None:
    """Keep the service's own count; raises SourceChanged when another page names another."""
    if page.total_path is None:
        return
    said = jsontext.text_at(document, page.total_path)
    if said is None or not said.isdecimal():
        raise DatasetStopped(f"jawaban {path} tidak menyebut jumlah baris di {page.total_path}")
    if state.total is not None and state.total != int(said):
        raise SourceChanged(f"{path}: jumlah baris berubah dari {state.total} menjadi {said} saat dibaca")
    state.total = int(said)


def fingerprint(rows: list[Any]) -> str:
    """SHA-256 (hex) of the rows of a page as they were read."""
    return sha256(repr(rows).encode("utf-8", "surrogatepass")).hexdigest()
