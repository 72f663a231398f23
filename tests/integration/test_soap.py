"""SOAP sources against a real SOAP service that behaves well, oddly and badly."""

from __future__ import annotations

import base64
import gzip
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lumbung.declarations.transports import SoapDataset
from lumbung.settings import Settings
from lumbung.sources.digest import ContentDigest
from lumbung.sources.errors import (
    DatasetStopped,
    SourceBusy,
    SourceChanged,
    SourceError,
    SourceRefused,
    SourceUnavailable,
)
from lumbung.sources.service.soap import open_soap
from lumbung.sources.window import Window
from tests.integration.extract_support import CREDENTIALS
from tests.integration.odd_service import Reply, replies
from tests.integration.odd_soap import (
    NS,
    PATH,
    SOAP_12,
    WSDL,
    Call,
    OddSoap,
    Spoken,
    answer,
    element,
    fault,
    row,
    visit,
    visits,
    xml,
)
from tests.integration.soap_support import (
    COUNTED,
    KINDS,
    NOW,
    NUMBERED,
    OFFSET,
    SOURCES,
    numbers,
    place,
    read,
    service,
    soap_dataset,
    soap_system,
)

__all__ = ["place", "service"]

# -- what is read


def test_values_stay_what_was_sent(service: OddSoap, place: Settings) -> None:
    service.rows = [
        visit(1, nomor="007", nik=" 35 <&> é ", tarif="12.50", hari="+07"),
        visit(2, nik=None, tarif=""),
        {name: value for name, value in visit(3).items() if name != "tarif"},
    ]
    assert read(place, soap_dataset()) == [
        {"nomor": "007", "nik": " 35 <&> é ", "masuk": "2026-01-09", "hari": "+07", "tarif": "12.50", "_nilai": None},
        {"nomor": "K2", "nik": None, "masuk": "2026-01-09", "hari": "2", "tarif": "", "_nilai": None},
        {
            "nomor": "K3",
            "nik": "3515010101000003",
            "masuk": "2026-01-09",
            "hari": "3",
            "tarif": None,
            "_nilai": None,
        },
    ]


def test_comments_and_sections_do_not_cut_a_value(service: OddSoap, place: Settings) -> None:
    odd = row(visit(1)).replace(">K1<", "><![CDATA[K]]><!-- x -->1<?p?>0<")
    service.on["AmbilKunjungan"] = lambda _: visits(odd)
    assert numbers(read(place, soap_dataset())) == ["K10"]


def test_elements_in_another_order_are_the_same(service: OddSoap, place: Settings) -> None:
    service.on["AmbilKunjungan"] = lambda _: visits(row(dict(reversed(visit(1).items()))))
    assert read(place, soap_dataset())[0]["hari"] == "1"


def test_the_declared_encoding_is_read(service: OddSoap, place: Settings) -> None:
    body = answer(f"<daftar>{row(visit(1, nik='é'))}</daftar>").decode()
    latin = body.replace("utf-8", "iso-8859-1").encode("latin-1")
    service.on["AmbilKunjungan"] = lambda _: Reply(latin, headers={"Content-Type": "text/xml"})
    assert read(place, soap_dataset())[0]["nik"] == "é"


def test_the_window_goes_into_the_request_in_the_systems_time(service: OddSoap, place: Settings) -> None:
    late = datetime(2026, 1, 8, 18, 0, tzinfo=UTC)  # 01:00 of the next day in Jakarta
    read(place, soap_dataset(), Window(late, NOW))
    read(place, soap_dataset())
    assert [call.arguments for call in service.asked if call.operation == "AmbilKunjungan"] == [
        {"dari": "2026-01-09", "sampai": "2026-01-10"},
        {"dari": "2025-01-01", "sampai": "2026-01-10"},
    ]


def test_one_request_per_day(service: OddSoap, place: Settings) -> None:
    service.rows = [visit(number, f"2026-01-0{number}") for number in range(1, 10)]
    one = soap_dataset(
        KINDS | {"tanggal": "xsd:string"},
        SOURCES | {"tanggal": "@tanggal"},
        arguments={"dari": "{tanggal}", "sampai": "{tanggal}"},
        each=[{"name": "tanggal", "days": True}],
    )
    rows = read(place, one, Window(NOW - timedelta(days=2), NOW))
    assert [(row["nomor"], row["tanggal"]) for row in rows] == [("K8", "2026-01-08"), ("K9", "2026-01-09")]
    assert service.times("AmbilKunjungan") == 3


def test_one_request_per_value_of_another_dataset(service: OddSoap, place: Settings) -> None:
    parent = SoapDataset(operation="AmbilPoli", rows="poli")
    each = {"name": "poli", "dataset": "uji.poli", "column": "kode", "asked": parent, "path": "kode"}
    arguments = {"dari": "{dari}", "sampai": "{sampai}", "poli": "{poli}"}
    read(place, soap_dataset(arguments=arguments, each=[each]))
    asked = [call.arguments["poli"] for call in service.asked if call.operation == "AmbilKunjungan"]
    assert asked == ["UMUM", "GIGI"]


def test_the_clock_is_the_services(place: Settings) -> None:
    with open_soap(place, soap_system()) as snapshot:
        assert snapshot.clock == NOW


# -- pages


def by_offset(service: OddSoap) -> Spoken:
    def reply(call: Call) -> Reply:
        first = int(call.arguments["halaman"])
        return visits(*map(row, service.rows[first : first + 3]))

    return reply


def by_cursor(service: OddSoap) -> Spoken:
    def reply(call: Call) -> Reply:
        first = int(call.arguments.get("poli", "0"))
        more = element("lanjut", str(first + 3)) if first + 3 < len(service.rows) else ""
        return visits(*map(row, service.rows[first : first + 3]), before=more)

    return reply


CURSOR = {"style": "cursor", "param": "poli", "next_path": "lanjut"}
PAGES: list[tuple[str, Callable[[OddSoap], Spoken] | None, dict[str, Any]]] = [
    ("none", None, {"style": "none"}),
    ("number", None, NUMBERED),
    ("number, with a total", None, NUMBERED | {"total_path": "total"}),
    ("number, larger than everything", None, NUMBERED | {"size": 100}),
    ("offset", by_offset, OFFSET),
    ("cursor", by_cursor, CURSOR),
]


@pytest.mark.parametrize(("behaviour", "page"), [case[1:] for case in PAGES], ids=[case[0] for case in PAGES])
def test_every_row_once_whatever_the_pages(
    service: OddSoap, place: Settings, behaviour: Callable[[OddSoap], Spoken] | None, page: dict[str, Any]
) -> None:
    if behaviour is not None:
        service.on["AmbilKunjungan"] = behaviour(service)
    assert numbers(read(place, soap_dataset(page=page))) == [f"K{number}" for number in range(1, 8)]


def growing(total: bool = False) -> Spoken:
    """A row comes in at the front after the first answer: the second page repeats one, the last is pushed out."""
    rows = [visit(number) for number in range(1, 8)]
    asked = iter(range(100))

    def reply(call: Call) -> Reply:
        if next(asked) == 1:
            rows.insert(0, visit(0))
        first = (int(call.arguments["halaman"]) - 1) * 3
        before = element("total", str(len(rows))) if total else ""
        return visits(*map(row, rows[first : first + 3]), before=before)

    return reply


# -- what is refused: behaviour, declaration, error, word in its message

Case = tuple[str, Spoken, dict[str, Any], type[SourceError], str]
GOOD = row(visit(1))
OTHER = "http://10.0.0.1/"
ENVELOPE = {"status_path": "status", "ok_values": ["sukses"], "error_path": "pesan"}
BOMB = "<!DOCTYPE x [" + '<!ENTITY a "aaaaaaaaaa">'
BOMB += "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True)) + "]>"


def says(reply: Reply) -> Spoken:
    """The same reply to everybody."""
    return lambda _: reply


def changed(old: str, new: str, rows: int = 1) -> Spoken:
    """Rows in which something stands otherwise."""
    return says(visits(*(row(visit(number)).replace(old, new) for number in range(1, rows + 1))))


def document(body: str, **headers: str) -> Spoken:
    return says(Reply(body.encode(), headers={"Content-Type": "text/xml"} | headers))


def declared(prolog: str, inside: str = "") -> Spoken:
    """A good answer with something in front of its root, and in its first value."""
    body = answer(f"<daftar>{row(visit(1)).replace('K1', inside or 'K1')}</daftar>").decode()
    return document(body.replace("?><", f"?>{prolog}<", 1))


def total(said: str, many: int = 7) -> Spoken:
    rows = [row(visit(number)) for number in range(1, many + 1)]

    def reply(call: Call) -> Reply:
        first = (int(call.arguments["halaman"]) - 1) * 3
        return visits(*rows[first : first + 3], before=said)

    return reply


BAD: list[Case] = [
    ("a server fault with 500", says(fault("soap:Server", "basis data mati")), {}, SourceError, "Fault soap:Server"),
    ("a fault with 200", says(fault("Client", "tanggal salah", 200)), {}, SourceError, "Client: tanggal salah"),
    ("a fault with 400", says(fault("soap:Client", "salah", 400)), {}, SourceError, "Fault soap:Client: salah"),
    (
        "a fault of SOAP 1.2",
        says(fault("e:Receiver", "penuh", soap=SOAP_12)),
        {},
        SourceError,
        "Fault e:Receiver: penuh",
    ),
    ("a fault with a NIK", says(fault("x", "NIK 3515010101010001 ganda")), {}, SourceError, "NIK [16 angka] ganda"),
    (
        "a fault with a stack trace",
        says(fault("soap:Server", "gagal\n   at Rumah.Sakit.Baca() in C:\\x.cs:line 7", detail="<s>at Rumah</s>")),
        {},
        SourceError,
        "Fault soap:Server: gagal. Jalankan",
    ),
    ("a fault without words", says(fault("", "")), {}, SourceError, "tanpa keterangan"),
    (
        "a fault of WS-Security",
        says(fault("wsse:FailedAuthentication", "ditolak")),
        {},
        SourceRefused,
        "source_uji_credentials",
    ),
    (
        "200 with an error inside",
        says(visits(before=element("status", "gagal") + element("pesan", "mati"))),
        ENVELOPE,
        SourceError,
        "status 'gagal' (yang berhasil: sukses): mati",
    ),
    ("200 without the promised status", changed("x", "x"), ENVELOPE, SourceError, "status tidak ada"),
    ("half a document", says(xml(answer(GOOD)[:-40])), {}, SourceError, "bukan XML yang utuh"),
    ("two documents", says(xml(answer("") + answer(""))), {}, SourceError, "bukan XML yang utuh"),
    ("nothing", says(xml(b"")), {}, SourceError, "kosong"),
    (
        "a page of HTML",
        says(Reply(b"<html><body>Masuk</body></html>", headers={"Content-Type": "text/html"})),
        {},
        SourceError,
        "(text/html) bukan amplop SOAP",
    ),
    ("HTML that is no XML", document("<!doctype html><html><br></html>"), {}, SourceError, "bukan XML"),
    ("JSON", document('{"daftar": []}'), {}, SourceError, "bukan XML"),
    ("another document", document("<daftar/>"), {}, SourceError, "bukan amplop SOAP"),
    ("an envelope without body", document('<e:Envelope xmlns:e="urn:x"/>'), {}, SourceError, "bukan amplop SOAP"),
    (
        "an empty body",
        document('<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body/></e:Envelope>'),
        {},
        DatasetStopped,
        "memuat 0 unsur",
    ),
    ("a DTD", declared("<!DOCTYPE x>"), {}, SourceError, "memuat DTD"),
    ("an entity", declared('<!DOCTYPE x [<!ENTITY a "b">]>', "&a;"), {}, SourceError, "memuat DTD"),
    ("a bomb of entities", declared(BOMB, "&i;"), {}, SourceError, "memuat DTD"),
    (
        "an entity of a file",
        declared('<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]>', "&a;"),
        {},
        SourceError,
        "memuat DTD",
    ),
    (
        "an entity of another host",
        declared(f'<!DOCTYPE x [<!ENTITY % a SYSTEM "{OTHER}x.dtd"> %a;]>'),
        {},
        SourceError,
        "memuat DTD",
    ),
    ("an external DTD", declared(f'<!DOCTYPE x SYSTEM "{OTHER}x.dtd">'), {}, SourceError, "memuat DTD"),
    (
        "a DTD in UTF-16",
        says(Reply('<?xml version="1.0"?><!DOCTYPE x><x/>'.encode("utf-16"), headers={"Content-Type": "text/xml"})),
        {},
        SourceError,
        "memuat DTD",
    ),
    ("an entity nobody declared", changed("K1", "&a;"), {}, SourceError, "bukan XML yang utuh"),
    ("nested without end", document("<a>" * 9_000 + "</a>" * 9_000), {}, SourceError, "bukan XML yang utuh"),
    ("too many elements", document(f"<a>{'<b/>' * 1_000_001}</a>"), {"mb": 32}, SourceError, "lebih dari 1000000"),
    ("one huge text", document(f"<a>{'x' * 11_000_000}</a>"), {"mb": 32}, SourceError, "bukan XML yang utuh"),
    (
        "bytes that are not of the encoding",
        says(
            Reply(
                answer("<daftar/>").replace(b"<daftar/>", b"<daftar>\xe9</daftar>"),
                headers={"Content-Type": "text/xml"},
            )
        ),
        {},
        SourceError,
        "bukan XML",
    ),
    (
        "two encodings named",
        says(xml(answer("<daftar/>").replace(b"utf-8", b"iso-8859-1"))),
        {},
        SourceError,
        "dua pengodean",
    ),
    (
        "an encoding nobody knows",
        document('<?xml version="1.0" encoding="klingon"?><a/>'),
        {},
        SourceError,
        "bukan XML",
    ),
    (
        "another namespace",
        says(xml(answer("<daftar/>", namespace="urn:lain"))),
        {},
        DatasetStopped,
        "padahal WSDL menyebut {urn:uji:rawat}AmbilKunjunganResponse",
    ),
    (
        "another namespace in a row",
        changed("<hari>", '<hari xmlns="urn:lain">'),
        {},
        DatasetStopped,
        "unsur hari berada di ruang nama 'urn:lain'",
    ),
    (
        "another namespace of the rows",
        says(xml(answer('<daftar><kunjungan xmlns="urn:lain"/></daftar>'))),
        {},
        DatasetStopped,
        "unsur kunjungan berada di ruang nama 'urn:lain'",
    ),
    ("another answer", says(xml(answer("", "Jam"))), {}, DatasetStopped, "JamResponse"),
    (
        "rows under another name",
        says(visits(GOOD.replace("kunjungan>", "visit>"))),
        {},
        DatasetStopped,
        "tidak memuat daftar.kunjungan; unsur yang tidak dikenal: visit",
    ),
    ("no list", says(xml(answer("<total>0</total>"))), {}, DatasetStopped, "tidak memuat satu unsur daftar"),
    ("two lists", says(xml(answer("<daftar/><daftar/>"))), {}, DatasetStopped, "tidak memuat satu unsur daftar"),
    (
        "a renamed element",
        changed("hari>", "lama>", 3),
        {},
        DatasetStopped,
        "unsur hari (kolom hari) tidak ada di jawaban; unsur yang tidak dikenal: lama",
    ),
    (
        "an optional element under another name",
        changed("tarif>", "biaya>", 3),
        {},
        DatasetStopped,
        "unsur tarif (kolom tarif) tidak ada di jawaban; unsur yang tidak dikenal: biaya",
    ),
    (
        "a renamed element further in",
        changed("nik>", "nomor_induk>", 2),
        {},
        DatasetStopped,
        "unsur pasien.nik (kolom nik) tidak ada di jawaban; unsur yang tidak dikenal: pasien.nomor_induk",
    ),
    (
        "an element twice",
        changed("<hari>1</hari>", "<hari>1</hari><hari>2</hari>"),
        {},
        DatasetStopped,
        "unsur hari pada baris ke-1 berisi unsur lain atau berulang",
    ),
    (
        "elements in place of a value",
        changed("<hari>1</hari>", "<hari><jumlah>1</jumlah></hari>"),
        {},
        DatasetStopped,
        "unsur hari pada baris ke-1 berisi unsur lain",
    ),
    (
        "a row that is nil",
        says(visits(GOOD, element("kunjungan", None))),
        {},
        DatasetStopped,
        "baris ke-2 bukan unsur berisi unsur",
    ),
    (
        "another type",
        changed("<hari>", "<hari>hari ke-", 3),
        {},
        DatasetStopped,
        "unsur hari (kolom hari) berisi teks lain, bukan xsd:int",
    ),
    ("a reference (multiRef)", changed("<hari>1</hari>", '<hari href="#id1"/>'), {}, DatasetStopped, "tersandi SOAP"),
    ("a page moves while we page", growing(), {"page": NUMBERED}, SourceChanged, "berubah"),
    ("the total changes", growing(total=True), COUNTED, SourceChanged, "jumlah baris berubah"),
    (
        "the total is more than the rows",
        total(element("total", "9")),
        COUNTED,
        SourceChanged,
        "menyebut 9 baris, terbaca 7",
    ),
    ("the total is no number", total(element("total", "banyak")), COUNTED, DatasetStopped, "jumlah baris"),
    ("the total is missing", total(""), COUNTED, DatasetStopped, "jumlah baris"),
    (
        "a cursor that comes back",
        says(visits(GOOD, before=element("lanjut", "x"))),
        {"page": CURSOR},
        SourceError,
        "menunjuk kembali",
    ),
    (
        "a redirect",
        says(Reply(b"", 307, {"Location": "http://evil.example.invalid/"})),
        {},
        SourceError,
        "mengalihkan ke evil.example.invalid",
    ),
    ("401", says(Reply(b"", 401)), {}, SourceRefused, "akun Lumbung ditolak"),
    ("403", says(Reply(b"", 403)), {}, SourceRefused, "akun Lumbung ditolak"),
    ("404", says(Reply(b"", 404)), {}, DatasetStopped, "tidak ada lagi"),
    ("415", says(Reply(b"", 415)), {}, SourceError, "HTTP 415"),
    ("500 without a fault", says(Reply(b"<html/>", 500)), {}, SourceBusy, "HTTP 500"),
    ("503 all the time", says(Reply(b"", 503, {"Retry-After": "0"})), {}, SourceBusy, "HTTP 503"),
    ("503 for longer than we wait", says(Reply(b"", 503, {"Retry-After": "3600"})), {}, SourceBusy, "3600 detik"),
    ("the connection breaks in the answer", says(visits(GOOD, GOOD)), {"cut": 40}, SourceUnavailable, "sambungan"),
    ("the connection breaks before it", says(Reply(raw=b"")), {}, SourceUnavailable, "sambungan"),
    ("an answer that drips", says(visits(GOOD)), {"drip": 0.2}, SourceUnavailable, "tidak menjawab sampai selesai"),
    ("an answer beyond the limit", document(f"<a>{' ' * (2 << 20)}</a>"), {}, SourceError, "melebihi 1 MiB"),
]


@pytest.mark.parametrize("case", BAD, ids=[case[0] for case in BAD])
def test_bad_behaviour_has_its_declared_outcome(service: OddSoap, place: Settings, case: Case) -> None:
    _, behaviour, asked, error, word = case
    wire = {name: asked[name] for name in ("cut", "drip") if name in asked}
    limits = {"answer_mb": asked.get("mb", 1), "request_s": 5 if "mb" in asked else 1}
    declaration = {name: value for name, value in asked.items() if name not in ("cut", "drip", "mb")}

    def spoken(call: Call) -> Reply:
        reply = behaviour(call)
        for name, value in wire.items():
            setattr(reply, name, value)
        return reply

    service.on["AmbilKunjungan"] = spoken
    with pytest.raises(SourceError) as caught:
        read(place, soap_dataset(**declaration), **limits)
    assert type(caught.value) is error or error is SourceBusy
    assert isinstance(caught.value, error)
    assert word in str(caught.value)
    assert "rahasia sekali" not in str(caught.value)
    assert "Rumah.Sakit" not in str(caught.value)


def test_a_bomb_is_not_unpacked(service: OddSoap, place: Settings) -> None:
    bomb = gzip.compress(b"<a>" + b" " * (64 << 20) + b"</a>")
    service.on["AmbilKunjungan"] = lambda _: Reply(bomb, headers={"Content-Encoding": "gzip"})
    with pytest.raises(SourceError, match="melebihi 1 MiB"):
        read(place, soap_dataset(), answer_mb=1)


@pytest.mark.parametrize("trouble", [503, 429, 500, 408])
def test_a_busy_service_is_asked_again(service: OddSoap, place: Settings, trouble: int) -> None:
    service.on["AmbilKunjungan"] = replies(Reply(b"", trouble, {"Retry-After": "0"}), visits(GOOD))
    assert numbers(read(place, soap_dataset())) == ["K1"]


def test_a_fault_is_not_asked_again(service: OddSoap, place: Settings) -> None:
    service.on["AmbilKunjungan"] = says(fault("soap:Server", "mati"))
    with pytest.raises(SourceError, match="mati"):
        read(place, soap_dataset(), attempts=4)
    assert service.times("AmbilKunjungan") == 1


def test_what_is_new_or_missing_here_and_there_is_said(service: OddSoap, place: Settings) -> None:
    rows = [
        row(visit(1) | {"catatan": "x", "suhu": "37"}),
        row(visit(2)).replace("<hari>2</hari>", "<hari>dua</hari>"),
        row(visit(3)).replace("<hari>3</hari>", ""),
        row(visit(4)).replace("</pasien>", "<umur>9</umur></pasien>"),
    ]
    service.on["AmbilKunjungan"] = says(visits(*rows))
    one = soap_dataset()
    with open_soap(place, soap_system()) as snapshot:
        batches = snapshot.read(snapshot.prepare(one), None, ContentDigest())
        days = [row["hari"] for _, batch in batches for row in batch.to_pylist()]
        remarks = snapshot.remarks(one)
    assert days == ["1", "dua", None, "4"]
    assert [remark.split(";")[0] for remark in remarks] == [
        "unsur baru catatan di jawaban layanan belum ada di kontrak",
        "unsur baru pasien.umur di jawaban layanan belum ada di kontrak",
        "unsur baru suhu di jawaban layanan belum ada di kontrak",
        "unsur hari tidak ada pada 1 dari 4 baris",
        "unsur hari bukan xsd:int pada 1 dari 4 baris",
    ]


NOTHING: list[tuple[str, Spoken]] = [
    ("an empty list", says(visits())),
    ("a list that is nil", says(xml(answer(element("daftar", None))))),
]


@pytest.mark.parametrize("behaviour", [case[1] for case in NOTHING], ids=[case[0] for case in NOTHING])
def test_no_rows_are_no_rows(service: OddSoap, place: Settings, behaviour: Spoken) -> None:
    service.on["AmbilKunjungan"] = behaviour
    assert read(place, soap_dataset()) == []


def test_an_optional_element_that_no_row_has_is_null(service: OddSoap, place: Settings) -> None:
    """A WSDL that says minOccurs=0 says that a quiet day may be without it."""
    service.on["AmbilKunjungan"] = changed("<tarif>1.50</tarif>", "")
    assert [row["tarif"] for row in read(place, soap_dataset())] == [None]


# -- other ways to speak SOAP


def test_soap_12(service: OddSoap, place: Settings) -> None:
    def spoken(call: Call) -> Reply:
        inner = element("waktu", "2026-01-10T03:00:00Z") if call.operation == "Jam" else f"<daftar>{GOOD}</daftar>"
        kind = {"Content-Type": "application/soap+xml; charset=utf-8"}
        return Reply(answer(inner, call.operation, soap=SOAP_12), headers=kind)

    service.on |= {"Jam": spoken, "AmbilKunjungan": spoken}
    assert numbers(read(place, soap_dataset(), wsdl=WSDL.replace("wsdl/soap/", "wsdl/soap12/"))) == ["K1"]
    sent = service.asked[-1]
    assert sent.envelope.tag == f"{{{SOAP_12}}}Envelope"
    assert f'action="{NS}/AmbilKunjungan"' in sent.http.headers["Content-Type"]


def rpc() -> str:
    """The service's WSDL in style rpc: parts in place of elements, their names without namespace."""
    start, end = WSDL.index("<wsdl:types>"), WSDL.index("<wsdl:portType")
    parts = {
        "JamMasuk": "",
        "JamKeluar": "waktu:dateTime",
        "AmbilPoliMasuk": "",
        "AmbilPoliKeluar": "poli:string",
        "AmbilKunjunganMasuk": "dari:date sampai:date",
    }
    messages = "".join(
        f'<wsdl:message name="{name}">'
        + "".join(f'<wsdl:part name="{one.split(":")[0]}" type="xsd:{one.split(":")[1]}"/>' for one in text.split())
        + "</wsdl:message>"
        for name, text in parts.items()
    )
    messages += '<wsdl:message name="AmbilKunjunganKeluar"><wsdl:part name="daftar" type="tns:Daftar"/></wsdl:message>'
    types = f"""<wsdl:types><xsd:schema targetNamespace="{NS}"><xsd:complexType name="Daftar"><xsd:sequence>
      <xsd:element name="kunjungan" maxOccurs="unbounded"><xsd:complexType><xsd:sequence>
        <xsd:element name="nomor" type="xsd:string"/>
      </xsd:sequence></xsd:complexType></xsd:element></xsd:sequence></xsd:complexType></xsd:schema></wsdl:types>"""
    whole = (WSDL[:start] + types + messages + WSDL[end:]).replace('style="document"', 'style="rpc"')
    whole = whole.replace('use="literal"', f'use="literal" namespace="{NS}"')
    return whole.replace("<wsdl:definitions", '<wsdl:definitions xmlns:xsd="http://www.w3.org/2001/XMLSchema"')


def test_rpc_literal(service: OddSoap, place: Settings) -> None:
    def spoken(call: Call) -> Reply:
        inner = element("waktu", "2026-01-10T03:00:00Z")
        if call.operation == "AmbilKunjungan":
            inner = "<daftar><kunjungan><nomor>K1</nomor></kunjungan></daftar>"
        body = answer("", call.operation).decode()
        name = f"{call.operation}Response"
        return xml(
            body.replace(f'<{name} xmlns="{NS}">', f'<w:{name} xmlns:w="{NS}">{inner}').replace(
                "></" + name, "></w:" + name
            )
        )

    service.on |= {"Jam": spoken, "AmbilKunjungan": spoken}
    assert numbers(read(place, soap_dataset({"nomor": "xsd:string"}, {}), wsdl=rpc())) == ["K1"]
    assert service.asked[-1].arguments == {"dari": "2025-01-01", "sampai": "2026-01-10"}


# -- who we are


@pytest.mark.parametrize(
    ("auth", "header", "value"),
    [
        ({"kind": "basic"}, "Authorization", "Basic " + base64.b64encode(CREDENTIALS.encode()).decode()),
        ({"kind": "token", "header": "X-Api-Key"}, "X-Api-Key", CREDENTIALS),
        ({"kind": "oauth2", "token_path": "/token"}, "Authorization", "Bearer T1"),
    ],
    ids=["basic", "a token", "oauth2"],
)
def test_who_we_are_goes_with_every_request(
    service: OddSoap, place: Settings, auth: dict[str, Any], header: str, value: str
) -> None:
    token = {"access_token": "T1", "token_type": "Bearer", "expires_in": 3600}
    service.http.on[f"{PATH}/token"] = lambda _: Reply(token)
    with open_soap(place, soap_system(auth=auth)) as snapshot:
        list(snapshot.read(snapshot.prepare(soap_dataset()), None, ContentDigest()))
    assert {asked.headers[header] for asked in service.http.asked if asked.path == PATH} == {value}


@pytest.mark.parametrize("digest", [False, True], ids=["text", "digest"])
def test_a_username_token_stands_in_the_message_only(service: OddSoap, place: Settings, digest: bool) -> None:
    read(place, soap_dataset(), auth={"kind": "username_token", "digest": digest})
    for call in service.asked:
        token = call.envelope.find("{*}Header/{*}Security/{*}UsernameToken")
        assert token.findtext("{*}Username") == "lumbung"
        password = token.find("{*}Password")
        assert password.get("Type").endswith("#PasswordDigest" if digest else "#PasswordText")
        assert (password.text == "rahasia sekali") is not digest
        assert (token.find("{*}Nonce") is not None) is digest
        assert "Authorization" not in call.http.headers


@pytest.mark.parametrize("kind", ["basic", "username_token"])
@pytest.mark.parametrize("content", ["tanpa-titik-dua", ":x", "x:"])
def test_credentials_that_cannot_be_right_are_said(place: Settings, kind: str, content: str) -> None:
    place.secret_file("source_uji_credentials").write_text(content)
    with pytest.raises(SourceRefused, match="source_uji_credentials"):
        read(place, soap_dataset(), auth={"kind": kind})


# -- the clock, and nobody there


@pytest.mark.parametrize(
    "said", [element("waktu", "kemarin"), element("waktu", None), "", element("jam", "1")], ids=str
)
def test_a_clock_that_tells_no_time_is_said(service: OddSoap, place: Settings, said: str) -> None:
    service.on["Jam"] = says(xml(answer(said, "Jam")))
    with pytest.raises(SourceError, match=r"soap\.clock"), open_soap(place, soap_system()):
        pass


def test_a_clock_with_a_zone(service: OddSoap, place: Settings) -> None:
    service.on["Jam"] = says(xml(answer(element("waktu", "2026-01-10T04:00:00.5+01:00"), "Jam")))
    with open_soap(place, soap_system()) as snapshot:
        assert snapshot.clock == datetime(2026, 1, 10, 3, 0, 0, 500_000, tzinfo=UTC)


def test_nobody_there(place: Settings) -> None:
    place.secret_file("source_uji_url").write_text("http://127.0.0.1:1/layanan")
    with pytest.raises(SourceUnavailable, match="sambungan"), open_soap(place, soap_system(attempts=1)):
        pass


def test_the_address_in_the_wsdl_is_not_gone_to(service: OddSoap, place: Settings) -> None:
    """The profile's secret says where the service is; a WSDL is only what somebody wrote."""
    assert "dalam.rsud.example.invalid" in WSDL
    assert len(read(place, soap_dataset())) == 7


def test_a_base_address_that_is_not_declared(place: Settings) -> None:
    with (
        pytest.raises(SourceError, match=r"tidak dikirim; .*soap\.hosts"),
        open_soap(place, soap_system(hosts=("rsud.example.invalid",))),
    ):
        pass
