"""A refused statement is answered with the engine's reason, and with nothing of the layers that carried it."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine

from lumbung.ops import query as ops
from lumbung.ops.query import QueryFailed, query, reason

SPARK = (
    "org.apache.hive.service.cli.HiveSQLException: Error running query: [TABLE_OR_VIEW_NOT_FOUND] "
    "org.apache.spark.sql.catalyst.ExtendedAnalysisException: [TABLE_OR_VIEW_NOT_FOUND] The table or view `x` cannot "
    "be found. SQLSTATE: 42P01; line 1 pos 14;\n'Project [*]\n+- 'UnresolvedRelation [x], [], false\n\n\tat org.apache…"
)


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        pytest.param(
            SPARK,
            "[TABLE_OR_VIEW_NOT_FOUND] The table or view `x` cannot be found. SQLSTATE: 42P01; line 1 pos 14;",
            id="Spark through Hive",
        ),
        pytest.param("\n[PARSE_SYNTAX_ERROR] Syntax error\n== SQL ==", "[PARSE_SYNTAX_ERROR] Syntax error", id="plain"),
        pytest.param("HiveServer2 at 127.0.0.1:11000 refused", "HiveServer2 at 127.0.0.1:11000 refused", id="ours"),
        pytest.param("ValueError: x", "ValueError: x", id="a word that is no Java class"),
        pytest.param("", "tanpa keterangan dari server", id="nothing"),
    ],
)
def test_the_reason_is_one_line_without_classes(message: str, shown: str) -> None:
    assert reason(message) == shown


@pytest.fixture(autouse=True)
def other_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ops, "engine", lambda: create_engine("sqlite://"))


def test_rows_come_by_name_and_no_more_than_asked_for() -> None:
    assert query("SELECT 1 AS satu UNION SELECT 2", 1) == [{"satu": 1}]


@pytest.mark.parametrize(
    ("sql", "says"),
    [("", "kosong"), (" ; \n", "kosong"), ("SELECT * FROM tidak_ada", "^no such table: tidak_ada$")],
    ids=["empty", "only a semicolon", "no such table"],
)
def test_what_cannot_be_asked(sql: str, says: str) -> None:
    with pytest.raises(QueryFailed, match=says):
        query(sql, 1)
