"""The WSDL that a service gives of itself against the one that is kept: what stops a dataset, what is only said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lumbung.settings import Settings
from lumbung.sources.service.soap import open_soap
from tests.integration.odd_service import Reply
from tests.integration.odd_soap import NS, SCHEMA, WSDL, OddSoap, visits, xml
from tests.integration.soap_support import COUNTED, drift, place, service, soap_dataset, soap_system

__all__ = ["place", "service"]

KEPT = "contracts/uji/layanan.wsdl: operasi AmbilKunjungan"
ROW = "unsur daftar.kunjungan"
DAY = '<xsd:element name="hari" type="xsd:int"/>'
UNTIL = '<xsd:element name="sampai" type="xsd:date"/>'
FROM = '<xsd:element name="dari" type="xsd:date"/>'
ROWS = '<xsd:element name="kunjungan" type="tns:Kunjungan" minOccurs="0" maxOccurs="unbounded"/>'
TOTAL = '<xsd:element name="total" type="xsd:int" minOccurs="0"/>'
NOTE = '<xsd:element name="catatan" type="xsd:string" minOccurs="0"/>'
CLINIC = '<xsd:element name="poli" type="xsd:string" minOccurs="0"/>'
POLI = '<xsd:element name="kode" type="xsd:string"/>'
PERIOD = '<xsd:element name="tahun" type="xsd:int"/>'
INNER = f'<xsd:element name="hari"><xsd:complexType><xsd:all>{PERIOD}</xsd:all></xsd:complexType></xsd:element>'
STRICT = (
    '<xsd:element name="hari"><xsd:simpleType><xsd:restriction base="xsd:int"><xsd:minInclusive value="0"/>'
    "</xsd:restriction></xsd:simpleType></xsd:element>"
)


def changed(*pairs: tuple[str, str]) -> str:
    """The service's WSDL with texts replaced everywhere."""
    told = WSDL
    for old, new in pairs:
        assert old in told, "the case no longer fits the WSDL"
        told = told.replace(old, new)
    return told


STOPS: list[tuple[str, str, dict[str, Any], str]] = [
    ("the operation is gone", changed(("AmbilKunjungan", "TarikKunjungan")), {}, f"{KEPT} tidak ada lagi"),
    ("an element is gone", changed((DAY, "")), {}, f"{KEPT}, {ROW}.hari: tidak ada lagi di layanan"),
    ("an element is renamed", changed(('"hari"', '"lama"')), {}, f"{KEPT}, {ROW}.hari: tidak ada lagi di layanan"),
    (
        "an element has another type",
        changed((DAY, DAY.replace("int", "string"))),
        {},
        f"{KEPT}, {ROW}.hari: xsd:int menjadi xsd:string",
    ),
    (
        "an element further in is gone",
        changed(('"nik"', '"nomor_induk"')),
        {},
        f"{KEPT}, {ROW}.pasien.nik: tidak ada lagi di layanan",
    ),
    (
        "what an element stands in is gone",
        changed(('"pasien"', '"orang"')),
        {},
        f"{KEPT}, {ROW}.pasien: tidak ada lagi",
    ),
    ("a value becomes elements", changed((DAY, INNER)), {}, f"{ROW}.hari: xsd:int menjadi berisi unsur"),
    (
        "a value may be repeated",
        changed((DAY, DAY.replace("/>", ' maxOccurs="2"/>'))),
        {},
        f"{ROW}.hari: dapat berulang",
    ),
    ("the rows are not repeated", changed((ROWS, ROWS.replace("unbounded", "1"))), {}, f"{ROW}: tidak berulang lagi"),
    ("the list is elsewhere", changed(('name="daftar"', 'name="hasil"')), {}, "unsur daftar: tidak ada lagi"),
    ("the total that is held against is gone", changed((TOTAL, "")), COUNTED, "unsur total: tidak ada lagi"),
    ("another namespace", changed((NS, f"{NS}:2")), {}, "unsur permintaan {urn:uji:rawat}AmbilKunjungan menjadi"),
    (
        "names without namespace",
        changed(('elementFormDefault="qualified"', "")),
        {},
        "unsur dari: ruang nama {urn:uji:rawat}dari menjadi dari",
    ),
    ("an argument is gone", changed((UNTIL, "")), {}, "unsur sampai: tidak diterima lagi"),
    (
        "an argument has another type",
        changed((UNTIL, UNTIL.replace("date", "dateTime"))),
        {},
        "unsur sampai: xsd:date menjadi xsd:dateTime",
    ),
    ("a new argument is needed", changed((UNTIL, UNTIL + PERIOD)), {}, "unsur tahun: baru dan wajib dikirim"),
    (
        "an argument that is not sent becomes needed",
        changed((CLINIC, CLINIC.replace(' minOccurs="0"', ""))),
        {},
        "unsur poli: menjadi wajib dikirim",
    ),
    (
        "arguments in another order",
        changed((FROM, ""), (UNTIL, UNTIL + FROM)),
        {},
        "urutan dari, sampai menjadi sampai, dari",
    ),
    (
        "another SOAPAction",
        changed((f"{NS}/AmbilKunjungan", f"{NS}/v2/Ambil")),
        {},
        "SOAPAction urn:uji:rawat/AmbilKunjungan",
    ),
    ("another version of SOAP", changed(("wsdl/soap/", "wsdl/soap12/")), {}, "versi SOAP 1.1 menjadi 1.2"),
    ("encoded", changed(('use="literal"', 'use="encoded"')), {}, "sandi False menjadi True"),
]


@pytest.mark.parametrize("case", STOPS, ids=[case[0] for case in STOPS])
def test_what_touches_us_stops_the_dataset(
    service: OddSoap, place: Settings, tmp_path: Path, case: tuple[str, str, dict[str, Any], str]
) -> None:
    _, told, asked, word = case
    service.wsdl = xml(told)
    found = drift(place, soap_dataset(**asked), tmp_path)
    assert any(word in error for error in found.errors), found
    assert all(error.startswith("contracts/uji/layanan.wsdl: operasi ") for error in found.errors)
    assert all("simpan WSDL baru" in error for error in found.errors)
    assert not service.times("AmbilKunjungan")


SAYS: list[tuple[str, str, str | None]] = [
    ("the same", WSDL, None),
    ("other prefixes", changed(("xsd:", "xs:"), ("xmlns:xsd", "xmlns:xs")), None),
    ("comments and blanks", changed(("<xsd:sequence>", "<!-- x -->\n<xsd:sequence>")), None),
    ("another address", changed(("dalam.rsud", "luar.rsud")), None),
    ("elements of the answer in another order", changed((DAY, ""), (NOTE, NOTE + DAY)), None),
    ("other names of messages", changed(("KunjunganMasuk", "Permintaan")), None),
    ("a stricter form", changed((DAY, STRICT)), None),
    (
        "a new argument that need not be sent",
        changed((UNTIL, UNTIL + PERIOD.replace("/>", ' minOccurs="0"/>'))),
        "unsur tahun: baru, tidak wajib",
    ),
    ("an argument that is not sent is gone", changed((CLINIC, "")), "unsur poli: tidak diterima lagi"),
    ("a new element", changed((DAY, DAY + PERIOD)), f"{ROW}.tahun: baru di layanan"),
    ("an element that is not read is gone", changed((NOTE, "")), f"{ROW}.catatan: tidak ada lagi di layanan"),
    (
        "an element that is not read has another type",
        changed((NOTE, NOTE.replace("string", "int"))),
        f"{ROW}.catatan: xsd:string menjadi xsd:int",
    ),
    ("the total that nobody asks is gone", changed((TOTAL, "")), "unsur total: tidak ada lagi di layanan"),
    (
        "an element may be missing",
        changed((DAY, DAY.replace("/>", ' minOccurs="0"/>'))),
        f"{ROW}.hari: boleh tidak ada",
    ),
    ("an element may be nil", changed((DAY, DAY.replace("/>", ' nillable="true"/>'))), f"{ROW}.hari: boleh nil"),
    ("an element may not be nil", changed((' nillable="true"', "")), f"{ROW}.pasien.nik: tidak boleh nil lagi"),
    (
        "another operation is gone",
        changed(("AmbilPoli", "TarikPoli")),
        "operasi lain: AmbilPoli (tidak ada lagi), TarikPoli (baru)",
    ),
    ("another operation changed", changed((POLI, POLI + PERIOD)), "operasi lain: AmbilPoli (berubah)"),
]


@pytest.mark.parametrize("case", SAYS, ids=[case[0] for case in SAYS])
def test_what_does_not_touch_us_is_said_or_nothing(
    service: OddSoap, place: Settings, tmp_path: Path, case: tuple[str, str, str | None]
) -> None:
    _, told, word = case
    service.wsdl = xml(told)
    found = drift(place, soap_dataset(), tmp_path)
    assert found.errors == ()
    if word is None:
        assert found.warnings == ()
    else:
        assert len(found.warnings) == 1
        assert word in found.warnings[0]
        assert found.warnings[0].startswith("contracts/uji/layanan.wsdl: ")


XSD = "http://www.w3.org/2001/XMLSchema"
INLINE = f"<wsdl:types>{SCHEMA}</wsdl:types>"


def importing(location: str) -> str:
    """The service's WSDL with its schema elsewhere."""
    brought = f'<xsd:import namespace="{NS}" schemaLocation="{location}"/>'
    return changed((INLINE, f'<wsdl:types><xsd:schema xmlns:xsd="{XSD}">{brought}</xsd:schema></wsdl:types>'))


UNCOMPARED: list[tuple[str, Reply, str]] = [
    ("no WSDL", Reply(b"", 404), "HTTP 404"),
    ("401", Reply(b"", 401), "akun Lumbung ditolak"),
    (
        "a redirect",
        Reply(b"", 302, {"Location": "http://evil.example.invalid/"}),
        "mengalihkan ke evil.example.invalid",
    ),
    ("a page of HTML", Reply(b"<html><br></html>", headers={"Content-Type": "text/html"}), "bukan XML"),
    ("another document", xml("<daftar/>"), "port SOAP"),
    ("half a WSDL", xml(WSDL[:1500]), "bukan XML yang utuh"),
    ("a DTD", xml(WSDL.replace("?>", '?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]>')), "memuat DTD"),
    (
        "an import from another host",
        xml(importing("http://10.0.0.1/tipe.xsd")),
        "permintaan ke http://10.0.0.1 tidak dikirim",
    ),
    ("an import from the machine", xml(importing("file:///etc/hostname")), "tidak dikirim"),
    ("an import that is not there", xml(importing("/hilang.xsd")), "HTTP 404"),
    ("too large", xml(b"<a>" + b" " * (2 << 20) + b"</a>"), "melebihi 1 MiB"),
    ("no port of SOAP", xml(changed(("wsdl/soap/", "wsdl/http/"))), "port SOAP"),
]


@pytest.mark.parametrize("case", UNCOMPARED, ids=[case[0] for case in UNCOMPARED])
def test_a_wsdl_that_cannot_be_compared_is_said(
    service: OddSoap, place: Settings, tmp_path: Path, case: tuple[str, Reply, str]
) -> None:
    _, reply, word = case
    service.wsdl = reply
    found = drift(place, soap_dataset(), tmp_path, answer_mb=1)
    assert found.errors == ()
    assert len(found.warnings) == 1
    assert found.warnings[0].startswith("WSDL layanan tidak dapat dibandingkan dengan contracts/uji/layanan.wsdl: ")
    assert word in found.warnings[0]


def test_imports_from_declared_hosts_are_followed(service: OddSoap, place: Settings, tmp_path: Path) -> None:
    service.wsdl = xml(importing("/tipe?xsd=1"))
    more = SCHEMA.strip().replace("<xsd:element", '<xsd:include schemaLocation="lagi"/><xsd:element', 1)
    service.http.on["/tipe"] = lambda _: xml(more)
    empty = f'<xsd:schema xmlns:xsd="{XSD}" targetNamespace="{NS}"/>'
    service.http.on["/lagi"] = lambda _: xml(empty)
    found = drift(place, soap_dataset(), tmp_path)
    assert (found.errors, found.warnings) == ((), ())
    assert service.http.times("/lagi") == 1


def test_imports_without_end_are_not_followed(service: OddSoap, place: Settings, tmp_path: Path) -> None:
    service.wsdl = xml(importing("/tipe?xsd=1"))
    service.http.on["/tipe"] = lambda asked: xml(
        f'<xsd:schema xmlns:xsd="{XSD}" targetNamespace="{NS}">'
        f'<xsd:include schemaLocation="/tipe?xsd={int(asked.params["xsd"]) + 1}"/></xsd:schema>'
    )
    found = drift(place, soap_dataset(), tmp_path)
    assert "lebih dari 50 dokumen" in found.warnings[0]
    assert service.http.times("/tipe") < 60


def test_a_service_without_a_wsdl_of_its_own_is_not_asked(service: OddSoap, place: Settings, tmp_path: Path) -> None:
    found = drift(place, soap_dataset(), tmp_path, wsdl_query=None)
    assert (found.errors, found.warnings) == ((), ())
    assert all(asked.method == "POST" for asked in service.http.asked)


def test_the_wsdl_is_asked_once_for_all_datasets(service: OddSoap, place: Settings, tmp_path: Path) -> None:
    with open_soap(place, soap_system()) as snapshot:
        snapshot.drift(soap_dataset(), tmp_path)
        snapshot.drift(soap_dataset(), tmp_path)
    assert sum(asked.method == "GET" for asked in service.http.asked) == 1


def test_what_the_wsdl_hides_the_answer_shows(service: OddSoap, place: Settings, tmp_path: Path) -> None:
    service.on["AmbilKunjungan"] = lambda _: visits("<kunjungan><nomor>1</nomor><lama>3</lama></kunjungan>")
    found = drift(place, soap_dataset(), tmp_path)
    assert "unsur hari (kolom hari) tidak ada di jawaban; unsur yang tidak dikenal: lama" in found.errors[0]
