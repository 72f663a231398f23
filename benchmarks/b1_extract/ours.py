"""Ours: the platform's own code, from the snapshot to the spooled batch; nothing is copied or left out."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import psycopg

from lumbung.declarations import load
from lumbung.declarations.models import Column, Dataset
from lumbung.ledger import Batch, Run
from lumbung.sources.database.postgresql import open_postgresql
from lumbung.sources.spool import spool_dataset

_NOW = datetime(2026, 1, 5, tzinfo=UTC)
_BATCH = {"id": "uji-1", "mode": "full", "window_from": None, "window_to": None}


def read(url: str, table: str, folder: Path) -> None:
    """Read one table whole into `folder`: the residents by their real contract, another table by a drafted one."""
    declarations = load()
    system = declarations.systems["siak"]
    found = declarations.datasets.get(f"siak.{table}")
    dataset = found if found is not None else _drafted(url, table)
    run = Run("uji-1", system.code, 1, "manual", "uji", "uji", *(None,) * 5, "running", None, _NOW, None, None)
    batch = Batch.__new__(Batch)  # the spool asks it for its id, mode and window; no ledger is needed for that
    for name in Batch.__slots__:
        object.__setattr__(batch, name, _BATCH.get(name))
    with open_postgresql(url, system, [dataset]) as snapshot:
        if errors := snapshot.drift(dataset, declarations.root).errors:
            raise ValueError("; ".join(errors))
        spool_dataset(snapshot, dataset, None, run, batch, folder, [], lambda: None)  # no lock, nobody else


def _drafted(url: str, table: str) -> Dataset:
    """A contract with every column as the catalogue types it."""
    with psycopg.connect(url) as connection:
        columns = connection.execute(
            "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute"
            " WHERE attrelid = %s::regclass AND attnum > 0 ORDER BY attnum",
            (table,),
        ).fetchall()
    return Dataset.model_construct(
        system="siak",
        name=table,
        version="1.0.0",
        source_table=f"public.{table}",
        period_column=None,
        columns=tuple(
            Column.model_construct(name=name, logical="string", physical=kind, required=False) for name, kind in columns
        ),
        key=("id",),
        load="full",
        cursor=(),
    )
