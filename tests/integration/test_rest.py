"""REST sources against a real HTTP service that behaves well, oddly and badly."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from lumbung.declarations.models import Column, Dataset, System
from lumbung.declarations.transports import RestDataset, RestSystem
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
from lumbung.sources.service.rest import open_rest
from lumbung.sources.window import Window
from tests.integration.extract_support import CREDENTIALS, dataset, service_place, system
from tests.integration.odd_service import CLOCK, Asked, OddService, Reply, odd_service, replies

NOW = datetime(2026, 1, 10, 3, 0, tzinfo=UTC)
"""CLOCK in UTC."""
ROWS = [{"id": f"A{number}", "nilai": number, "aktif": number % 2 == 0} for number in range(1, 8)]
KINDS = {"id": "json string", "nilai": "json number", "aktif": "json boolean"}


@pytest.fixture
def service() -> Iterator[OddService]:
    with odd_service() as found:
        yield found


@pytest.fixture
def place(tmp_path: Path, service: OddService) -> Settings:
    return service_place(tmp_path, service.url)


def rest_system(**other: Any) -> System:
    spoken = {"hosts": ("127.0.0.1",), "clock": {"path": "/jam", "field": "waktu"}, "attempts": 2, "request_s": 5}
    return system(transport="rest", clock_sql=None, rest=RestSystem.model_validate(spoken | other))


def rest_dataset(kinds: dict[str, str] | None = None, sources: dict[str, str] | None = None, **asked: Any) -> Dataset:
    columns = tuple(
        Column.model_construct(
            name=name, logical="string", physical=kind, source=(sources or {}).get(name), required=name == "id"
        )
        for name, kind in (kinds or KINDS).items()
    )
    declared = RestDataset.model_validate({"path": "/data", "data_path": "data"} | asked)
    return dataset("izin", {}, key=("id",), rest=declared).model_copy(update={"columns": columns})


def read(place: Settings, one: Dataset, window: Window | None = None, **of_system: Any) -> list[dict[str, Any]]:
    with open_rest(place, rest_system(**of_system)) as snapshot:
        batches = snapshot.read(snapshot.prepare(one), window, ContentDigest())
        return [row for _, batch in batches for row in batch.to_pylist()]


def ids(rows: list[dict[str, Any]]) -> list[str]:
    return [row["id"] for row in rows]


def paged(rows: list[dict[str, Any]], size: int, **envelope: Any) -> Callable[[Asked], Reply]:
    """Pages by number, however many rows are asked for."""

    def answer(asked: Asked) -> Reply:
        first = (int(asked.params["halaman"]) - 1) * size
        return Reply({"data": rows[first : first + size], **envelope})

    return answer


NUMBERED = {"style": "number", "param": "halaman", "size_param": "per", "size": 3}


# -- what is read


def test_values_stay_what_was_sent(service: OddService, place: Settings) -> None:
    body = b'{"data": [{"id": "007", "nilai": 12.50, "aktif": false}, {"id": "8", "nilai": 1e400, "aktif": null}]}'
    service.on["/data"] = lambda _: Reply(body)
    rows = read(place, rest_dataset())
    assert [(row["id"], row["nilai"], row["aktif"], row["_nilai"]) for row in rows] == [
        ("007", "12.50", "false", None),
        ("8", "1e400", None, None),
    ]


def test_a_value_that_text_cannot_hold_is_named_not_dropped(service: OddService, place: Settings) -> None:
    service.on["/data"] = lambda _: Reply(
        rb'{"data": [{"id": "a\u0000b", "nilai": 1, "aktif": true}, {"id": "\ud800", "nilai": 2, "aktif": true}]}'
    )
    assert [(row["id"], row["_nilai"]) for row in read(place, rest_dataset())] == [(None, "id"), (None, "id")]


def test_values_below_and_of_the_request(service: OddService, place: Settings) -> None:
    service.on["/data"] = lambda asked: Reply({"data": [{"pemohon": {"id": asked.params["hari"]}}]})
    one = rest_dataset(
        {"id": "json string", "hari": "json string"},
        {"id": "pemohon.id", "hari": "@hari"},
        params={"hari": "{hari}"},
        each=[{"name": "hari", "days": True}],
        day_format="%d/%m/%Y",
        since="2026-01-01",
    )
    window = Window(NOW - timedelta(days=2), NOW)
    assert [(row["id"], row["hari"]) for row in read(place, one, window)] == [
        ("08/01/2026", "08/01/2026"),
        ("09/01/2026", "09/01/2026"),
        ("10/01/2026", "10/01/2026"),
    ]


def test_one_request_per_value_of_another_dataset(service: OddService, place: Settings) -> None:
    service.on["/pasar"] = lambda _: Reply([{"kode": "P1"}, {"kode": "P2"}, {"kode": "P1"}])
    service.on["/data"] = lambda asked: Reply({"data": [{"id": asked.form["pasar"]}]})
    parent = RestDataset(path="/pasar")
    each = {"name": "pasar", "dataset": "uji.pasar", "column": "kode", "asked": parent, "path": "kode"}
    one = rest_dataset({"id": "json string"}, method="POST", form={"pasar": "{pasar}"}, each=[each])
    assert ids(read(place, one)) == ["P1", "P2"]


def test_the_window_goes_into_the_request_in_the_systems_time(service: OddService, place: Settings) -> None:
    service.on["/data"] = lambda _: Reply({"data": []})
    one = rest_dataset(params={"sejak": "{dari}", "hingga": "{sampai}"}, since="2025-01-01")
    read(place, one, Window(NOW - timedelta(hours=1), NOW))
    read(place, one)
    assert [asked.params for asked in service.asked if asked.path == "/data"] == [
        {"sejak": "2026-01-10T09:00:00", "hingga": "2026-01-10T10:00:00"},
        {"sejak": "2025-01-01T00:00:00", "hingga": "2026-01-10T10:00:00"},
    ]


def test_the_digest_follows_the_rows_not_the_pages(service: OddService, place: Settings) -> None:
    found = []
    for size in (2, 7):
        service.on["/data"] = paged(ROWS, size)
        digest = ContentDigest()
        with open_rest(place, rest_system()) as snapshot:
            list(snapshot.read(snapshot.prepare(rest_dataset(page=NUMBERED | {"size": size})), None, digest))
        found.append(digest.hexdigest())
    assert found[0] == found[1]


# -- pages

CURSOR = {"style": "cursor", "param": "sesudah", "next_path": "lanjut", "size_param": "per", "size": 3}


def by_cursor(asked: Asked) -> Reply:
    first = int(asked.params.get("sesudah", "0"))
    following = first + 3 if first + 3 < len(ROWS) else None
    return Reply({"data": ROWS[first : first + 3], "lanjut": following})


def by_offset(asked: Asked) -> Reply:
    first = int(asked.params["mulai"])
    return Reply({"data": ROWS[first : first + 3], "jumlah": len(ROWS)})


def by_link(asked: Asked) -> Reply:
    first = int(asked.params.get("mulai", "0"))
    more = first + 3 < len(ROWS)
    return Reply(
        {"data": ROWS[first : first + 3]},
        headers={"Link": f'</data?mulai={first + 3}>; rel="next", </data>; rel="first"'} if more else {},
    )


def by_link_inside(asked: Asked) -> Reply:
    first = int(asked.params.get("mulai", "0"))
    more = first + 3 < len(ROWS)
    return Reply({"data": ROWS[first : first + 3], "tautan": {"lanjut": f"/data?mulai={first + 3}" if more else None}})


PAGES: list[tuple[str, Callable[[Asked], Reply], dict[str, Any]]] = [
    ("number", paged(ROWS, 3), NUMBERED),
    ("number, with a total", paged(ROWS, 3, jumlah=7), NUMBERED | {"total_path": "jumlah"}),
    (
        "number, from 0",
        lambda a: paged(ROWS, 3)(Asked("GET", "", {"halaman": str(int(a.params["halaman"]) + 1)}, {}, {})),
        NUMBERED | {"first": 0},
    ),
    ("number, capped below what was asked", paged(ROWS, 2), NUMBERED | {"size": 100}),
    ("offset", by_offset, {"style": "offset", "param": "mulai", "size_param": "per", "size": 3}),
    ("offset, capped", by_offset, {"style": "offset", "param": "mulai", "size_param": "per", "size": 50}),
    (
        "offset, with a total",
        by_offset,
        {"style": "offset", "param": "mulai", "size_param": "per", "size": 3, "total_path": "jumlah"},
    ),
    ("cursor", by_cursor, CURSOR),
    ("link in the header", by_link, {"style": "link"}),
    ("link in the document", by_link_inside, {"style": "link", "next_path": "tautan.lanjut"}),
]


@pytest.mark.parametrize(("behaviour", "page"), [case[1:] for case in PAGES], ids=[case[0] for case in PAGES])
def test_every_row_once_whatever_the_pages(
    service: OddService, place: Settings, behaviour: Callable[[Asked], Reply], page: dict[str, Any]
) -> None:
    service.on["/data"] = behaviour
    assert ids(read(place, rest_dataset(page=page))) == [row["id"] for row in ROWS]


def grows(size: int) -> Callable[[Asked], Reply]:
    """A row comes in at the front after the first answer: the second page repeats one, the last one is pushed out."""
    state = {"rows": list(ROWS), "asked": 0}

    def answer(asked: Asked) -> Reply:
        state["asked"] += 1
        if state["asked"] == 2:
            state["rows"] = [{"id": "A0", "nilai": 0, "aktif": True}, *ROWS]
        return paged(state["rows"], size, jumlah=len(state["rows"]))(asked)

    return answer


def swaps(size: int) -> Callable[[Asked], Reply]:
    """After the first answer a row of its page goes and one comes in at the end: as many rows, one of them missed."""
    state = {"rows": list(ROWS), "asked": 0}

    def answer(asked: Asked) -> Reply:
        state["asked"] += 1
        if state["asked"] == 2:
            state["rows"] = [*ROWS[1:], {"id": "A8", "nilai": 8, "aktif": True}]
        return paged(state["rows"], size, jumlah=len(state["rows"]))(asked)

    return answer


# -- what is refused: behaviour, declaration, error, word in its message

Case = tuple[str, Callable[[Asked], Reply], dict[str, Any], type[SourceError], str]
OK = {"data": ROWS[:1]}
ENVELOPE = {"status_path": "status", "ok_values": ["sukses"]}
COUNTED = {"page": NUMBERED | {"total_path": "jumlah"}}


def says(body: Any = None, **more: Any) -> Callable[[Asked], Reply]:
    """The same reply to everybody."""
    return lambda _: Reply(body, **more)


BAD: list[Case] = [
    ("a page moves while we page", grows(3), {"page": NUMBERED}, SourceChanged, "berubah"),
    ("a row goes and another comes, on two pages", swaps(4), COUNTED, SourceChanged, "halaman pertama"),
    ("a row goes and another comes, on three pages", swaps(3), COUNTED, SourceChanged, "halaman pertama"),
    ("the total changes", grows(3), COUNTED, SourceChanged, "jumlah baris berubah"),
    (
        "the total is more than the rows",
        paged(ROWS, 3, jumlah=9),
        COUNTED,
        SourceChanged,
        "menyebut 9 baris, terbaca 7",
    ),
    ("the total is no number", paged(ROWS, 3, jumlah="banyak"), COUNTED, DatasetStopped, "jumlah baris"),
    ("the total is missing", paged(ROWS, 3), COUNTED, DatasetStopped, "jumlah baris"),
    (
        "a cursor that comes back",
        says({"data": ROWS[:1], "lanjut": "x"}),
        {"page": CURSOR},
        SourceError,
        "menunjuk kembali",
    ),
    (
        "a link to itself",
        says(OK, headers={"Link": "</data?a=1>; rel=next"}),
        {"page": {"style": "link"}},
        SourceError,
        "menunjuk kembali",
    ),
    (
        "a link to another host",
        says(OK, headers={"Link": "<http://10.0.0.1/data>; rel=next"}),
        {"page": {"style": "link"}},
        SourceError,
        "10.0.0.1 tidak dikirim",
    ),
    (
        "a link to another scheme",
        says(OK, headers={"Link": "<ftp://127.0.0.1/data>; rel=next"}),
        {"page": {"style": "link"}},
        SourceError,
        "tidak dikirim",
    ),
    (
        "a redirect",
        says({}, status=302, headers={"Location": "http://evil.example.invalid/data"}),
        {},
        SourceError,
        "mengalihkan ke evil.example.invalid",
    ),
    ("a redirect to itself", says({}, status=301, headers={"Location": "/data"}), {}, SourceError, "mengalihkan"),
    (
        "200 with an error inside",
        says({"status": "gagal", "pesan": "basis data mati", "data": ROWS}),
        ENVELOPE | {"error_path": "pesan"},
        SourceError,
        "basis data mati",
    ),
    ("200 without the promised status", says({"data": ROWS}), ENVELOPE, SourceError, "status tidak ada"),
    (
        "200 with a status of another kind",
        says({"status": 0, "data": ROWS}),
        {"status_path": "status", "ok_values": ["1"]},
        SourceError,
        "'0'",
    ),
    (
        "an error with a NIK in it",
        says({"status": "x", "pesan": "NIK 3515010101010001 ganda"}),
        ENVELOPE | {"error_path": "pesan"},
        SourceError,
        "NIK [16 angka] ganda",
    ),
    (
        "a page of HTML",
        says(b"<html>Masuk</html>", headers={"Content-Type": "text/html"}),
        {},
        SourceError,
        "text/html",
    ),
    ("an empty answer", says(b""), {}, SourceError, "bukan JSON"),
    ("204 without a body", says(raw=b"HTTP/1.1 204 No Content\r\n\r\n"), {}, SourceError, "bukan JSON"),
    ("half a document", says(b'{"data": [{"id": "1"'), {}, SourceError, "bukan JSON"),
    ("two documents", says(b'{"data": []}{"data": []}'), {}, SourceError, "bukan JSON"),
    ("latin-1", says('{"data": [{"id": "é"}]}'.encode("latin-1")), {}, SourceError, "bukan UTF-8"),
    ("a key twice in a row", says(b'{"data": [{"id": "1", "id": "2"}]}'), {}, SourceError, "dua kali"),
    ("nested without end", says(b"[" * 100_000), {}, SourceError, "terlalu dalam"),
    (
        "no list where the rows belong",
        says({"data": {"id": "1"}}),
        {},
        DatasetStopped,
        "tidak memuat daftar baris di data",
    ),
    ("the rows are elsewhere", says({"hasil": ROWS}), {}, DatasetStopped, "tidak memuat daftar baris di data"),
    ("a row that is no object", says({"data": [*ROWS, "habis"]}), {}, DatasetStopped, "baris ke-8 bukan objek"),
    (
        "a list in place of a value",
        says({"data": [ROWS[0] | {"nilai": [1, 2]}]}),
        {},
        DatasetStopped,
        "kunci nilai pada baris ke-1",
    ),
    (
        "a renamed key",
        says({"data": [{"id": "1", "harga": 3, "aktif": True}]}),
        {},
        DatasetStopped,
        "kunci nilai (kolom nilai) tidak ada di jawaban; kunci yang tidak dikenal: harga",
    ),
    (
        "numbers become strings",
        says({"data": [{"id": "1", "nilai": "3", "aktif": True}]}),
        {},
        DatasetStopped,
        "berisi string, bukan number",
    ),
    (
        "strings become numbers",
        says({"data": [{"id": 1, "nilai": 3, "aktif": True}]}),
        {},
        DatasetStopped,
        "berisi number, bukan string",
    ),
    ("404", says({}, status=404), {}, DatasetStopped, "tidak ada lagi"),
    ("410", says({}, status=410), {}, DatasetStopped, "tidak ada lagi"),
    ("405", says({}, status=405), {}, DatasetStopped, "tidak ada lagi"),
    ("400", says({"pesan": "tanggal salah"}, status=400), {}, SourceError, "HTTP 400"),
    ("422", says({}, status=422), {}, SourceError, "HTTP 422"),
    ("401", says({}, status=401), {}, SourceRefused, "source_uji_credentials"),
    ("403", says({}, status=403), {}, SourceRefused, "akun Lumbung ditolak"),
    ("500 all the time", says({}, status=500), {}, SourceBusy, "HTTP 500"),
    ("503 all the time", says({}, status=503, headers={"Retry-After": "0"}), {}, SourceBusy, "HTTP 503"),
    (
        "429 for longer than we wait",
        says({}, status=429, headers={"Retry-After": "3600"}),
        {},
        SourceBusy,
        "3600 detik",
    ),
    ("the connection breaks in the answer", says({"data": ROWS}, cut=20), {}, SourceUnavailable, "sambungan"),
    ("the connection breaks before it", says(raw=b""), {}, SourceUnavailable, "sambungan"),
    ("no HTTP at all", says(raw=b"+OK POP3 ready\r\n"), {}, SourceUnavailable, "sambungan"),
    ("gzip that is none", says({"data": []}, headers={"Content-Encoding": "gzip"}), {}, SourceUnavailable, "sambungan"),
    ("an answer that drips", says({"data": ROWS}, drip=0.2), {}, SourceUnavailable, "tidak menjawab sampai selesai"),
    ("an answer beyond the limit", says(b'{"data": [' + b" " * (2 << 20) + b"]}"), {}, SourceError, "melebihi 1 MiB"),
]


@pytest.mark.parametrize("case", BAD, ids=[case[0] for case in BAD])
def test_bad_behaviour_has_its_declared_outcome(service: OddService, place: Settings, case: Case) -> None:
    _, behaviour, asked, error, word = case
    service.on["/data"] = behaviour
    limits = {"answer_mb": 1, "request_s": 1}
    with pytest.raises(SourceError) as caught:
        read(place, rest_dataset(**asked), **limits)
    assert type(caught.value) is error or error is SourceBusy
    assert isinstance(caught.value, error)
    assert word in str(caught.value)
    assert "rahasia sekali" not in str(caught.value)


def test_a_bomb_is_not_unpacked(service: OddService, place: Settings) -> None:
    import gzip

    bomb = gzip.compress(b"[" + b" " * (64 << 20) + b"]")
    service.on["/data"] = lambda _: Reply(bomb, headers={"Content-Encoding": "gzip"})
    with pytest.raises(SourceError, match="melebihi 1 MiB"):
        read(place, rest_dataset(), answer_mb=1)


@pytest.mark.parametrize("trouble", [503, 429, 500, 408])
def test_a_busy_service_is_asked_again(service: OddService, place: Settings, trouble: int) -> None:
    service.on["/data"] = replies(Reply({}, status=trouble, headers={"Retry-After": "0"}), Reply(OK))
    assert ids(read(place, rest_dataset())) == ["A1"]


def test_a_broken_answer_is_asked_for_again(service: OddService, place: Settings) -> None:
    service.on["/data"] = replies(Reply(OK, cut=10), Reply(OK))
    assert ids(read(place, rest_dataset())) == ["A1"]


def test_a_refusal_is_not_asked_again(service: OddService, place: Settings) -> None:
    service.on["/data"] = lambda _: Reply({}, status=403)
    with pytest.raises(SourceRefused):
        read(place, rest_dataset(), attempts=4)
    assert service.times("/data") == 1


def test_what_is_new_or_missing_here_and_there_is_said(service: OddService, place: Settings) -> None:
    rows = [ROWS[0] | {"catatan": "x"}, {"id": "B", "nilai": "3"}]
    service.on["/data"] = lambda _: Reply({"data": rows})
    one = rest_dataset()
    with open_rest(place, rest_system()) as snapshot:
        read_rows = [
            row for _, batch in snapshot.read(snapshot.prepare(one), None, ContentDigest()) for row in batch.to_pylist()
        ]
        remarks = snapshot.remarks(one)
    assert read_rows[1] == {"id": "B", "nilai": "3", "aktif": None, "_nilai": None}
    assert [remark.split(";")[0] for remark in remarks] == [
        "kunci baru catatan di jawaban layanan belum ada di kontrak",
        "kunci nilai bukan number pada 1 dari 2 baris",
        "kunci aktif tidak ada pada 1 dari 2 baris",
    ]


GOOD = {"id": "A1", "nilai": 1, "aktif": True}
STOPS: list[tuple[str, list[dict[str, Any]], str]] = [
    ("dropped", [{"id": "A1", "aktif": True}], "kunci nilai (kolom nilai) tidak ada di jawaban"),
    ("the key column is dropped", [{"nilai": 1, "aktif": True}], "kunci id (kolom id) tidak ada di jawaban"),
    ("two are dropped", [{"id": "A1"}], "kunci aktif (kolom aktif) tidak ada di jawaban"),
    ("renamed", [{"id": "A1", "Nilai": 1, "aktif": True}], "kunci yang tidak dikenal: Nilai"),
    (
        "renamed in every row",
        [{"id": "A1", "nilai_baru": n, "aktif": True} for n in (1, 2)],
        "tidak dikenal: nilai_baru",
    ),
    ("moved below another key", [{"id": "A1", "isi": {"nilai": 1}, "aktif": True}], "kunci yang tidak dikenal: isi"),
    ("number to string", [GOOD | {"nilai": "1"}], "kunci nilai (kolom nilai) berisi string, bukan number"),
    ("number to boolean", [GOOD | {"nilai": True}], "kunci nilai (kolom nilai) berisi boolean, bukan number"),
    ("string to number", [GOOD | {"id": 7}], "kunci id (kolom id) berisi number, bukan string"),
    ("boolean to number", [GOOD | {"aktif": 1}], "kunci aktif (kolom aktif) berisi number, bukan boolean"),
    ("boolean to string", [GOOD | {"aktif": "ya"}], "kunci aktif (kolom aktif) berisi string, bukan boolean"),
    ("value to list", [GOOD | {"nilai": [1]}], "kunci nilai pada baris ke-1 berisi daftar atau objek"),
    ("value to object", [GOOD | {"nilai": {"rp": 1}}], "kunci nilai pada baris ke-1 berisi daftar atau objek"),
    ("a later row to list", [GOOD, GOOD | {"id": "A2", "nilai": []}], "kunci nilai pada baris ke-2 berisi daftar"),
    ("renamed, the old key stays empty", [GOOD | {"nilai": None, "harga": 1} | {"aktif": "1"}], "kolom aktif"),
]
"""Drift that would lose values or change them: what the rows are, what is said. Nothing is read."""


@pytest.mark.parametrize(("rows", "word"), [case[1:] for case in STOPS], ids=[case[0] for case in STOPS])
def test_drift_that_would_cost_values_stops_the_dataset(
    service: OddService, place: Settings, rows: list[dict[str, Any]], word: str
) -> None:
    service.on["/data"] = lambda _: Reply({"data": rows})
    with pytest.raises(DatasetStopped) as caught:
        read(place, rest_dataset())
    assert word in str(caught.value)


GOES_ON: list[tuple[str, list[dict[str, Any]], list[tuple[str | None, ...]], list[str]]] = [
    ("as declared", [GOOD], [("A1", "1", "true")], []),
    ("reordered", [dict(reversed(GOOD.items()))], [("A1", "1", "true")], []),
    ("added", [GOOD | {"baru": 5}], [("A1", "1", "true")], ["kunci baru baru di jawaban"]),
    ("an object is added", [GOOD | {"isi": {"a": [1]}}], [("A1", "1", "true")], ["kunci baru isi di jawaban"]),
    ("empty everywhere", [GOOD | {"nilai": None}], [("A1", None, "true")], []),
    (
        "dropped in one row",
        [GOOD, {"id": "A2", "nilai": 2}],
        [("A1", "1", "true"), ("A2", "2", None)],
        ["kunci aktif tidak ada pada 1 dari 2 baris"],
    ),
    (
        "retyped in one row",
        [GOOD, GOOD | {"id": "A2", "nilai": "dua"}],
        [("A1", "1", "true"), ("A2", "dua", "true")],
        ["kunci nilai bukan number pada 1 dari 2 baris"],
    ),
    ("whole to fraction", [GOOD | {"nilai": 1.5}], [("A1", "1.5", "true")], []),
    ("no rows", [], [], []),
]
"""Drift that costs nothing: what the rows are, what is read, what is said."""


@pytest.mark.parametrize(("rows", "values", "said"), [case[1:] for case in GOES_ON], ids=[case[0] for case in GOES_ON])
def test_drift_that_costs_nothing_goes_on_and_is_said(
    service: OddService,
    place: Settings,
    rows: list[dict[str, Any]],
    values: list[tuple[str | None, ...]],
    said: list[str],
) -> None:
    service.on["/data"] = lambda _: Reply({"data": rows})
    one = rest_dataset()
    with open_rest(place, rest_system()) as snapshot:
        batches = list(snapshot.read(snapshot.prepare(one), None, ContentDigest()))
        remarks = snapshot.remarks(one)
    assert [(row["id"], row["nilai"], row["aktif"]) for _, batch in batches for row in batch.to_pylist()] == values
    assert len(remarks) == len(said)
    assert all(remark.startswith(word) for remark, word in zip(remarks, said, strict=True))


def test_drift_is_seen_before_reading(service: OddService, place: Settings, tmp_path: Path) -> None:
    service.on["/data"] = lambda _: Reply({"data": [{"id": "1", "harga": 3, "aktif": True}]})
    with open_rest(place, rest_system()) as snapshot:
        drift = snapshot.drift(rest_dataset(), tmp_path)
    assert "kunci nilai (kolom nilai) tidak ada di jawaban" in drift.errors[0]


# -- who we are


def tokens(lifetime: int = 3600) -> Callable[[Asked], Reply]:
    number = iter(range(1, 100))
    return lambda _: Reply({"access_token": f"T{next(number)}", "token_type": "Bearer", "expires_in": lifetime})


OAUTH = {"kind": "oauth2", "token_path": "/token"}


@pytest.mark.parametrize("client_auth", ["basic", "form"])
def test_a_token_by_client_credentials(service: OddService, place: Settings, client_auth: str) -> None:
    service.on |= {"/token": tokens(), "/data": paged(ROWS, 3)}
    read(place, rest_dataset(page=NUMBERED), auth=OAUTH | {"client_auth": client_auth, "scope": "baca"})
    asked = next(asked for asked in service.asked if asked.path == "/token")
    assert (asked.method, asked.form["grant_type"], asked.form["scope"]) == ("POST", "client_credentials", "baca")
    if client_auth == "basic":
        assert base64.b64decode(asked.headers["Authorization"].removeprefix("Basic ")).decode() == CREDENTIALS
        assert "client_secret" not in asked.form
    else:
        assert (asked.form["client_id"], asked.form["client_secret"]) == tuple(CREDENTIALS.split(":"))
    assert service.times("/token") == 1
    assert {a.headers["Authorization"] for a in service.asked if a.path == "/data"} == {"Bearer T1"}


def test_a_token_is_replaced_before_its_end(service: OddService, place: Settings) -> None:
    service.on |= {"/token": tokens(lifetime=20), "/data": paged(ROWS, 3)}
    read(place, rest_dataset(page=NUMBERED), auth=OAUTH | {"early_s": 30})
    used = [a.headers["Authorization"] for a in service.asked if a.path == "/data"]
    assert len(set(used)) == len(used) == 5  # three pages, the empty one, the first once more: each with a fresh token


def test_a_token_that_is_not_taken_any_more_is_replaced_once(service: OddService, place: Settings) -> None:
    service.on["/token"] = tokens()
    service.on["/data"] = lambda a: Reply(OK) if a.headers["Authorization"] == "Bearer T2" else Reply({}, status=401)
    service.on["/jam"] = lambda _: Reply({"waktu": CLOCK})
    assert ids(read(place, rest_dataset(), auth=OAUTH)) == ["A1"]
    service.on["/data"] = lambda _: Reply({}, status=401)
    before = service.times("/data")
    with pytest.raises(SourceRefused, match="source_uji_credentials"):
        read(place, rest_dataset(), auth=OAUTH)
    assert service.times("/data") - before == 2


TOKEN_TROUBLE = [
    ("refused", Reply({"error": "invalid_client"}, status=401), SourceRefused),
    ("no token in it", Reply({"token_type": "Bearer"}), SourceRefused),
    ("no JSON", Reply(b"<html>", headers={"Content-Type": "text/html"}), SourceRefused),
    ("a list", Reply([]), SourceRefused),
    ("busy", Reply({}, status=503), SourceBusy),
    ("gone", Reply(raw=b""), SourceUnavailable),
    ("a redirect", Reply({}, status=302, headers={"Location": "http://evil.example.invalid/"}), SourceRefused),
]


@pytest.mark.parametrize(
    ("reply", "error"), [case[1:] for case in TOKEN_TROUBLE], ids=[case[0] for case in TOKEN_TROUBLE]
)
def test_no_token_is_said_without_the_secret(
    service: OddService, place: Settings, reply: Reply, error: type[SourceError]
) -> None:
    service.on |= {"/token": lambda _: reply, "/data": lambda _: Reply(OK)}
    with pytest.raises(error) as caught:
        read(place, rest_dataset(), auth=OAUTH)
    assert "rahasia sekali" not in str(caught.value)
    assert not service.times("/data")


@pytest.mark.parametrize(
    ("auth", "header", "value"),
    [
        ({"kind": "basic"}, "Authorization", "Basic " + base64.b64encode(CREDENTIALS.encode()).decode()),
        ({"kind": "token", "header": "X-Api-Key"}, "X-Api-Key", CREDENTIALS),
        ({"kind": "token", "prefix": "Token "}, "Authorization", f"Token {CREDENTIALS}"),
        (OAUTH | {"header": "X-Token", "prefix": ""}, "X-Token", "T1"),
    ],
    ids=["basic", "a header of its own", "a prefix of its own", "oauth2 in a header of its own"],
)
def test_other_ways_to_say_who_we_are(
    service: OddService, place: Settings, auth: dict[str, Any], header: str, value: str
) -> None:
    service.on |= {"/token": tokens(), "/data": lambda _: Reply(OK)}
    read(place, rest_dataset(), auth=auth)
    assert [a.headers[header] for a in service.asked if a.path == "/data"] == [value]


@pytest.mark.parametrize("content", ["", "tanpa-titik-dua", ":x", "x:"])
def test_credentials_that_cannot_be_right_are_said(place: Settings, content: str) -> None:
    place.secret_file("source_uji_credentials").write_text(content)
    with pytest.raises(Exception, match="source_uji_credentials"):
        read(place, rest_dataset(), auth=OAUTH)


# -- the clock


def test_the_clock_may_be_the_header_date(service: OddService, place: Settings) -> None:
    service.on["/"] = lambda _: Reply({}, headers={"Date": "Sat, 10 Jan 2026 03:00:00 GMT"})
    with open_rest(place, rest_system(clock={"header": "Date"})) as snapshot:
        assert snapshot.clock == NOW


@pytest.mark.parametrize("said", [{}, {"waktu": None}, {"waktu": "kemarin"}, {"waktu": {"a": 1}}, []])
def test_a_clock_that_tells_no_time_is_said(service: OddService, place: Settings, said: Any) -> None:
    service.on["/jam"] = lambda _: Reply(json.loads(json.dumps(said)))
    with pytest.raises(SourceError, match=r"rest\.clock"), open_rest(place, rest_system()):
        pass


def test_nobody_there(place: Settings) -> None:
    place.secret_file("source_uji_url").write_text("http://127.0.0.1:1")
    with pytest.raises(SourceUnavailable, match="sambungan"), open_rest(place, rest_system(attempts=1)):
        pass


def test_a_base_address_that_is_not_declared(place: Settings) -> None:
    with (
        pytest.raises(SourceError, match="tidak dikirim"),
        open_rest(place, rest_system(hosts=("ptsp.example.invalid",))),
    ):
        pass
