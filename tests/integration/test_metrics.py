"""Metrics from a real ledger, over HTTP beside the Data Docs."""

from __future__ import annotations

import re
import threading
import urllib.request
from functools import partial
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest

from lumbung.ledger import Ledger
from lumbung.ledger.base import open_engine
from runtime.data_docs import DataDocsHandler
from tests.integration.ledger_support import fresh_ledger

SAMPLE = re.compile(r'[a-z_]+(?:\{(?:[a-z]+="[^"]*",?)+\})? -?[0-9.e+]+')


def test_metrics_are_counted_from_the_ledger_when_they_are_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with fresh_ledger("metrics") as (ledger, database):
        run = ledger.open_run("siak", "manual", "t", "budi")
        ledger.finish_run(run.id, "failed", "uji")
        ledger.see_alert("uji/sebab", "x", "uji")
        url = database.url("lumbung_app", "postgresql+psycopg")
        monkeypatch.setattr(Ledger, "connect", lambda: Ledger(open_engine(url)))
        server = ThreadingHTTPServer(("127.0.0.1", 0), partial(DataDocsHandler, directory=str(tmp_path)))
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{server.server_address[1]}/metrics", timeout=30) as answer:
                kind, body = answer.headers["Content-Type"], answer.read().decode()
        finally:
            server.shutdown()
            server.server_close()
            thread.join()
    assert kind.startswith("text/plain; version=0.0.4")
    samples = [line for line in body.splitlines() if not line.startswith("#")]
    assert [line for line in samples if not SAMPLE.fullmatch(line)] == []
    assert {'lumbung_run_failed{system="siak"} 1', "lumbung_alerts_open 1"} <= set(samples)
    assert 'lumbung_dataset_late{system="siak",dataset="biodata_wni"} 1' in samples  # never loaded
