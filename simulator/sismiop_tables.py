"""SISMIOP's tables, from `data/sismiop_kolom.csv`: true names, order, types and defaults.

The tables with the department's own entries carry no primary key, so that their known dirt can exist here too.
"""

from __future__ import annotations

from functools import cache

from simulator.places import read_data
from simulator.source_rows import PLACE, ZONE
from simulator.systems import READER

LOOKUPS = (
    "ref_propinsi",
    "ref_dati2",
    "ref_kecamatan",
    "ref_kelurahan",
    "ref_jns_sektor",
    "ref_jpb",
    "lookup_item",
    "kelas_tanah",
    "kelas_bangunan",
    "njoptkp",
    "tarif",
    "pbb_minimal",
    "tempat_pembayaran",
    "tipe_bangunan",
)
TRANSACTIONAL = (
    "dat_subjek_pajak",
    "dat_objek_pajak",
    "sppt",
    "pembayaran_sppt",
    "dat_peta_blok",
    "dat_znt",
    "dat_nir",
    "dat_op_bumi",
    "dat_op_bangunan",
    "dat_subjek_pajak_njoptkp",
    "pembatalan_sppt",
)
_INDEXES = {
    "dat_subjek_pajak": "CREATE INDEX dat_subjek_pajak_kunci ON public.dat_subjek_pajak (subjek_pajak_id);",
    "dat_objek_pajak": f"CREATE INDEX dat_objek_pajak_kunci ON public.dat_objek_pajak ({PLACE});"
    " CREATE INDEX dat_objek_pajak_subjek ON public.dat_objek_pajak (subjek_pajak_id);",
    "sppt": f"CREATE INDEX sppt_kunci ON public.sppt (thn_pajak_sppt, {PLACE});",
    "pembayaran_sppt": f"CREATE INDEX pembayaran_sppt_kunci ON public.pembayaran_sppt ({PLACE}, thn_pajak_sppt);"
    " CREATE INDEX pembayaran_sppt_waktu ON public.pembayaran_sppt (tgl_rekam_byr_sppt);",
    "dat_peta_blok": "CREATE INDEX dat_peta_blok_kunci ON public.dat_peta_blok (kd_kecamatan, kd_kelurahan, kd_blok);",
    "dat_znt": f"CREATE INDEX dat_znt_kunci ON public.dat_znt ({ZONE});",
    "dat_nir": f"CREATE INDEX dat_nir_kunci ON public.dat_nir ({ZONE}, thn_nir_znt);",
    "dat_op_bumi": f"CREATE INDEX dat_op_bumi_kunci ON public.dat_op_bumi ({PLACE});",
    "dat_op_bangunan": f"CREATE INDEX dat_op_bangunan_kunci ON public.dat_op_bangunan ({PLACE});",
    "dat_subjek_pajak_njoptkp": "CREATE INDEX dat_subjek_pajak_njoptkp_kunci"
    " ON public.dat_subjek_pajak_njoptkp (subjek_pajak_id);"
    f" CREATE INDEX dat_subjek_pajak_njoptkp_objek ON public.dat_subjek_pajak_njoptkp ({PLACE});",
    "pembatalan_sppt": f"CREATE INDEX pembatalan_sppt_kunci ON public.pembatalan_sppt ({PLACE}, thn_pajak_sppt);"
    " CREATE INDEX pembatalan_sppt_waktu ON public.pembatalan_sppt (tgl_rekam_btl_sppt);",
}


@cache
def _described(table: str) -> tuple[dict[str, str], ...]:
    return tuple(r for r in read_data("sismiop_kolom.csv") if r["tabel"] == table.upper())


@cache
def columns(table: str) -> tuple[str, ...]:
    """Column names, lower case, in the department's order."""
    return tuple(r["kolom"].lower() for r in _described(table))


def _type(text: str) -> str:
    kind = text.replace(" null", "").replace("timestamp", "timestamp without time zone")
    if " default " in kind:
        base, value = kind.split(" default ")
        value = value.strip("'")
        return f"{base} DEFAULT '{value}'"
    return kind


def create(table: str) -> str:
    """DDL of one table and the grant for the read-only account."""
    parts = [f"{r['kolom'].lower()} {_type(r['tipe'])}" for r in _described(table)]
    if table in LOOKUPS:
        parts.append(f"PRIMARY KEY ({', '.join(r['kolom'].lower() for r in _described(table) if r['pk'] == 'Y')})")
    return f"CREATE TABLE public.{table} ({', '.join(parts)}); GRANT SELECT ON public.{table} TO {READER};"


def indexes(table: str) -> str:
    """Plain indexes on key and update clock, made after the load."""
    return _INDEXES[table]
