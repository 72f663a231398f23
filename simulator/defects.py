"""Kinds of defect that are put into the sources on purpose: one declared rule each, one row each (two for a double key).

A defect is injected into a clean row and remembered with what it takes to mend it, in `simulator.cacat` of the
database that holds the row; the manifest is written from there.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
from psycopg import sql
from psycopg.rows import dict_row

from simulator.places import closed_villages, districts
from simulator.server import Connection

Row = dict[str, Any]
Change = dict[str, Any]
SIAK_KEYS = {"biodata_wni": ("nik",), "data_keluarga": ("no_kk",), "capil_lahir": ("bayi_no",), "capil_mati": ("mati_no",)}
NOP = ("kd_propinsi", "kd_dati2", "kd_kecamatan", "kd_kelurahan", "kd_blok", "no_urut", "kd_jns_op")
SISMIOP_KEYS = {
    "dat_subjek_pajak": ("subjek_pajak_id",), "dat_objek_pajak": NOP, "sppt": (*NOP, "thn_pajak_sppt"),
    "pembayaran_sppt": (*NOP, "thn_pajak_sppt", "pembayaran_sppt_ke"),
}  # fmt: skip
KEYS = {**SIAK_KEYS, **SISMIOP_KEYS}
TOUCH = {"biodata_wni": "tgl_ubah", "data_keluarga": "tgl_updation", "capil_lahir": "adm_tgl_update",
         "capil_mati": "adm_tgl_update", "pembayaran_sppt": "tgl_rekam_byr_sppt"}  # fmt: skip
"""Column that an update moves; full tables have none."""
ORDER = {
    "biodata_wni": 'nik COLLATE "C"', "biodata_wni_dkb": 'nik COLLATE "C"', "data_keluarga": 'no_kk COLLATE "C"',
    "capil_lahir": 'bayi_no COLLATE "C"', "capil_mati": 'mati_no COLLATE "C"', "dat_subjek_pajak": "subjek_pajak_id",
    **dict.fromkeys(("dat_objek_pajak", "pembayaran_sppt"),
                    'kd_kecamatan COLLATE "C", kd_kelurahan COLLATE "C", kd_blok COLLATE "C", no_urut COLLATE "C"'),
    "sppt": 'thn_pajak_sppt, kd_kecamatan COLLATE "C", kd_kelurahan COLLATE "C", kd_blok COLLATE "C", no_urut COLLATE "C"',
}  # fmt: skip


@dataclass(frozen=True)
class Kind:
    """One kind of defect; `change(row, rng)` gives the columns to alter, `copy` inserts an altered second row."""

    name: str
    dataset: str
    rule: str | None
    column: str
    share: float
    where: str
    change: Callable[[Row, np.random.Generator], Change]
    note: str
    severity: str = "error"
    copy: bool = False
    rows: int = 1
    also: tuple[str, ...] = ()
    while_living: bool = True  # may also appear as time advances

    @property
    def system(self) -> str:
        return self.dataset.split(".")[0]

    @property
    def table(self) -> str:
        return self.dataset.split(".")[1]


@dataclass
class Injected:
    """What happened to one row."""

    key: dict[str, Any]
    changed: Change
    before: Change
    table: str
    kind: Kind
    extra: dict[str, Any] = field(default_factory=dict)


def _letter(nik: str, rng: np.random.Generator) -> str:
    place = 12 + int(rng.integers(1, 4))
    return nik[:place] + {"0": "O", "1": "l"}.get(nik[place], "I") + nik[place + 1 :]


def _century(value: date) -> date:
    return value.replace(year=value.year + 100)


def _closed(row: Row, rng: np.random.Generator) -> Change:
    village = closed_villages()[int(rng.integers(0, 7))]
    return {"no_kec": village.no_kec, "no_kel": village.no_kel}


def _late_date(column: str) -> Callable[[Row, np.random.Generator], Change]:
    def change(row: Row, rng: np.random.Generator) -> Change:
        current = row[column]
        fresh = current if current and current > datetime(2023, 7, 1) else datetime(2023, 7, 3, 9) + timedelta(days=int(rng.integers(0, 900)), seconds=int(rng.integers(0, 20_000)))
        return {**_closed(row, rng), column: fresh}

    return change


def _before_issue(row: Row, rng: np.random.Generator) -> Change:
    return {"tgl_pembayaran_sppt": date(int(row["thn_pajak_sppt"]) - 1, 12, 31) - timedelta(days=int(rng.integers(0, 60)))}


def _other_name(text: str) -> str:
    words = text.split()
    return ("MOCH " if words[0] != "MOCH" else "ACH ") + " ".join(words[::-1])


# Residents whose record may be spoilt: active, not the head, nobody's taxpayer, not among the recent birth acts.
_MEMBER = (
    "flag_status = '0' AND stat_hbkel <> 1 AND tgl_lhr < '2023-01-01'"
    " AND NOT EXISTS (SELECT FROM simulator.nik_subjek s WHERE s.nik = t.nik)"
)
_CHILD = _MEMBER + " AND stat_hbkel = 4"  # nobody's mother or father: its NIK may change
_DKB = "tgl_lhr < '2023-01-01'"
_CARD = f"cflag = '0' AND (no_kec, no_kel) NOT IN ({', '.join(f'({v.no_kec}, {v.no_kel})' for v in closed_villages())})"
_TAXABLE = "status_pembayaran_sppt = '0'"


def _set(**values: Any) -> Callable[[Row, np.random.Generator], Change]:
    return lambda row, rng: dict(values)


def _fake_head(row: Row, rng: np.random.Generator) -> Change:
    return {"nik_kk": f"{row['no_kk'][:6]}{int(rng.integers(1, 29)):02d}{int(rng.integers(1, 13)):02d}{int(rng.integers(55, 99)):02d}99{int(rng.integers(90, 100))}"}


B, K, L, M, D = "siak.biodata_wni", "siak.data_keluarga", "siak.capil_lahir", "siak.capil_mati", "siak.biodata_wni_dkb"
S, O, T, P = "sismiop.dat_subjek_pajak", "sismiop.dat_objek_pajak", "sismiop.sppt", "sismiop.pembayaran_sppt"
_ROW = 0.0004  # share of the people that one kind of defect spoils

KINDS: tuple[Kind, ...] = (
    Kind("nik-huruf", B, "nik:nik", "nik", _ROW, _CHILD, lambda r, g: {"nik": _letter(r["nik"], g)},
         "huruf di tempat angka pada nomor urut NIK"),
    Kind("nik-15-digit", B, "nik:nik", "nik", _ROW, _CHILD, lambda r, g: {"nik": r["nik"][:15]}, "digit terakhir NIK hilang"),
    Kind("nik-serial-0000", B, "nik:nik", "nik", _ROW, _CHILD, lambda r, g: {"nik": r["nik"][:12] + "0000"},
         "empat digit terakhir 0000 (rusak oleh lembar kerja)"),
    Kind("nik-ganda", B, "kunci-ganda", "nik", _ROW, _CHILD,
         lambda r, g: {"nama_lgkp": _other_name(r["nama_lgkp"]), "tmpt_lhr": "MOJOKERTO" if r["tmpt_lhr"] != "MOJOKERTO" else "GRESIK"},
         "satu NIK dipakai dua penduduk hidup", copy=True, rows=2, also=("nik-ganda-hidup",)),
    Kind("nama-kosong", B, "wajib:nama_lgkp", "nama_lgkp", _ROW, _MEMBER, _set(nama_lgkp=None), "nama lengkap kosong"),
    Kind("kode-agama", B, "kode:agama", "agama", _ROW, _MEMBER, _set(agama=9), "kode agama di luar daftar 1-7"),
    Kind("kode-pekerjaan", B, "kode:jenis_pkrjn", "jenis_pkrjn", _ROW, _MEMBER, _set(jenis_pkrjn=99), "kode pekerjaan di luar daftar 1-89"),
    Kind("kode-pendidikan", B, "kode:pddk_akh", "pddk_akh", _ROW, _MEMBER, lambda r, g: {"pddk_akh": int(g.choice([0, 11]))},
         "kode pendidikan di luar daftar 1-10"),
    Kind("kode-status-kawin", B, "kode:stat_kwn", "stat_kwn", _ROW, _MEMBER, _set(stat_kwn=5), "kode status kawin di luar daftar 1-4"),
    Kind("desa-tidak-dikenal", B, "wilayah:wilayah-berlaku", "no_kel", _ROW, _MEMBER, _set(no_kel=2099), "kode desa tidak ada"),
    Kind("desa-sudah-dihapus", B, "wilayah:wilayah-berlaku", "no_kel", _ROW, _MEMBER, _late_date("tgl_ubah"),
         "desa sudah dihapus dari keputusan sebelum tanggal catatan"),
    Kind("lahir-masa-depan", B, "lahir-masa-depan", "tgl_lhr", _ROW, _MEMBER + " AND tgl_lhr BETWEEN '1940-01-01' AND '1999-12-31'",
         lambda r, g: {"tgl_lhr": _century(r["tgl_lhr"])}, "tahun lahir salah ketik satu abad"),
    Kind("kk-rusak", B, "kk:no_kk", "no_kk", _ROW, _MEMBER,
         lambda r, g: {"no_kk": r["no_kk"][:15] if g.random() < 0.5 else r["no_kk"][:13] + "X" + r["no_kk"][14:]}, "nomor KK tidak 16 angka"),
    Kind("tanggal-infinity", B, "nilai:tgl_pjg_ktp", "tgl_pjg_ktp", _ROW, _MEMBER, _set(tgl_pjg_ktp="infinity"),
         "KTP 'seumur hidup' dicatat sebagai tanggal tak hingga"),
    Kind("tanggal-nik", B, "nik-tanggal-lahir", "tgl_lhr", _ROW, _MEMBER,
         lambda r, g: {"tgl_lhr": r["tgl_lhr"] + timedelta(days=int(g.integers(1, 26)))}, "tanggal lahir beda dari NIK (boleh: NIK tidak berubah)", severity="warning"),
    Kind("kelamin-nik", B, "nik-jenis-kelamin", "jenis_klmin", _ROW, _MEMBER, lambda r, g: {"jenis_klmin": 3 - int(r["jenis_klmin"])},
         "jenis kelamin beda dari NIK", severity="warning"),
    Kind("desa-tidak-dikenal", K, "wilayah:wilayah-berlaku", "no_kel", 0.001, _CARD, _set(no_kel=2099), "kode desa tidak ada"),
    Kind("desa-sudah-dihapus", K, "wilayah:wilayah-berlaku", "no_kel", 0.001, _CARD, _late_date("tgl_updation"),
         "desa sudah dihapus dari keputusan sebelum tanggal catatan"),
    Kind("kepala-tidak-ada", K, "rujukan:kepala-keluarga", "nik_kk", 0.0015, _CARD, _fake_head, "NIK kepala keluarga tidak ada di biodata"),
    Kind("desa-tidak-dikenal", L, "wilayah:wilayah-berlaku", "no_kel", 0.003, "true", _set(no_kel=2099), "kode desa tidak ada"),
    Kind("jk-bayi", L, "kode:bayi_jns_klmin", "bayi_jns_klmin", 0.003, "true", _set(bayi_jns_klmin=3), "kode jenis kelamin di luar daftar"),
    Kind("nik-jenazah", M, "nik:mati_nik", "mati_nik", 0.004, "true", lambda r, g: {"mati_nik": _letter(r["mati_nik"], g)}, "huruf di tempat angka pada NIK"),
    Kind("dkb-desa", D, "wilayah:wilayah-berlaku", "no_kel", 0.0008, _DKB, _set(no_kel=2099), "desa tidak dapat ditentukan", while_living=False),
    Kind("dkb-jenis-kelamin", D, "kode:jenis_klmin", "jenis_klmin", 0.0008, _DKB + " AND jenis_klmin = 1", _set(jenis_klmin=3),
         "jenis kelamin tidak dapat ditentukan", while_living=False),
    Kind("dkb-tanggal-lahir", D, "wajib:tgl_lhr", "tgl_lhr", 0.0008, _DKB, _set(tgl_lhr=None), "tanggal lahir kosong", while_living=False),
    Kind("subjek-tidak-ada", O, "rujukan:subjek", "subjek_pajak_id", 0.002, "jns_transaksi_op <> '3'",
         lambda r, g: {"subjek_pajak_id": f"3515 OP-9{int(g.integers(0, 10**8)):08d}"}, "subjek pajak tidak ada di dat_subjek_pajak"),
    Kind("kelurahan-tidak-ada", O, "rujukan:kelurahan", "kd_kelurahan", 0.001, "jns_transaksi_op <> '3'",
         lambda r, g: {"kd_kelurahan": "099", "kd_blok": f"{int(g.integers(990, 1000))}", "no_urut": f"{int(g.integers(1, 9999)):04d}"},
         "bagian NOP tidak ada di ref_kelurahan", copy=True),
    Kind("kode-status-wp", O, "kode:kd_status_wp", "kd_status_wp", 0.002, "jns_transaksi_op <> '3'", _set(kd_status_wp="9"), "status WP di luar daftar 1-5"),
    Kind("kode-transaksi", O, "kode:jns_transaksi_op", "jns_transaksi_op", 0.002, "jns_transaksi_op <> '3'", _set(jns_transaksi_op="7"), "jenis transaksi di luar daftar 1-3"),
    Kind("subjek-ganda", S, "kunci-ganda", "subjek_pajak_id", 0.002, "starts_with(subjek_pajak_id, '3515 OP-')",
         lambda r, g: {"nm_wp": ("H. " + r["nm_wp"])[:30]}, "satu nomor subjek dipakai dua nama", copy=True, rows=2),
    Kind("nama-wp-kosong", S, "wajib:nm_wp", "nm_wp", 0.002, "starts_with(subjek_pajak_id, '3515 OP-')", _set(nm_wp=None), "nama wajib pajak kosong"),
    Kind("salinan", S, None, "", 0.0005, "starts_with(subjek_pajak_id, '3515 OP-')", _set(), "salinan persis satu baris: dihitung duplikat", severity="duplicate", copy=True, while_living=False),
    Kind("hitung-njop", T, "sppt-hitung-njop", "njop_bumi_sppt", 0.0015, _TAXABLE, lambda r, g: {"njop_bumi_sppt": r["njop_bumi_sppt"] + int(g.integers(1, 900)) * 1000},
         "NJOP bumi + bangunan tidak sama dengan NJOP"),
    Kind("hitung-bayar", T, "sppt-hitung-bayar", "pbb_yg_harus_dibayar_sppt", 0.0015, _TAXABLE,
         lambda r, g: {"pbb_yg_harus_dibayar_sppt": r["pbb_yg_harus_dibayar_sppt"] + int(g.integers(1, 60)) * 500}, "yang harus dibayar tidak sama dengan terutang dikurangi pengurang"),
    Kind("luas-nan", T, "nilai:luas_bng_sppt", "luas_bng_sppt", 0.001, _TAXABLE, _set(luas_bng_sppt=Decimal("NaN")), "luas bangunan bukan angka (NaN)"),
    Kind("bayar-sebelum-terbit", P, "bayar-sebelum-terbit", "tgl_pembayaran_sppt", 0.002, "true", _before_issue, "tanggal bayar sebelum SPPT terbit"),
    Kind("denda-lebih", P, "bayar-pokok", "denda_sppt", 0.002, "true", lambda r, g: {"denda_sppt": r["jml_sppt_yg_dibayar"] + int(g.integers(1, 40)) * 500},
         "denda lebih besar dari jumlah dibayar"),
)  # fmt: skip


def pivot(table: str, rng: np.random.Generator, year: int = 2024) -> tuple[Any, ...]:
    """A random point in the key order of a table, from which the next fitting row is taken."""
    area = districts()[int(rng.choice(18, p=[d.weight for d in districts()]))]
    stem = f"3515{area.no_kec:02d}{int(rng.integers(1, 32)):02d}{int(rng.integers(1, 13)):02d}{int(rng.integers(0, 100)):02d}9"
    village = area.villages[int(rng.choice(len(area.villages), p=area.village_weights))]
    nop = (area.kd_kecamatan, village.kd_kelurahan, f"{int(rng.integers(1, 4)):03d}", f"{int(rng.integers(1, 60)):04d}")
    if table == "biodata_wni" or table.startswith("biodata_wni_"):
        woman = int(rng.integers(0, 2)) * 40
        return (stem[:6] + f"{int(rng.integers(1, 32)) + woman:02d}" + stem[8:],)
    if table == "data_keluarga":
        return (stem[:10] + f"{int(rng.integers(8, 26)):02d}9",)
    if table in ("capil_lahir", "capil_mati"):
        kind = "LU" if table == "capil_lahir" else "KM"
        return (f"{kind}{area.no_kec:02d}{2024 + int(rng.integers(0, 2))}{int(rng.integers(1, 13)):02d}{int(rng.integers(1, 29)):02d}",)
    if table == "dat_subjek_pajak":
        return (f"3515 OP-{area.no_kec:03d}{int(rng.integers(0, 3000)):06d}",)
    if table == "sppt":
        return (str(year), *nop)
    return nop


def pick(connection: Connection, table: str, where: str, rng: np.random.Generator, year: int = 2024, order: str | None = None) -> Row | None:
    """The next row after a random point of the key order that fits `where`; wraps round; None when nothing fits.

    The row has an extra key `_ctid`. `where` is a trusted fragment of this package, with the table aliased `t`.
    """
    order = order or ORDER["biodata_wni_dkb" if table.startswith("biodata_wni_") else table]
    point = pivot(table, rng, year)
    marks = ", ".join(["%s"] * len(point))
    base = f"SELECT ctid::text AS _ctid, t.* FROM public.{table} t WHERE ({where})"
    with connection.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(f"{base} AND ({order}) >= ({marks}) ORDER BY {order}, ctid LIMIT 1", point).fetchone()  # type: ignore[arg-type]
        if row is None:
            row = cursor.execute(f"{base} ORDER BY {order}, ctid LIMIT 1").fetchone()  # type: ignore[arg-type]
    return row


def key_of(table: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """Business key of a row as the platform shows it: char(n) without its padding, numbers as they are."""
    names = KEYS.get(table, ("nik",))
    key: dict[str, Any] = {"periode": table[-6:]} if table not in KEYS else {}
    return {**key, **{n: row[n].rstrip() if isinstance(row[n], str) else int(row[n]) for n in names}}


def inject(
    connection: Connection, kind: Kind, table: str, rng: np.random.Generator, when: datetime, *, touch: bool, used: set[str],
) -> Injected | None:  # fmt: skip
    """Spoil one row of `table` with `kind` and remember it; None when no fitting row is left.

    `touch` sets the update clock of the row to `when` (a defect that appears as time goes by); at the build rows keep
    their times. For a doubled key both rows are touched, so that they meet in one window.
    """
    for _ in range(40):
        row = pick(connection, table, kind.where + unspoilt(table), rng, year=_year_of(rng))
        if row is None:
            return None
        mark = table + json.dumps(key_of(table, row), sort_keys=True)
        if mark not in used:
            break
    else:
        return None
    ctid = row.pop("_ctid")
    change = kind.change(row, rng)
    if touch and table in TOUCH and kind.severity != "duplicate":
        change[TOUCH[table]] = when
    before = {c: row[c] for c in change}
    spoilt = {**row, **change}
    if kind.copy:
        names = list(spoilt)
        connection.execute(
            sql.SQL("INSERT INTO public.{} ({}) VALUES ({})").format(
                sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, names)), sql.SQL(", ").join([sql.Placeholder()] * len(names))
            ),
            [spoilt[n] for n in names],
        )
        if touch and kind.rows == 2 and table in TOUCH:
            connection.execute(sql.SQL("UPDATE public.{} SET {} = %s WHERE ctid = %s::tid").format(sql.Identifier(table), sql.Identifier(TOUCH[table])), [when, ctid])
    else:
        update_row(connection, table, ctid, change)
    used.add(mark)
    found = Injected(key_of(table, spoilt), change, before, table, kind)
    used.add(table + json.dumps(found.key, sort_keys=True))
    return found


def unspoilt(table: str) -> str:
    """Rows that an earlier defect already spoilt are out of reach, whatever their key looks like now."""
    key = KEYS.get(table, ("nik",))
    text = " || '|' || ".join(f"rtrim(t.{c}::text)" for c in key)
    return f" AND NOT EXISTS (SELECT FROM simulator.cacat c WHERE c.tabel = '{table}' AND c.kunci = {text})"


def _year_of(rng: np.random.Generator) -> int:
    return int(rng.choice([2023, 2024, 2025]))


def update_row(connection: Connection, table: str, ctid: str, change: Change) -> None:
    """UPDATE one physical row."""
    sets = sql.SQL(", ").join(sql.SQL("{} = %s").format(sql.Identifier(c)) for c in change)
    connection.execute(sql.SQL("UPDATE public.{} SET {} WHERE ctid = %s::tid").format(sql.Identifier(table), sets), [*change.values(), ctid])


def remember(connection: Connection, found: Injected, when: datetime) -> str:
    """Write one injected defect to `simulator.cacat`; returns its id `<system>-<number>`."""
    key_names = KEYS.get(found.table, ("nik",))
    row = connection.execute("SELECT coalesce(max(nomor), 0) + 1 FROM simulator.cacat").fetchone()
    assert row is not None
    number = int(row[0])
    kind = found.kind
    entry = {
        "id": f"{kind.system}-{number:05d}", "system": kind.system, "dataset": kind.dataset, "table": found.table, "kind": kind.name,
        "rule": kind.rule, "severity": kind.severity, "rows": kind.rows, "key": found.key, "column": kind.column, "note": kind.note,
        "injected_at": when.isoformat(sep=" "), "state": "open", **({"also": list(kind.also)} if kind.also else {}),
    }  # fmt: skip
    repair = {"copy": kind.copy, "changed": found.changed, "before": found.before}
    connection.execute(
        "INSERT INTO simulator.cacat (nomor, id, tabel, kunci, isi, perbaikan) VALUES (%s, %s, %s, %s, %s, %s)",
        [number, entry["id"], found.table, "|".join(str(found.key[c]) for c in key_names), json.dumps(entry), json.dumps(repair, default=_plain)],
    )
    return str(entry["id"])


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    raise TypeError(type(value))


def kinds_of(system: str, *, living: bool = False) -> Sequence[Kind]:
    """Kinds of one system, `living`: only those that also appear as time advances."""
    return [k for k in KINDS if k.system == system and (k.while_living or not living)]
