"""A PostgreSQL server of the benchmark's own, from the wheel that the platform uses: loopback, thrown away after."""

from __future__ import annotations

import secrets
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_fixed

from lumbung.settings import HOST
from runtime.files import postgresql_bin

_OPTIONS = {
    "shared_buffers": "256MB",  # the read is measured, not the disk: a department's server has its table in memory too
    "max_wal_size": "1GB",
    "fsync": "off",  # thrown away at the end; only the loading is written
    "jit": "off",
    "timezone": "Asia/Jakarta",
    "unix_socket_directories": "",
    "listen_addresses": HOST,
}


@dataclass(frozen=True, slots=True)
class Source:
    """Where the server answers. `url` holds the password of a throw-away server on loopback."""

    port: int
    password: str

    @property
    def url(self) -> str:
        """libpq URL of the owner."""
        return f"postgresql://postgres:{self.password}@{HOST}:{self.port}/postgres"


@contextmanager
def source(folder: Path) -> Iterator[Source]:
    """A fresh server whose data lie in `folder`; stopped when the block ends."""
    folder.mkdir(parents=True, exist_ok=True)
    password = secrets.token_hex(16)
    (folder / "password").write_text(password, encoding="utf-8")
    command = [postgresql_bin("initdb"), "-D", str(folder / "data"), "-U", "postgres", "--auth=scram-sha-256"]
    command += ["--encoding=UTF8", "--locale=C.UTF-8", f"--pwfile={folder / 'password'}"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    found = Source(_free_port(), password)
    options = [part for key, value in _OPTIONS.items() for part in ("-c", f"{key}={value}")]
    command = [postgresql_bin("postgres"), "-D", str(folder / "data"), "-p", str(found.port), *options]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            for attempt in Retrying(
                retry=retry_if_exception_type(psycopg.OperationalError),
                stop=stop_after_delay(60),
                wait=wait_fixed(0.1),
                reraise=True,
            ):
                with attempt, psycopg.connect(found.url, connect_timeout=5):
                    pass
            yield found
        finally:
            process.terminate()
            process.wait(60)


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        return int(taken.getsockname()[1])
