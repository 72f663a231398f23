"""XML that is read, and XML that is not: nothing in a document may harm who reads it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from lumbung import xmltext
from lumbung.declarations.transports import XSD_TYPES

READ: list[tuple[str, bytes, str, str]] = [
    ("plain", b"<a>x</a>", "", "x"),
    ("with a mark of its order", b"\xef\xbb\xbf<a>x</a>", "text/xml; charset=utf-8", "x"),
    ("comments and instructions", b"<a>x<!-- c -->y<?p?>z</a>", "", "xyz"),
    ("a section", b"<a>x<![CDATA[<y>]]></a>", "", "x<y>"),
    ("what looks like a DTD in a section", b"<a><![CDATA[<!DOCTYPE x>]]></a>", "", "<!DOCTYPE x>"),
    ("the five entities of XML", b"<a>&lt;&amp;&#233;</a>", "", "<&é"),
    ("UTF-16", "<a>é</a>".encode("utf-16"), "text/xml", "é"),
    ("latin-1 by the document", b"<?xml version='1.0' encoding='iso-8859-1'?><a>\xe9</a>", "", "é"),
    ("latin-1 by the header", b"<a>\xe9</a>", 'text/xml; charset="ISO-8859-1"', "é"),
    ("the same encoding twice", "<?xml version='1.0' encoding='UTF8'?><a>é</a>".encode(), "a/b; charset=utf-8", "é"),
]


@pytest.mark.parametrize(("body", "kind", "text"), [case[1:] for case in READ], ids=[case[0] for case in READ])
def test_text_is_what_was_sent(body: bytes, kind: str, text: str) -> None:
    assert xmltext.document(body, kind).text == text


BOMB = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;">]><x>&b;</x>'
REFUSED: list[tuple[str, bytes, str, str]] = [
    ("nothing", b"", "", "kosong"),
    ("blanks", b" \n", "", "kosong"),
    ("text", b"halo", "", "bukan XML"),
    ("half", b"<a><b></b>", "", "utuh"),
    ("two roots", b"<a/><b/>", "", "utuh"),
    ("crossed", b"<a><b></a></b>", "", "utuh"),
    ("a NUL", b"<a>\x00</a>", "", "utuh"),
    ("a reference to NUL", b"<a>&#0;</a>", "", "utuh"),
    ("an undeclared prefix", b"<x:a/>", "", "utuh"),
    ("an undeclared entity", b"<a>&nbsp;</a>", "", "utuh"),
    ("a DTD", b"<!DOCTYPE x><x/>", "", "DTD"),
    ("a DTD after a comment", b"<?xml version='1.0'?><!-- x --><?y?><!DOCTYPE x><x/>", "", "DTD"),
    ("a DTD in UTF-16", "<!DOCTYPE x><x/>".encode("utf-16"), "", "DTD"),
    ("a bomb", BOMB, "", "DTD"),
    ("an entity of a file", b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]><x>&a;</x>', "", "DTD"),
    ("a DTD from elsewhere", b'<!DOCTYPE x SYSTEM "http://10.0.0.1/x.dtd"><x/>', "", "DTD"),
    ("an entity in an attribute's default", b'<!DOCTYPE x [<!ATTLIST x y CDATA "z">]><x/>', "", "DTD"),
    ("not of its encoding", b"<a>\xe9</a>", "", "utuh"),
    ("two encodings", b"<?xml version='1.0' encoding='utf-8'?><a/>", "text/xml; charset=iso-8859-1", "dua pengodean"),
    ("an encoding unknown to anybody", b"<a/>", "text/xml; charset=klingon", "tidak dikenal"),
    ("another encoding than it says", "<?xml version='1.0' encoding='utf-8'?><a/>".encode("utf-16"), "", "bukan XML"),
    ("deep", b"<a>" * 9_000 + b"</a>" * 9_000, "", "utuh"),
    ("one huge text", b"<a>" + b"x" * 11_000_000 + b"</a>", "", "utuh"),
    ("too many elements", b"<a>" + b"<b/>" * 1_000_000 + b"</a>", "", "lebih dari 1000000"),
    ("too many attributes", b"<a>" + b'<b c="" d=""/>' * 500_001 + b"</a>", "", "lebih dari 1000000"),
]


@pytest.mark.parametrize(("body", "kind", "word"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_what_could_harm_or_be_guessed_is_refused(body: bytes, kind: str, word: str) -> None:
    with pytest.raises(xmltext.NotXmlError, match=word) as caught:
        xmltext.document(body, kind)
    assert "aaaa" not in str(caught.value)


def test_the_largest_document_takes_bounded_memory() -> None:
    """A million marks in 15 MB: the tree stays below 300 MB, measured in a process of its own."""
    program = (
        "import resource; from lumbung import xmltext; body = b'<a>' + b'<b>x</b>' * 499_998 + b'</a>';"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss; root = xmltext.document(body);"
        "print(len(root), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert int(said[0]) == 499_998
    assert int(said[1]) < 300 * 1024


FITS = [
    ("xsd:int", ("0", "-7", "+07", " 12 ", "2147483648"), ("", "1.0", "satu", "1e3", "١")),
    ("xsd:decimal", ("12.50", "-.5", "7."), ("", "1,5", "1e3", "Rp 5")),
    ("xsd:boolean", ("true", "0"), ("", "ya", "TRUE")),
    ("xsd:date", ("2026-01-09", "2026-01-09+07:00"), ("", "09/01/2026", "2026-01-09T00:00:00")),
    ("xsd:dateTime", ("2026-01-09T08:00:00.5Z", "2026-01-09T08:00:00"), ("", "2026-01-09 08:00:00", "2026-01-09")),
    ("xsd:double", ("1e3", "NaN", "-INF"), ("", "1.2.3")),
    ("xsd:gYear", ("2026",), ("", "26")),
    ("xsd:string", ("", "apa saja"), ()),
]


@pytest.mark.parametrize(("kind", "good", "bad"), FITS, ids=[case[0] for case in FITS])
def test_whether_a_text_is_of_its_type(kind: str, good: tuple[str, ...], bad: tuple[str, ...]) -> None:
    assert [text for text in good if not xmltext.fits(text, kind)] == []
    assert [text for text in bad if xmltext.fits(text, kind)] == []


def test_every_type_that_a_contract_may_name_is_known() -> None:
    text = {"xsd:string", "xsd:normalizedString", "xsd:token", "xsd:anyURI", "xsd:anySimpleType"}
    assert {kind for kind in XSD_TYPES if xmltext.fits("bukan apa-apa", kind)} == text
