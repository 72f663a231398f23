"""How the answers of a service go on, and whether they moved while they were read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from lumbung.declarations.transports import Page
from lumbung.sources.errors import DatasetStopped, SourceChanged, SourceError


@dataclass(frozen=True, slots=True)
class Answered:
    """One answer, whatever it is written in. `text_at`: the single value at a path, else None; `link`: header Link."""

    path: str
    rows: list[Any]
    text_at: Callable[[str], str | None]
    link: str = ""


@dataclass
class Paging:
    """Where one sequence of pages stands."""

    rows: int = 0
    pages: int = 0
    total: int | None = None
    first: str = ""
    seen: set[str] = field(default_factory=set)


def following_page(page: Page, answered: Answered, state: Paging) -> str | None:
    """What to ask for next: a page number, an offset, a cursor, an address; None at the end.

    A page of numbers or offsets that is shorter than asked for need not be the last (a service may cap the size): the
    total says it, or an empty page. Raises SourceError when the next page is one that was read already.
    """
    if page.style == "none":
        return None
    if page.style in ("number", "offset"):
        if not answered.rows or (state.total is not None and state.rows >= state.total):
            return None
        return str(page.first + state.pages if page.style == "number" else state.rows)
    if page.style == "link" and page.next_path is None:
        following = _link(answered.link)
    else:
        following = answered.text_at(page.next_path or "")
    if not following:
        return None
    if following in state.seen:
        raise SourceError(f"{answered.path}: halaman berikutnya menunjuk kembali ke halaman yang sudah dibaca")
    state.seen.add(following)
    return following


def _link(header: str) -> str | None:
    """The target with rel=next of a Link header (RFC 8288)."""
    for part in header.split(","):
        target, *parameters = part.split(";")
        if any(parameter.strip().replace('"', "") == "rel=next" for parameter in parameters):
            return target.strip().strip("<>")
    return None


def note_total(page: Page, answered: Answered, state: Paging) -> None:
    """Keep the service's own count; raises SourceChanged when another page names another."""
    if page.total_path is None:
        return
    said = answered.text_at(page.total_path)
    if said is None or not said.isdecimal():
        raise DatasetStopped(f"jawaban {answered.path} tidak menyebut jumlah baris di {page.total_path}")
    if state.total is not None and state.total != int(said):
        raise SourceChanged(f"{answered.path}: jumlah baris berubah dari {state.total} menjadi {said} saat dibaca")
    state.total = int(said)


def fingerprint(rows: list[Any]) -> str:
    """SHA-256 (hex) of the rows of a page as they were read."""
    return sha256(repr(rows).encode("utf-8", "surrogatepass")).hexdigest()
