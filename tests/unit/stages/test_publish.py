"""The stage's decisions: what is blocked, what goes on, what is not even read."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from lumbung.ledger import LockLost
from lumbung.portal import dataset as ids
from lumbung.portal import release
from lumbung.portal.gate import PublicationRefused
from lumbung.stages import publish as stage
from tests.publishing import MemoryLedger, People, declarations


class MemoryPortal:
    """A portal that keeps what it is given.

    `broken_table` makes every table differ from its file, `touched` those that somebody changed until they are rebuilt.
    """

    url = "http://portal.example.invalid"

    def __init__(self):
        self.packages, self.states, self.files, self.fields = {}, {}, {}, {}
        self.bodies, self.writes, self.broken_table, self.touched = {}, 0, False, set()

    def ensure_body(self, kind, body):
        self.bodies[kind, body.name] = body

    def find(self, action, name, **more):
        return self.packages.get(name)

    def ensure_dataset(self, dataset, package, resource):
        self.packages.setdefault(
            dataset, {**package, "private": True, "organization": None, "resources": [dict(resource)]}
        )

    def ensure_link(self, dataset, name, fields):
        self.packages[dataset]["resources"].append({"id": name, **fields})

    def ensure_no_link(self, name):
        for package in self.packages.values():
            package["resources"] = [one for one in package["resources"] if one["id"] != name]

    def version(self, resource):
        return self.states.get(resource)

    def refresh(self, resource, body, *, version, sha256, rows, fields, primary_key, metadata, rebuild=False):
        self.writes += 1
        if rebuild:
            self.touched.discard(resource)
        self.files[resource], self.fields[resource] = body, fields
        carried = {"version": version, "sha256": sha256, "url": resource}
        self.states[resource] = {"consistent": True, "file": carried, "table": carried, "metadata": carried}
        package = next(p for p in self.packages.values() if p["resources"][0]["id"] == resource)
        package.update(metadata["package"])
        package["resources"][0].update(metadata["resource"])

    def call(self, action, data):
        if action == "package_show":
            return self.packages[data["id"]]
        if action == "resource_show":
            return next(p["resources"][0] for p in self.packages.values() if p["resources"][0]["id"] == data["id"])
        if action == "package_patch":
            package = self.packages[data["id"]]
            package.update(data)
            package["organization"] = {"name": package["owner_org"]}
            return package
        if action == "datastore_search":
            return {"total": len(self.files[data["resource_id"]].splitlines()) - 1}
        if action == "datastore_info":
            shown = {"integer": "int4", "bigint": "int8", "boolean": "bool"}
            return {"fields": [{**f, "type": shown.get(f["type"], f["type"])} for f in self.fields[data["id"]]]}
        raise AssertionError(action)

    def get(self, path):
        answer = SimpleNamespace(headers={})
        if path.startswith("/datastore/dump/"):
            resource = path.split("/")[3].split("?")[0]
            lines = list(csv.reader(io.StringIO(self.files[resource].decode())))
            if self.broken_table or resource in self.touched:
                lines[1][0] = "99.99.99"
            out = io.StringIO()
            csv.writer(out).writerows([["_id", *lines[0]], *([i, *line] for i, line in enumerate(lines[1:]))])
            answer.body = out.getvalue().encode()
        else:
            answer.body = self.files[path]
        return answer

    def datasets(self):
        yield from ((p["name"], p["identifier"]) for p in self.packages.values())


@pytest.fixture
def world(monkeypatch):
    class World:
        portal, ledger, people = MemoryPortal(), MemoryLedger(), People()
        declared = declarations("uji")

        def publish(self):
            return stage.publish("uji/1", "cli:penguji", portal=self.portal, read=self.people.read)

    made = World()
    made.ledger.mart("uji", "isi-1")
    monkeypatch.setattr(stage, "load", lambda: made.declared)
    monkeypatch.setattr(stage.Ledger, "connect", staticmethod(lambda: made.ledger))
    return made


def test_everything_declared_is_published_with_its_owner_and_theme(world):
    report = world.publish()
    assert report.published == ["uji_kecamatan", "uji_desa"]
    assert set(world.portal.bodies) == {("organization", "uji-dinas"), ("group", "uji-tema")}
    assert all(package["private"] is False for package in world.portal.packages.values())


def test_the_same_mart_again_is_neither_read_nor_written(world):
    world.publish()
    reads, writes = world.people.reads, world.portal.writes
    world.ledger.mart("uji", "isi-1")
    assert world.publish().unchanged == ["uji_kecamatan", "uji_desa"]
    assert (world.people.reads, world.portal.writes) == (reads, writes)


def test_a_refreshed_mart_with_the_same_public_content_is_read_and_not_written(world):
    world.publish()
    reads, writes = world.people.reads, world.portal.writes
    world.ledger.mart("uji", "isi-2")
    assert world.publish().unchanged == ["uji_kecamatan", "uji_desa"]
    assert (world.people.reads, world.portal.writes) == (reads + 2, writes)


def test_a_pass_that_lost_its_lock_does_not_take_the_portal_back_in_time(world):
    world.ledger.lost = True
    with pytest.raises(LockLost):
        world.publish()
    assert world.portal.writes == 0


def test_what_somebody_changed_at_the_portal_by_hand_is_mended(world):
    world.publish()
    world.portal.packages[ids.dataset_id("uji_desa")]["title"] = "Judul lain"
    world.publish()
    assert world.portal.packages[ids.dataset_id("uji_desa")]["title"] == "Uji desa"


def test_a_secret_column_is_refused_before_anything_runs(world):
    mart = world.declared.marts["uji"]
    bad = mart.publications[1].model_copy(update={"sql": "SELECT nik FROM mart.uji"})
    mart = mart.model_copy(update={"publications": (mart.publications[0], bad)})
    world.declared = world.declared.model_copy(update={"marts": {"uji": mart}})
    with pytest.raises(PublicationRefused):
        world.publish()
    assert not world.people.reads
    assert not world.portal.bodies


def test_a_finding_blocks_one_and_the_other_goes_on(world):
    world.people.names["35.15.02.2001"] = "0812 3456 7890"
    with pytest.raises(stage.PublicationFailed, match="1 publikasi tidak terbit") as error:
        world.publish()
    assert "uji_desa: data pribadi ditemukan: telepon pada baris" in str(error.value)
    assert "3456" not in str(error.value)
    assert [(one.publication, one.state) for one in world.ledger.records] == [
        ("uji_kecamatan", "published"),
        ("uji_desa", "blocked"),
    ]
    assert "3456" not in str(world.ledger.records)
    assert ids.dataset_id("uji_desa") not in world.portal.packages


def test_a_blocked_publication_is_tried_again(world):
    world.people.names["35.15.02.2001"] = "0812 3456 7890"
    with pytest.raises(stage.PublicationFailed):
        world.publish()
    world.people.names.clear()
    assert world.publish().published == ["uji_desa"]


def test_when_one_of_a_linked_pair_cannot_be_read_neither_goes_out(world):
    """Its totals are unknown then, so nobody can say what the other gives away."""
    read = world.people.read

    def broken(mart, publication, snapshot):
        names, rows = read(mart, publication, snapshot)
        return names, rows + rows[:1] if publication.id == "uji_desa" else rows

    world.people.read = broken
    with pytest.raises(stage.PublicationFailed, match="2 publikasi tidak terbit"):
        world.publish()
    assert not world.portal.packages


def test_a_mart_that_was_never_computed_is_waited_for(world):
    """One system runs before the other: the other's publications are not yet there, which is no failure."""
    world.ledger.refreshes.clear()
    report = world.publish()
    assert report.waiting and not report.blocked
    assert not world.portal.packages


def test_what_reads_back_differently_is_no_success(world):
    world.portal.broken_table = True
    with pytest.raises(stage.PublicationFailed, match="isi tabel tidak sama"):
        world.publish()
    assert {one.state for one in world.ledger.records} == {"blocked"}


def test_what_was_not_read_back_is_read_back_by_the_next_pass(world):
    """The version is public by then; a pass that finds it in place must not take it for checked."""
    world.portal.broken_table = True
    for _ in range(2):
        with pytest.raises(stage.PublicationFailed, match="isi tabel tidak sama"):
            world.publish()
    writes = world.portal.writes
    world.portal.broken_table = False
    assert world.publish().published == ["uji_kecamatan", "uji_desa"]
    assert world.portal.writes == writes


def test_a_table_that_somebody_changed_at_the_portal_is_made_anew(world):
    world.publish()
    writes = world.portal.writes
    world.portal.touched = {ids.resource_id("uji_desa")}
    world.ledger.mart("uji", "isi-2")
    report = world.publish()
    assert (report.published, report.unchanged) == (["uji_desa"], ["uji_kecamatan"])
    assert (world.portal.writes, world.portal.touched) == (writes + 1, set())


@pytest.mark.parametrize("changed", ["words", "figures"])
def test_a_pass_that_died_before_reading_back_is_made_up_for(world, monkeypatch, changed):
    class Died(BaseException):
        pass

    def die(name):
        if name == "publish:visible":
            raise Died

    world.publish()
    if changed == "words":  # the version stays, its dictionary does not
        _change_column(world, "status_nilai", description="Isi lain")
    else:
        world.people.counts["2025-S1", "35.15.01", "35.15.01.2001", "1"] += 1
        world.ledger.mart("uji", "isi-2")
    with monkeypatch.context() as patch, pytest.raises(Died):
        patch.setattr(release, "point", die)
        world.publish()
    world.portal.broken_table = True
    with pytest.raises(stage.PublicationFailed, match=r"uji_kecamatan.*isi tabel tidak sama"):
        world.publish()


def test_a_changed_dictionary_reaches_the_portal_although_no_value_changed(world):
    world.publish()
    version = world.portal.states[ids.resource_id("uji_desa")]["table"]["version"]
    _change_column(world, "status_nilai", description="Isi lain")
    assert world.publish().published == ["uji_kecamatan", "uji_desa"]
    assert world.portal.fields[ids.resource_id("uji_desa")][-1]["info"]["notes"] == "Isi lain"
    assert world.portal.states[ids.resource_id("uji_desa")]["table"]["version"] == version
    assert world.publish().unchanged == ["uji_kecamatan", "uji_desa"]


def test_a_changed_column_type_reaches_the_portal_although_no_byte_changed(world):
    world.publish()
    _change_column(world, "jumlah_penduduk", type="integer")
    assert world.publish().published == ["uji_kecamatan", "uji_desa"]
    assert world.portal.fields[ids.resource_id("uji_desa")][-3]["type"] == "integer"
    assert world.publish().unchanged == ["uji_kecamatan", "uji_desa"]


def test_a_map_that_is_no_longer_declared_goes_from_the_portal(world):
    """Also one that a pass left there which died: the table is as declared by then."""
    world.publish()
    package = world.portal.packages[ids.dataset_id("uji_desa")]
    package["resources"].append({"id": ids.map_id("uji_desa"), "format": "GeoJSON"})
    world.publish()
    assert [one["id"] for one in package["resources"]] == [ids.resource_id("uji_desa")]
    assert package["resources"][0]["kolom_geometri"] == ""


def _change_column(world, name, **changes):
    mart = world.declared.marts["uji"]
    publications = tuple(
        one.model_copy(
            update={"columns": tuple(c.model_copy(update=changes) if c.name == name else c for c in one.columns)}
        )
        for one in mart.publications
    )
    world.declared = world.declared.model_copy(
        update={"marts": {"uji": mart.model_copy(update={"publications": publications})}}
    )


def test_an_undeclared_dataset_of_ours_is_reported_and_left_alone(world):
    world.publish()
    mart = world.declared.marts["uji"]
    mart = mart.model_copy(update={"publications": mart.publications[:1]})
    world.declared = world.declared.model_copy(update={"marts": {"uji": mart}})
    assert world.publish().withdrawn == ["uji_desa"]
    assert ids.dataset_id("uji_desa") in world.portal.packages


def test_a_pass_that_died_after_the_portals_commit_is_recorded_by_the_next(world):
    world.publish()
    world.ledger.records.clear()
    report = world.publish()
    assert report.published == ["uji_kecamatan", "uji_desa"]
    assert world.portal.writes == 2


def test_a_mart_that_was_rolled_back_is_not_published_unnoticed(world):
    world.publish()
    writes = world.portal.writes
    world.ledger.mart("uji", "isi-0", label="kembali-000001")
    with pytest.raises(stage.PublicationFailed, match=r"mart\.uji dikembalikan .*oleh cli:ani.*lumbung run"):
        world.publish()
    assert world.portal.writes == writes
    assert [one.state for one in world.ledger.records[-2:]] == ["blocked", "blocked"]
    world.ledger.mart("uji", "isi-2")
    assert world.publish().unchanged == ["uji_kecamatan", "uji_desa"]


def test_figures_as_of_an_earlier_time_than_those_published_are_noted(world):
    world.ledger.mart("uji", "isi-1", snapshot=2)
    world.publish()
    world.ledger.mart("uji", "isi-0", as_of=datetime(2025, 12, 31, 17, tzinfo=UTC), snapshot=3)
    world.publish()
    noted = [one.findings for one in world.ledger.records[-2:]]
    assert [[finding["kind"] for finding in findings] for findings in noted] == [["mundur"], ["mundur"]]


@pytest.mark.parametrize(
    ("sql", "pinned"),
    [
        ("SELECT a FROM mart.uji", "SELECT a FROM mart.uji VERSION AS OF 42"),
        ("select a\nfrom  mart.uji AS m", "select a\nfrom mart.uji VERSION AS OF 42 AS m"),
        ("SELECT a FROM mart.uji JOIN mart.uji_lain", "SELECT a FROM mart.uji VERSION AS OF 42 JOIN mart.uji_lain"),
    ],
)
def test_every_reading_is_pinned_to_one_snapshot(sql, pinned):
    assert stage.at_snapshot(sql, "uji", 42) == pinned
    assert stage.at_snapshot(sql, "uji", None) == sql
