"""SOAP sources: operations of a service as its WSDL says, asked as `asking` says.

zeep builds the request; the answer is read here, since values must stay the text that was sent. Every element is known
by namespace and name from the WSDL that the repository keeps.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

import zeep
import zeep.exceptions
from zeep.wsdl.utils import etree_to_string
from zeep.wsse.username import UsernameToken as Token

from lumbung import xmltext
from lumbung.declarations.models import Dataset, System
from lumbung.declarations.transports import SoapDataset, SoapSystem, UsernameToken
from lumbung.declarations.wsdl import HARDENED, Element, Wsdl, WsdlError, kept_wsdl
from lumbung.settings import Settings
from lumbung.sources.errors import DatasetStopped, SourceError
from lumbung.sources.schema import Drift, read_columns
from lumbung.sources.service import jsontext
from lumbung.sources.service.asking import ServiceSnapshot
from lumbung.sources.service.envelope import body_of, failure, is_fault
from lumbung.sources.service.pages import Answered
from lumbung.sources.service.records import Form
from lumbung.sources.service.web import Answer, Web, name_and_secret, open_web
from lumbung.sources.service.wsdl_drift import Wanted, compare, told_wsdl
from lumbung.sources.window import source_clock

_ACCEPT: Final = "text/xml, application/soap+xml"


class Door:
    """The operations of a service: arguments in, the answer's element out."""

    def __init__(self, web: Web, address: str, system: System, spoken: SoapSystem, wsse: Token | None) -> None:
        self._web = web
        self._system = system
        self.wsdl = kept_wsdl(spoken.wsdl, spoken.files, spoken.service, spoken.port)
        client = zeep.Client(self.wsdl.document, wsse=wsse, transport=self, settings=HARDENED)
        self._operations = client.create_service(self.wsdl.binding, address)

    def post_xml(self, address: str, envelope: Any, headers: Mapping[str, str]) -> Answer:
        """What zeep calls to send an envelope."""
        return self._web.ask("POST", address, content=etree_to_string(envelope), headers=headers)

    def ask(self, name: str, arguments: Mapping[str, str]) -> Any:
        """The element in the body of the answer. Raises SourceError for a fault or an answer that cannot be read,
        DatasetStopped when another element stands there than the WSDL says.
        """
        declared = self.wsdl.operations[name].response
        try:
            answer: Answer = self._operations[name](**_nested(arguments))
        except (zeep.exceptions.Error, TypeError, ValueError) as error:
            raise SourceError(
                f"sumber {self._system.code}: permintaan {name} tidak dapat disusun menurut WSDL ({error})"
            ) from None
        kind = answer.headers.get("content-type", "")
        where = f"jawaban operasi {name}"
        try:
            body = body_of(xmltext.document(answer.body, kind))
        except xmltext.NotXmlError as error:
            named = kind or "tanpa content-type"
            raise SourceError(f"sumber {self._system.code}: {where} ({named}) {error}") from None
        fault = failure(body, name, self._system)
        if fault is not None:
            raise fault
        if len(body) != 1:
            raise DatasetStopped(f"{where} memuat {len(body)} unsur di dalam Body, bukan satu")
        if declared is None or body[0].tag != declared.name:
            wanted = declared.name if declared is not None else "-"
            raise DatasetStopped(f"{where} berisi unsur {body[0].tag}, padahal WSDL menyebut {wanted}")
        return body[0]


class SoapSnapshot(ServiceSnapshot[SoapDataset]):
    """One reading of a service (see `snapshot.Snapshot`). Use it inside `open_soap`."""

    def __init__(self, door: Door, web: Web, address: str, system: System, spoken: SoapSystem, clock: datetime) -> None:
        super().__init__(system, clock)
        self._door, self._web = door, web
        self._spoken = spoken
        self._own = f"{address}?{spoken.wsdl_query}" if spoken.wsdl_query is not None else None
        self._told: Wsdl | str | None = None
        self._unforeseen: dict[tuple[str, str], set[str]] = {}

    def _asked(self, dataset: Dataset) -> SoapDataset | None:
        return dataset.soap

    def _address(self, asked: SoapDataset) -> str:
        return f"operasi {asked.operation}"

    def drift(self, dataset: Dataset, root: Path) -> Drift:
        """The service's own WSDL beside the kept one, then the first answer."""
        told = self._wsdl_drift(dataset)
        if told.errors:
            return told
        seen = super().drift(dataset, root)
        return Drift(seen.errors, (*told.warnings, *seen.warnings))

    def _wsdl_drift(self, dataset: Dataset) -> Drift:
        kept = f"contracts/{self._system.code}/{self._spoken.wsdl}"
        if self._own is None:
            return Drift((), ())
        if self._told is None:
            try:
                self._told = told_wsdl(self._web, self._own, self._spoken)
            except (SourceError, WsdlError, xmltext.NotXmlError) as error:
                self._told = str(error)
        if isinstance(self._told, str):
            return Drift((), (f"WSDL layanan tidak dapat dibandingkan dengan {kept}: {self._told}",))
        asked = self._required(dataset)
        paths = [column.source or column.name for column in read_columns(dataset)]
        wanted = Wanted.of(asked, [path for path in paths if not path.startswith("@")])
        return compare(self._door.wsdl, self._told, wanted, kept)

    def _form(self, dataset: Dataset) -> Form:
        asked = self._required(dataset)
        rows = self._rows_element(asked)
        unforeseen = self._unforeseen[asked.operation, asked.rows] = set()
        may_lack = frozenset(
            column.name for column in read_columns(dataset) if _may_lack(rows, column.source or column.name)
        )
        return Form("unsur", "unsur berisi unsur", "unsur lain atau berulang", _kind, may_lack, unforeseen)

    def _rows_element(self, asked: SoapDataset) -> Element:
        response = self._door.wsdl.operations[asked.operation].response
        found = response.at(asked.rows) if response is not None else None
        if found is None:  # the declarations' check forbids it
            raise SourceError(f"operasi {asked.operation}: WSDL tidak menyebut {asked.rows}")
        return found

    def _answer(
        self, asked: SoapDataset, sent: Mapping[str, str], values: Mapping[str, str], link: str | None
    ) -> Answered:
        answer = self._door.ask(asked.operation, sent)
        declared = self._door.wsdl.operations[asked.operation].response
        unforeseen = self._unforeseen.setdefault((asked.operation, asked.rows), set())
        if declared is None:  # the declarations' check forbids it
            raise SourceError(f"operasi {asked.operation}: WSDL tidak menyebut jawaban")
        where = self._address(asked)
        text_at = partial(_text_at, answer, declared)
        self._require_success(asked, where, text_at)
        here, steps = answer, asked.rows.split(".")
        for number, step in enumerate(steps, start=1):
            part = declared.child(step)
            children = list(_children(here, declared))
            strangers = {name for _, name, known in children if known is None and not declared.any}
            found = [child for child, _, known in children if known is not None and known is part]
            if number == len(steps) and part is not None:
                if strangers and not found:
                    named = ", ".join(sorted(strangers))
                    raise DatasetStopped(
                        f"jawaban {where} tidak memuat {asked.rows}; unsur yang tidak dikenal: {named}"
                    )
                unforeseen |= strangers
                return Answered(where, [_record(row, part, unforeseen, "") for row in found], text_at)
            if not found and part is not None and part.optional and not strangers:
                return Answered(where, [], text_at)
            if len(found) != 1 or part is None:
                raise DatasetStopped(f"jawaban {where} tidak memuat satu unsur {step}; baris dibaca dari {asked.rows}")
            if xmltext.is_nil(found[0]):
                return Answered(where, [], text_at)
            here, declared = found[0], part
        raise AssertionError("unreachable: rows has at least one step")


def _record(element: Any, declared: Element, unforeseen: set[str], above: str) -> Any:
    """A value as text, an element with others in it by their names, None where `xsi:nil` stands.

    Raises DatasetStopped for an element of another namespace, or one whose value stands elsewhere (multiRef).
    """
    if xmltext.is_nil(element):
        return None
    if element.get("href") is not None and not len(element):
        raise DatasetStopped(f"unsur {above or declared.local} menunjuk ke unsur lain (href); jawaban tersandi SOAP")
    if declared.type is not None:
        return {"": None} if len(element) else element.text or ""
    found: dict[str, Any] = {}
    for child, name, part in _children(element, declared):
        if part is None and not declared.any:
            unforeseen.add(f"{above}{name}")
        value = None if part is None else _record(child, part, unforeseen, f"{above}{name}.")
        found[name] = [found[name], value] if name in found else value
    return found


def _children(element: Any, declared: Element) -> Iterator[tuple[Any, str, Element | None]]:
    """Elements directly in one, each with its name and what the WSDL says of it; None when it says nothing.

    Raises DatasetStopped for an element of another namespace.
    """
    for child in element:
        name = xmltext.local_name(child)
        part = declared.child(name)
        if part is not None and child.tag != part.name:
            raise DatasetStopped(f"unsur {name} berada di ruang nama '{xmltext.namespace(child)}', bukan {part.name}")
        yield child, name, part


def _text_at(element: Any, declared: Element, path: str) -> str | None:
    """The single value at a path of names; None when it is absent, nil, empty or not one."""
    for step in path.split(".") if path else ():
        part = declared.child(step)
        found = [child for child in element if part is not None and child.tag == part.name]
        if len(found) != 1 or part is None or xmltext.is_nil(found[0]):
            return None
        element, declared = found[0], part
    return (element.text or "").strip() or None if not len(element) else None


def _kind(value: Any, declared: str) -> str | None:
    """The declared type when a value is written so; an empty text is of every type."""
    if value is None or value == "":
        return None
    if isinstance(value, dict | list):
        return jsontext.NESTED
    return declared if xmltext.fits(value, declared) else "teks lain"


def _may_lack(rows: Element, path: str) -> bool:
    """Whether the WSDL lets a row come without the element at a path."""
    steps = path.split(".")
    parts = [rows.at(".".join(steps[: count + 1])) for count in range(len(steps))]
    return any(part is not None and part.optional for part in parts)


def _nested(arguments: Mapping[str, str]) -> dict[str, Any]:
    """Arguments by path as arguments within arguments."""
    found: dict[str, Any] = {}
    for path, value in arguments.items():
        *above, name = path.split(".")
        inner = found
        for step in above:
            inner = inner.setdefault(step, {})
        inner[name] = value
    return found


def _clock(door: Door, system: System, spoken: SoapSystem) -> datetime:
    """The source clock in UTC. Raises SourceError when the service does not tell the time as declared."""
    operation, field = spoken.clock.operation, spoken.clock.field
    declared = door.wsdl.operations[operation].response
    answer = door.ask(operation, {})
    said = _text_at(answer, declared, field) if declared is not None else None
    try:
        return source_clock(datetime.fromisoformat(said or ""), system)
    except ValueError:
        raise SourceError(
            f"sumber {system.code}: operasi {operation} tidak menyebut waktu di {field} seperti "
            f"contracts/{system.code}/system.yaml, soap.clock"
        ) from None


@contextmanager
def open_soap(place: Settings, system: System) -> Iterator[SoapSnapshot]:
    """Open the service of `system` at the address in the secret `source_<connection>_url`, whatever the WSDL says.

    Raises SourceUnavailable, SourceBusy, SourceRefused, SourceError; none holds a credential.
    """
    spoken = system.soap
    if spoken is None:  # the declarations' check forbids it
        raise SourceError(f"sistem {system.code}: system.yaml tidak menyebut soap")
    wsse = None
    if isinstance(spoken.auth, UsernameToken):
        name, secret = name_and_secret(system, place.secret(f"source_{system.connection}_credentials"))
        wsse = Token(name, secret, use_digest=spoken.auth.digest)
    address = place.source_url(system.connection)
    with open_web(place, system, spoken, accept=_ACCEPT, also=is_fault) as web:
        door = Door(web, address, system, spoken, wsse)
        yield SoapSnapshot(door, web, address, system, spoken, _clock(door, system, spoken))
