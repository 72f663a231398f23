"""What the portal stores: fixed ids, versions that follow the content, fields that only differ when they do."""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime

import pytest

from lumbung.declarations import load
from lumbung.portal import dataset as ids
from lumbung.portal.disclosure import Hidden
from lumbung.portal.period import label, span
from lumbung.portal.table import content
from tests.publishing import People, declarations

DECLARED = declarations("uji")
MART = DECLARED.marts["uji"]
DISTRICT = MART.publications[0]
AS_OF = datetime(2026, 1, 31, 17, 30, tzinfo=UTC)


def shown():
    return content(DISTRICT, *People().read(MART, DISTRICT, None))


def test_ids_follow_the_publications_id_and_nothing_else():
    assert ids.dataset_id("penduduk_kecamatan") == "058514f5-9681-5fb4-ac37-9909999e2565"  # links of the public
    moved = DISTRICT.model_copy(update={"organization": "bppd", "slug": "lain", "title": "Lain"})
    assert ids.dataset_id(moved.id) == ids.dataset_id(DISTRICT.id)
    assert len({f(name) for f in (ids.dataset_id, ids.resource_id) for name in ("a", "b")}) == 4


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("infrastruktur-tik", "Data bertema Infrastruktur TIK dan CCTV."),
        ("peta", "Data bertema Peta (GIS)."),
        ("tanpa-daftar", "Data bertema tanpa-daftar."),
    ],
)
def test_a_theme_is_described_in_the_words_of_the_list(code: str, said: str) -> None:
    assert ids.group(load(), code).description == said


def test_the_version_is_the_wib_day_of_the_as_of_and_the_content():
    now = shown()
    assert ids.version(now, AS_OF, None) == f"2026-02-01-{now.sha256[:8]}"


def test_content_that_the_portal_has_keeps_its_version():
    now = shown()
    carried = {"table": {"version": "2025-12-31-aaaaaaaa", "sha256": now.sha256}}
    assert ids.version(now, AS_OF, carried) == "2025-12-31-aaaaaaaa"
    other = {"table": {"version": "2025-12-31-aaaaaaaa", "sha256": "0" * 64}}
    assert ids.version(now, AS_OF, other).startswith("2026-02-01-")


def test_what_is_withheld_is_said_with_both_counts():
    hidden = Hidden(frozenset({("a",), ("b",)}), frozenset({("c",)}))
    package = ids.content_package(shown(), hidden)
    assert package["sel_ditahan"] == "3"
    assert package["ambang_k"] == "5"
    assert "2 karena" in package["catatan_pengungkapan"]
    assert "1 sebagai pelengkap" in package["catatan_pengungkapan"]
    assert "Tidak ada sel" in ids.content_package(shown(), Hidden(frozenset(), frozenset()))["catatan_pengungkapan"]


def test_why_a_mart_marks_rows_of_its_own_is_said_in_its_words():
    rule = DISTRICT.suppress.model_copy(update={"marked_because": "keluarganya sedikit"})
    marked = dataclasses.replace(shown(), publication=DISTRICT.model_copy(update={"suppress": rule}))
    for hidden in (Hidden(frozenset({("a",)}), frozenset()), Hidden(frozenset(), frozenset())):
        assert "antara 1 dan 4 atau keluarganya sedikit" in ids.content_package(marked, hidden)["catatan_pengungkapan"]


def test_the_dictionary_has_explicit_types_and_words_for_every_column():
    fields = ids.fields(DISTRICT)
    assert [field["id"] for field in fields] == [column.name for column in DISTRICT.columns]
    assert {field["id"]: field["type"] for field in fields}["jumlah_penduduk"] == "bigint"
    assert {field["id"]: field["info"]["unit"] for field in fields}["jumlah_penduduk"] == "jiwa"
    assert all(field["info"]["label"] and field["info"]["notes"] for field in fields)


@pytest.mark.parametrize(
    ("stored", "told"),
    [
        pytest.param({}, [], id="same"),
        pytest.param({"title": "lain"}, ["title"], id="title"),
        pytest.param({"groups": []}, ["groups"], id="group-lost"),
        pytest.param({"groups": [{"name": "uji-tema", "title": "x", "id": "y"}]}, [], id="group-with-more-keys"),
        pytest.param({"sel_ditahan": 2}, [], id="number-as-number"),
        pytest.param({"organization": {"name": "bppd"}}, ["owner_org"], id="owner-moved"),
        pytest.param({"private": True}, ["private"], id="hidden"),
        pytest.param({"satuan": None}, [], id="empty-as-none"),
    ],
)
def test_only_real_differences_count(stored, told):
    wanted = ids.declared_package(DECLARED, MART, DISTRICT) | {"private": False, "sel_ditahan": "2", "satuan": ""}
    base = {**wanted, "owner_org": "some-uuid", "organization": {"name": "uji-dinas"}}
    assert ids.differs(wanted, base | stored) == told


def test_provenance_names_run_mart_inputs_and_the_day():
    from lumbung.ledger.records import MartRefresh

    refresh = MartRefresh(1, "uji", "mart-000004", AS_OF, {"siak.x": 7}, 1, 1, {}, 99, "d", AS_OF)
    fields = ids.provenance(DECLARED, MART, refresh)
    assert fields["data_per"] == "2026-01-31T17:30:00Z"
    assert '"snapshot": 99' in fields["sumber"]
    assert '"siak.x": 7' in fields["sumber"]
    assert "mart-000004" in fields["sumber_keterangan"]
    assert "1 Februari 2026" in fields["sumber_keterangan"]


@pytest.mark.parametrize(
    ("period", "days"),
    [
        ("2025", (date(2025, 1, 1), date(2025, 12, 31))),
        ("2025-S1", (date(2025, 1, 1), date(2025, 6, 30))),
        ("2025-S2", (date(2025, 7, 1), date(2025, 12, 31))),
        ("2025-Q3", (date(2025, 7, 1), date(2025, 9, 30))),
        ("2024-02", (date(2024, 2, 1), date(2024, 2, 29))),
        ("2025-13", None),
        ("semester", None),
    ],
)
def test_span_of_a_period(period, days):
    assert span(period) == days


@pytest.mark.parametrize(
    ("period", "words"),
    [
        ("2025", "2025"),
        ("2025-S1", "Semester I 2025"),
        ("2025-Q4", "Triwulan IV 2025"),
        ("2025-06", "Juni 2025"),
        ("lain", "lain"),
    ],
)
def test_a_period_in_words(period, words):
    assert label(period) == words


def test_the_period_covered_is_said_from_first_to_last():
    package = ids.content_package(
        content(DISTRICT, *People(("2024-S2", "2025-S1")).read(MART, DISTRICT, None)), Hidden(frozenset(), frozenset())
    )
    assert package["periode"] == "Semester II 2024 – Semester I 2025"
    assert (package["periode_mulai"], package["periode_selesai"]) == ("2024-07-01", "2025-06-30")
