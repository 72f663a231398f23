"""SIAK's tables: true names and order of the columns (`data/siak_kolom.csv`), types as the simulated department has them.

The types are the department's, not our contracts': Oracle NUMBER becomes numeric(p), dates with a time become timestamp(0).
There is no primary key on the transactional tables: real systems have duplicates, and the simulator injects them.
"""

from __future__ import annotations

from functools import cache

from simulator.places import read_data
from simulator.server import READER

_DATES = "tgl_lhr tgl_kwn tgl_crai tgl_akh_paspor bayi_tgl_lahir mati_tgl plpr_tgl_lapor adm_akta_tgl".split()
_TIMES = """tgl_entri tgl_ubah tgl_insertion tgl_updation adm_tgl_entry adm_tgl_update tgl_cetak_ktp tgl_ganti_ktp tgl_pjg_ktp
tgl_siak_plus""".split()
_NIKS = "nik no_kk no_ktp nik_ibu nik_ayah nik_kk bayi_nik bayi_no_kk ibu_nik ayah_nik mati_nik".split()
_CODES = """no_prop no_kab no_kec jenis_klmin agama gol_drh stat_kwn stat_hbkel klain_fsk pnydng_cct pddk_akh jenis_pkrjn
stat_hidup akta_lhr akta_kwn akta_crai bayi_jns_klmin mati_jns_klmin""".split()
_FLAGS = "flag_status cflag pflag sync_flag flag_ektp dump flagsink tipe_kk als_numpang als_prmohon stat_ktp jenis_bntu is_pros_datang".split()
_SPECIAL = {
    "no_kel": "numeric(4)", "no_rt": "numeric(3)", "no_rw": "numeric(3)", "kode_pos": "numeric(5)",
    "count_ktp": "numeric(5)", "count_biodata": "numeric(5)", "count_kk": "numeric(5)",
    "bayi_no": "varchar(20)", "mati_no": "varchar(20)", "alamat": "varchar(120)", "nip_pet_reg": "varchar(18)",
    "nip_pet_entri": "varchar(18)", "no_paspor": "varchar(20)", "telp": "varchar(20)", "userid": "varchar(30)",
    "no_akta_lhr": "varchar(30)", "no_akta_kwn": "varchar(30)", "no_akta_crai": "varchar(30)", "adm_akta_no": "varchar(30)",
}  # fmt: skip
_LOCATION = ["no_prop", "no_kab", "no_kec", "no_kel"]
# Only a few columns of the event tables are public; the record is what an act needs (form F-2.01).
_EVENTS = {
    "capil_lahir": """bayi_no bayi_nik bayi_nama_lgkp bayi_jns_klmin bayi_tmpt_lahir bayi_tgl_lahir bayi_no_kk ibu_nik
    ayah_nik no_prop no_kab no_kec no_kel plpr_tgl_lapor adm_akta_no adm_akta_tgl adm_tgl_entry adm_tgl_update""".split(),
    "capil_mati": """mati_no mati_nik mati_nama_lgkp mati_jns_klmin mati_tgl no_prop no_kab no_kec no_kel plpr_tgl_lapor
    adm_akta_no adm_akta_tgl adm_tgl_entry adm_tgl_update""".split(),
}
_SETUP = {
    "setup_prop": "no_prop numeric(2) PRIMARY KEY, nama_prop varchar(60)",
    "setup_kab": "no_prop numeric(2), no_kab numeric(2), nama_kab varchar(60), PRIMARY KEY (no_prop, no_kab)",
    "setup_kec": "no_prop numeric(2), no_kab numeric(2), no_kec numeric(2), nama_kec varchar(60), PRIMARY KEY (no_prop, no_kab, no_kec)",
    "setup_kel": "no_prop numeric(2), no_kab numeric(2), no_kec numeric(2), no_kel numeric(4), nama_kel varchar(60),"
    " PRIMARY KEY (no_prop, no_kab, no_kec, no_kel)",
    "biodata_wni_master": "no numeric(3), sect varchar(30), descrip varchar(100), PRIMARY KEY (sect, no)",
}


@cache
def columns(table: str) -> tuple[str, ...]:
    """Column names of a transactional table, lower case, in the department's order."""
    if table.startswith("biodata_wni_"):
        table = "biodata_wni"
    if table in _EVENTS:
        return tuple(_EVENTS[table])
    return tuple(r["kolom"].lower() for r in read_data("siak_kolom.csv") if r["tabel"] == table.upper())


def column_type(column: str) -> str:
    """PostgreSQL type of a SIAK column."""
    if column in _SPECIAL:
        return _SPECIAL[column]
    for names, kind in (
        (_DATES, "date"), (_TIMES, "timestamp(0) without time zone"), (_NIKS, "varchar(16)"), (_CODES, "numeric(2)"),
        (_FLAGS, "varchar(2)"),
    ):  # fmt: skip
        if column in names:
            return kind
    return "varchar(60)"


def create(table: str) -> str:
    """DDL of one table and the grant for the read-only account."""
    body = _SETUP.get(table) or ", ".join(f"{c} {column_type(c)}" for c in columns(table))
    return f"CREATE TABLE public.{table} ({body}); GRANT SELECT ON public.{table} TO {READER};"


def indexes(table: str) -> str:
    """Plain indexes on key and update clock, made after the load."""
    key, cursor = {
        "data_keluarga": ("no_kk", "coalesce(tgl_updation, tgl_insertion)"),
        "capil_lahir": ("bayi_no", "coalesce(adm_tgl_update, adm_tgl_entry)"),
        "capil_mati": ("mati_no", "coalesce(adm_tgl_update, adm_tgl_entry)"),
    }.get(table, ("nik", "coalesce(tgl_ubah, tgl_entri)"))
    found = f'CREATE INDEX {table}_kunci ON public.{table} ({key} COLLATE "C");'
    if not table[-6:].isdigit():
        found += f" CREATE INDEX {table}_waktu ON public.{table} (({cursor}));"
    if table == "biodata_wni":
        found += " CREATE INDEX biodata_wni_kk ON public.biodata_wni (no_kk);"
    return found


TRANSACTIONAL = ("data_keluarga", "biodata_wni", "capil_lahir", "capil_mati")
LOOKUPS = tuple(_SETUP)
