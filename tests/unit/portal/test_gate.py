"""Deny by default: nothing but the publication's own mart, and nothing above class umum."""

from __future__ import annotations

import pytest

from lumbung.portal.gate import PublicationRefused, refuse
from tests.publishing import declarations, published

MART = declarations("uji").marts["uji"]
DISTRICT = MART.publications[0]


def test_the_declared_publications_pass():
    for publication in MART.publications:
        refuse(MART, publication)


@pytest.mark.parametrize(
    "sql",
    [
        "WITH x AS (SELECT kode_desa, count(*) AS n FROM mart.uji GROUP BY kode_desa) SELECT x.kode_desa, x.n FROM x",
        "SELECT a.kode_desa FROM mart.uji a CROSS JOIN (SELECT DISTINCT periode FROM mart.uji) b",
    ],
    ids=["cte", "grid"],
)
def test_ordinary_sql_passes(sql):
    refuse(MART, DISTRICT.model_copy(update={"sql": sql}))


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        pytest.param("SELECT nik FROM mart.uji", "kolom nik .* berkelas rahasia", id="secret-column"),
        pytest.param("SELECT max(nik) AS kode FROM mart.uji", "berkelas rahasia", id="secret-column-renamed"),
        pytest.param(
            "WITH x AS (SELECT nik AS a FROM mart.uji) SELECT a FROM x", "berkelas rahasia", id="secret-in-a-cte"
        ),
        pytest.param("SELECT kode_desa FROM mart.uji WHERE nik > '0'", "berkelas rahasia", id="secret-in-a-filter"),
        pytest.param("SELECT * FROM mart.uji", "SELECT \\*", id="star"),
        pytest.param("SELECT uji.* FROM mart.uji", "SELECT \\*", id="qualified-star"),
        pytest.param("SELECT nik FROM curated.siak__biodata_wni", "hanya boleh membaca mart.uji", id="curated"),
        pytest.param("SELECT a FROM mart.lain", "membaca mart.lain", id="another-mart"),
        pytest.param("SELECT a FROM mart.uji JOIN raw.x ON true", "membaca raw.x", id="join"),
        pytest.param("SELECT kode_desa FROM mart.uji; DROP TABLE mart.uji", "satu SELECT", id="two-statements"),
        pytest.param("DELETE FROM mart.uji", "satu SELECT", id="not-a-select"),
        pytest.param("", "satu SELECT", id="empty"),
    ],
)
def test_what_may_not_be_public_is_refused(sql, message):
    with pytest.raises(PublicationRefused, match=message):
        refuse(MART, DISTRICT.model_copy(update={"sql": sql}))


def test_the_source_of_a_column_is_looked_at_too():
    columns = (*DISTRICT.columns, published("kunci", "substr(nik, 1, 6)"))
    with pytest.raises(PublicationRefused, match="nik"):
        refuse(MART, DISTRICT.model_copy(update={"columns": columns}))


def test_suppression_needs_its_mark():
    columns = tuple(column for column in DISTRICT.columns if column.name != "status_nilai")
    with pytest.raises(PublicationRefused, match="status_nilai"):
        refuse(MART, DISTRICT.model_copy(update={"columns": columns}))
