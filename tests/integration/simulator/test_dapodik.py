"""The simulated Dapodik: a real service that asks for a login and pages whole, and schools that live on."""

from __future__ import annotations

import socket
import threading
from collections import Counter
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import uvicorn

from simulator import manifest
from simulator.advance import advance
from simulator.chance import EPOCH
from simulator.server import State
from simulator.service import application
from simulator.systems import systems
from tests.integration.simulator.conftest import NewState, jump

LOGIN = ("lumbung", "rahasia uji")
PATHS = {"sekolah": "getSekolah", "siswa": "getPesertaDidik", "guru": "getGtk"}
TROUBLED = {503: "sibuk", 429: "terlalu-sering"}
PUPILS = "FROM siswa t WHERE NOT EXISTS (SELECT FROM simulator.cacat c WHERE c.tabel = 'siswa' AND c.kunci = t.nisn)"
LIVING = "FROM biodata_wni WHERE flag_status = '0'"
MISPLACED = """AND t.status = 'AKTIF' AND NOT EXISTS (SELECT FROM sekolah s WHERE s.npsn = t.npsn AND t.tingkat BETWEEN
    CASE WHEN bentuk_pendidikan IN ('SD', 'MI') THEN 1 WHEN bentuk_pendidikan IN ('SMP', 'MTs') THEN 7 ELSE 10 END AND
    CASE WHEN bentuk_pendidikan IN ('SD', 'MI') THEN 6 WHEN bentuk_pendidikan IN ('SMP', 'MTs') THEN 9 ELSE 12 END)"""


@pytest.fixture(scope="module")
def service(built: State) -> Iterator[str]:
    """The departments' server in front of the built sources; its address of Dapodik."""
    for system in systems().values():
        if system.login:
            path = built.folder / "secrets" / f"source_{system.code}_credentials"
            path.write_text("token" if system.login == "token" else ":".join(LOGIN))
    listening = socket.create_server(("127.0.0.1", 0))  # who asks before the server is up waits in its queue
    config = uvicorn.Config(application(built), log_level="critical", access_log=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}/dapodik"
    server.should_exit = True
    thread.join()


class Client:
    """A client that asks again after trouble, and counts what it met."""

    def __init__(self, url: str) -> None:
        self.met: Counter[str] = Counter()
        self._web = httpx.Client(base_url=url, auth=LOGIN, timeout=30)

    def get(self, path: str, **params: object) -> httpx.Response:
        for _ in range(3):
            try:
                answer = self._web.get(path, params=params)
            except httpx.RemoteProtocolError:
                self.met["putus"] += 1
                continue
            if answer.status_code not in TROUBLED:
                return answer
            self.met[TROUBLED[answer.status_code]] += 1
            assert answer.headers["retry-after"] == "1"
        raise AssertionError(f"{path}: three troubles one after the other")

    def rows(self, table: str, limit: int = 500, **params: object) -> list[dict[str, Any]]:
        """All rows of a table, page by page."""
        found: list[dict[str, Any]] = []
        for page in range(1, 10_000):
            answer = self.get(f"/WebService/{PATHS[table]}", page=page, limit=limit, **params).json()
            assert answer["start"] == len(found)
            found += answer["rows"]
            if not answer["rows"] or len(found) >= answer["results"]:
                assert len(found) == answer["results"]
                return found
        raise AssertionError("no end")


@pytest.fixture
def client(service: str) -> Client:
    return Client(service)


@pytest.mark.parametrize("login", [None, ("lumbung", "salah"), ("orang", LOGIN[1])], ids=["none", "secret", "name"])
@pytest.mark.parametrize("path", ["/waktu", "/WebService/getPesertaDidik"])
def test_without_the_login_nothing_is_said(service: str, path: str, login: tuple[str, str] | None) -> None:
    answer = httpx.get(service + path, auth=login)
    assert (answer.status_code, answer.json()) == (401, {"message": "Unauthorized"})


def test_it_tells_the_clock_of_the_source(client: Client) -> None:
    assert client.get("/waktu").json() == {"sekarang": EPOCH.isoformat()}


@pytest.mark.parametrize("table", PATHS)
def test_all_pages_are_the_table(client: Client, built: State, table: str) -> None:
    found = client.rows(table, limit=97)
    with built.connect("dapodik") as connection:
        cursor = connection.execute(f"SELECT * FROM {table}")
        names = [column.name for column in cursor.description or ()]
        wanted = Counter(tuple(None if v is None else str(v) for v in row) for row in cursor)
    assert [list(row) for row in found[:1]] == [names]
    assert Counter(tuple(None if v is None else str(v) for v in row.values()) for row in found) == wanted
    assert len(found) > (97 if table != "sekolah" else 90)


def test_a_window_has_the_rows_changed_in_it(client: Client) -> None:
    whole = client.rows("siswa")
    first, last = "2025-08-01T00:00:00", "2025-09-01T00:00:00"
    inside = [row["nisn"] for row in whole if first <= row["last_update"].replace(" ", "T") <= last]
    assert 0 < len(inside) < len(whole)
    assert sorted(row["nisn"] for row in client.rows("siswa", sejak=first, hingga=last)) == sorted(inside)


@pytest.mark.parametrize(
    "params", [{"page": "x"}, {"page": 0}, {"limit": 0}, {"limit": 1001}, {"sejak": "kemarin"}], ids=str
)
def test_a_question_it_does_not_understand_is_refused(client: Client, params: dict[str, object]) -> None:
    assert client.get("/WebService/getSekolah", **params).status_code == 400


def test_every_trouble_that_a_client_meets_is_in_the_manifest(client: Client, built: State) -> None:
    def noted() -> Counter[str]:
        return Counter(manifest.collect(built)["header"]["troubles"]["dapodik"])

    before = noted()
    while len(client.met) < 3:
        client.get("/WebService/getSekolah", limit=1)
    assert noted() - before == client.met


def test_pupils_are_children_of_the_registry(built: State) -> None:
    with built.connect("dapodik") as connection:
        pupils = connection.execute(f"SELECT t.nik, upper(t.nama), t.tanggal_lahir {PUPILS}").fetchall()
    with built.connect("siak") as connection:
        people = connection.execute(f"SELECT nik, nama_lgkp, tgl_lhr {LIVING}").fetchall()
        children = connection.execute(
            f"SELECT count(*) {LIVING} AND tgl_lhr > '2010-01-05' AND tgl_lhr <= '2019-01-05'"
        ).fetchone()[0]
    strangers = set(pupils) - set(people)
    decoys = [d for d in manifest.collect(built)["decoys"] if d["dataset"] == "dapodik.siswa"]
    assert len(strangers) == len(decoys) == 6
    young = [born for _, _, born in pupils if "2010-01-05" < str(born) <= "2019-01-05"]
    assert len(young) / children == pytest.approx(0.94, abs=0.04)
    assert len({nik for nik, _, _ in pupils}) == len(pupils)


def test_in_july_everybody_goes_up_and_children_of_six_come_in(new_state: NewState, original: State) -> None:
    state = new_state(original)

    def grades() -> Counter[int]:
        with state.connect("dapodik") as connection:
            rows = connection.execute(f"SELECT tingkat, count(*) {PUPILS} AND t.status = 'AKTIF' GROUP BY 1")
            return Counter(dict(rows.fetchall()))

    advance(state, 5, lambda line: None)
    jump(state, "2026-07-12 06:00:00")
    before = grades()
    advance(state, 2, lambda line: None)
    after = grades()
    for grade in set(range(1, 12)) - {9}:
        assert after[grade + 1] == pytest.approx(before[grade], abs=6)
    assert 0.7 * before[9] < after[10] < before[9]
    assert after[1] == pytest.approx(before[1], rel=0.5) and after[1] > 10
    with state.connect("dapodik") as connection:
        misplaced = connection.execute(f"SELECT count(*) {PUPILS} {MISPLACED}").fetchone()[0]
        twice = connection.execute(f"SELECT count(*) - count(DISTINCT t.nik) {PUPILS}").fetchone()[0]
        events = {kind for (kind,) in connection.execute("SELECT isi ->> 'kind' FROM simulator.peristiwa").fetchall()}
    assert (misplaced, twice) == (0, 0)
    assert events <= {"terlambat", "batas", "hapus"}
