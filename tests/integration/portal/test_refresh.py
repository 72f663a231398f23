"""A refresh puts file, table and metadata in place together, refuses what is wrong, and repeats without a trace."""

import hashlib
from typing import Any

import pytest
from ckanapi import NotAuthorized, RemoteCKAN, ValidationError

from tests.integration.portal.desk import FIELDS, Content, Desk, rows_of

OLD = Content("lama", 40)
NEW = Content("baru", 55)


@pytest.fixture
def old(desk: Desk) -> Content:
    desk.refresh(OLD)
    return OLD


def test_file_table_and_metadata_carry_the_same_version(desk: Desk, old: Content) -> None:
    done = desk.refresh(NEW)
    assert not done["unchanged"]
    desk.holds(NEW)
    package = desk.ckan.action.package_show(id=desk.dataset)
    assert (package["versi"], package["data_per"]) == (NEW.version, "2026-01-31T17:00:00Z")
    assert package["sel_ditahan"] == "2"


def test_types_dictionary_and_suppressed_cells_survive(desk: Desk, old: Content) -> None:
    info = {field["id"]: field for field in desk.ckan.action.datastore_info(id=desk.resource_id)["fields"]}
    assert {name: info[name]["type"] for name in info} == {
        "kode": "text", "generasi": "text", "jumlah": "int4", "nilai": "numeric", "berlaku": "date",
    }  # fmt: skip
    assert info["jumlah"]["info"] == {"label": "Jumlah", "notes": "Kosong bila ditahan", "unit": "jiwa"}
    _, records = desk.search()
    assert [record["jumlah"] for record in records[:8]] == [None, 1, 2, 3, 4, 5, 6, None]
    found = desk.ckan.action.datastore_search(resource_id=desk.resource_id, q="35.15.000003")
    assert found["total"] == 1


def test_old_versions_stay(desk: Desk, old: Content) -> None:
    desk.refresh(NEW)
    answer = desk.http.get(f"/lumbung/berkas/{desk.resource_id}/{OLD.version}.csv")
    assert answer.content == OLD.body
    assert answer.headers["X-Lumbung-Sha256"] == OLD.sha256
    assert "attachment" in answer.headers["Content-Disposition"]
    assert "immutable" in answer.headers["Cache-Control"]
    assert {version["version"] for version in desk.versions()["versions"]} >= {OLD.version, NEW.version}


def test_unchanged_content_writes_nothing(desk: Desk, old: Content) -> None:
    before = desk.activities(), desk.ckan.action.package_show(id=desk.dataset), desk.versions()
    done = desk.refresh(old)
    assert done["unchanged"]
    assert (desk.activities(), desk.ckan.action.package_show(id=desk.dataset), desk.versions()) == before


def test_one_refresh_is_one_activity(desk: Desk, old: Content) -> None:
    before = desk.activities()
    desk.refresh(NEW)
    assert len(desk.activities()) == len(before) + 1


def test_a_changed_label_is_a_refresh_of_the_same_version(desk: Desk, old: Content) -> None:
    fields = [{**FIELDS[0], "info": {"label": "Kode Kemendagri"}}, *FIELDS[1:]]
    assert not desk.refresh(old, fields=fields)["unchanged"]
    info = desk.ckan.action.datastore_info(id=desk.resource_id)["fields"][0]["info"]
    assert info == {"label": "Kode Kemendagri"}
    desk.holds(old)
    desk.refresh(old)


def test_changed_metadata_alone_moves_no_table(desk: Desk, old: Content) -> None:
    switched = desk.versions()["table"]["switched_at"]
    metadata = {"package": {"periode": "Semester II 2025"}}
    assert not desk.refresh(old, metadata=metadata)["unchanged"]
    assert desk.ckan.action.package_show(id=desk.dataset)["periode"] == "Semester II 2025"
    assert desk.versions()["table"]["switched_at"] == switched


def _swapped_header(body: bytes) -> bytes:
    return body.replace(b"kode,generasi", b"generasi,kode", 1)


def _double_key(body: bytes) -> bytes:
    return body.replace(b"35.15.000002", b"35.15.000001", 1)


@pytest.mark.parametrize(
    ("key", "changed", "body"),
    [
        pytest.param("rows", {"rows": 54}, None, id="one row less promised"),
        pytest.param("sha256", {"sha256": "0" * 64}, None, id="other digest"),
        pytest.param("data", {}, _swapped_header, id="columns in another order"),
        pytest.param("data", {}, lambda body: body.replace(b"kode,", b"kode ,", 1), id="misspelt column"),
        pytest.param("data", {}, lambda body: body.replace(b",1,1.25", b",satu,1.25", 1), id="text in a number"),
        pytest.param("data", {}, lambda body: body + b"35.15.999999,baru\n", id="short row"),
        pytest.param("data", {}, lambda body: body.replace(b"baru", b"ba\xffu", 1), id="not UTF-8"),
        pytest.param("primary_key", {}, _double_key, id="a key twice"),
        pytest.param("rows", {"rows": 0}, lambda body: body[: body.index(b"\n") + 1], id="no rows at all"),
    ],
)
def test_wrong_content_is_refused_and_the_old_stays(
    desk: Desk, old: Content, key: str, changed: dict[str, Any], body: Any
) -> None:
    sent = body(NEW.body) if body else NEW.body
    digest = hashlib.sha256(sent).hexdigest()
    promised = {"sha256": digest, "version": f"salah-{digest[:8]}"}
    before = desk.activities()
    with pytest.raises(ValidationError) as refused:
        desk.refresh(NEW, sent, **{**promised, **changed})
    assert key in refused.value.error_dict
    desk.holds(old)
    assert desk.activities() == before
    gone = desk.http.get(f"/lumbung/berkas/{desk.resource_id}/{promised['version']}.csv")
    assert gone.status_code == 404


@pytest.mark.parametrize(
    ("key", "changed"),
    [
        pytest.param("fields", {"id": 'x"; DROP TABLE _table_stats; --'}, id="SQL in a name"),
        pytest.param("fields", {"id": "_id"}, id="reserved name"),
        pytest.param("fields", {"id": "Kode"}, id="upper case"),
        pytest.param("fields", {"id": "k" * 64}, id="too long"),
        pytest.param("fields", {"type": "text); DROP TABLE x; --"}, id="SQL in a type"),
        pytest.param("fields", {"type": "json"}, id="json column"),
        pytest.param("fields", {"type": "serial"}, id="type that is none"),
    ],
)
def test_unsafe_columns_are_refused(desk: Desk, old: Content, key: str, changed: dict[str, str]) -> None:
    with pytest.raises(ValidationError) as refused:
        desk.refresh(NEW, fields=[{**FIELDS[0], **changed}, *FIELDS[1:]])
    assert key in refused.value.error_dict
    desk.holds(old)


@pytest.mark.parametrize("version", ["../../etc/passwd", "a/b", "", ".sembunyi", "terbaru", "a..b", "x" * 65, "a b"])
def test_unsafe_versions_are_refused(desk: Desk, old: Content, version: str) -> None:
    with pytest.raises(ValidationError) as refused:
        desk.refresh(NEW, version=version)
    assert "version" in refused.value.error_dict


@pytest.mark.parametrize(
    "metadata",
    [
        pytest.param({"package": {"private": False}}, id="visibility"),
        pytest.param({"package": {"owner_org": "lain"}}, id="owner"),
        pytest.param({"package": {"tidak_dikenal": "x"}}, id="unknown field"),
        pytest.param({"resource": {"url": "http://lain.example/"}}, id="pointer"),
        pytest.param({"lain": {}}, id="unknown part"),
    ],
)
def test_a_refresh_sets_only_what_it_may(desk: Desk, old: Content, metadata: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as refused:
        desk.refresh(NEW, metadata=metadata)
    assert "metadata" in refused.value.error_dict
    desk.holds(old)


def test_a_version_never_changes(desk: Desk, old: Content) -> None:
    desk.refresh(NEW)
    with pytest.raises(ValidationError) as refused:
        desk.refresh(NEW, version=OLD.version)
    assert "version" in refused.value.error_dict
    desk.holds(NEW)


def test_a_lost_file_is_put_back(desk: Desk, old: Content) -> None:
    file = desk.settings.state / "portal" / "storage" / "lumbung" / desk.resource_id / f"{old.version}.csv"
    file.unlink()
    assert not desk.versions()["consistent"]
    done = desk.refresh(old)
    assert done["completed_earlier"]
    desk.holds(old)


def test_a_table_that_somebody_changed_is_made_anew_when_asked(desk: Desk, old: Content) -> None:
    first = desk.search()
    desk.ckan.action.datastore_delete(resource_id=desk.resource_id, filters={"_id": 1}, force=True)
    assert desk.refresh(old)["unchanged"] and desk.search()[0] == first[0] - 1
    assert not desk.refresh(old, rebuild=True)["unchanged"]
    assert desk.search()[0] == first[0]


def test_anonymous_may_read_but_not_refresh(desk: Desk, old: Content) -> None:
    anonymous = RemoteCKAN(desk.settings.ckan_url)
    assert anonymous.action.lumbung_version(resource_id=desk.resource_id)["consistent"]
    with pytest.raises(NotAuthorized):
        anonymous.call_action("lumbung_refresh", {"resource_id": desk.resource_id, "version": "x"})
    desk.holds(old)


def test_sql_search_is_shut(desk: Desk, old: Content) -> None:
    answer = desk.http.get("/api/3/action/datastore_search_sql", params={"sql": f'SELECT * FROM "{desk.resource_id}"'})
    assert answer.status_code == 400
    assert "datastore_search_sql" in answer.text  # "Action name not known"


@pytest.mark.parametrize("name", ["_lumbung_version", "_table_stats", "_stg_x"])
def test_inner_tables_cannot_be_read(desk: Desk, old: Content, name: str) -> None:
    assert desk.http.get("/api/3/action/datastore_search", params={"resource_id": name}).status_code in (403, 404)
    assert desk.http.get(f"/datastore/dump/{name}").status_code == 404


@pytest.mark.parametrize(
    "path", ["..%2f..%2fckan.ini", "%2e%2e%2fx", ".rahasia", "tidak-ada"], ids=["up", "encoded", "hidden", "unknown"]
)
def test_only_files_of_versions_are_served(desk: Desk, old: Content, path: str) -> None:
    assert desk.http.get(f"/lumbung/berkas/{desk.resource_id}/{path}.csv").status_code == 404


def test_nothing_is_left_behind(desk: Desk, old: Content) -> None:
    desk.refresh(NEW)
    with desk.database("datastore_write", "datastore") as connection:
        left = connection.execute(
            "SELECT relname FROM pg_class WHERE relname LIKE %s", (f"%\\_{desk.resource_id}%",)
        ).fetchall()
    assert left == []
    folder = desk.settings.state / "portal" / "storage" / "lumbung" / desk.resource_id
    assert [file.name for file in folder.glob(".*")] == []


@pytest.mark.parametrize(("form", "delimiter"), [("csv", ","), ("tsv", "\t")])
def test_dumps_equal_the_table(desk: Desk, old: Content, form: str, delimiter: str) -> None:
    answer = desk.dump(format=form, bom="True")
    assert answer.text.startswith("\ufeff")
    assert answer.headers["X-Lumbung-Version"] == old.version
    rows = rows_of(answer.text, delimiter)
    assert [row["kode"] for row in rows] == [row["kode"] for row in rows_of(old.body.decode())]
    assert {row["generasi"] for row in rows} == {old.generation}


def test_filtered_and_json_dumps_answer(desk: Desk, old: Content) -> None:
    assert len(desk.dump(format="json").json()["records"]) == old.rows
    assert len(rows_of(desk.dump(filters='{"jumlah": 5}').text)) == 1


@pytest.mark.parametrize(("form", "kind"), [("ttl", "text/turtle"), ("jsonld", "application/ld+json")])
def test_dcat_tells_version_period_and_digest(desk: Desk, old: Content, form: str, kind: str) -> None:
    answer = desk.http.get(f"/dataset/{desk.dataset}.{form}")
    assert answer.headers["Content-Type"].startswith(kind)
    for told in (old.version, old.sha256, "data@uji.example", "creativecommons.org/licenses/by/4.0"):
        assert told in answer.text
