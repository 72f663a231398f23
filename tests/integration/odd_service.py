"""A real HTTP service whose answers a test writes itself, well-behaved or not, down to the bytes on the wire."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

CLOCK = "2026-01-10T10:00:00"


@dataclass
class Asked:
    """A request as the service saw it; of several values of a parameter the last one."""

    method: str
    path: str
    params: dict[str, str]
    form: dict[str, str]
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass
class Reply:
    """What the service says. `raw`: bytes put on the wire as they are, in place of everything else.

    `cut`: close the connection after so many bytes of the body, though more were promised. `drip`: seconds between
    the body's bytes.
    """

    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    cut: int | None = None
    drip: float | None = None


Behaviour = Callable[[Asked], Reply]


class OddService:
    """The service: `on[path]` answers; `asked` keeps what came. `/jam` tells the time unless a test says otherwise."""

    def __init__(self) -> None:
        self.on: dict[str, Behaviour] = {"/jam": lambda _: Reply({"waktu": CLOCK})}
        self.asked: list[Asked] = []
        self.url = ""

    def times(self, path: str) -> int:
        """How often a path was asked for."""
        return sum(asked.path == path for asked in self.asked)


def replies(*several: Reply) -> Behaviour:
    """One reply after the other; the last one from then on."""
    left = list(several)
    return lambda _: left.pop(0) if len(left) > 1 else left[0]


@contextmanager
def odd_service() -> Iterator[OddService]:
    """The service on a free port of loopback."""
    service = OddService()
    stopping = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self._answer()

        def _answer(self) -> None:
            parts = urlsplit(self.path)
            sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            asked = Asked(self.command, parts.path, _last(parts.query), _last(sent.decode()), self.headers, sent)
            service.asked.append(asked)
            behaviour = service.on.get(parts.path)
            reply = behaviour(asked) if behaviour else Reply({"pesan": "tidak ada"}, status=404)
            self._say(reply)

        def _say(self, reply: Reply) -> None:
            if reply.raw is not None:
                self.wfile.write(reply.raw)
                self.close_connection = True
                return
            body = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
            self.send_response_only(reply.status)
            headers = {"Content-Type": "application/json", "Content-Length": str(len(body))} | reply.headers
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            if reply.cut is not None:
                self.wfile.write(body[: reply.cut])
                self.wfile.flush()
                self.connection.shutdown(socket.SHUT_RDWR)
                self.close_connection = True
            elif reply.drip is not None:
                for byte in body:
                    if stopping.wait(reply.drip):
                        return
                    self.wfile.write(bytes([byte]))
                    self.wfile.flush()
            else:
                self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """A client that leaves a slow answer is no error of the service."""

    with Server(("127.0.0.1", 0), Handler) as server:
        service.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield service
        finally:
            stopping.set()
            server.shutdown()
            thread.join()


def _last(query: str) -> dict[str, str]:
    return {name: values[-1] for name, values in parse_qs(query, keep_blank_values=True).items()}
