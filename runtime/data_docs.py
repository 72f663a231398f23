"""The Data Docs server: static pages of the validation's results, on loopback, without folder listings.

`/metrics` beside them is what `bin/lumbung metrics` prints, counted when it is asked for.
"""

import sys
import urllib.request
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from lumbung.settings import HOST, Settings
from runtime.files import env_bin, write
from runtime.service import Service, Unhealthy

ALIVE = "alive.txt"


class DataDocsHandler(SimpleHTTPRequestHandler):
    """Files of one folder; a folder without an index page is not listed."""

    def do_GET(self) -> None:
        """A page, or the metrics."""
        if self.path == "/metrics":
            self._metrics()
        else:
            super().do_GET()

    def _metrics(self) -> None:
        from lumbung.ops.metrics import CONTENT_TYPE, text

        try:
            body = text().encode()
        except Exception as error:  # the scraper sees that there is no answer; the reason goes into the log
            self.log_error("metrics: %s", type(error).__name__)
            self.send_error(HTTPStatus.SERVICE_UNAVAILABLE, "No metrics now")
            return
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", CONTENT_TYPE)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def list_directory(self, path: object) -> None:
        """Refuse to list."""
        self.send_error(HTTPStatus.NOT_FOUND, "No page here")

    def log_message(self, format: str, *args: object) -> None:
        """Only errors are worth a log line."""
        if len(args) > 1 and str(args[1])[:1] in "45":
            super().log_message(format, *args)


def prepare(settings: Settings) -> None:
    """Create the folder and the file that the health check reads."""
    write(settings.data_docs / ALIVE, "lumbung\n")


def service(settings: Settings) -> Service:
    """The server as a supervised service; healthy when it serves a file."""

    def health() -> None:
        with urllib.request.urlopen(f"{settings.data_docs_url}/{ALIVE}", timeout=3) as answer:  # noqa: S310 - own http address
            if answer.read() != b"lumbung\n":
                raise Unhealthy("the Data Docs server answers with something else")

    return Service(
        name="data_docs",
        command=[env_bin("python"), "-m", "runtime.data_docs", str(settings.data_docs), str(settings.ports.data_docs)],
        health=health,
        log=settings.logs / "data_docs.log",
        cwd=settings.root,
        memory_mb=settings.memory.data_docs,
        ports={"data_docs": settings.ports.data_docs},
        start_seconds=90,
    )


def main(folder: str, port: str) -> None:
    """Serve `folder` on the loopback address until terminated."""
    handler = partial(DataDocsHandler, directory=str(Path(folder).resolve()))
    ThreadingHTTPServer((HOST, int(port)), handler).serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:3])
