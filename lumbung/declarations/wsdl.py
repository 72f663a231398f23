"""What a WSDL promises, as plain values: operations, and the tree of elements that goes and comes with each.

zeep reads it, with DTDs, entities, external references and huge trees forbidden; nothing is fetched, since every
document that belongs to the WSDL is given. Two WSDLs that mean the same give the same values, however they are written.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Any, Final, cast
from urllib.parse import urlsplit

import zeep.exceptions
from lxml import etree
from zeep import ns, xsd
from zeep.settings import Settings
from zeep.wsdl import Document
from zeep.wsdl.bindings.soap import Soap12Binding, SoapBinding
from zeep.xsd.elements.indicators import Indicator
from zeep.xsd.types import builtins
from zeep.xsd.types.simple import AnySimpleType

from lumbung import xmltext

HARDENED: Final = Settings(
    strict=True, raw_response=True, forbid_dtd=True, forbid_entities=True, forbid_external=True, xml_huge_tree=False
)
_DEEPEST: Final = 16
_SCHEMA_LOCATIONS: Final = (
    (f"{{{ns.WSDL}}}import", "location"),
    (f"{{{ns.XSD}}}import", "schemaLocation"),
    (f"{{{ns.XSD}}}include", "schemaLocation"),
)


class WsdlError(ValueError):
    """The WSDL cannot be understood, or is one that we do not speak."""


@dataclass(frozen=True, slots=True)
class Element:
    """An element of a message. `name`: {namespace}name; `type`: its XML Schema type, None when elements stand in it.

    `optional`: it may be missing; `many`: it may be repeated; `any`: other elements than `below` may stand in it;
    `ordered`: those of `below` stand in this order.
    """

    name: str
    type: str | None
    optional: bool = False
    nillable: bool = False
    many: bool = False
    any: bool = False
    ordered: bool = False
    below: tuple[Element, ...] = ()
    _by_local: Mapping[str, Element] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_local", {one.local: one for one in reversed(self.below)})

    @property
    def local(self) -> str:
        """Its name without the namespace, as contracts write it."""
        return self.name.rpartition("}")[2]

    def child(self, local: str) -> Element | None:
        """The element of that name directly in it; of two in different namespaces the first."""
        return self._by_local.get(local)

    def at(self, path: str) -> Element | None:
        """The element at a path of names below it; the empty path is itself."""
        found: Element | None = self
        for step in path.split(".") if path else ():
            found = found.child(step) if found is not None else None
        return found


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation of a binding. `soap`: 1.1 or 1.2; `request`, `response`: the element in the body."""

    name: str
    soap: str
    action: str
    style: str
    encoded: bool
    request: Element | None
    response: Element | None


@dataclass(frozen=True, slots=True)
class Wsdl:
    """A WSDL as far as one port of it is spoken to. `binding`: its {namespace}name in `document`, zeep's own model."""

    operations: Mapping[str, Operation]
    binding: str = field(compare=False)
    document: Any = field(compare=False, repr=False)


class _Given:
    """zeep's transport for documents that are given by name: no network, no disk."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = files

    def load(self, url: str) -> bytes:
        """A document that was given. Raises WsdlError for every other address."""
        parts = urlsplit(url)
        name = parts.path.lstrip("/")
        if parts.scheme != "file" or parts.netloc or name not in self._files:
            raise _elsewhere(url)
        try:
            xmltext.document(self._files[name])
        except xmltext.NotXmlError as error:
            raise WsdlError(f"{name} {error}") from None
        return self._files[name]


def kept_wsdl(main: str, files: Mapping[str, bytes], service: str | None, port: str | None) -> Wsdl:
    """The WSDL of a system by the bytes of its files. Raises WsdlError."""
    return _kept(main, tuple(sorted(files.items())), service, port)


@lru_cache(maxsize=16)
def _kept(main: str, files: tuple[tuple[str, bytes], ...], service: str | None, port: str | None) -> Wsdl:
    return read_wsdl(main, dict(files), service, port)


def read_wsdl(main: str, files: Mapping[str, bytes], service: str | None = None, port: str | None = None) -> Wsdl:
    """The WSDL in the document `main` of `files`. Raises WsdlError."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            document = Document(f"file:///{main}", cast(Any, _Given(files)), settings=HARDENED)
            binding = _binding(document, service, port)
            encoded = _encoded(files)
            operations = {
                name: _operation(operation, name in encoded) for name, operation in sorted(binding.all().items())
            }
    except WsdlError:
        raise
    except zeep.exceptions.ExternalReferenceForbidden as error:
        raise _elsewhere(error.url) from None
    except (zeep.exceptions.Error, etree.LxmlError, LookupError, TypeError, ValueError, AttributeError) as error:
        raise WsdlError(f"WSDL tidak dapat dibaca ({type(error).__name__}: {str(error)[:200]})") from None
    except RecursionError:
        raise WsdlError("WSDL bersarang terlalu dalam") from None
    return Wsdl(operations, binding.name.text, document)


def _elsewhere(url: str) -> WsdlError:
    return WsdlError(f"impor {url} tidak diambil: bukan berkas di samping WSDL")


def imports(root: Any) -> Iterator[tuple[Any, str]]:
    """Every element of a WSDL or schema that brings another document, with the name of the attribute saying which."""
    for tag, attribute in _SCHEMA_LOCATIONS:
        for element in root.iter(tag):
            if element.get(attribute):
                yield element, attribute


def _binding(document: Any, service: str | None, port: str | None) -> Any:
    """The SOAP binding of the port that is meant. Raises WsdlError when none or several could be."""
    found = {
        (one.name, name): each.binding
        for one in document.services.values()
        for name, each in one.ports.items()
        if isinstance(each.binding, SoapBinding) and service in (None, one.name) and port in (None, name)
    }
    if len(found) != 1:
        named = ", ".join(f"{one}/{name}" for one, name in found) or "tidak ada"
        raise WsdlError(f"satu port SOAP harus ditunjuk oleh service dan port; yang cocok: {named}")
    return next(iter(found.values()))


def _encoded(files: Mapping[str, bytes]) -> set[str]:
    """Names of operations whose messages are SOAP-encoded (`use="encoded"`): they are not spoken."""
    found: set[str] = set()
    for name, body in files.items():
        if PurePosixPath(name).suffix != ".xsd":
            for operation in xmltext.document(body).iter(f"{{{ns.WSDL}}}operation"):
                if any(part.get("use") == "encoded" for part in operation.iter()):
                    found.add(operation.get("name", ""))
    return found


def _operation(operation: Any, encoded: bool) -> Operation:
    rpc = operation.style == "rpc"
    answered = _message(operation.output)
    if rpc and answered is not None:
        prefix, brace, _ = answered.name.rpartition("}")
        name = f"{prefix}{brace}{operation.name}Response"  # WS-I Basic Profile 1.1, R2729
        answered = replace(answered, name=name)
    return Operation(
        operation.name,
        "1.2" if isinstance(operation.binding, Soap12Binding) else "1.1",
        operation.soapaction or "",
        operation.style or "document",
        encoded,
        _message(operation.input),
        answered,
    )


def _message(message: Any) -> Element | None:
    body = message.body if message is not None else None
    return None if body is None else _element(body, False, False, ())


def _element(one: Any, optional: bool, many: bool, above: tuple[int, ...]) -> Element:
    kind = one.type
    optional = optional or one.min_occurs == 0
    many = many or _repeated(one)
    if isinstance(kind, xsd.ComplexType) and not _simple_content(kind):
        if id(kind) in above or len(above) >= _DEEPEST:
            return Element(one.qname.text, None, optional, bool(one.nillable), many, any=True)
        parts = [part for _, part in kind.elements_nested]
        below = tuple(_below(parts, False, False, (*above, id(kind))))
        return Element(
            one.qname.text,
            None,
            optional,
            bool(one.nillable),
            many,
            any=any(_has_any(part) for part in parts),
            ordered=not all(isinstance(part, xsd.All) for part in parts),
            below=tuple(_once(below)),
        )
    return Element(one.qname.text, _type_name(kind), optional, bool(one.nillable), many)


def _below(parts: Any, optional: bool, many: bool, above: tuple[int, ...]) -> Iterator[Element]:
    """The elements of a group of elements, in order; those of a choice may each be missing."""
    for part in parts:
        if isinstance(part, xsd.Element):
            yield _element(part, optional, many, above)
        elif isinstance(part, Indicator):
            less = isinstance(part, xsd.Choice) or part.min_occurs == 0
            yield from _below(part, optional or less, many or _repeated(part), above)


def _once(elements: tuple[Element, ...]) -> Iterator[Element]:
    """An element that stands twice in a sequence may be repeated."""
    names = [one.name for one in elements]
    for index, one in enumerate(elements):
        if names.index(one.name) == index:
            twice = names.count(one.name) > 1
            yield replace(one, many=one.many or twice)


def _repeated(part: Any) -> bool:
    return bool(part.max_occurs == "unbounded" or part.max_occurs > 1)


def _has_any(part: Any) -> bool:
    return isinstance(part, xsd.Any) or (isinstance(part, Indicator) and any(_has_any(one) for one in cast(Any, part)))


def _simple_content(kind: Any) -> bool:
    """Whether a complex type is a value with attributes."""
    return any(name == "_value_1" and isinstance(one, xsd.Element) for name, one in kind.elements)


def _type_name(kind: Any) -> str:
    """The XML Schema type a value's type goes back to, such as `xsd:int`."""
    if isinstance(kind, xsd.ComplexType):
        kind = kind.elements[0][1].type
    for one in type(kind).__mro__:
        name = one.__dict__.get("_default_qname")
        if name is not None and one.__module__ == builtins.__name__:
            return f"xsd:{name.localname}"
    return "xsd:anySimpleType" if isinstance(kind, AnySimpleType) else "xsd:anyType"
