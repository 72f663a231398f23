"""SIAK's tables from `data/siak_kolom.csv`: true names and order of the columns.

The types are the department's, not our contracts': Oracle NUMBER becomes numeric(p), DATE with a time timestamp(0).
Only a few columns of the event tables are public (`asal` = publik); the rest (sendiri) is what an act (form F-2.01) or
a move (form F-1.03) needs.
There is no primary key on the transactional tables: real systems have duplicates, and the simulator injects them.
"""

from __future__ import annotations

from functools import cache

from simulator.places import read_data
from simulator.systems import READER

_SETUP = {
    "setup_prop": "no_prop numeric(2) PRIMARY KEY, nama_prop varchar(60)",
    "setup_kab": "no_prop numeric(2), no_kab numeric(2), nama_kab varchar(60), PRIMARY KEY (no_prop, no_kab)",
    "setup_kec": "no_prop numeric(2), no_kab numeric(2), no_kec numeric(2), nama_kec varchar(60),"
    " PRIMARY KEY (no_prop, no_kab, no_kec)",
    "setup_kel": "no_prop numeric(2), no_kab numeric(2), no_kec numeric(2), no_kel numeric(4), nama_kel varchar(60),"
    " PRIMARY KEY (no_prop, no_kab, no_kec, no_kel)",
    "biodata_wni_master": "no numeric(3), sect varchar(30), descrip varchar(100), PRIMARY KEY (sect, no)",
}


@cache
def _described(table: str) -> dict[str, str]:
    if table.startswith("biodata_wni_"):
        table = "biodata_wni"
    return {r["kolom"].lower(): r["tipe"] for r in read_data("siak_kolom.csv") if r["tabel"] == table.upper()}


def columns(table: str) -> tuple[str, ...]:
    """Column names of a transactional table, lower case, in the department's order."""
    return tuple(_described(table))


def create(table: str) -> str:
    """DDL of one table and the grant for the read-only account."""
    body = _SETUP.get(table) or ", ".join(f"{c} {kind}" for c, kind in _described(table).items())
    return f"CREATE TABLE public.{table} ({body}); GRANT SELECT ON public.{table} TO {READER};"


def indexes(table: str) -> str:
    """Plain indexes on key and update clock, made after the load."""
    key, cursor = _INDEXED.get(table, ("nik", "coalesce(tgl_ubah, tgl_entri)"))
    found = f"CREATE INDEX {table}_kunci ON public.{table} ({key});"
    if not table[-6:].isdigit():
        found += f" CREATE INDEX {table}_waktu ON public.{table} (({cursor}));"
    if table == "biodata_wni":
        found += " CREATE INDEX biodata_wni_kk ON public.biodata_wni (no_kk);"
    if table in ("pindah_detail", "datang_detail"):
        found += f" CREATE INDEX {table}_orang ON public.{table} (nik);"
    return found


_ACT = "coalesce(adm_tgl_update, adm_tgl_entry)"
_LETTER = "coalesce(modified_date, created_date)"
_INDEXED = {
    "data_keluarga": ("no_kk", "coalesce(tgl_updation, tgl_insertion)"),
    "capil_lahir": ("bayi_no", _ACT),
    "capil_mati": ("mati_no", _ACT),
    "capil_kawin": ("kawin_no", _ACT),
    "capil_cerai": ("cerai_no", _ACT),
    "pindah_header": ("no_pindah", _LETTER),
    "pindah_detail": ("no_pindah", _LETTER),
    "datang_header": ("no_datang", _LETTER),
    "datang_detail": ("no_datang", _LETTER),
}
EVENTS = tuple(name for name in _INDEXED if name != "data_keluarga")
TRANSACTIONAL = ("data_keluarga", "biodata_wni", *EVENTS)
LOOKUPS = tuple(_SETUP)
