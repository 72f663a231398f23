"""Alerts against receivers of their kind: an HTTP server and an SMTP server, on loopback."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from lumbung.ledger import Ledger
from lumbung.ops.alerts import clear_alert, raise_alert, recovered, trial
from lumbung.settings import Alerts, MissingSecret, Settings, settings
from tests.integration.ledger_support import fresh_ledger


class Web(BaseHTTPRequestHandler):
    """Keeps what is posted; answers with the codes that the test wants, then 200."""

    got: list[dict[str, Any]]
    answers: list[int]

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        code = self.answers.pop(0) if self.answers else 200
        if code == 200:
            self.got.append(body)
        self.send_response(code)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        return


class Mail(socketserver.StreamRequestHandler):
    """The part of RFC 5321 that a client needs to hand over one message."""

    got: list[str]

    def handle(self) -> None:
        self.say("220 uji")
        while line := self.rfile.readline().decode().strip():
            verb = line.split(" ")[0].split(":")[0].upper()
            if verb == "DATA":
                self.say("354 go on")
                lines = []
                while (text := self.rfile.readline().decode().rstrip("\r\n")) != ".":
                    lines.append(text)
                self.got.append("\n".join(lines))
                self.say("250 taken")
            elif verb == "QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 ok")

    def say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


@contextmanager
def served(server: socketserver.BaseServer) -> Iterator[int]:
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]  # type: ignore[misc]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture(scope="module")
def ledger() -> Iterator[Ledger]:
    with fresh_ledger("alerts") as (made, _):
        yield made


@pytest.fixture
def web() -> Iterator[tuple[type[Web], int]]:
    kind = type("Kind", (Web,), {"got": [], "answers": []})
    with served(ThreadingHTTPServer(("127.0.0.1", 0), kind)) as port:
        yield kind, port


@pytest.fixture
def mail() -> Iterator[tuple[type[Mail], int]]:
    kind = type("Kind", (Mail,), {"got": []})
    with served(socketserver.ThreadingTCPServer(("127.0.0.1", 0), kind)) as port:
        yield kind, port


@pytest.fixture
def place(tmp_path: Path, web: tuple[type[Web], int], mail: tuple[type[Mail], int]) -> Settings:
    ways = Alerts(
        webhook=True, smtp_host="127.0.0.1", smtp_port=mail[1], recipients=("jaga@uji.example.invalid",), attempts=2
    )
    data = settings().model_dump() | {"state": tmp_path, "alerts": ways}
    for derived in ("spool", "warehouse", "data_docs", "logs", "secrets"):
        data.pop(derived)
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "alert_webhook_url").write_text(f"http://127.0.0.1:{web[1]}/kait")
    return Settings(**data)


def test_one_alert_per_cause_until_it_changes_and_one_when_it_is_over(
    ledger: Ledger, place: Settings, web: tuple[type[Web], int], mail: tuple[type[Mail], int]
) -> None:
    got, mails = web[0].got, mail[0].got
    for run in (12, 13, 14):
        raise_alert("sistem_siak/land", f"Run siak-{run:06d}: spool hilang, NIK 3515014509900001", ledger, place)
    assert [(one["cause"], one["state"]) for one in got] == [("sistem_siak/land", "gagal")]
    assert "3515014509900001" not in str(got) + str(mails) and "[16 angka]" in got[0]["text"]
    assert len(mails) == 1 and f"Subject: [Lumbung {place.profile}] gagal: sistem_siak/land" in mails[0]
    raise_alert("sistem_siak/land", "Run siak-000015: tidak ada ruang", ledger, place)
    assert len(got) == len(mails) == 2
    raise_alert("sistem_sismiop/land", "Run sismiop-000001: spool hilang", ledger, place)
    assert len(got) == 3
    for _ in range(2):
        clear_alert("sistem_siak/land", ledger, place)
    assert [one["state"] for one in got] == ["gagal", "gagal", "gagal", "pulih"]
    assert [one.cause for one in ledger.open_alerts()] == ["sistem_sismiop/land"]
    raise_alert("sistem_siak/land", "Run siak-000016: tidak ada ruang", ledger, place)
    assert len(got) == 5  # it came back: that is news


def test_what_a_receiver_refuses_is_tried_again_now_and_at_the_next_time(
    ledger: Ledger,
    place: Settings,
    web: tuple[type[Web], int],
    mail: tuple[type[Mail], int],
    caplog: pytest.LogCaptureFixture,
) -> None:
    kind = web[0]
    kind.answers[:] = [500]
    raise_alert("uji/sekali", "gagal", ledger, place)
    assert len(kind.got) == 1  # the second attempt
    kind.answers[:] = [500, 500]
    raise_alert("uji/dua", "gagal", ledger, place)
    assert len(kind.got) == 1 and "webhook did not take it (2 attempts)" in caplog.text
    assert "/kait" not in caplog.text  # the address is a secret
    raise_alert("uji/dua", "gagal", ledger, place)
    assert len(kind.got) == 2
    assert len(mail[0].got) == 2  # e-mail had taken both: not again


def test_a_trial_goes_to_every_channel(
    place: Settings, web: tuple[type[Web], int], mail: tuple[type[Mail], int]
) -> None:
    assert trial(place) == {"webhook": True, "surel": True}
    assert (web[0].got[0]["state"], len(mail[0].got)) == ("uji", 1)
    web[0].answers[:] = [500, 500]
    assert trial(place) == {"webhook": False, "surel": True}


def unreachable() -> Ledger:
    raise MissingSecret("ledger_app_password")


@pytest.mark.parametrize("connects", [True, False], ids=["breaks-later", "not-even-open"])
def test_with_the_ledger_down_the_alert_goes_out_all_the_same(
    place: Settings,
    web: tuple[type[Web], int],
    mail: tuple[type[Mail], int],
    monkeypatch: pytest.MonkeyPatch,
    connects: bool,
) -> None:
    dead = Ledger.connect("postgresql+psycopg://rahasia@127.0.0.1:1/tidak_ada") if connects else None
    monkeypatch.setattr(Ledger, "connect", unreachable)
    for _ in range(2):
        raise_alert("sistem_siak/land", "ledger tidak menjawab", dead, place)
    assert [one["state"] for one in web[0].got] == ["gagal", "gagal"]  # nobody knows that it was sent before
    assert len(mail[0].got) == 2


@pytest.mark.parametrize(
    ("address", "said"),
    [(None, "MissingSecret"), ("http://[rahasia/kait", "InvalidURL"), ("rahasia/kait", "UnsupportedProtocol")],
)
def test_a_channel_that_is_set_up_wrongly_does_not_keep_the_alert_from_the_other(
    ledger: Ledger,
    place: Settings,
    mail: tuple[type[Mail], int],
    caplog: pytest.LogCaptureFixture,
    address: str | None,
    said: str,
) -> None:
    file = place.secret_file("alert_webhook_url")
    file.unlink() if address is None else file.write_text(address)
    raise_alert(f"uji/{said}", "gagal", ledger, place)
    assert len(mail[0].got) == 1
    assert said in caplog.text and "rahasia" not in caplog.text


def test_only_what_succeeded_is_cleared(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Ledger, "connect", lambda: ledger)
    causes = ("kosong_harian/sapu_uji", "kosong_harian/sapu_uji_dua", "kosong_uji/land", "kosong_uji/extract")
    for cause in causes:
        ledger.see_alert(cause, "x", "gagal")

    def still_open() -> set[str]:
        return {one.cause for one in ledger.open_alerts()} & set(causes)

    recovered("kosong_harian/sapu_uji")
    assert still_open() == set(causes[1:])
    recovered("kosong_uji/")
    assert still_open() == {causes[1]}


def test_a_cause_that_comes_back_is_open_since_it_came_back(ledger: Ledger) -> None:
    first = ledger.see_alert("lagi/uji", "x", "gagal")
    assert ledger.see_alert("lagi/uji", "x", "gagal").since == first.since
    ledger.close_alert("lagi/uji")
    again = ledger.see_alert("lagi/uji", "x", "gagal")
    assert again.since > first.since
    assert ledger.see_alert("lagi/uji", "y", "gagal").since == again.since
