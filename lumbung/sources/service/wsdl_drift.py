"""The WSDL that a service gives of itself, held against the one that the repository keeps.

Compared is what they mean. What touches a request that we send or an element that we read stops the dataset; all else
is a warning. Order counts only where it has a meaning: among the arguments of a sequence.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urljoin

from lxml import etree

from lumbung import xmltext
from lumbung.declarations.transports import SoapDataset, SoapSystem
from lumbung.declarations.wsdl import Element, Operation, Wsdl, WsdlError, imports, read_wsdl
from lumbung.sources.schema import Drift
from lumbung.sources.service.web import Web

_MOST_DOCUMENTS: Final = 50
_SCHEMA: Final = "http://www.w3.org/2001/XMLSchema"
_NEXT: Final = "simpan WSDL baru dari layanan di sana dan sesuaikan kontraknya"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a dataset needs of an operation: the paths of what is sent, and of what is read of the answer."""

    operation: str
    sent: frozenset[str]
    read: frozenset[str]

    @classmethod
    def of(cls, asked: SoapDataset, columns: Iterable[str]) -> Wanted:
        """By the contract; `columns`: their paths within a row."""
        page = asked.page
        sent = {*asked.arguments, *filter(None, (page.param, page.size_param))}
        places = filter(None, (page.next_path, page.total_path, asked.status_path, asked.error_path))
        read = {asked.rows, *places, *(f"{asked.rows}.{path}" for path in columns)}
        return cls(asked.operation, _with_above(sent), _with_above(read))


def told_wsdl(web: Web, address: str, spoken: SoapSystem) -> Wsdl:
    """The WSDL at `address` with everything it imports from declared hosts.

    Raises SourceError, NotXmlError, WsdlError when the service does not give one that can be read.
    """
    names = {address: "0.wsdl"}
    waiting, files = [address], {}
    while waiting:
        here = waiting.pop()
        answer = web.ask("GET", here)
        root = xmltext.document(answer.body, answer.headers.get("content-type", ""))
        for element, attribute in imports(root):
            target = urljoin(here, element.get(attribute))
            if target not in names:
                if len(names) >= _MOST_DOCUMENTS:
                    raise WsdlError(f"WSDL mengimpor lebih dari {_MOST_DOCUMENTS} dokumen")
                kind = "xsd" if xmltext.namespace(element) == _SCHEMA else "wsdl"
                names[target] = f"{len(names)}.{kind}"
                waiting.append(target)
            element.set(attribute, names[target])
        files[names[here]] = etree.tostring(root, encoding="utf-8")
    return read_wsdl("0.wsdl", files, spoken.service, spoken.port)


def compare(kept: Wsdl, told: Wsdl, wanted: Wanted, file: str) -> Drift:
    """What changed between the kept WSDL and the service's own, for one dataset. `file`: where the kept one lies."""
    ours, theirs = kept.operations[wanted.operation], told.operations.get(wanted.operation)
    where = f"{file}: operasi {wanted.operation}"
    others = tuple(_others(kept, told, wanted.operation))
    warnings = [f"{file}: WSDL layanan berbeda di operasi lain: {', '.join(others)}"] if others else []
    if theirs is None:
        return Drift((f"{where} tidak ada lagi di WSDL layanan; {_NEXT}",), tuple(warnings))
    errors = [f"{where}: {what}; {_NEXT}" for what in _way(ours, theirs)]
    for element, touches, what in (
        *_request(_flat(ours.request), _flat(theirs.request), wanted.sent),
        *_order(ours.request, theirs.request, wanted.sent, ""),
        *_response(_flat(ours.response), _flat(theirs.response), wanted.read),
    ):
        message = f"{where}, unsur {element}: {what}"
        if touches:
            errors.append(f"{message}; {_NEXT}")
        else:
            warnings.append(f"{message} (tidak menyentuh yang dibaca)")
    return Drift(tuple(errors), tuple(warnings))


Difference = tuple[str, bool, str]


def _way(ours: Operation, theirs: Operation) -> Iterator[str]:
    """How the operation is spoken to."""
    for what, before, after in (
        ("versi SOAP", ours.soap, theirs.soap),
        ("SOAPAction", ours.action, theirs.action),
        ("gaya", ours.style, theirs.style),
        ("unsur permintaan", _name(ours.request), _name(theirs.request)),
        ("unsur jawaban", _name(ours.response), _name(theirs.response)),
        ("sandi", str(ours.encoded), str(theirs.encoded)),
    ):
        if before != after:
            yield f"{what} {before} menjadi {after} di layanan"


def _request(ours: Mapping[str, Element], theirs: Mapping[str, Element], sent: frozenset[str]) -> Iterator[Difference]:
    for path in _both(ours, theirs):
        before, after = ours.get(path), theirs.get(path)
        if before is None and after is not None:
            needed = not after.optional and not after.nillable
            yield path, needed, "baru dan wajib dikirim" if needed else "baru, tidak wajib"
        elif after is None:
            yield path, path in sent, "tidak diterima lagi oleh layanan"
        elif before is not None:
            yield from ((path, path in sent, what) for what in _kind_of(before, after))
            if before.optional and not after.optional:
                yield path, path not in sent, "menjadi wajib dikirim"
            elif after.optional and not before.optional:
                yield path, False, "tidak wajib lagi"


def _response(ours: Mapping[str, Element], theirs: Mapping[str, Element], read: frozenset[str]) -> Iterator[Difference]:
    for path in _both(ours, theirs):
        before, after = ours.get(path), theirs.get(path)
        if before is None:
            yield path, False, "baru di layanan"
        elif after is None:
            yield path, path in read, "tidak ada lagi di layanan"
        else:
            yield from ((path, path in read, what) for what in _kind_of(before, after))
            for what, one, other in (
                ("boleh tidak ada", before.optional, after.optional),
                ("boleh nil", before.nillable, after.nillable),
            ):
                if one != other:
                    yield path, False, what if other else f"tidak {what} lagi"


def _kind_of(before: Element, after: Element) -> Iterator[str]:
    if before.name != after.name:
        yield f"ruang nama {before.name} menjadi {after.name}"
    if before.type != after.type:
        yield f"{before.type or 'berisi unsur'} menjadi {after.type or 'berisi unsur'}"
    if before.many != after.many:
        yield "dapat berulang" if after.many else "tidak berulang lagi"


def _order(ours: Element | None, theirs: Element | None, sent: frozenset[str], above: str) -> Iterator[Difference]:
    """Arguments of a sequence that we send and that the service now wants in another order."""
    if ours is None or theirs is None:
        return
    before, after = ([one.local for one in side.below if f"{above}{one.local}" in sent] for side in (ours, theirs))
    if theirs.ordered and set(before) == set(after) and before != after:
        yield above.rstrip(".") or ours.local, True, f"urutan {', '.join(before)} menjadi {', '.join(after)}"
    for one in ours.below:
        yield from _order(one, theirs.child(one.local), sent, f"{above}{one.local}.")


def _others(kept: Wsdl, told: Wsdl, mine: str) -> Iterator[str]:
    """Operations besides ours that came, went or changed."""
    for name in sorted({*kept.operations, *told.operations} - {mine}):
        before, after = kept.operations.get(name), told.operations.get(name)
        if before != after:
            yield f"{name} ({'baru' if before is None else 'tidak ada lagi' if after is None else 'berubah'})"


def _flat(element: Element | None, above: str = "") -> dict[str, Element]:
    """Every element below by its path."""
    found: dict[str, Element] = {}
    for one in element.below if element is not None else ():
        found[f"{above}{one.local}"] = one
        found |= _flat(one, f"{above}{one.local}.")
    return found


def _both(ours: Mapping[str, Element], theirs: Mapping[str, Element]) -> Iterator[str]:
    """Paths of either side; of what is wholly new or gone only the outermost."""
    for path in sorted({*ours, *theirs}):
        above = path.rpartition(".")[0]
        if not above or (above in ours and above in theirs):
            yield path


def _with_above(paths: Iterable[str]) -> frozenset[str]:
    """Paths and everything that they pass through."""
    return frozenset(
        ".".join(steps[:count]) for steps in (path.split(".") for path in paths) for count in range(1, len(steps) + 1)
    )


def _name(element: Element | None) -> str:
    return element.name if element is not None else "-"
