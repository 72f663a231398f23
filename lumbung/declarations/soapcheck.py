"""What the declarations of a SOAP system say, held against its own WSDL: operations, arguments, elements and types."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from lumbung import xmltext
from lumbung.declarations.transports import XSD_TYPES, SoapDataset, SoapSystem
from lumbung.declarations.wsdl import Element, Operation, Wsdl, WsdlError, kept_wsdl

if TYPE_CHECKING:
    from lumbung.declarations.contracts import Draft
    from lumbung.declarations.models import System
    from lumbung.declarations.problems import Problem
    from lumbung.declarations.yamlfile import YamlFile

_EXTRAS: Final = ("customProperties",)
_ASKED: Final = re.compile(r"\{([a-z_]+)\}")
_SOME_TIME: Final = datetime(2026, 1, 10, 10, 0, tzinfo=UTC)


def service_problems(system: System, spoken: SoapSystem, file: YamlFile) -> Iterator[Problem]:
    """What is wrong with the block `soap` of a system, and with the files beside it."""
    for name in spoken.files:
        if name.endswith(".wsdl") and name != spoken.wsdl:
            yield file.problem(("soap", "wsdl"), f"{name} lies in the folder, but soap.wsdl is {spoken.wsdl}")
    if spoken.wsdl not in spoken.files:
        yield file.problem(("soap", "wsdl"), f"there is no contracts/{system.code}/{spoken.wsdl}")
        return
    try:
        wsdl = _wsdl(spoken)
    except WsdlError as error:
        yield file.problem(("soap", "wsdl"), f"{spoken.wsdl}: {error}")
        return
    clock = wsdl.operations.get(spoken.clock.operation)
    if clock is None:
        yield file.problem(("soap", "clock", "operation"), _unknown(spoken.clock.operation, wsdl, spoken))
        return
    for message in _not_spoken(clock):
        yield file.problem(("soap", "clock", "operation"), message)
    found = clock.response.at(spoken.clock.field) if clock.response is not None else None
    if found is None or found.type not in XSD_TYPES:
        message = f"the answer of {clock.name} has no single value at {spoken.clock.field!r} in {spoken.wsdl}"
        yield file.problem(("soap", "clock", "field"), message)


def dataset_problems(draft: Draft, asked: SoapDataset, spoken: SoapSystem) -> Iterator[Problem]:
    """What a contract asks for that the WSDL does not have, or has otherwise."""
    try:
        wsdl = _wsdl(spoken)
    except WsdlError:  # said once, of the system
        return
    operation = wsdl.operations.get(asked.operation)
    if operation is None:
        yield draft.file.problem(_EXTRAS, _unknown(asked.operation, wsdl, spoken))
        return
    for message in (*_not_spoken(operation), *_arguments(asked, operation), *_answer(asked, operation)):
        yield draft.file.problem(_EXTRAS, f"{asked.operation} in {spoken.wsdl}: {message}")
    rows = operation.response.at(asked.rows) if operation.response is not None else None
    if rows is not None:
        names = {each.name for each in asked.each}
        for index, prop in enumerate(draft.schema.properties or []):
            path = prop.physicalName or prop.name or ""
            place = ("schema", 0, "properties", index)
            if path.startswith("@"):
                if path[1:] not in names:
                    yield draft.file.problem((*place, "physicalName"), f"no `each` of that name: {path!r}")
                if prop.physicalType != "xsd:string":
                    yield draft.file.problem((*place, "physicalType"), "a request's value is xsd:string")
                continue
            key, wrong = _column(rows, path, prop.physicalType or "", f"{asked.operation} in {spoken.wsdl}")
            if wrong is not None:
                yield draft.file.problem((*place, key), wrong)


def _wsdl(spoken: SoapSystem) -> Wsdl:
    if spoken.wsdl not in spoken.files:
        raise WsdlError("berkasnya tidak ada")
    return kept_wsdl(spoken.wsdl, spoken.files, spoken.service, spoken.port)


def _unknown(name: str, wsdl: Wsdl, spoken: SoapSystem) -> str:
    return f"{spoken.wsdl} has no operation {name!r}; there is {', '.join(wsdl.operations) or 'none'}"


def _not_spoken(operation: Operation) -> Iterator[str]:
    if operation.encoded:
        yield "SOAP-encoded messages (use=encoded) are not spoken, only literal ones"
    if operation.request is None or operation.response is None:
        yield "an operation needs a request and an answer"


def _arguments(asked: SoapDataset, operation: Operation) -> Iterator[str]:
    """Every argument is one of the WSDL's, of a form that its type allows; none that it needs is missing."""
    page, known = asked.page, {"dari", "sampai", *(each.name for each in asked.each)}
    numbers = {page.param: "1", page.size_param: str(page.size)} if page.style in ("number", "offset") else {}
    sent: dict[str, str | None] = {**asked.arguments, **dict.fromkeys(filter(None, (page.param, page.size_param)))}
    request = operation.request
    if request is None:
        return
    for path, text in sent.items():
        found = request.at(path)
        if found is None or found.type is None:
            yield f"the request has no single value at {path!r}"
            continue
        for name in set(_ASKED.findall(text or "")) - known:
            yield f"argument {path}: {{{name}}} is neither the window nor an `each`"
        example = numbers.get(path, _example(text, asked))
        if example is not None and not xmltext.fits(example, found.type):
            yield f"argument {path} is {found.type}; {example!r} is none (time_format, day_format)"
    for path in _needed(request, ""):
        if path not in sent:
            yield f"the request needs {path!r}"


def _example(text: str | None, asked: SoapDataset) -> str | None:
    """What a text becomes in a request, as far as it can be known before."""
    if text is None:
        return None
    bound = _SOME_TIME.strftime(asked.time_format)
    days = {each.name: _SOME_TIME.strftime(asked.day_format) for each in asked.each if each.days}
    filled = {"dari": bound, "sampai": bound} | days
    shown = _ASKED.sub(lambda match: filled.get(match[1], match[0]), text)
    return None if _ASKED.search(shown) else shown


def _needed(element: Element, above: str) -> Iterator[str]:
    for one in element.below:
        path = f"{above}{one.local}"
        if one.optional or one.nillable:
            continue
        if one.type is not None:
            yield path
        yield from _needed(one, f"{path}.")


def _answer(asked: SoapDataset, operation: Operation) -> Iterator[str]:
    """The places in the answer that the contract names."""
    answer = operation.response
    if answer is None:
        return
    rows = answer.at(asked.rows)
    if rows is None or rows.type is not None:
        yield f"the answer has no element with others in it at rows {asked.rows!r}"
    steps = asked.rows.split(".")
    for count in range(1, len(steps)):
        part = answer.at(".".join(steps[:count]))
        if part is not None and part.many:
            yield f"only the last step of rows may be repeated, not {steps[count - 1]!r}"
    named: Mapping[str, str | None] = {
        "page.next_path": asked.page.next_path,
        "page.total_path": asked.page.total_path,
        "status_path": asked.status_path,
        "error_path": asked.error_path,
    }
    for key, path in named.items():
        found = answer.at(path) if path is not None else None
        if path is not None and (found is None or found.type is None):
            yield f"the answer has no single value at {key} {path!r}"


def _column(rows: Element, path: str, physical: str, where: str) -> tuple[str, str | None]:
    """The key of a column that is wrong, and why; None when the WSDL has it just so."""
    found = rows.at(path)
    if found is None:
        there = ", ".join(one.local for one in rows.below) or "nothing"
        return "physicalName", f"{where} has no element {path!r} in a row; there is {there}"
    if found.type is None or found.many:
        return "physicalName", f"{where}: {path!r} is not one value"
    if physical not in XSD_TYPES:
        return "physicalType", f"must be {' | '.join(XSD_TYPES)}; found {physical!r}"
    if found.type != physical:
        return "physicalType", f"{where}: {path!r} is {found.type}, the contract says {physical}"
    return "", None
