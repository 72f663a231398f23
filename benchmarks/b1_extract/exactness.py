"""Is every value what PostgreSQL holds? Digests over the whole table, and a small table for each hard type.

A value counts as *exact* (same value), *flagged* (NULL, and the file says beside it that this column's value could
not be carried), *wrong* (another value, nothing says so) or *refused* (the tool stopped with an error).
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

CASES: dict[str, tuple[str, tuple[str, ...]]] = {
    "kasus_numeric_skala_12": ("numeric(20,12)", ("0.123456789012", "-99999999.999999999999", "0")),
    "kasus_numeric_bebas": ("numeric", ("0.1", "12345678901234567890.123456789012345678", "1e-20", "17.685", "7")),
    "kasus_numeric_nan": ("numeric", ("NaN", "1.5")),
    "kasus_numeric_tak_hingga": ("numeric", ("Infinity", "1.5")),
    "kasus_tanggal_tak_hingga": ("date", ("infinity", "-infinity", "2026-01-05")),
    "kasus_waktu_tak_hingga": ("timestamp", ("infinity", "2026-01-05 10:00:00.123456")),
    "kasus_waktu_zona_tak_hingga": ("timestamptz", ("infinity", "2026-01-05 10:00:00+07")),
    "kasus_waktu_tanpa_zona": (
        "timestamp",
        ("2026-01-05 10:00:00.123456", "0001-01-01 00:00:00", "1883-11-18 12:00:00"),
    ),
    "kasus_waktu_zona": ("timestamptz", ("2026-01-05 10:00:00.123456+07", "1900-01-01 00:00:00+00")),
    "kasus_real_nan": ("double precision", ("NaN", "0.1", "1e308")),
    "kasus_teks": ("text", ("", " a ", 'b"c,d', "e\nf\r\ng", "\x01\x1f", "NULL", "\\N", "ɘ😀")),
    "kasus_char": ("character(4)", ("ab", "abcd")),
    "kasus_bytea": ("bytea", ("\\x0001ff00",)),
}
"""Table → type and values, written as PostgreSQL reads them; every table has one NULL more."""


def load(url: str) -> int:
    """Make the small tables; how many attempts to store a NUL byte in a text the server refused (it must be 1)."""
    with psycopg.connect(url, autocommit=True) as connection:
        for table, (kind, values) in CASES.items():
            name = sql.Identifier(table)
            connection.execute(sql.SQL("CREATE TABLE {} (id integer, v {})").format(name, sql.SQL(kind)))  # type: ignore[arg-type]
            for number, value in enumerate((*values, None)):
                connection.execute(
                    sql.SQL("INSERT INTO {} VALUES (%s, %s::{})").format(name, sql.SQL(kind)),  # type: ignore[arg-type]
                    (number, value),
                )
        try:
            connection.execute("INSERT INTO kasus_teks SELECT 99, convert_from('\\x4100'::bytea, 'UTF8')")
        except psycopg.errors.CharacterNotInRepertoire:
            return 1
    return 0


def table_digest(url: str, table: str) -> str:
    """Rows and the sum of the rows' hashes, computed by PostgreSQL."""
    with psycopg.connect(url) as connection:
        columns = _columns(connection, table)
        expressions = ", ".join(_in_postgresql(name, kind) for name, kind in columns)
        row = connection.execute(_digest_query(expressions, table, "::bit(32)::bigint").encode()).fetchone()
    return str(tuple(int(value) for value in row or ()))


def file_digest(url: str, table: str, files: Sequence[str]) -> str:
    """The same over Parquet files, computed by DuckDB. A column that arrives as another type is compared by value."""
    with psycopg.connect(url) as connection:
        columns = _columns(connection, table)
    import duckdb

    database = duckdb.connect()
    database.execute("SET TimeZone = 'UTC'; SET memory_limit = '1GB'; SET threads = 2")
    listed = ", ".join("'" + path.replace("'", "''") + "'" for path in files)
    expressions = ", ".join(_in_duckdb(name, kind) for name, kind in columns)
    row = database.execute(
        _digest_query(expressions, f"read_parquet([{listed}])", "").replace("'x'", "'0x'")
    ).fetchone()
    return str(tuple(int(value) for value in row or ()))


def _digest_query(expressions: str, place: str, bits: str) -> str:
    """Count, and the sum of the first and the last 32 bits of each row's MD5."""
    parts = [f"sum(('x' || {side}(m, 8)){bits or '::BIGINT'})::numeric(38, 0)" for side in ("left", "right")]
    return (
        f"SELECT count(*), {', '.join(parts)} FROM"
        f" (SELECT md5(concat_ws('|', {expressions})) AS m FROM {place} AS t) AS d"
    )


def _columns(connection: psycopg.Connection[Any], table: str) -> list[tuple[str, str]]:
    return [
        (str(name), str(kind))
        for name, kind in connection.execute(
            "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute"
            " WHERE attrelid = %s::regclass AND attnum > 0 ORDER BY attnum",
            (table,),
        )
    ]


def _in_postgresql(name: str, kind: str) -> str:
    if kind.startswith("numeric"):
        text = f"trim_scale({name})::text"
    elif kind.startswith("timestamp"):
        text = f"(extract(epoch FROM {name}) * 1000000)::bigint::text"
    else:
        text = f"{name}::text"
    return f"coalesce({text}, '~')"


def _in_duckdb(name: str, kind: str) -> str:
    if kind.startswith("numeric"):
        whole, trimmed = f"{name}::VARCHAR", f"rtrim(rtrim({name}::VARCHAR, '0'), '.')"
        text = f"CASE WHEN contains({whole}, '.') THEN {trimmed} ELSE {whole} END"
    elif kind.startswith("timestamp"):
        text = f"epoch_us({name})::VARCHAR"
    elif kind.startswith("character("):
        text = f"rtrim({name}, ' ')"  # PostgreSQL's own text of a char(n) has no padding; it means nothing there
    elif kind == "date":
        text = f"strftime({name}::DATE, '%Y-%m-%d')"
    else:
        text = f"{name}::VARCHAR"
    return f"coalesce({text}, '~')"


def judge_case(table: str, found: Mapping[str, Any]) -> str:
    """`exact`, `exact, flagged`, `wrong: …` or `refused: …` for what a tool made of one small table."""
    if "error" in found:
        return f"refused: {found['error']}"
    import pyarrow.parquet as pq

    kind, values = CASES[table]
    try:
        rows = [row for path in found["files"] for row in pq.ParquetFile(path).read().to_pylist()]
    except (OverflowError, ValueError) as error:  # a date far outside the calendar
        return f"wrong: {type(error).__name__}: {str(error)[:120]}"
    by_id = {int(row["id"]): row for row in rows}
    if sorted(by_id) != list(range(len(values) + 1)):
        return f"wrong: {len(rows)} rows instead of {len(values) + 1}"
    flagged = False
    for number, value in enumerate((*values, None)):
        arrived = by_id[number]["v"]
        if _same(kind, value, arrived):
            continue
        if arrived is None and by_id[number].get("_nilai") == "v":
            flagged = True
            continue
        return f"wrong: {value!r} arrived as {arrived!r}"
    return "exact, flagged" if flagged else "exact"


def _same(kind: str, value: str | None, arrived: Any) -> bool:
    if value is None or arrived is None:
        return value is None and arrived is None
    special = value.lower().lstrip("-") in ("nan", "infinity")
    if special:
        return str(arrived).lower() in (value.lower(), value.lower().replace("infinity", "inf"))
    if kind.startswith("numeric"):
        return Decimal(str(arrived)) == Decimal(value) and not isinstance(arrived, float)
    if kind == "double precision":
        return float(arrived) == float(value)
    if kind == "date":
        return str(arrived)[:10] == value and isinstance(arrived, date)
    if kind.startswith("timestamp"):
        if not isinstance(arrived, datetime) or (kind == "timestamp") != (arrived.tzinfo is None):
            return False
        meant = datetime.fromisoformat(value)
        return arrived == (meant if meant.tzinfo is None else meant.astimezone(UTC))
    if kind == "bytea":
        return arrived in (value, bytes.fromhex(value[2:]))
    if kind.startswith("character("):
        return str(arrived).rstrip(" ") == value
    return bool(arrived == value)


def judge(
    url: str, table: str, files: Sequence[str], cases: Mapping[str, Mapping[str, Any]], peers: Path
) -> dict[str, Any]:
    """`digest` of the files and the verdict of every small table; in the environment `bench`, which has DuckDB."""
    asked = {"url": url, "table": table, "files": files, "cases": cases}
    command = [str(peers), "-m", "benchmarks.b1_extract.exactness"]
    done = subprocess.run(
        command, input=json.dumps(asked), capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2]
    )
    if done.returncode:
        return {"digest": f"error: {done.stderr[-500:]}", "cases": {}}
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def main() -> None:
    """What `judge` asks on stdin."""
    asked = json.load(sys.stdin)
    json.dump(
        {
            "digest": file_digest(asked["url"], asked["table"], asked["files"]),
            "cases": {table: judge_case(table, found) for table, found in asked["cases"].items()},
        },
        sys.stdout,
    )


if __name__ == "__main__":
    main()
