"""Rows of the sources by their business key: a random one that fits, its key, its update."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np
from psycopg import sql
from psycopg.rows import dict_row

from simulator.places import districts
from simulator.server import Connection, scalar
from simulator.systems import tables

Row = dict[str, Any]

Change = dict[str, Any]

NOP = ("kd_propinsi", "kd_dati2", "kd_kecamatan", "kd_kelurahan", "kd_blok", "no_urut", "kd_jns_op")

SIAK_KEYS = {
    "biodata_wni": ("nik",),
    "data_keluarga": ("no_kk",),
    "capil_lahir": ("bayi_no",),
    "capil_mati": ("mati_no",),
    "capil_kawin": ("kawin_no",),
    "capil_cerai": ("cerai_no",),
    "pindah_header": ("no_pindah",),
    "pindah_detail": ("no_pindah", "nik"),
    "datang_header": ("no_datang",),
    "datang_detail": ("no_datang", "nik"),
}

SISMIOP_KEYS = {
    "dat_subjek_pajak": ("subjek_pajak_id",),
    "dat_objek_pajak": NOP,
    "sppt": (*NOP, "thn_pajak_sppt"),
    "pembayaran_sppt": (*NOP, "thn_pajak_sppt", "pembayaran_sppt_ke"),
    "dat_nir": ("kd_propinsi", "kd_dati2", "kd_kecamatan", "kd_kelurahan", "kd_znt", "thn_nir_znt"),
    "dat_op_bumi": (*NOP, "no_bumi"),
    "dat_op_bangunan": (*NOP, "no_bng"),
    "dat_subjek_pajak_njoptkp": ("subjek_pajak_id",),
    "pembatalan_sppt": (*NOP, "thn_pajak_sppt", "pembatalan_sppt_ke"),
}

KEYS = {**SIAK_KEYS, **SISMIOP_KEYS, **{table.name: table.key for table in tables().values()}}

TOUCH = {
    "biodata_wni": "tgl_ubah",
    "data_keluarga": "tgl_updation",
    "capil_lahir": "adm_tgl_update",
    "capil_mati": "adm_tgl_update",
    "capil_kawin": "adm_tgl_update",
    "capil_cerai": "adm_tgl_update",
    "pindah_header": "modified_date",
    "pindah_detail": "modified_date",
    "datang_header": "modified_date",
    "datang_detail": "modified_date",
    "pembayaran_sppt": "tgl_rekam_byr_sppt",
    "pembatalan_sppt": "tgl_rekam_btl_sppt",
    **{table.name: table.touch for table in tables().values() if table.touch},
}
"""Column that an update moves; full tables have none."""

# The sources' server keeps texts in the order of their bytes (C.UTF-8, runtime/postgresql.py). Nothing names another
# collation: an index of one is of no use to a comparison in another, and each look at a neighbour reads a whole table.
PLACE = "kd_kecamatan, kd_kelurahan, kd_blok, no_urut"
ZONE = "kd_kecamatan, kd_kelurahan, kd_znt"
ORDER = {
    "biodata_wni": "nik",
    "biodata_wni_dkb": "nik",
    "data_keluarga": "no_kk",
    "capil_lahir": "bayi_no",
    "capil_mati": "mati_no",
    "capil_kawin": "kawin_no",
    "capil_cerai": "cerai_no",
    "pindah_header": "no_pindah",
    "pindah_detail": "no_pindah, nik",
    "datang_header": "no_datang",
    "datang_detail": "no_datang, nik",
    "dat_subjek_pajak": "subjek_pajak_id",
    "dat_subjek_pajak_njoptkp": "subjek_pajak_id",
    "dat_nir": ZONE,
    **dict.fromkeys(
        ("dat_objek_pajak", "pembayaran_sppt", "dat_op_bumi", "dat_op_bangunan", "pembatalan_sppt"),
        PLACE,
    ),
    "sppt": f"thn_pajak_sppt, {PLACE}",
    **{table.name: ", ".join(table.key) for table in tables().values()},
}

_ACTS = {"capil_lahir": "LU", "capil_mati": "KM", "capil_kawin": "KW", "capil_cerai": "CR"}
_LETTERS = {"pindah_header": "SKPWNI", "pindah_detail": "SKPWNI", "datang_header": "SKDWNI", "datang_detail": "SKDWNI"}


def pivot(table: str, rng: np.random.Generator, year: int = 2024) -> tuple[Any, ...]:
    """A random point in the key order of a table, from which the next fitting row is taken."""
    area = districts()[int(rng.choice(18, p=[d.weight for d in districts()]))]
    day, month, year_of_birth = (int(rng.integers(low, high)) for low, high in ((1, 32), (1, 13), (0, 100)))
    stem = f"3515{area.no_kec:02d}{day:02d}{month:02d}{year_of_birth:02d}9"
    village = area.villages[int(rng.choice(len(area.villages), p=area.village_weights))]
    nop = (area.kd_kecamatan, village.kd_kelurahan, f"{int(rng.integers(1, 4)):03d}", f"{int(rng.integers(1, 60)):04d}")
    if table == "biodata_wni" or table.startswith("biodata_wni_"):
        woman = int(rng.integers(0, 2)) * 40
        return (stem[:6] + f"{int(rng.integers(1, 32)) + woman:02d}" + stem[8:],)
    if table == "data_keluarga":
        return (stem[:10] + f"{int(rng.integers(8, 26)):02d}9",)
    if table in _ACTS:
        year, month, day = (int(rng.integers(low, high)) for low, high in ((2024, 2026), (1, 13), (1, 29)))
        return (f"{_ACTS[table]}{area.no_kec:02d}{year}{month:02d}{day:02d}",)
    if table in _LETTERS:
        year, month, day = (int(rng.integers(low, high)) for low, high in ((2024, 2026), (1, 13), (1, 29)))
        return (f"{_LETTERS[table]}/3515/{day:02d}{month:02d}{year}", "")[: len(KEYS[table])]
    if table == "dat_nir":
        return (*nop[:2], "AB")
    if table in ("dat_subjek_pajak", "dat_subjek_pajak_njoptkp"):
        return (f"3515 OP-{area.no_kec:03d}{int(rng.integers(0, 3000)):06d}",)
    if table == "sppt":
        return (str(year), *nop)
    return nop


# One row is wanted and most fit, but the planner thinks that few do, and would read and sort whole tables to find it.
_FOR_ONE_ROW = {
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "enable_seqscan": "off",
    "enable_bitmapscan": "off",
    "max_parallel_workers_per_gather": "0",
}


def pick(
    connection: Connection, table: str, where: str, rng: np.random.Generator, year: int = 2024, order: str | None = None
) -> Row | None:
    """The next row after a random point of the key order that fits `where`; wraps round; None when nothing fits.

    The row has an extra key `_ctid`. `where` is a trusted fragment of this package, with the table aliased `t`.
    """
    order = order or ORDER["biodata_wni_dkb" if table.startswith("biodata_wni_") else table]
    point = _any_key(connection, table, where, rng) if table in tables() else pivot(table, rng, year)
    if point is None:
        return None
    marks = ", ".join(["%s"] * len(point))
    # Table, order and condition are constants of this package; values go in as parameters.
    base = f"SELECT ctid::text AS _ctid, t.* FROM public.{table} t WHERE ({where})"  # noqa: S608
    with connection.cursor(row_factory=dict_row) as cursor:
        cursor.execute("; ".join(f"SET {name} = {value}" for name, value in _FOR_ONE_ROW.items()))
        row = cursor.execute(f"{base} AND ({order}) >= ({marks}) ORDER BY {order}, ctid LIMIT 1", point).fetchone()
        if row is None:
            row = cursor.execute(f"{base} ORDER BY {order}, ctid LIMIT 1").fetchone()
        cursor.execute("; ".join(f"RESET {name}" for name in _FOR_ONE_ROW))
    return row


def _any_key(connection: Connection, table: str, where: str, rng: np.random.Generator) -> tuple[Any, ...] | None:
    """The key of a random one of the fitting rows of a smaller department's table; None when none fits."""
    order = ORDER[table]
    fitting = f"FROM public.{table} t WHERE ({where})"
    count = int(scalar(connection, f"SELECT count(*) {fitting}"))
    query = f"SELECT {order} {fitting} ORDER BY {order}, ctid OFFSET %s LIMIT 1"
    return connection.execute(query.encode(), [int(rng.integers(0, max(1, count)))]).fetchone()


def key_columns(table: str) -> tuple[str, ...]:
    """Names of the business key's columns."""
    return KEYS.get(table, ("nik",))


def stored_key(table: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """Business key of a row as its table holds it, in values that JSON can hold."""
    return {name: _held(row[name]) for name in key_columns(table)}


def _held(value: Any) -> Any:
    if isinstance(value, str):
        return value.rstrip()
    return value.isoformat() if isinstance(value, date) else int(value)


def key_of(table: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """Business key of a row as the platform shows it: as stored, but as the department's service writes it."""
    if table in tables():
        return tables()[table].key_shown(row)
    return {**({} if table in KEYS else {"periode": table[-6:]}), **stored_key(table, row)}


def unspoilt(table: str) -> str:
    """Rows that an earlier defect already spoilt are out of reach, whatever their key looks like now."""
    key = key_columns(table)
    text = " || '|' || ".join(f"rtrim(t.{c}::text)" for c in key)
    # A value, not NOT EXISTS: as a join beside another one it was made over all defects of the table, for every row.
    spoilt = f"SELECT 1 FROM simulator.cacat c WHERE c.tabel = '{table}' AND c.kunci = {text} LIMIT 1"  # noqa: S608
    return f" AND ({spoilt}) IS NULL"


def update_row(connection: Connection, table: str, ctid: str, change: Change) -> None:
    """UPDATE one physical row."""
    sets = sql.SQL(", ").join(sql.SQL("{} = %s").format(sql.Identifier(c)) for c in change)
    connection.execute(
        sql.SQL("UPDATE public.{} SET {} WHERE ctid = %s::tid").format(sql.Identifier(table), sets),
        [*change.values(), ctid],
    )
