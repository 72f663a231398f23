"""A small system of two tables on the real engine and a ledger of its own, as validate hands it over."""

from __future__ import annotations

import hashlib
import shutil
import uuid
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from lumbung.declarations.models import CodeList, CodeRow, Column, Comparison, Dataset, Declarations, MasterRef, System
from lumbung.ledger import Batch, Counts, Extracted, Ledger, RefusedKey
from lumbung.stages.promotion import keys_folder, promote, valid_folder
from lumbung.warehouse import iceberg
from lumbung.warehouse.ddl import curated_name
from lumbung.warehouse.session import session

CLOCK = datetime(2026, 1, 5, 6, tzinfo=UTC)
TYPES = {"STRING": pa.string(), "INT": pa.int32(), "DECIMAL(20,0)": pa.decimal128(20, 0), "DATE": pa.date32()}


def column(name: str, logical: str, physical: str, **more: Any) -> Column:
    given = {"classification": "umum", "title": name.title(), "description": name}
    return Column(name=name, logical=logical, physical=physical, **(given | more))


def dataset(name: str, columns: Sequence[Column], key: Sequence[str], **more: Any) -> Dataset:
    given: dict[str, Any] = {
        "system": "uji",
        "version": "1.0.0",
        "title": name.title(),
        "description": "tabel uji",
        "limitations": "",
        "source_table": f"public.{name}",
        "period_column": None,
        "load": "full",
        "cursor": (),
        "overlap": timedelta(0),
        "linked": None,
        "lookup": False,
        "order": 1,
        "freshness": timedelta(days=1),
        "derived": {},
        "late_derived": (),
        "kept": (),
        "references": (),
        "list_refs": (),
        "master_refs": (),
        "rules": (),
    }
    return Dataset(name=name, columns=tuple(columns), key=tuple(key), **(given | more))


def codes(*rows: tuple[str, str, date, date]) -> CodeList:
    return CodeList(
        name="jenis",
        title="Jenis",
        description="",
        source="uji",
        license="uji",
        caution=None,
        columns=(),
        key=("kode",),
        code_column="kode",
        label_column="label",
        has_validity=True,
        rows=tuple(CodeRow(code=c, label=n, valid_from=a, valid_to=b, values={}) for c, n, a, b in rows),
    )


class Bench:
    """A system of two tables (persons, and rows that name a person), the way validate hands them over."""

    def __init__(self, ledger: Ledger) -> None:
        tag = uuid.uuid4().hex[:8]
        self.ledger = ledger
        self.spark = session("uji")
        self.system = f"uji{tag}"
        self.persons = dataset(
            "induk",
            (column("nik", "string", "character varying(16)"), column("nama", "string", "character varying(60)")),
            ("nik",),
            system=self.system,
        )
        self.rows = dataset(
            "wajib_pajak",
            (
                column("id", "string", "character(30)", trim=True),
                column("nama", "string", "character varying(30)"),
                column("jenis", "integer", "numeric(2,0)", precision=2, scale=0, code_list="jenis"),
                column("pajak", "number", "numeric", precision=20, scale=0, unit="rupiah"),
            ),
            ("id",),
            system=self.system,
            master_refs=(
                MasterRef(
                    id="status_nik",
                    column="id",
                    to=f"{self.system}.induk",
                    to_column="nik",
                    when="id RLIKE '^[0-9]{16}$'",
                    compare=(
                        Comparison(attribute="nama", ours="upper(nama)", theirs="upper(nama)"),
                        Comparison(attribute="panjang_nama", ours="length(nama)", theirs="length(nama)"),
                    ),
                    title="Status NIK",
                    description="",
                ),
            ),
        )
        system = System.model_construct(code=self.system, timezone="Asia/Jakarta")
        forever = (date(1900, 1, 1), date(9999, 12, 31))
        self.declarations = Declarations.model_construct(
            root=Path(),
            systems={self.system: system},
            datasets={d.id: d for d in (self.persons, self.rows)},
            lists={"jenis": codes(("1", "LAMA", date(1900, 1, 1), date(2025, 12, 31)), ("2", "DUA", *forever))},
            types={},
            marts={},
        )

    def batch(
        self,
        of: Dataset,
        accepted: Sequence[tuple[Any, ...]],
        others: Sequence[tuple[Any, ...]] = (),
        mode: str = "full",
        clock: datetime = CLOCK,
    ) -> Batch:
        """A validated batch: `accepted` rows, and keys of others with their kind."""
        run = self.ledger.open_run(self.system, "manual", uuid.uuid4().hex, "uji")
        self.ledger.pin_snapshot(run.id, clock, clock, "uji")
        batch = self.ledger.add_batch(run.id, of.id, mode, None, None, of.version)  # type: ignore[arg-type]
        received = len(accepted) + len(others)
        self.ledger.extraction_done(run.id, [Extracted(of.id, received, "d", "s", "spool")])
        self.ledger.landed(batch.id, "raw", 1, None)
        refused = sum(kind == "ditolak" for *_, kind in others)
        counts = Counts(received, len(accepted), refused, len(others) - refused)
        keys = [RefusedKey(n + 1, str(n)) for n in range(refused)]
        self.ledger.validated(batch.id, counts, [], keys, "inputs")
        self._write(valid_folder(of, batch.id), self._valid(of, accepted))
        self._write(keys_folder(of, batch.id), self._keys(of, others))
        return self.ledger.batch(batch.id)

    def promote(self, *args: Any, **kwargs: Any) -> Batch:
        """Make a batch and promote it."""
        batch = self.batch(*args, **kwargs)
        promote(self.ledger, self.declarations, batch)
        return self.ledger.batch(batch.id)

    def table(self, of: Dataset, *columns: str, current: bool = True) -> set[tuple[Any, ...]]:
        frame = self.spark.table(curated_name(of))
        if current:
            frame = frame.where("_dihapus_batch IS NULL")
        return {tuple(row) for row in frame.select(*columns).collect()}

    def snapshots(self, of: Dataset) -> int:
        name = curated_name(of)
        return len(iceberg.ancestry(self.spark, name, iceberg.current_snapshot(self.spark, name)))

    def drop(self) -> None:
        for of in (self.persons, self.rows):
            self.spark.sql(f"DROP TABLE IF EXISTS {curated_name(of)}")
        shutil.rmtree(valid_folder(self.rows, "x").parents[1], ignore_errors=True)

    @staticmethod
    def _valid(of: Dataset, accepted: Sequence[tuple[Any, ...]]) -> pa.Table:
        fields = [(c.name, TYPES[c.spark_type]) for c in of.columns]
        schema = pa.schema([*fields, ("_row", pa.int64()), ("_row_hash", pa.string())])
        rows = [(*row, n + 1, hashlib.sha256(repr(row).encode()).hexdigest()) for n, row in enumerate(accepted)]
        return pa.Table.from_pylist([dict(zip(schema.names, row, strict=True)) for row in rows], schema)

    @staticmethod
    def _keys(of: Dataset, others: Sequence[tuple[Any, ...]]) -> pa.Table:
        schema = pa.schema([*((k, TYPES[of.column(k).spark_type]) for k in of.key), ("_kind", pa.string())])
        return pa.Table.from_pylist([dict(zip(schema.names, row, strict=True)) for row in others], schema)

    @staticmethod
    def _write(folder: Path, rows: pa.Table) -> None:
        folder.mkdir(parents=True)
        pq.write_table(rows, folder / "part-00000.parquet")
        (folder / "_SUCCESS").touch()
