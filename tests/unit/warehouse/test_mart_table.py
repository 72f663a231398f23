"""Pinning the tables of a mart's SQL."""

from __future__ import annotations

from lumbung.warehouse.mart_table import pinned, without_comments


def test_tables_are_read_at_their_snapshot() -> None:
    sql = "SELECT a.x FROM curated.siak__biodata_wni AS a INNER JOIN ref.wilayah AS w ON a.k = w.k"
    assert pinned(sql, {"curated.siak__biodata_wni": 17, "ref.wilayah": 4}) == (
        "SELECT a.x FROM curated.siak__biodata_wni VERSION AS OF 17 AS a "
        "INNER JOIN ref.wilayah VERSION AS OF 4 AS w ON a.k = w.k"
    )


def test_a_name_that_only_begins_alike_is_left_alone() -> None:
    sql = "FROM ref.wilayah_sismiop AS x JOIN curated.siak__biodata_wni_dkb AS y JOIN xref.wilayah AS z"
    assert pinned(sql, {"ref.wilayah": 1, "curated.siak__biodata_wni": 2}) == sql


def test_a_branch_is_named_in_quotes() -> None:
    assert pinned("FROM mart.x", {"mart.x": "mart"}) == "FROM mart.x VERSION AS OF 'mart'"


def test_names_in_comments_are_no_tables() -> None:
    assert pinned(without_comments("-- curated.a\nFROM curated.a AS b -- ref.c"), {"curated.a": 1, "ref.c": 2}) == (
        "\nFROM curated.a VERSION AS OF 1 AS b "
    )
