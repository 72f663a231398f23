"""Residents of SIAK whom another department's records name: real ones of the registry, out of reach of its defects."""

from __future__ import annotations

from typing import Any

import numpy as np
from psycopg.rows import dict_row

from simulator.server import Connection
from simulator.source_rows import Row, unspoilt


def residents(siak: Connection, rng: np.random.Generator, number: int, where: str, **values: Any) -> list[Row]:
    """Up to `number` living residents who fit `where` (a trusted fragment over alias `t`), in random order.

    Keys of a row: nik, no_kk, nama_lgkp, tgl_lhr, jenis_klmin, no_kec, no_kel. From now on SIAK's defects and deletions
    leave them alone: what a department knows of them stays true.
    """
    query = (  # a trusted fragment of this package; values go in as parameters
        "SELECT t.nik, t.no_kk, t.nama_lgkp, t.tgl_lhr, t.jenis_klmin, t.no_kec, t.no_kel FROM public.biodata_wni t"  # noqa: S608
        f" WHERE t.flag_status = '0' AND ({where}){unspoilt('biodata_wni')}"
        " ORDER BY md5(t.nik || %(benih)s), t.nik LIMIT %(banyak)s"
    )
    with siak.cursor(row_factory=dict_row) as cursor:
        salt = str(int(rng.integers(0, 2**31)))
        found = cursor.execute(query.encode(), {**values, "benih": salt, "banyak": number}).fetchall()
    protect(siak, [row["nik"] for row in found])
    return found


def protect(siak: Connection, niks: list[str]) -> None:
    """Keep SIAK's defects and deletions away from these residents."""
    siak.execute("INSERT INTO simulator.nik_subjek SELECT unnest(%s::text[]) ON CONFLICT DO NOTHING", [niks])


def nobody(rng: np.random.Generator, no_kec: int) -> str:
    """A NIK of true form that nobody has: Dukcapil gives serials up to 9939."""
    born = f"{int(rng.integers(1, 29)):02d}{int(rng.integers(1, 13)):02d}{int(rng.integers(55, 99)):02d}"
    return f"3515{no_kec:02d}{born}99{int(rng.integers(90, 100))}"
