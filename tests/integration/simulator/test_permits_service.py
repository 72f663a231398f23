"""The permits' service as its clients meet it: token, cursor pages, envelope."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from simulator import desk, manifest
from simulator.server import State
from tests.integration.simulator.conftest import LOGIN
from tests.integration.simulator.test_service import asked

WINDOW = {"sejak": "2024-01-01T00:00:00", "hingga": "2026-01-05T06:00:00"}
PERMITS = "/api/permohonan"


def token(base: str, **more: Any) -> httpx.Response:
    """What the service answers to somebody who wants a token."""
    wanted = {"data": {"grant_type": "client_credentials"}, "auth": tuple(LOGIN.split(":")), **more}
    return httpx.post(f"{base}/oauth/token", **wanted)


@pytest.fixture
def base(counter: str) -> str:
    return f"{counter}/ptsp"


@pytest.fixture
def permits(base: str) -> Iterator[httpx.Client]:
    """A client with a token."""
    bearer = {"Authorization": f"Bearer {token(base).json()['access_token']}"}
    with httpx.Client(base_url=base, headers=bearer, timeout=10) as client:
        yield client


def pages(client: httpx.Client, **more: Any) -> list[dict[str, Any]]:
    """All answers of one window, from the first page to the last; a token that is refused on the way is tried again."""
    found: list[dict[str, Any]] = []
    cursor: str | None = None
    while not found or cursor:
        params = {**WINDOW, **more, **({"sesudah": cursor} if cursor else {})}
        answer = asked(client, "GET", PERMITS, params=params)
        if answer.status_code == 401:  # a trouble of the service: the token is as good as before
            continue
        found.append(answer.json())
        cursor = found[-1]["meta"]["lanjut"]
    return found


@pytest.mark.parametrize(
    "wrong",
    [{"auth": ("lumbung", "lain")}, {"auth": None}, {"data": {"grant_type": "password"}}],
    ids=["another secret", "no secret", "another grant"],
)
def test_nobody_else_gets_a_token(base: str, wrong: dict[str, Any]) -> None:
    assert token(base, **wrong).status_code in (400, 401)


def test_the_secret_may_come_in_the_form(base: str) -> None:
    user, secret = LOGIN.split(":")
    form = {"grant_type": "client_credentials", "client_id": user, "client_secret": secret}
    assert token(base, auth=None, data=form).json()["token_type"] == "Bearer"


def test_without_a_token_and_with_one_that_has_expired_nothing_is_told(
    base: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert httpx.get(f"{base}{PERMITS}", params=WINDOW).status_code == 401
    monkeypatch.setattr(desk, "TOKEN_SECONDS", 0)
    granted = token(base).json()
    assert granted["expires_in"] == 0
    late = httpx.get(f"{base}{PERMITS}", params=WINDOW, headers={"Authorization": f"Bearer {granted['access_token']}"})
    assert (late.status_code, late.json()) == (401, {"message": "Unauthorized"})


@pytest.mark.parametrize("limit", [37, 500, 100_000])
def test_every_permit_is_on_one_page(permits: httpx.Client, built: State, limit: int) -> None:
    found = pages(permits, limit=limit)
    rows = [row for page in found for row in page["data"]]
    with built.connect("ptsp") as connection:
        wanted = connection.execute("SELECT pendaftaran_id, kecamatan FROM permohonan_izin").fetchall()
    assert sorted((row["pendaftaran_id"], row["kecamatan"]) for row in rows) == sorted(wanted)
    assert {page["meta"]["jumlah"] for page in found} == {len(wanted)}
    assert max(len(page["data"]) for page in found) <= 500


def test_a_permit_as_the_service_writes_it(permits: httpx.Client) -> None:
    rows = pages(permits)[0]["data"]
    row = next(row for row in rows if row["status"] == "terbit" and row["nib"])
    assert set(row) == {
        "pendaftaran_id", "pemohon", "nib", "kbli", "jenis_izin", "kecamatan", "risiko", "tgl_daftar",
        "d_terima_berkas", "tgl_selesai", "no_surat", "status", "diubah",
    }  # fmt: skip
    assert set(row["pemohon"]) == {"nik", "nama"}
    assert len(row["tgl_daftar"]) == 10 and row["tgl_daftar"][2] == "-"
    assert row["diubah"].endswith("+07:00")


def test_a_window_brings_what_changed_in_it(permits: httpx.Client) -> None:
    whole = [row for page in pages(permits) for row in page["data"]]
    middle = sorted(row["diubah"] for row in whole)[len(whole) // 2]
    later = [row for page in pages(permits, sejak=middle.removesuffix("+07:00")) for row in page["data"]]
    assert sorted(row["diubah"] for row in later) == sorted(row["diubah"] for row in whole if row["diubah"] >= middle)


@pytest.mark.parametrize(
    "params",
    [{"hingga": "2026-01-05T06:00:00"}, {**WINDOW, "sejak": "kemarin"}, {**WINDOW, "sesudah": "rusak"}],
    ids=["no lower bound", "no moment", "no cursor of ours"],
)
def test_an_error_comes_with_status_200(permits: httpx.Client, params: dict[str, str]) -> None:
    answer = asked(permits, "GET", PERMITS, params=params)
    while answer.status_code == 401:
        answer = asked(permits, "GET", PERMITS, params=params)
    assert answer.status_code == 200
    assert answer.json()["status"] == "gagal" and "sejak" in answer.json()["pesan"]


def test_troubles_stand_in_the_manifest_and_the_token_is_refused_now_and_then(
    permits: httpx.Client, built: State
) -> None:
    before = manifest.write(built)["header"]["troubles"]["ptsp"].get("token-ditolak", 0)
    for _ in range(5_000):
        try:
            if permits.get("/waktu").status_code == 401:
                break
        except httpx.RemoteProtocolError:
            continue
    assert manifest.write(built)["header"]["troubles"]["ptsp"]["token-ditolak"] == before + 1
