"""`ref.*`: code lists and data induk from the standards, one Iceberg table per list, changed by version.

A list is written again only when its version (the digest of its content) changed; the former version stays readable as
a snapshot of the table. `ref.versi` says which version is in force.
"""

from __future__ import annotations

import hashlib
import json
import logging
from typing import TYPE_CHECKING, Final

from lumbung.warehouse import iceberg
from lumbung.warehouse.ddl import ICEBERG_PROPERTIES, create_database, create_iceberg
from lumbung.warehouse.sql import identifier

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import SparkSession

    from lumbung.declarations.models import CodeList

log = logging.getLogger(__name__)

VALID_FROM: Final = "berlaku_dari"
VALID_TO: Final = "berlaku_sampai"
VERSIONS: Final = "ref.versi"
VERSION: Final = "lumbung.version"


def reference_name(code_list: str) -> str:
    """`ref.<list>`."""
    return f"ref.{code_list}"


def version(codes: CodeList) -> str:
    """sha256 hex of a list's content and meaning."""
    return hashlib.sha256(json.dumps(codes.model_dump(mode="json"), sort_keys=True).encode()).hexdigest()


def load_references(spark: SparkSession, lists: Mapping[str, CodeList]) -> dict[str, str]:
    """Bring `ref.*` up to the standards; gives the version of every list. Unchanged lists cost one query together."""
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
    in_force = {row["daftar"]: row["versi"] for row in spark.table(VERSIONS).select("daftar", "versi").collect()}
    wanted = {name: version(codes) for name, codes in lists.items()}
    changed = [name for name, digest in wanted.items() if in_force.get(name) != digest]
    for name in changed:
        _write(spark, lists[name], wanted[name])
        log.info("ref: list %s is now version %s", name, wanted[name][:12])
    if changed or set(in_force) != set(wanted):
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
