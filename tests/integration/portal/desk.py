"""What the portal's tests share: contents whose generation is recognisable, and a publisher's calls."""

import csv
import hashlib
import io
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psycopg
from ckanapi import RemoteCKAN

from lumbung.settings import HOST, Settings

WAIT_SECONDS = 60.0
FIELDS = [
    {"id": "kode", "type": "text", "info": {"label": "Kode", "notes": "Kode wilayah", "unit": ""}},
    {"id": "generasi", "type": "text", "info": {"label": "Generasi", "notes": "Sama di semua baris"}},
    {"id": "jumlah", "type": "integer", "info": {"label": "Jumlah", "notes": "Kosong bila ditahan", "unit": "jiwa"}},
    {"id": "nilai", "type": "numeric(14,2)", "info": {"label": "Nilai", "unit": "rupiah"}},
    {"id": "berlaku", "type": "date", "info": {"label": "Berlaku"}},
]
METADATA = {
    "package": {
        "periode": "Semester I 2025",
        "data_per": "2026-01-31T17:00:00Z",
        "sumber": {"run": "siak-000001", "mart": "penduduk_semester", "batches": ["siak-000001-siak.biodata_wni"]},
        "sel_ditahan": 2,
    },
    "resource": {"sel_ditahan": 2},
}


@dataclass(frozen=True)
class Content:
    """A CSV whose rows all name their generation; two generations differ in every row and in their number."""

    generation: str
    rows: int

    @property
    def body(self) -> bytes:
        lines = [",".join(entry["id"] for entry in FIELDS)]
        for row in range(self.rows):
            counted = "" if row % 7 == 0 else str(row)
            lines.append(f"35.15.{row:06d},{self.generation},{counted},{row}.25,2025-06-{row % 28 + 1:02d}")
        return ("\n".join(lines) + "\n").encode()

    @property
    def version(self) -> str:
        return f"{self.generation}-{self.sha256[:12]}"

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.body).hexdigest()


@dataclass
class Desk:
    """The publisher of one dataset."""

    settings: Settings
    dataset: str
    organization: str
    resource_id: str
    ckan: RemoteCKAN = field(init=False)
    http: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        self.ckan = RemoteCKAN(self.settings.ckan_url, apikey=self.settings.secret("ckan_token"))
        self.http = httpx.Client(base_url=self.settings.ckan_url, timeout=60)

    def create(self) -> None:
        """Organization, dataset and its empty resource."""
        self.ckan.action.organization_create(name=self.organization, title="Dinas Uji Portal")
        self.ckan.action.package_create(
            name=self.dataset, title="Uji pembaruan", notes="Uji.", owner_org=self.organization, license_id="CC-BY-4.0",
            definisi="Uji.", frekuensi="bulanan", produsen_data="Dinas Uji", walidata="Dinas Kominfo",
            kontak_nama="Walidata", kontak_email="data@uji.example",
            resources=[{"id": self.resource_id, "name": "Tabel uji", "format": "CSV"}],
        )  # fmt: skip

    def parameters(self, content: Content, **changed: Any) -> dict[str, Any]:
        """Parameters of a refresh with `content`; `changed` replaces some."""
        told = {
            "resource_id": self.resource_id,
            "version": content.version,
            "sha256": content.sha256,
            "rows": content.rows,
            "fields": FIELDS,
            "primary_key": ["kode"],
            "indexes": ["generasi"],
            "metadata": METADATA,
        }
        return {**told, **changed}

    def refresh(self, content: Content, body: bytes | None = None, **changed: Any) -> dict[str, Any]:
        """Refresh as the publisher; `body` sends other bytes than the content's. Raises ckanapi's errors."""
        sent = {
            key: json.dumps(value) if isinstance(value, (list, dict)) else value
            for key, value in self.parameters(content, **changed).items()
        }
        upload = io.BytesIO(content.body if body is None else body)
        result: dict[str, Any] = self.ckan.call_action("lumbung_refresh", sent, files={"upload": upload})
        return result

    def versions(self) -> dict[str, Any]:
        """The answer of `lumbung_version`."""
        found: dict[str, Any] = self.ckan.action.lumbung_version(resource_id=self.resource_id)
        return found

    def activities(self) -> list[str]:
        """Ids of the dataset's activities."""
        return [one["id"] for one in self.ckan.action.package_activity_list(id=self.dataset, limit=100)]

    def search(self) -> tuple[int, list[Mapping[str, Any]]]:
        """Total and all rows, as an anonymous reader gets them in one answer."""
        answer = self.http.get(
            "/api/3/action/datastore_search", params={"resource_id": self.resource_id, "limit": 32000}
        )
        answer.raise_for_status()
        result = answer.json()["result"]
        return result["total"], result["records"]

    def dump(self, **parameters: str) -> httpx.Response:
        """The table's download."""
        answer = self.http.get(f"/datastore/dump/{self.resource_id}", params=parameters)
        answer.raise_for_status()
        return answer

    def latest(self) -> httpx.Response:
        """The newest file."""
        answer = self.http.get(f"/lumbung/berkas/{self.resource_id}/terbaru.csv")
        answer.raise_for_status()
        return answer

    def holds(self, content: Content) -> None:
        """Assert that file, table and metadata are `content`, wherever a reader looks."""
        told = self.versions()
        assert told["consistent"], told
        for part in ("file", "table", "metadata"):
            assert (told[part]["version"], told[part]["sha256"]) == (content.version, content.sha256), part
        total, records = self.search()
        assert total == len(records) == content.rows
        assert {record["generasi"] for record in records} == {content.generation}
        assert self.latest().content == content.body
        resource = self.ckan.action.resource_show(id=self.resource_id)
        assert httpx.get(resource["url"]).content == content.body
        assert resource["versi"] == content.version

    def database(self, role: str, database: str) -> psycopg.Connection[Any]:
        """A connection as one of the portal's own roles."""
        return psycopg.connect(
            host=HOST, port=self.settings.ports.postgresql, dbname=database, user=role,
            password=self.settings.secret(f"{role}_db_password"),
        )  # fmt: skip

    def workers(self) -> list[int]:
        """Process ids of gunicorn's workers."""
        master = int((self.settings.state / "portal" / "gunicorn.pid").read_text())
        children = Path(f"/proc/{master}/task/{master}/children").read_text().split()
        return [int(pid) for pid in children]

    def answers(self) -> bool:
        """Whether CKAN answers a search."""
        try:
            return self.http.get("/api/3/action/package_search", params={"rows": 0}).is_success
        except httpx.TransportError:
            return False


def rows_of(text: str, delimiter: str = ",") -> list[dict[str, str]]:
    """A dump as dicts."""
    return list(csv.DictReader(io.StringIO(text.lstrip("\ufeff")), delimiter=delimiter))


def wait_for(condition: Callable[[], Any], what: str, seconds: float = WAIT_SECONDS) -> Any:
    """The first true answer of `condition`. Fails naming `what` after `seconds`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(0.02)
    raise AssertionError(f"not within {seconds:.0f} s: {what}")
