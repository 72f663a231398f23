"""What a reader takes for silence, and what for a finding."""

from __future__ import annotations

import httpx
import pytest

from lumbung.warehouse.hive import OperationalError, ServerSilentError
from tests.faults import reader
from tests.faults.reader import Public, Seen, Watch
from tests.faults.services import wait_for

ROWS = [{"jenis": "A", "loket": "1", "jumlah": 3}]
FILE = "jenis,loket,jumlah\nA,1,3\n"


@pytest.fixture(autouse=True)
def _without_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "_PAUSE_S", 0.01)


def watched(error: Exception) -> Watch:
    """A reader's watch after it was answered with `error`."""

    def look() -> dict[str, Seen]:
        raise error

    with Watch(look) as watch:
        wait_for(lambda: watch.silent or watch.wrong, "the reader has looked", 5)
    return watch


@pytest.mark.parametrize(
    "error",
    [
        ServerSilentError("HiveServer2 broke the connection or did not answer within the deadline (-)"),
        OperationalError("HiveServer2 at 127.0.0.1:1 refused user insinyur or does not answer (-)"),
        OperationalError("Job aborted: SparkContext was shut down"),
        httpx.ConnectError("refused"),
        ConnectionResetError(),
    ],
    ids=lambda error: f"{type(error).__name__} {error}"[:40],
)
def test_a_server_that_is_down_shows_nothing(error: Exception) -> None:
    assert watched(error).wrong == ""


@pytest.mark.parametrize(
    "told",
    [
        "[TABLE_OR_VIEW_NOT_FOUND] The table or view `mart`.`uji_rekap` cannot be found. SQLSTATE: 42P01",
        "[UNRESOLVED_COLUMN.WITH_SUGGESTION] A column `jumlah` cannot be resolved. SQLSTATE: 42703",
        "org.apache.iceberg.exceptions.NotFoundException: Failed to open input stream for file",
        "[FAILED_READ_FILE.FILE_NOT_EXIST] Encountered error while reading file. SQLSTATE: KD001",
    ],
)
def test_a_table_that_is_not_there_is_a_finding(told: str) -> None:
    assert told in watched(OperationalError(told)).wrong


def portal(file: int, table: int) -> Public:
    """A reader at a portal that answers so for file and table."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.startswith("/lumbung/berkas/"):
            return httpx.Response(file, text=FILE)
        return httpx.Response(table, json={"result": {"records": ROWS}})

    public = Public("id")
    public.http = httpx.Client(base_url="http://portal", transport=httpx.MockTransport(answer))
    return public


def test_file_and_table_of_one_content_look_the_same() -> None:
    seen = portal(200, 200).look()
    assert seen["berkas"] == seen["tabel"]


@pytest.mark.parametrize(("file", "table", "seen"), [(503, 200, {"tabel"}), (200, 500, {"berkas"}), (502, 503, set())])
def test_a_portal_that_cannot_answer_shows_nothing(file: int, table: int, seen: set[str]) -> None:
    assert portal(file, table).look().keys() == seen


@pytest.mark.parametrize(("file", "table"), [(404, 200), (200, 404), (200, 409), (200, 403)])
def test_a_publication_that_is_not_there_is_a_finding(file: int, table: int) -> None:
    with Watch(portal(file, table).look) as watch:
        wait_for(lambda: watch.looks or watch.wrong, "the reader has looked", 5)
    assert str(max(file, table)) in watch.wrong
