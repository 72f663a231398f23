"""`ref.*`: code lists and data induk from the standards, one Iceberg table per list, changed by version.

A list is written again only when its version (the digest of its content) changed; the former version stays readable as
a snapshot of the table. `ref.versi` says which version is in force. What changes the meaning of a code is written only
when the ledger's audit says that somebody agreed to it (`bin/lumbung standards apply`).
"""

from __future__ import annotations

import hashlib
import json
import logging
from typing import TYPE_CHECKING, Final

from lumbung.warehouse import iceberg
from lumbung.warehouse.ddl import ICEBERG_PROPERTIES, create_database, create_iceberg
from lumbung.warehouse.list_changes import VALID_FROM, VALID_TO, Change, changes
from lumbung.warehouse.sql import identifier

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import SparkSession

    from lumbung.declarations.models import CodeList
    from lumbung.ledger import Ledger

log = logging.getLogger(__name__)

VERSIONS: Final = "ref.versi"
VERSION: Final = "lumbung.version"
SUBJECT: Final = "ref"
"""Whose audit entries say which versions were agreed to."""
LOADED: Final = "standards.load"
APPLIED: Final = "standards.apply"


def reference_name(code_list: str) -> str:
    """`ref.<list>`."""
    return f"ref.{code_list}"


def version(codes: CodeList) -> str:
    """sha256 hex of a list's content and meaning."""
    return hashlib.sha256(json.dumps(codes.model_dump(mode="json"), sort_keys=True).encode()).hexdigest()


def agreed(ledger: Ledger) -> dict[str, str]:
    """The version of each list that was last loaded or applied, as the audit has it."""
    found: dict[str, str] = {}
    for entry in reversed(ledger.audit_entries(subject=SUBJECT)):
        found |= json.loads(entry.detail)["lists"]
    return found


def in_force(spark: SparkSession) -> dict[str, str]:
    """The version of each list that `ref.*` holds; nothing before the first load."""
    from pyspark.errors import AnalysisException

    try:
        return {row["daftar"]: row["versi"] for row in spark.table(VERSIONS).select("daftar", "versi").collect()}
    except AnalysisException as error:
        if not iceberg.is_missing(error):
            raise
        return {}


def changes_of(spark: SparkSession, codes: CodeList) -> list[Change]:
    """What the declared list changes in `ref.<list>`; nothing when that was never loaded."""
    name = reference_name(codes.name)
    if not spark.catalog.tableExists(name):
        return []
    return changes([row.asDict() for row in spark.table(name).collect()], codes)


def load_references(spark: SparkSession, lists: Mapping[str, CodeList], known: Mapping[str, str]) -> dict[str, str]:
    """Bring `ref.*` up to the standards; gives the version of every list that is in force now.

    `known`: versions that were agreed to. A list that changes the meaning of a code without it stays as it is.
    Unchanged lists cost one query together.
    """
    create_database(spark, "ref")
    create_iceberg(
        spark,
        VERSIONS,
        {
            "daftar": ("string", "Nama daftar kode; tabelnya ref.<daftar>"),
            "versi": ("string", "SHA-256 dari isi daftar"),
            "baris": ("int", "Banyaknya baris"),
            "sumber": ("string", "Sumber daftar"),
        },
        "Versi tiap daftar kode yang sedang berlaku",
        ("daftar",),
    )
    before = in_force(spark)
    wanted = {name: version(codes) for name, codes in lists.items()}
    changed = [name for name, digest in wanted.items() if before.get(name) != digest]
    for name in tuple(changed):
        asked = [] if known.get(name) == wanted[name] else [c for c in changes_of(spark, lists[name]) if c.meaning]
        if asked and name in before:
            log.warning("ref: list %s changes %s meaning(s): waits for `lumbung standards apply`", name, len(asked))
            wanted[name] = before[name]
            changed.remove(name)
        else:
            _write(spark, lists[name], wanted[name])
            log.info("ref: list %s is now version %s", name, wanted[name][:12])
    if changed or set(before) != set(wanted):
        rows = [(name, wanted[name], len(codes.rows), codes.source) for name, codes in sorted(lists.items())]
        from pyspark.sql import functions as fn

        schema = "daftar string, versi string, baris int, sumber string"
        spark.createDataFrame(rows, schema).writeTo(VERSIONS).overwrite(fn.lit(True))
    return wanted


def _write(spark: SparkSession, codes: CodeList, digest: str) -> None:
    """Write one list as a new snapshot of its table; readers see the old or the new version."""
    from pyspark.sql import functions as fn

    texts = [column for column in codes.columns if column.name not in (VALID_FROM, VALID_TO)]
    schema = ", ".join([*(f"{identifier(c.name)} string" for c in texts), f"{VALID_FROM} date", f"{VALID_TO} date"])
    rows = [(*(row.values.get(c.name) for c in texts), row.valid_from, row.valid_to) for row in codes.rows]
    comments = {column.name: f"{column.title}. {column.description}" for column in texts}
    comments |= {
        VALID_FROM: "Hari pertama berlaku; 1900-01-01 berarti sejak awal",
        VALID_TO: "Hari terakhir berlaku; 9999-12-31 berarti masih berlaku",
    }
    frame = spark.createDataFrame(rows, schema).select(
        *(fn.col(name).alias(name, metadata={"comment": comment}) for name, comment in comments.items())
    )
    writer = frame.coalesce(1).writeTo(reference_name(codes.name)).using("iceberg")
    comment = f"{codes.title}. {codes.description} Sumber: {codes.source}"
    for key, value in {**ICEBERG_PROPERTIES, "comment": comment}.items():
        writer = writer.tableProperty(key, value)
    with iceberg.signed(spark, {VERSION: digest}):
        writer.createOrReplace()
