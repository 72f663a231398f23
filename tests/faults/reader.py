"""Readers who never stop looking, at HiveServer2 and at the portal, and what they saw."""

from __future__ import annotations

import csv
import hashlib
import io
import threading
from collections.abc import Callable
from typing import Final

import httpx

from lumbung.settings import settings
from lumbung.warehouse import iceberg
from lumbung.warehouse.hive import Connection, OperationalError, connect
from lumbung.warehouse.session import session

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


class Watch:
    """A thread that looks again and again; what it saw, in order, without repetitions."""

    def __init__(self, look: Callable[[], dict[str, Seen]]) -> None:
        self._look = look
        self._seen: list[tuple[str, Seen]] = []
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.looks = self.silent = 0

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
            except (OperationalError, httpx.HTTPError, OSError):
                self.silent += 1  # a service that is down shows nothing, which is not half a thing

    def taken(self) -> list[tuple[str, Seen]]:
        """What was seen since the last call."""
        seen, self._seen = self._seen, []
        return list(dict.fromkeys(seen))


class Warehouse:
    """An engineer at HiveServer2."""

    def __init__(self) -> None:
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
            self._connection = connect(door.host, door.port, door.user, password, deadline=_DEADLINE_S)
        cursor = self._connection.cursor()
        cursor.execute(query)
        return tuple(cursor.fetchall()[0])

    def whole_states(self, table: str) -> set[Seen]:
        """Fingerprints of every snapshot in the history of main: the only things that anybody may see."""
        spark = session("gangguan")
        for snapshot in iceberg.ancestry(spark, table, iceberg.current_snapshot(spark, table)):
            if (table, snapshot.id) not in self._snapshots:
                query = LOOKS[table].replace(f"FROM {table}", f"FROM {table} VERSION AS OF {snapshot.id}")
                self._snapshots[table, snapshot.id] = tuple(spark.sql(query).collect()[0])
        return {seen for (name, _), seen in self._snapshots.items() if name == table}


class Public:
    """Anybody at the portal: the file and the table of one public dataset."""

    def __init__(self, resource: str) -> None:
        self.resource = resource
        self.http = httpx.Client(base_url=settings().ckan_url, timeout=_DEADLINE_S)
        self.whole: set[str] = set()

    def look(self) -> dict[str, Seen]:
        """Fingerprints of the newest file and of the table."""
        found: dict[str, Seen] = {}
        file = self.http.get(f"/lumbung/berkas/{self.resource}/terbaru.csv")
        if file.status_code == 200:
            found["berkas"] = (_fingerprint(list(csv.DictReader(io.StringIO(file.text)))),)
        table = self.http.get("/api/3/action/datastore_search", params={"resource_id": self.resource, "limit": 1000})
        if table.status_code == 200:
            found["tabel"] = (_fingerprint(table.json()["result"]["records"]),)
        return found


def _fingerprint(rows: list[dict[str, object]]) -> str:
    """Content of a public table, whatever its form and order."""
    text = sorted("|".join(str(row[name]) for name in ("jenis", "loket", "jumlah")) for row in rows)
    return f"{len(rows)} baris {hashlib.sha256(chr(10).join(text).encode()).hexdigest()[:16]}"
