"""Readers who never stop looking, at HiveServer2 and at the portal, and what they saw."""

from __future__ import annotations

import csv
import hashlib
import io
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Final

import httpx

from lumbung.settings import settings
from lumbung.warehouse import iceberg
from lumbung.warehouse.hive import Connection, OperationalError, connect
from lumbung.warehouse.session import session
from tests.faults.services import wait_for

Seen = tuple[object, ...]

CURATED: Final = "curated.uji__layanan"
MART: Final = "mart.uji_rekap"
LOOKS: Final = {
    CURATED: "SELECT count(*), count(DISTINCT id), count_if(_dihapus_batch IS NULL), sum(CAST(xxhash64(id, petugas, "
    "loket, jenis, biaya, _batch_id, coalesce(_tertahan_batch, ''), coalesce(_dihapus_batch, ''), "
    "coalesce(_status_petugas, '')) AS DECIMAL(38, 0))) FROM curated.uji__layanan",
    MART: "SELECT count(*), sum(jumlah), sum(CAST(xxhash64(jenis, loket, jumlah, biaya) AS DECIMAL(38, 0))) "
    "FROM mart.uji_rekap",
}
_PAUSE_S: Final = 0.4
_DEADLINE_S: Final = 30.0
_GONE: Final = re.compile(r"NOT_FOUND|NOT_EXIST|NotFoundException|FileNotFound|NoSuch(Table|Object)|SQLSTATE: 42")
"""What HiveServer2 says when a table, a column or a file is not there. Other statements that fail are its 500."""


class Missing(Exception):
    """A reader was told that what was published is not there, or not for him."""


class Watch:
    """A thread that looks again and again; what it saw, in order, without repetitions."""

    def __init__(self, look: Callable[[], dict[str, Seen]]) -> None:
        self._look = look
        self._seen: list[tuple[str, Seen]] = []
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.looks = self.silent = 0
        self.wrong = self.said = ""

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join(2 * _DEADLINE_S)

    def _run(self) -> None:
        while not self._end.wait(_PAUSE_S):
            try:
                for what, seen in self._look().items():
                    if (what, seen) not in self._seen[-4:]:
                        self._seen.append((what, seen))
                self.looks += 1
            except Exception as error:
                down = isinstance(error, (OperationalError, httpx.HTTPError, OSError))
                if not down or _GONE.search(str(error)):
                    self.wrong = f"a reader was answered with {error!r}"
                    return
                self.said = repr(error)
                self.silent += 1  # a service that is down shows nothing, which is not half a thing

    def answered(self) -> None:
        """Wait until the reader is answered once more. Fails with what he was told last."""
        looks = self.looks
        try:
            wait_for(lambda: self.looks > looks or self.wrong, "a reader is answered again")
        except AssertionError as error:
            raise AssertionError(f"{error}; told last: {self.said}") from None

    def taken(self) -> list[tuple[str, Seen]]:
        """What was seen since the last call."""
        seen, self._seen = self._seen, []
        return list(dict.fromkeys(seen))


class Warehouse:
    """An engineer at HiveServer2, or at a `port` before it."""

    def __init__(self, port: int | None = None, deadline: float = _DEADLINE_S) -> None:
        self._port, self._deadline = port, deadline
        self._connection: Connection | None = None
        self._snapshots: dict[tuple[str, int], Seen] = {}

    def look(self) -> dict[str, Seen]:
        """Fingerprint of each table as it stands."""
        try:
            return {table: self._ask(query) for table, query in LOOKS.items()}
        except Exception:
            self._connection = None
            raise

    def _ask(self, query: str) -> Seen:
        if self._connection is None:
            current = settings()
            password = current.secret(current.hive.password_secret)
            door = current.hive
            port = self._port or door.port
            self._connection = connect(door.host, port, door.user, password, deadline=self._deadline)
        cursor = self._connection.cursor()
        cursor.execute(query)
        return tuple(cursor.fetchall()[0])

    def half_states(self, seen: Sequence[tuple[str, Seen]]) -> Iterator[str]:
        """What of all that was seen no snapshot of main ever was."""
        for table in (CURATED, MART):
            whole = self.whole_states(table)
            yield from (
                f"a reader of {table} saw {one}, which no snapshot is"
                for what, one in seen
                if what == table and one not in whole
            )

    def whole_states(self, table: str) -> set[Seen]:
        """Fingerprints of every snapshot that main stood at: the only things that anybody may see."""
        spark = session("gangguan")
        for snapshot in iceberg.history(spark, table):
            if (table, snapshot) not in self._snapshots:
                query = LOOKS[table].replace(f"FROM {table}", f"FROM {table} VERSION AS OF {snapshot}")
                self._snapshots[table, snapshot] = tuple(spark.sql(query).collect()[0])
        return {seen for (name, _), seen in self._snapshots.items() if name == table}


class Public:
    """Anybody at the portal: the file and the table of one dataset that is public already."""

    def __init__(self, resource: str) -> None:
        self.resource = resource
        self.http = httpx.Client(base_url=settings().ckan_url, timeout=_DEADLINE_S)
        self.whole: set[str] = set()

    def look(self) -> dict[str, Seen]:
        """Fingerprints of the newest file and of the table; without what the portal cannot answer. Raises Missing."""
        found: dict[str, Seen] = {}
        if file := self._get(f"/lumbung/berkas/{self.resource}/terbaru.csv"):
            found["berkas"] = (_fingerprint(list(csv.DictReader(io.StringIO(file.text)))),)
        if table := self._get("/api/3/action/datastore_search", resource_id=self.resource, limit=1000):
            found["tabel"] = (_fingerprint(table.json()["result"]["records"]),)
        return found

    def _get(self, path: str, **asked: str | int) -> httpx.Response | None:
        """An answer; None when the portal has none at the moment. What it has published once, it has for ever."""
        answer = self.http.get(path, params=asked)
        if answer.status_code >= 500:
            return None
        if answer.status_code != 200:
            raise Missing(f"GET {path}: {answer.status_code} {answer.text[:200]}")
        return answer


def _fingerprint(rows: list[dict[str, object]]) -> str:
    """Content of a public table, whatever its form and order."""
    text = sorted("|".join(str(row[name]) for name in ("jenis", "loket", "jumlah")) for row in rows)
    return f"{len(rows)} baris {hashlib.sha256(chr(10).join(text).encode()).hexdigest()[:16]}"
