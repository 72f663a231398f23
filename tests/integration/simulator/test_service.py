"""The departments' web services as their clients meet them: login, envelope, troubles."""

from __future__ import annotations

import json
import re
from collections import Counter

import httpx
import pytest

from simulator import manifest
from simulator.server import State
from tests.integration.simulator.conftest import LOGIN


@pytest.fixture
def prices(counter: str) -> httpx.Client:
    """The price board's service with the right key."""
    return httpx.Client(base_url=f"{counter}/harga_pangan", headers={"X-Api-Key": LOGIN}, timeout=10)


def asked(client: httpx.Client, method: str, path: str, **more: object) -> httpx.Response:
    """A request, again while the service gives trouble: as any client must."""
    for _ in range(5):
        try:
            answer = client.request(method, path, **more)  # type: ignore[arg-type]
        except httpx.RemoteProtocolError:
            continue
        if answer.status_code not in (429, 503):
            return answer
    raise AssertionError(f"{path}: trouble five times in a row")


def test_who_has_no_key_gets_nothing(counter: str) -> None:
    for headers in ({}, {"X-Api-Key": "lain"}):
        answer = httpx.get(f"{counter}/harga_pangan/harga/pasar.json", headers=headers)
        assert (answer.status_code, answer.json()) == (401, {"message": "Unauthorized"})
    assert httpx.get(f"{counter}/bukan_dinas/waktu").status_code == 404


def test_the_board_of_a_day_and_market(prices: httpx.Client, built: State) -> None:
    markets = asked(prices, "GET", "/harga/pasar.json").json()
    assert markets["success"] == 1 and len(markets["data"]) == 12
    code = markets["data"][0]["KODE"]
    board = asked(prices, "POST", "/harga/tabel.json", data={"tanggal": "03-12-2025", "pasar": code}).json()["data"]
    with built.connect("harga_pangan") as connection:
        rows = connection.execute(
            "SELECT nama, harga_skrg FROM harga_harian WHERE tanggal = '2025-12-03' AND pasar = %s", [code]
        ).fetchall()
    assert {(row["NAMA"], row["HARGA_SKRG"]) for row in board} == set(rows) and len(board) == len(rows)
    assert {row["TANGGAL"] for row in board} == {"03-12-2025"}
    assert any("." in row["HARGA_SKRG"] for row in board)


def test_an_error_comes_with_status_200(prices: httpx.Client) -> None:
    answer = asked(prices, "POST", "/harga/tabel.json", data={"tanggal": "03-12-2025"})
    assert answer.status_code == 200
    assert answer.json()["success"] == 0 and "pasar" in answer.json()["message"]


def test_the_clock_is_the_departments(prices: httpx.Client, built: State) -> None:
    with built.connect("harga_pangan") as connection:
        now = manifest.clock(connection)
    assert asked(prices, "GET", "/waktu").json() == {"sekarang": now.isoformat()}


def test_every_trouble_stands_in_the_manifest(prices: httpx.Client, built: State) -> None:
    before = Counter(manifest.write(built)["header"]["troubles"]["harga_pangan"])
    met: Counter[str] = Counter()
    while len(met) < 3:
        try:
            answer = prices.get("/waktu")
        except httpx.RemoteProtocolError:
            met["putus"] += 1
            continue
        if answer.status_code == 503:
            assert answer.headers["retry-after"] == "1"
        met.update({503: ["sibuk"], 429: ["terlalu-sering"]}.get(answer.status_code, []))
    noted = Counter(json.loads(built.manifest.read_text())["header"]["troubles"]["harga_pangan"])
    assert noted == before
    after = Counter(manifest.write(built)["header"]["troubles"]["harga_pangan"])
    assert after - before == met


def test_the_hospital_speaks_soap_at_one_address(counter: str, built: State) -> None:
    hospital = httpx.Client(base_url=counter, auth=("lumbung", "rahasia"), timeout=10)
    assert b"AmbilKunjungan" in asked(hospital, "GET", "/simrs?wsdl").content
    envelope = (
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><{0} xmlns="urn:simrs">{1}</{0}>'
        "</s:Body></s:Envelope>"
    )
    window = "<dari>2025-12-01T00:00:00</dari><sampai>2026-01-05T06:00:00</sampai>"
    found: set[str] = set()
    for page in (1, 2, 3):
        text = envelope.format("AmbilRawatInap", f"{window}<halaman>{page}</halaman><jumlah>5</jumlah>")
        answer = asked(hospital, "POST", "/simrs", content=text).text
        found |= set(re.findall(r"<noRawat>(\w+)</noRawat>", answer))
    with built.connect("simrs") as connection:
        rows = connection.execute(
            "SELECT no_rawat FROM rawat_inap WHERE diubah > '2025-12-01' ORDER BY diubah, no_rawat, ctid LIMIT 15"
        ).fetchall()
    assert found == {number for (number,) in rows}
    refused = asked(hospital, "POST", "/simrs", content=envelope.format("HapusSemua", ""))
    assert refused.status_code == 500 and "tidak dikenal" in refused.text
