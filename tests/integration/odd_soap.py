"""A real SOAP service that answers as its WSDL says, unless a test writes its answers itself, down to the bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

from lxml import etree

from tests.integration.odd_service import CLOCK, Asked, OddService, Reply, odd_service

PATH = "/layanan.asmx"
NS = "urn:uji:rawat"
SOAP_11 = "http://schemas.xmlsoap.org/soap/envelope/"
SOAP_12 = "http://www.w3.org/2003/05/soap-envelope"
XML = {"Content-Type": "text/xml; charset=utf-8"}
SCHEMA = """
    <xsd:schema xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:tns="urn:uji:rawat" targetNamespace="urn:uji:rawat"
                elementFormDefault="qualified">
      <xsd:element name="Jam"><xsd:complexType/></xsd:element>
      <xsd:element name="JamResponse"><xsd:complexType><xsd:sequence>
        <xsd:element name="waktu" type="xsd:dateTime"/>
      </xsd:sequence></xsd:complexType></xsd:element>
      <xsd:element name="AmbilPoli"><xsd:complexType/></xsd:element>
      <xsd:element name="AmbilPoliResponse"><xsd:complexType><xsd:sequence>
        <xsd:element name="poli" minOccurs="0" maxOccurs="unbounded"><xsd:complexType><xsd:sequence>
          <xsd:element name="kode" type="xsd:string"/>
        </xsd:sequence></xsd:complexType></xsd:element>
      </xsd:sequence></xsd:complexType></xsd:element>
      <xsd:element name="AmbilKunjungan"><xsd:complexType><xsd:sequence>
        <xsd:element name="dari" type="xsd:date"/>
        <xsd:element name="sampai" type="xsd:date"/>
        <xsd:element name="halaman" type="xsd:int" minOccurs="0"/>
        <xsd:element name="jumlah" type="xsd:int" minOccurs="0"/>
        <xsd:element name="poli" type="xsd:string" minOccurs="0"/>
      </xsd:sequence></xsd:complexType></xsd:element>
      <xsd:element name="AmbilKunjunganResponse"><xsd:complexType><xsd:sequence>
        <xsd:element name="status" type="xsd:string" minOccurs="0"/>
        <xsd:element name="pesan" type="xsd:string" minOccurs="0"/>
        <xsd:element name="total" type="xsd:int" minOccurs="0"/>
        <xsd:element name="lanjut" type="xsd:string" minOccurs="0"/>
        <xsd:element name="daftar"><xsd:complexType><xsd:sequence>
          <xsd:element name="kunjungan" type="tns:Kunjungan" minOccurs="0" maxOccurs="unbounded"/>
        </xsd:sequence></xsd:complexType></xsd:element>
      </xsd:sequence></xsd:complexType></xsd:element>
      <xsd:complexType name="Kunjungan"><xsd:sequence>
        <xsd:element name="nomor" type="xsd:string"/>
        <xsd:element name="pasien"><xsd:complexType><xsd:sequence>
          <xsd:element name="nik" type="xsd:string" nillable="true"/>
        </xsd:sequence></xsd:complexType></xsd:element>
        <xsd:element name="masuk" type="xsd:date"/>
        <xsd:element name="hari" type="xsd:int"/>
        <xsd:element name="tarif" type="xsd:decimal" minOccurs="0"/>
        <xsd:element name="catatan" type="xsd:string" minOccurs="0"/>
      </xsd:sequence></xsd:complexType>
    </xsd:schema>
"""
_OPERATIONS = ("Jam", "AmbilPoli", "AmbilKunjungan")
_MESSAGES = "".join(
    f'<wsdl:message name="{name}Masuk"><wsdl:part name="parameters" element="tns:{name}"/></wsdl:message>'
    f'<wsdl:message name="{name}Keluar"><wsdl:part name="parameters" element="tns:{name}Response"/></wsdl:message>\n'
    for name in _OPERATIONS
)
_PORT_TYPE = "".join(
    f'<wsdl:operation name="{name}"><wsdl:input message="tns:{name}Masuk"/>'
    f'<wsdl:output message="tns:{name}Keluar"/></wsdl:operation>\n'
    for name in _OPERATIONS
)
_BINDING = "".join(
    f'<wsdl:operation name="{name}"><soap:operation soapAction="{NS}/{name}" style="document"/>'
    '<wsdl:input><soap:body use="literal"/></wsdl:input><wsdl:output><soap:body use="literal"/></wsdl:output>'
    "</wsdl:operation>\n"
    for name in _OPERATIONS
)
WSDL = f"""<?xml version="1.0" encoding="utf-8"?>
<wsdl:definitions xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/" xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/"
                  xmlns:tns="{NS}" targetNamespace="{NS}">
  <wsdl:types>{SCHEMA}</wsdl:types>
  {_MESSAGES}<wsdl:portType name="Rawat">{_PORT_TYPE}</wsdl:portType>
  <wsdl:binding name="RawatSoap" type="tns:Rawat">
    <soap:binding transport="http://schemas.xmlsoap.org/soap/http"/>{_BINDING}</wsdl:binding>
  <wsdl:service name="Rawat"><wsdl:port name="RawatSoap" binding="tns:RawatSoap">
    <soap:address location="http://dalam.rsud.example.invalid/layanan.asmx"/>
  </wsdl:port></wsdl:service>
</wsdl:definitions>
"""
Visit = dict[str, str | None]


@dataclass
class Call:
    """A request as the service saw it: operation, arguments by name, the whole envelope, and how it came."""

    operation: str
    arguments: dict[str, str]
    envelope: Any
    http: Asked


Spoken = Callable[[Call], Reply]


def element(name: str, value: str | None) -> str:
    """An element with a value; `xsi:nil` for none."""
    if value is None:
        return f'<{name} xsi:nil="true" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"/>'
    return f"<{name}>{escape(value)}</{name}>"


def visit(number: int, day: str = "2026-01-09", **other: str | None) -> Visit:
    """A visit as the hospital keeps it; an entry of `other` replaces what it usually has."""
    values: Visit = {
        "nomor": f"K{number}",
        "nik": f"35150101010{number:05}",
        "masuk": day,
        "hari": str(number),
        "tarif": f"{number}.50",
    }
    return values | other


def row(one: Visit) -> str:
    """A visit as an element."""
    parts = {name: element(name, value) for name, value in one.items()}
    parts["nik"] = f"<pasien>{parts['nik']}</pasien>" if "nik" in parts else ""
    return f"<kunjungan>{''.join(parts.values())}</kunjungan>"


def answer(inner: str, operation: str = "AmbilKunjungan", namespace: str = NS, soap: str = SOAP_11) -> bytes:
    """An envelope around what stands in the answer's element."""
    return (
        f'<?xml version="1.0" encoding="utf-8"?><e:Envelope xmlns:e="{soap}"><e:Body>'
        f'<{operation}Response xmlns="{namespace}">{inner}</{operation}Response></e:Body></e:Envelope>'
    ).encode()


def visits(*rows: str, before: str = "") -> Reply:
    """An answer with these rows; `before`: what stands in front of the list."""
    return xml(answer(f"{before}<daftar>{''.join(rows)}</daftar>"))


def xml(body: bytes | str, status: int = 200, **more: Any) -> Reply:
    """A document as it is."""
    return Reply(body if isinstance(body, bytes) else body.encode(), status, XML | more.pop("headers", {}), **more)


def fault(code: str, text: str, status: int = 500, detail: str = "", soap: str = SOAP_11) -> Reply:
    """A SOAP fault."""
    if soap == SOAP_11:
        inner = f"<faultcode>{code}</faultcode><faultstring>{escape(text)}</faultstring><detail>{detail}</detail>"
    else:
        inner = f"<e:Code><e:Value>{code}</e:Value></e:Code><e:Reason><e:Text xml:lang='id'>{escape(text)}</e:Text>"
        inner += f"</e:Reason><e:Detail>{detail}</e:Detail>"
    body = f'<e:Envelope xmlns:e="{soap}"><e:Body><e:Fault>{inner}</e:Fault></e:Body></e:Envelope>'
    return xml(body, status)


class OddSoap:
    """The service. `on[operation]` answers in place of the hospital; `wsdl` is what it says of itself."""

    def __init__(self, http: OddService) -> None:
        self.http = http
        self.url = http.url + PATH
        self.rows: list[Visit] = [visit(number) for number in range(1, 8)]
        self.on: dict[str, Spoken] = {}
        self.wsdl: Reply = xml(WSDL)
        self.asked: list[Call] = []
        self._schema = etree.XMLSchema(etree.fromstring(SCHEMA))
        http.on[PATH] = self._answer

    def times(self, operation: str) -> int:
        """How often an operation was asked for."""
        return sum(call.operation == operation for call in self.asked)

    def _answer(self, asked: Asked) -> Reply:
        if asked.method == "GET":
            return self.wsdl if "wsdl" in asked.params else Reply(b"", 404)
        envelope = etree.fromstring(asked.body)
        body = envelope.find("{*}Body")[0]
        operation = etree.QName(body).localname
        arguments = {etree.QName(part).localname: part.text or "" for part in body}
        call = Call(operation, arguments, envelope, asked)
        self.asked.append(call)
        if operation in self.on:
            return self.on[operation](call)
        if not self._schema.validate(body):
            return fault("soap:Client", str(self._schema.error_log.last_error))
        if asked.headers["SOAPAction"] != f'"{NS}/{operation}"':
            return fault("soap:Client", "SOAPAction")
        return self._hospital(call)

    def _hospital(self, call: Call) -> Reply:
        if call.operation == "Jam":
            return xml(answer(element("waktu", CLOCK), "Jam"))
        if call.operation == "AmbilPoli":
            return xml(answer("".join(f"<poli><kode>{code}</kode></poli>" for code in ("UMUM", "GIGI")), "AmbilPoli"))
        said = call.arguments
        found = [one for one in self.rows if said["dari"] <= (one["masuk"] or "") <= said["sampai"]]
        size = int(said.get("jumlah", "1000"))
        first = (int(said.get("halaman", "1")) - 1) * size
        total = element("total", str(len(found)))
        return visits(*map(row, found[first : first + size]), before=total)


@contextmanager
def odd_soap() -> Iterator[OddSoap]:
    """The service on a free port of loopback."""
    with odd_service() as http:
        yield OddSoap(http)
