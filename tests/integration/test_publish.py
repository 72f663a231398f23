"""Publishing to the real portal and ledger: whole, checked, in one version, and silent when nothing changed."""

from __future__ import annotations

import csv
import io
import secrets
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from uuid import uuid4

import httpx
import pytest
from ckanapi.errors import NotFound

from lumbung.ledger import Ledger
from lumbung.portal import dataset as ids
from lumbung.portal.ckan import Portal, PortalUnavailable
from lumbung.settings import settings
from lumbung.stages import publish as stage
from tests.publishing import People, declarations

NIK = "3515084107909001"
SMALL = ("2025-S1", "35.15.01", "35.15.01.2002", "1")


@pytest.fixture(scope="module")
def portal():
    connected = Portal.connect()
    yield connected
    for kind, name in (("organization", "uji-dinas"), ("group", "uji-tema")):
        with suppress(NotFound):
            connected.call(f"{kind}_purge", {"id": name})


@contextmanager
def tiny_mart(portal, monkeypatch):
    """The tiny mart under a name of its own; what it published is purged afterwards."""
    name = f"uji_{secrets.token_hex(4)}"
    declared = declarations(name)
    monkeypatch.setattr(stage, "load", lambda: declared)
    yield Tiny(name, portal)
    for publication in declared.marts[name].publications:
        with suppress(NotFound):
            portal.call("dataset_purge", {"id": ids.dataset_id(publication.id)})


@pytest.fixture
def mart(portal, monkeypatch):
    """A tiny mart for one test."""
    with tiny_mart(portal, monkeypatch) as made:
        yield made


@pytest.fixture(scope="module")
def public(portal):
    """A tiny mart with one small village, published once, for tests that only look."""
    with pytest.MonkeyPatch.context() as patch, tiny_mart(portal, patch) as made:
        made.people.counts[SMALL] = 3
        made.refresh_mart()
        made.report = made.publish()
        made.declared = stage.load()
        yield made


class Tiny:
    """The mart, its people, and the eyes of the public."""

    def __init__(self, name, portal):
        self.name, self.portal, self.people = name, portal, People()
        self.ledger = Ledger.connect()
        self.anybody = httpx.Client(base_url=settings().ckan_url, timeout=60)
        self.run = 0

    def refresh_mart(self):
        """A refresh of the mart in the ledger, with new content."""
        self.run += 1
        as_of = datetime(2026, 1, self.run, 17, tzinfo=UTC)
        self.ledger.record_mart(
            self.name, f"{self.name}-{self.run}", as_of, {"x": self.run}, 24, 24, {}, None, uuid4().hex
        )

    def publish(self):
        return stage.publish(f"uji/{self.name}/{uuid4().hex}", "cli:penguji", portal=self.portal, read=self.people.read)

    def id(self, which):
        return f"{self.name}_{which}"

    def get(self, action, **params):
        """An action as the public may call it."""
        answer = self.anybody.get(f"/api/3/action/{action}", params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()["result"]

    def package(self, which):
        return self.get("package_show", id=ids.dataset_id(self.id(which)))

    def file(self, which):
        url = self.package(which)["resources"][0]["url"]
        return list(csv.DictReader(io.StringIO(self.anybody.get(url).text, newline="")))

    def table(self, which):
        found = self.get("datastore_search", resource_id=ids.resource_id(self.id(which)), limit=1000)
        return [{key: value for key, value in row.items() if key != "_id"} for row in found["records"]]

    def activities(self, which):
        answer = self.portal.call("package_activity_list", {"id": ids.dataset_id(self.id(which)), "limit": 100})
        return [one["id"] for one in answer]

    def versions(self, which):
        found = self.portal.version(ids.resource_id(self.id(which)))
        return {found[part]["version"] for part in ("file", "table", "metadata")} | {self.package(which)["versi"]}


def test_first_publication_reaches_everybody_whole(public):
    mart = public
    assert sorted(mart.report.published) == [mart.id("desa"), mart.id("kecamatan")]
    for which in ("desa", "kecamatan"):
        package = mart.package(which)
        assert package["organization"]["name"] == "uji-dinas"
        assert [group["name"] for group in package["groups"]] == ["uji-tema"]
        assert package["data_per"] == "2026-01-01T17:00:00Z"
        assert (package["periode"], package["periode_mulai"], package["periode_selesai"]) == (
            "Semester I 2025",
            "2025-01-01",
            "2025-06-30",
        )
        file, table = mart.file(which), mart.table(which)
        key = ("periode", "kode_wilayah", "jenis_kelamin")
        assert {tuple(row[k] for k in key): row["jumlah_penduduk"] for row in file} == {
            tuple(row[k] for k in key): "" if row["jumlah_penduduk"] is None else str(row["jumlah_penduduk"])
            for row in table
        }
        assert [tuple(row[k] for k in key) for row in file] == sorted(tuple(row[k] for k in key) for row in file)
        assert len(mart.versions(which)) == 1
    record = mart.ledger.latest_publication(mart.id("desa"))
    assert (record.state, record.rows, record.suppressed) == ("published", 24, 2)


def test_hidden_cells_are_empty_and_marked_everywhere_and_the_others_are_the_marts(public):
    mart = public
    file = {(row["kode_wilayah"], row["jenis_kelamin"]): row for row in mart.file("desa")}
    table = {(row["kode_wilayah"], row["jenis_kelamin"]): row for row in mart.table("desa")}
    hidden = {key for key, row in file.items() if row["status_nilai"] == "disamarkan"}
    assert hidden == {("35.15.01.2002", "Laki-laki"), ("35.15.01.2001", "Laki-laki")}
    for (_, _, village, sex), count in mart.people.counts.items():
        key = village, {"1": "Laki-laki", "2": "Perempuan"}[sex]
        shown = ("", None, "disamarkan") if key in hidden else (str(count), count, "final")
        assert (file[key]["jumlah_penduduk"], table[key]["jumlah_penduduk"], table[key]["status_nilai"]) == shown
    package = mart.package("desa")
    assert (package["sel_ditahan"], package["ambang_k"]) == ("2", "5")
    assert "1 karena" in package["catatan_pengungkapan"]
    assert all(row["status_nilai"] == "final" for row in mart.file("kecamatan"))


def test_the_data_dictionary_is_the_declarations(public):
    mart = public
    fields = mart.portal.call("datastore_info", {"id": ids.resource_id(mart.id("desa"))})["fields"]
    declared = {column.name: column for column in mart.declared.marts[mart.name].publications[1].columns}
    assert [field["id"] for field in fields] == list(declared)
    assert {field["id"]: field["info"]["label"] for field in fields} == {n: c.title for n, c in declared.items()}
    assert {field["id"]: field["type"] for field in fields}["jumlah_penduduk"] in ("int8", "bigint")


def test_publishing_again_writes_nothing(mart):
    mart.refresh_mart()
    mart.publish()
    before = {which: (mart.activities(which), mart.package(which)) for which in ("desa", "kecamatan")}
    again = mart.publish()  # nothing was refreshed: nothing is even read
    reads = mart.people.reads
    mart.refresh_mart()  # refreshed at a later as-of, to the same content
    later = mart.publish()
    assert not again.published
    assert not later.published
    assert reads == 2
    assert {which: (mart.activities(which), mart.package(which)) for which in ("desa", "kecamatan")} == before
    assert mart.ledger.latest_publication(mart.id("desa")).state == "unchanged"


def test_a_change_moves_every_part_to_one_new_version_under_the_same_ids(mart):
    mart.refresh_mart()
    mart.publish()
    old, resource = mart.versions("desa"), mart.package("desa")["resources"][0]
    mart.people.counts["2025-S1", "35.15.02", "35.15.02.2001", "2"] += 1
    mart.refresh_mart()
    report = mart.publish()
    assert sorted(report.published) == [mart.id("desa"), mart.id("kecamatan")]
    new = mart.versions("desa")
    assert len(new) == 1
    assert new != old
    package = mart.package("desa")
    assert [one["id"] for one in package["resources"]] == [resource["id"]]
    assert package["data_per"] == "2026-01-02T17:00:00Z"
    assert mart.anybody.get(resource["url"]).status_code == 200  # the old version stays citable


def test_a_nik_in_a_text_blocks_its_publication_and_only_that(mart):
    mart.refresh_mart()
    mart.publish()
    before = mart.versions("desa"), mart.activities("desa")
    mart.people.names["35.15.02.2003"] = f"rumah {NIK[:6]} {NIK[6:12]} {NIK[12:]}"
    mart.people.counts["2025-S1", "35.15.02", "35.15.02.2001", "2"] += 1
    mart.refresh_mart()
    with pytest.raises(stage.PublicationFailed, match=r"_desa: data pribadi ditemukan: NIK/KK pada baris \d+") as error:
        mart.publish()
    assert NIK[6:12] not in str(error.value)
    assert (mart.versions("desa"), mart.activities("desa")) == before
    record = mart.ledger.latest_publication(mart.id("desa"), states=("blocked",))
    assert {(found["column"], found["kind"]) for found in record.findings if "column" in found} == {
        ("nama_wilayah", "NIK/KK")
    }
    assert NIK[6:12] not in str(record.findings)
    assert mart.ledger.latest_publication(mart.id("kecamatan")).state == "published"
    del mart.people.names["35.15.02.2003"]
    mart.refresh_mart()
    assert mart.publish().published == [mart.id("desa")]


def test_a_blocked_first_publication_leaves_nothing_at_the_portal(mart):
    mart.people.names["35.15.01"] = "081234567890"
    mart.refresh_mart()
    with pytest.raises(stage.PublicationFailed, match="telepon"):
        mart.publish()
    assert mart.portal.find("package_show", ids.dataset_id(mart.id("kecamatan"))) is None


def test_a_change_of_words_moves_the_metadata_only(mart, monkeypatch):
    mart.refresh_mart()
    mart.publish()
    version, resource = mart.versions("desa"), mart.package("desa")["resources"][0]
    declared = stage.load()
    tiny = declared.marts[mart.name]
    words = [
        one.model_copy(update={"title": f"{one.title} baru", "slug": f"{one.slug}-baru"}) for one in tiny.publications
    ]
    tiny = tiny.model_copy(update={"publications": tuple(words)})
    monkeypatch.setattr(stage, "load", lambda: declared.model_copy(update={"marts": {mart.name: tiny}}))
    mart.publish()
    package = mart.package("desa")
    assert (package["title"], package["name"]) == (words[1].title, words[1].slug)
    assert package["id"] == ids.dataset_id(mart.id("desa"))
    assert mart.versions("desa") == version
    assert package["resources"][0]["sha256"] == resource["sha256"]
    assert package["resources"][0]["name"] == words[1].title


def test_a_dataset_that_nobody_declares_any_more_is_reported_and_stays(mart, monkeypatch):
    mart.refresh_mart()
    mart.publish()
    declared = stage.load()
    tiny = declared.marts[mart.name]
    tiny = tiny.model_copy(update={"publications": tiny.publications[:1]})
    monkeypatch.setattr(stage, "load", lambda: declared.model_copy(update={"marts": {mart.name: tiny}}))
    assert mart.id("desa") in mart.publish().withdrawn
    assert mart.package("desa")["state"] == "active"


def test_what_was_hidden_stays_hidden_while_its_period_is_unchanged(mart):
    """A new period must not change what an old one hides: two versions together would give it away."""
    mart.people.counts[SMALL] = 3
    mart.refresh_mart()
    mart.publish()
    hidden = {
        (row["kode_wilayah"], row["jenis_kelamin"]) for row in mart.file("desa") if row["status_nilai"] != "final"
    }
    mart.people.counts[SMALL] = 30  # corrected at the source: the visible cells of that period are as before
    mart.people.counts |= People(periods=("2025-S2",)).counts
    mart.refresh_mart()
    mart.publish()
    now = {
        (row["kode_wilayah"], row["jenis_kelamin"])
        for row in mart.file("desa")
        if row["status_nilai"] != "final" and row["periode"] == "2025-S1"
    }
    assert now == hidden


def test_a_portal_that_is_down_is_a_clear_error_and_the_next_run_completes(mart):
    mart.refresh_mart()
    gone = Portal("http://127.0.0.1:9", "x", wait_s=1)
    with pytest.raises(PortalUnavailable, match="Tidak ada data yang hilang"):
        stage.publish("uji", "cli:penguji", portal=gone, read=mart.people.read)
    assert mart.ledger.latest_publication(mart.id("desa"), states=()) is None
    assert sorted(mart.publish().published) == [mart.id("desa"), mart.id("kecamatan")]


@pytest.mark.parametrize("step", ["dataset-ensured", "refreshed", "visible", "read-back"])
def test_a_pass_that_dies_between_two_steps_is_completed_by_the_next(mart, monkeypatch, step):
    """In-process stand-in for kill -9: the point raises; what the next pass finds is what a kill leaves."""
    from lumbung.portal import release

    class Died(BaseException):
        pass

    def die(name):
        if name == f"publish:{step}":
            raise Died

    mart.refresh_mart()
    with monkeypatch.context() as patch, pytest.raises(Died):
        patch.setattr(release, "point", die)
        mart.publish()
    report = mart.publish()
    assert sorted(report.published) == [mart.id("desa"), mart.id("kecamatan")]
    assert len(mart.versions("desa")) == 1
    assert len(mart.table("desa")) == 24
    assert mart.publish().published == []
