"""What is taken from a WSDL, however it is written; what of it is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from lumbung.declarations.wsdl import Element, WsdlError, read_wsdl

FOLDER = Path(__file__).parent / "tree" / "contracts" / "rawat"
FILES = {path.name: path.read_bytes() for path in FOLDER.iterdir() if path.suffix in (".wsdl", ".xsd")}


def changed(old: str, new: str, name: str = "tipe.xsd") -> dict[str, bytes]:
    """The files with something written otherwise, everywhere."""
    assert old.encode() in FILES[name], "the case no longer fits the file"
    return FILES | {name: FILES[name].replace(old.encode(), new.encode())}


def row(files: dict[str, bytes]) -> Element:
    """The element of a row in the answer."""
    response = read_wsdl("layanan.wsdl", files).operations["AmbilKunjungan"].response
    found = response.at("daftar.kunjungan") if response is not None else None
    assert found is not None
    return found


def shape(element: Element, path: str) -> tuple[str | None, bool, bool, bool]:
    found = element.at(path)
    assert found is not None
    return found.type, found.optional, found.nillable, found.many


def test_elements_with_their_types() -> None:
    kept = row(FILES)
    assert (kept.name, kept.type, kept.many) == ("{urn:rawat}kunjungan", None, True)
    assert {path: shape(kept, path) for path in ("nomor", "pasien", "pasien.nik", "masuk", "tarif")} == {
        "nomor": ("xsd:string", False, False, False),
        "pasien": (None, True, False, False),
        "pasien.nik": ("xsd:string", False, True, False),
        "masuk": ("xsd:dateTime", False, False, False),
        "tarif": ("xsd:decimal", True, False, False),
    }


SAME = [
    ("other prefixes", ("xsd:", "xs:"), ("xmlns:xsd", "xmlns:xs")),
    ("a comment and blanks", ("<xsd:sequence>", "<!-- x -->\n\n   <xsd:sequence>"), None),
    ("documentation", ('<xsd:complexType name="Uang">', '<xsd:complexType name="Uang"><xsd:annotation/>'), None),
    ("a default said", ('name="nomor"', 'minOccurs="1" maxOccurs="1" name="nomor"'), None),
    ("another facet", ('<xsd:length value="16"/>', '<xsd:maxLength value="20"/>'), None),
]


@pytest.mark.parametrize(("first", "second"), [case[1:] for case in SAME], ids=[case[0] for case in SAME])
def test_the_same_written_otherwise_is_the_same(first: tuple[str, str], second: tuple[str, str] | None) -> None:
    files = changed(*first)
    if second is not None:
        files["tipe.xsd"] = files["tipe.xsd"].replace(*(text.encode() for text in second))
    assert read_wsdl("layanan.wsdl", files) == read_wsdl("layanan.wsdl", FILES)


NOMOR = '<xsd:element name="nomor" type="xsd:string"/>'
SHAPES = [
    ("a choice", f"<xsd:choice>{NOMOR}<xsd:element name='lain' type='xsd:int'/></xsd:choice>", (True, False)),
    ("an optional group", f'<xsd:sequence minOccurs="0">{NOMOR}</xsd:sequence>', (True, False)),
    ("a repeated group", f'<xsd:sequence maxOccurs="3">{NOMOR}</xsd:sequence>', (False, True)),
    ("twice in a sequence", f"{NOMOR}<xsd:element name='lain' type='xsd:int'/>{NOMOR}", (False, True)),
]


@pytest.mark.parametrize(("written", "found"), [case[1:] for case in SHAPES], ids=[case[0] for case in SHAPES])
def test_how_often_an_element_stands(written: str, found: tuple[bool, bool]) -> None:
    kind, optional, _, many = shape(row(changed(NOMOR, written)), "nomor")
    assert (kind, optional, many) == ("xsd:string", *found)


TYPES = [
    ("a list", "<xsd:simpleType><xsd:list itemType='xsd:int'/></xsd:simpleType>", "xsd:anySimpleType"),
    ("a token", "<xsd:simpleType><xsd:restriction base='xsd:token'/></xsd:simpleType>", "xsd:token"),
    ("a year", "<xsd:simpleType><xsd:restriction base='xsd:gYear'/></xsd:simpleType>", "xsd:gYear"),
]


@pytest.mark.parametrize(("written", "kind"), [case[1:] for case in TYPES], ids=[case[0] for case in TYPES])
def test_a_type_goes_back_to_xml_schemas_own(written: str, kind: str) -> None:
    files = changed(NOMOR, f'<xsd:element name="nomor">{written}</xsd:element>')
    assert shape(row(files), "nomor")[0] == kind


def test_a_type_that_holds_itself_ends() -> None:
    files = changed(NOMOR, f'{NOMOR}<xsd:element name="induk" type="tns:Kunjungan" minOccurs="0"/>')
    assert shape(row(files), "induk")[0] is None


REFUSED = [
    ("a DTD", changed("<xsd:schema", "<!DOCTYPE x><xsd:schema"), "memuat DTD"),
    ("an import from another host", changed("tipe.xsd", "http://10.0.0.1/x.xsd", "layanan.wsdl"), "tidak diambil"),
    ("an import from the machine", changed("tipe.xsd", "/etc/hostname", "layanan.wsdl"), "tidak diambil"),
    ("a file that is not there", {"layanan.wsdl": FILES["layanan.wsdl"]}, "tipe.xsd tidak diambil"),
    ("half a file", FILES | {"layanan.wsdl": FILES["layanan.wsdl"][:900]}, "bukan XML yang utuh"),
    ("a type nobody declared", changed('type="tns:Uang"', 'type="tns:Duit"'), "tidak dapat dibaca"),
    ("no WSDL", FILES | {"layanan.wsdl": b"<html/>"}, "tidak"),
    ("no SOAP port", changed("wsdl/soap/", "wsdl/http/", "layanan.wsdl"), "yang cocok: tidak ada"),
]


@pytest.mark.parametrize(("files", "word"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_what_cannot_be_understood_is_said(files: dict[str, bytes], word: str) -> None:
    with pytest.raises(WsdlError, match=word):
        read_wsdl("layanan.wsdl", files)


def test_two_ports_want_one_named() -> None:
    port = FILES["layanan.wsdl"][FILES["layanan.wsdl"].index(b"<wsdl:port ") :].partition(b"</wsdl:service>")[0]
    second = port.replace(b'name="LayananSoap"', b'name="Kedua"').decode()
    files = changed("</wsdl:service>", f"{second}</wsdl:service>", "layanan.wsdl")
    with pytest.raises(WsdlError, match="Layanan/LayananSoap, Layanan/Kedua"):
        read_wsdl("layanan.wsdl", files)
    assert read_wsdl("layanan.wsdl", files, port="Kedua").operations
