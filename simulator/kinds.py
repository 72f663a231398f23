"""Kinds of defect: the catalogue is `data/cacat.csv` and `data/cacat_<sistem>.csv`; this module, and that of each
smaller department, says which rows each takes and what it does to them.

Each kind breaks exactly one declared rule, in one row (two for a doubled key).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

import numpy as np

from simulator.assessment import assessed_in_another_class, assessed_with_another_exemption
from simulator.departments import module
from simulator.places import closed_villages, districts, read_data
from simulator.source_rows import NOP, Change, Row
from simulator.systems import departments

Chance = np.random.Generator
Alter = Callable[[Row, Chance], Change]


@dataclass(frozen=True)
class Kind:
    """One kind of defect; `alter(row, chance)` gives the columns to change, `copy` inserts a second row."""

    name: str
    dataset: str
    rule: str | None
    column: str
    severity: str
    share: float
    rows: int
    also: tuple[str, ...]
    copy: bool
    daily: bool
    note: str
    where: str
    alter: Alter

    @property
    def system(self) -> str:
        """Code of the system."""
        return self.dataset.split(".")[0]

    @property
    def table(self) -> str:
        """Table of the source; `biodata_wni_dkb` stands for the table of every semester."""
        return self.dataset.split(".")[1]


def _letter(nik: str, chance: Chance) -> str:
    place = 12 + int(chance.integers(1, 4))
    return nik[:place] + {"0": "O", "1": "l"}.get(nik[place], "I") + nik[place + 1 :]


def _century(value: date) -> date:
    return value.replace(year=value.year + 100)


def _closed(row: Row, chance: Chance) -> Change:
    village = closed_villages()[int(chance.integers(0, 7))]
    return {"no_kec": village.no_kec, "no_kel": village.no_kel}


def _late_date(column: str) -> Alter:
    def change(row: Row, chance: Chance) -> Change:
        current = row[column]
        fresh = (
            current
            if current and current > datetime(2023, 7, 1)
            else datetime(2023, 7, 3, 9)
            + timedelta(days=int(chance.integers(0, 900)), seconds=int(chance.integers(0, 20_000)))
        )
        return {**_closed(row, chance), column: fresh}

    return change


def _before_issue(row: Row, chance: Chance) -> Change:
    return {
        "tgl_pembayaran_sppt": date(int(row["thn_pajak_sppt"]) - 1, 12, 31)
        - timedelta(days=int(chance.integers(0, 60)))
    }


def _cancelled_before_issue(row: Row, chance: Chance) -> Change:
    return {"tgl_pembatalan_sppt": date(int(row["thn_pajak_sppt"]), 1, 2) + timedelta(days=int(chance.integers(0, 40)))}


def _other_name(text: str) -> str:
    words = text.split()
    return ("MOCH " if words[0] != "MOCH" else "ACH ") + " ".join(words[::-1])


# Residents whose record may be spoilt: active, not the head, nobody's taxpayer, not among the recent birth acts.
_MEMBER = (
    "flag_status = '0' AND stat_hbkel <> 1 AND tgl_lhr < '2023-01-01'"
    " AND NOT EXISTS (SELECT FROM simulator.nik_subjek s WHERE s.nik = t.nik)"
)
# Nobody's mother, father or spouse, and in no letter: its NIK may change.
_CHILD = " AND ".join(
    (
        _MEMBER,
        "stat_hbkel = 4 AND stat_kwn = 1",
        "NOT EXISTS (SELECT FROM public.pindah_detail p WHERE p.nik = t.nik)",
        "NOT EXISTS (SELECT FROM public.datang_detail p WHERE p.nik = t.nik)",
    )
)
_GROWN = _MEMBER + " AND stat_hbkel <> 3 AND stat_kwn = 1 AND tgl_lhr BETWEEN '1940-01-01' AND '1999-12-31'"
_WIFE = _MEMBER + " AND stat_hbkel = 3 AND tgl_kwn IS NOT NULL"
_DIVORCED = _MEMBER + " AND stat_kwn = 3 AND tgl_kwn IS NOT NULL AND tgl_crai IS NOT NULL"
_CARD = f"cflag = '0' AND (no_kec, no_kel) NOT IN ({', '.join(f'({v.no_kec}, {v.no_kel})' for v in closed_villages())})"
# The only active resident of the card is its head: of several, each would live elsewhere than the card says.
_LONE_CARD = _CARD + (
    " AND NOT EXISTS (SELECT FROM public.biodata_wni b WHERE b.no_kk = t.no_kk AND b.nik <> t.nik_kk AND"
    " b.flag_status = '0')"
)
_ON_CARD = _MEMBER + (
    " AND EXISTS (SELECT FROM public.data_keluarga k WHERE k.no_kk = t.no_kk AND k.cflag = '0' AND k.nik_kk <> t.nik"
    " AND (k.no_kec, k.no_kel) = (t.no_kec, t.no_kel))"
)
_ANY = "true"
_INSIDE = "klasifikasi_pindah <= 3"
_OUTSIDE = "klasifikasi_pindah > 3"
_CAME_FROM_OUTSIDE = (
    "EXISTS (SELECT FROM public.datang_header h WHERE h.no_datang = t.no_datang AND h.klasifikasi_pindah > 3)"
)
_DKB = "tgl_lhr < '2023-01-01'"
_OBJECT = "jns_transaksi_op <> '3'"
_OLD_ID = "starts_with(subjek_pajak_id, '3515 OP-')"
_UNPAID = "status_pembayaran_sppt = '0'"
_NOP = " AND ".join(f"x.{c} = t.{c}" for c in NOP)
_BARE = _UNPAID + (
    f" AND luas_bng_sppt = 0 AND EXISTS (SELECT FROM public.dat_objek_pajak x WHERE {_NOP} AND x.total_luas_bng = 0"
    " AND x.jns_transaksi_op <> '3' AND x.tgl_perekaman_op < t.tgl_terbit_sppt)"
)
_BUILT = _UNPAID + " AND njop_bng_sppt > 1000000"
# The only building of an object: of several, each would break the rule about their sum.
_ONLY_BUILDING = f"NOT EXISTS (SELECT FROM public.dat_op_bangunan x WHERE {_NOP} AND x.no_bng <> t.no_bng)"
# Nothing paid, nothing taken off: the amounts may be written anew by the same arithmetic.
_PLAIN = _UNPAID + (
    " AND coalesce(faktor_pengurang_sppt, 0) = 0 AND NOT EXISTS (SELECT FROM public.pembayaran_sppt x"
    f" WHERE {_NOP} AND x.thn_pajak_sppt = t.thn_pajak_sppt)"
)
_ZONE = " AND ".join(f"b.{c} = n.{c}" for c in (*NOP[:4], "kd_znt"))
# An assessment whose plot has a zone with a rate in its year: another class can be seen there.
_RATED = _PLAIN + (
    f" AND EXISTS (SELECT FROM public.dat_op_bumi b JOIN public.dat_nir n ON {_ZONE} AND n.thn_nir_znt ="
    f" t.thn_pajak_sppt WHERE {' AND '.join(f'b.{c} = t.{c}' for c in NOP)} AND b.no_bumi = 1)"
)
_LAST_PAYMENT = (
    f"NOT EXISTS (SELECT FROM public.pembayaran_sppt x WHERE {_NOP} AND x.thn_pajak_sppt = t.thn_pajak_sppt"
    " AND x.pembayaran_sppt_ke > t.pembayaran_sppt_ke)"
)


def _set(**values: Any) -> Alter:
    return lambda row, chance: dict(values)


def _fake_head(row: Row, chance: Chance) -> Change:
    born = f"{int(chance.integers(1, 29)):02d}{int(chance.integers(1, 13)):02d}{int(chance.integers(55, 99)):02d}"
    return {"nik_kk": f"{row['no_kk'][:6]}{born}99{int(chance.integers(90, 100))}"}


def _broken_card(row: Row, chance: Chance) -> Change:
    number = row["no_kk"]
    return {"no_kk": number[:15] if chance.random() < 0.5 else number[:13] + "X" + number[14:]}


def _namesake(row: Row, chance: Chance) -> Change:
    birthplace = "MOJOKERTO" if row["tmpt_lhr"] != "MOJOKERTO" else "GRESIK"
    return {"nama_lgkp": _other_name(row["nama_lgkp"]), "tmpt_lhr": birthplace}


def _unknown_village(row: Row, chance: Chance) -> Change:
    block, number = int(chance.integers(990, 1000)), int(chance.integers(1, 9999))
    return {"kd_kelurahan": "099", "kd_blok": f"{block}", "no_urut": f"{number:04d}"}


def _more(column: str, most: int, unit: int, base: str | None = None) -> Alter:
    """`column` becomes `base` (itself by default) plus 1 to `most` - 1 units."""
    return lambda row, chance: {column: row[base or column] + int(chance.integers(1, most)) * unit}


def _days_after(column: str, base: str, low: int, high: int) -> Alter:
    """`column` becomes `base` plus `low` to `high` - 1 days (negative: before)."""
    return lambda row, chance: {column: row[base] + timedelta(days=int(chance.integers(low, high)))}


def _switch(column: str) -> Alter:
    """1 becomes 2 and 2 becomes 1."""
    return lambda row, chance: {column: 3 - int(row[column])}


def _other_village(row: Row, chance: Chance) -> Change:
    """Another village of the kecamatan; for an arrival not the one that the family left either."""
    area = districts()[int(row["no_kec"]) - 1]
    kept = {int(row["no_kel"]), int(row.get("asal_no_kel") or 0)}
    others = [v.no_kel for v in area.villages if v.no_kel not in kept]
    return {"no_kel": others[int(chance.integers(0, len(others)))]}


def _other_origin(row: Row, chance: Chance) -> Change:
    """Another village of the kecamatan that the family left."""
    area = districts()[int(row["asal_no_kec"]) - 1]
    others = [v.no_kel for v in area.villages if v.no_kel != int(row["asal_no_kel"])]
    return {"asal_no_kel": others[int(chance.integers(0, len(others)))]}


def _other_class(row: Row, chance: Chance) -> Change:
    """A neighbouring class on the same side of the regency's border."""
    return {"klasifikasi_pindah": {1: 2, 2: 1, 3: 2, 4: 5, 5: 4}[int(row["klasifikasi_pindah"])]}


def _lost(column: str, low: int, high: int) -> Alter:
    """A number of a letter that was never entered; each kind has its own range, so that two never meet."""
    return lambda row, chance: {column: row[column][:-3] + f"{int(chance.integers(low, high))}"}


def _nobody(column: str) -> Alter:
    """A NIK of true form that nobody has."""

    def change(row: Row, chance: Chance) -> Change:
        born = f"{int(chance.integers(1, 29)):02d}{int(chance.integers(1, 13)):02d}{int(chance.integers(55, 99)):02d}"
        return {column: f"351509{born}99{int(chance.integers(90, 100))}"}

    return change


def _no_card(row: Row, chance: Chance) -> Change:
    return {"no_kk": row["no_kk"][:12] + f"96{int(chance.integers(0, 100)):02d}"}


def _same_person(row: Row, chance: Chance) -> Change:
    return {"istri_nik": row["suami_nik"]}


def _lost_arrival(row: Row, chance: Chance) -> Change:
    return {**_lost("no_datang", 900, 950)(row, chance), **_lost("no_pindah", 960, 1000)(row, chance)}


def _nowhere(row: Row, chance: Chance) -> Change:
    """A NOP that no object has: the blocks 990 and above are never given out."""
    return {"kd_blok": f"{int(chance.integers(990, 1000))}", "no_urut": f"{int(chance.integers(1, 9999)):04d}"}


def _shifted(row: Row, chance: Chance) -> Change:
    # The sum stays: only the parts no longer follow from area and class.
    part = int(chance.integers(1, 900)) * 1000
    return {"njop_bumi_sppt": row["njop_bumi_sppt"] + part, "njop_bng_sppt": row["njop_bng_sppt"] - part}


def _wrong_rate(row: Row, chance: Chance) -> Change:
    more = int(chance.integers(1, 60)) * 500
    return {c: row[c] + more for c in ("pbb_terhutang_sppt", "pbb_yg_harus_dibayar_sppt")}


def _masked_npwp(row: Row, chance: Chance) -> Change:
    n = row["npwp"].rstrip()
    return {"npwp": f"{n[:2]}.{n[2:5]}.{n[5:8]}.{n[8]}-{n[9:]}"[:15]}


def _birthday_off(row: Row, chance: Chance) -> Change:
    # Earlier, never later: a birth after its registration would break another rule.
    return {"tgl_lhr": row["tgl_lhr"] - timedelta(days=int(chance.integers(1, 26)))}


def _recorded_before(column: str, recorded: str) -> Alter:
    """A date in `column` that lies days after the time at which the row was entered."""
    return lambda row, chance: {column: (row[recorded] + timedelta(days=int(chance.integers(2, 20)))).date()}


def _child_officer(column: str) -> Alter:
    """A NIP of true form whose owner joined the service at 15 or 16."""

    def change(row: Row, chance: Chance) -> Change:
        nip = row[column]
        joined = int(nip[:4]) + int(chance.integers(15, 17))
        return {column: f"{nip[:8]}{joined}{nip[12:]}"}

    return change


def _other_plot(row: Row, chance: Chance) -> Change:
    return {"jns_bumi": "2" if row["jns_bumi"] == "1" else "1"}


_HOW: dict[str, tuple[str, Alter]] = {
    "biodata_wni nik-huruf": (_CHILD, lambda r, g: {"nik": _letter(r["nik"], g)}),
    "biodata_wni nik-15-digit": (_CHILD, lambda r, g: {"nik": r["nik"][:15]}),
    "biodata_wni nik-serial-0000": (_CHILD, lambda r, g: {"nik": r["nik"][:12] + "0000"}),
    "biodata_wni nik-ganda": (_CHILD, _namesake),
    "biodata_wni nama-kosong": (_MEMBER, _set(nama_lgkp=None)),
    "biodata_wni kode-agama": (_MEMBER, _set(agama=9)),
    "biodata_wni kode-pekerjaan": (_MEMBER, _set(jenis_pkrjn=99)),
    "biodata_wni kode-pendidikan": (_MEMBER, lambda r, g: {"pddk_akh": int(g.choice([0, 11]))}),
    "biodata_wni kode-status-kawin": (_MEMBER, _set(stat_kwn=5)),
    "biodata_wni desa-tidak-dikenal": (_MEMBER, _set(no_kel=2099)),
    "biodata_wni desa-sudah-dihapus": (_MEMBER, _late_date("tgl_ubah")),
    "biodata_wni lahir-masa-depan": (_GROWN, lambda r, g: {"tgl_lhr": _century(r["tgl_lhr"])}),
    "biodata_wni kk-rusak": (_MEMBER, _broken_card),
    "biodata_wni tanggal-infinity": (_MEMBER, _set(tgl_pjg_ktp="infinity")),
    "biodata_wni tanggal-nik": (_MEMBER, _birthday_off),
    "biodata_wni kelamin-nik": (_MEMBER, lambda r, g: {"jenis_klmin": 3 - int(r["jenis_klmin"])}),
    "biodata_wni kawin-sebelum-lahir": (_WIFE, _days_after("tgl_kwn", "tgl_lhr", -900, 0)),
    "biodata_wni cerai-sebelum-kawin": (_DIVORCED, _days_after("tgl_crai", "tgl_kwn", -900, 0)),
    "biodata_wni ibu-diri-sendiri": (_MEMBER + " AND nik_ibu IS NOT NULL", lambda r, g: {"nik_ibu": r["nik"]}),
    "biodata_wni kk-tidak-ada": (_MEMBER, _no_card),
    "biodata_wni ayah-diri-sendiri": (_MEMBER + " AND nik_ayah IS NOT NULL", lambda r, g: {"nik_ayah": r["nik"]}),
    "biodata_wni desa-anggota": (_ON_CARD, _other_village),
    "data_keluarga desa-beda": (_LONE_CARD, _other_village),
    "data_keluarga desa-tidak-dikenal": (_LONE_CARD, _set(no_kel=2099)),
    "data_keluarga desa-sudah-dihapus": (_LONE_CARD, _late_date("tgl_updation")),
    "data_keluarga kepala-tidak-ada": (_CARD, _fake_head),
    "capil_lahir desa-tidak-dikenal": (_ANY, _set(no_kel=2099)),
    "capil_lahir jk-bayi": (_ANY, _set(bayi_jns_klmin=3)),
    "capil_lahir ibu-bayi": ("ibu_nik IS NOT NULL", lambda r, g: {"ibu_nik": r["bayi_nik"]}),
    "capil_lahir ayah-bayi": ("ayah_nik IS NOT NULL", lambda r, g: {"ayah_nik": r["bayi_nik"]}),
    "capil_lahir lahir-sesudah-lapor": (_ANY, _days_after("bayi_tgl_lahir", "plpr_tgl_lapor", 2, 20)),
    "capil_mati mati-sesudah-lapor": (_ANY, _days_after("mati_tgl", "plpr_tgl_lapor", 2, 20)),
    "capil_mati mati-1900": (_ANY, _set(mati_tgl=date(1900, 1, 1))),
    "capil_kawin kawin-anak": (
        "kawin_tgl > '2019-10-15' AND kawin_no_dispensasi IS NULL",
        _days_after("istri_tgl_lhr", "kawin_tgl", -18 * 365, -16 * 365),
    ),
    "capil_kawin pencatat-salah": (_ANY, _switch("kawin_pencatat")),
    "capil_kawin kawin-sesudah-lapor": (_ANY, _days_after("kawin_tgl", "kawin_tgl_lapor", 5, 40)),
    "capil_kawin satu-orang": (_ANY, _same_person),
    "capil_kawin suami-belum-lahir": (_ANY, _days_after("suami_tgl_lhr", "kawin_tgl", 2, 400)),
    "capil_cerai cerai-sebelum-kawin": (_ANY, _days_after("kawin_tgl", "putusan_tgl", 5, 400)),
    "capil_cerai pengadilan-salah": (_ANY, _switch("cerai_pengadilan")),
    "pindah_header klasifikasi-salah": (_ANY, _other_class),
    "pindah_header tanpa-datang": (_INSIDE, _lost("no_pindah", 900, 930)),
    "pindah_detail tanpa-header": (_ANY, _lost("no_pindah", 930, 960)),
    "pindah_detail nik-tidak-dikenal": (_ANY, _nobody("nik")),
    "datang_header tujuan-beda": (
        "klasifikasi_pindah = 2 AND (no_kec, no_kel) <> (asal_no_kec, asal_no_kel)",
        _other_village,
    ),
    "datang_header asal-beda": ("klasifikasi_pindah = 3", _other_origin),
    "datang_header surat-tidak-ada": (_INSIDE, _lost_arrival),
    "pindah_header pindah-sesudah-entri": (_OUTSIDE, _recorded_before("tgl_pindah", "created_date")),
    "datang_header datang-sesudah-entri": (_ANY, _recorded_before("tgl_datang", "created_date")),
    "datang_header klasifikasi-salah": (_ANY, _other_class),
    "datang_header datang-dulu": (_INSIDE, _days_after("tgl_datang", "tgl_datang", -30, -5)),
    "datang_detail nik-tidak-dikenal": (_CAME_FROM_OUTSIDE, _nobody("nik")),
    "datang_detail tanpa-header": (_ANY, _lost("no_datang", 950, 1000)),
    "capil_mati nik-jenazah": (_ANY, lambda r, g: {"mati_nik": _letter(r["mati_nik"], g)}),
    "biodata_wni_dkb dkb-desa": (_DKB, _set(no_kel=2099)),
    "biodata_wni_dkb dkb-jenis-kelamin": (_DKB + " AND jenis_klmin = 1", _set(jenis_klmin=3)),
    "biodata_wni_dkb dkb-tanggal-lahir": (_DKB, _set(tgl_lhr=None)),
    "dat_objek_pajak subjek-tidak-ada": (
        _OBJECT,
        lambda r, g: {"subjek_pajak_id": f"3515 OP-9{int(g.integers(0, 10**8)):08d}"},
    ),
    "dat_objek_pajak kelurahan-tidak-ada": (_OBJECT, _unknown_village),
    "dat_objek_pajak kode-status-wp": (_OBJECT, _set(kd_status_wp="9")),
    "dat_objek_pajak kode-transaksi": (_OBJECT, _set(jns_transaksi_op="7")),
    "dat_objek_pajak cpns-anak": (_OBJECT + " AND nip_perekam_op IS NOT NULL", _child_officer("nip_perekam_op")),
    "dat_subjek_pajak subjek-ganda": (_OLD_ID, lambda r, g: {"nm_wp": ("H. " + r["nm_wp"])[:30]}),
    "dat_subjek_pajak nama-wp-kosong": (_OLD_ID, _set(nm_wp=None)),
    "dat_subjek_pajak salinan": (_OLD_ID, _set()),
    "dat_subjek_pajak npwp-bertanda": (_OLD_ID + " AND npwp IS NOT NULL", _masked_npwp),
    "dat_subjek_pajak_njoptkp objek-tidak-ada": (_OLD_ID, _nowhere),
    "dat_nir zona-tidak-ada": (_ANY, _set(kd_znt="ZZ")),
    "dat_nir nir-nol": (_ANY, _set(thn_nir_znt="2019", nir=0)),
    "dat_op_bumi jenis-bumi-beda": ("jns_bumi IN ('1', '2', '3')", _other_plot),
    "dat_op_bumi objek-tidak-ada": (_ANY, _nowhere),
    "dat_op_bumi zona-tidak-ada": (_ANY, lambda r, g: {"kd_znt": r["kd_znt"][0] + "1"}),
    "dat_op_bumi kode-jenis-bumi": (_ANY, _set(jns_bumi="9")),
    "dat_op_bumi luas-beda": (_ANY, _more("luas_bumi", 90, 1)),
    "dat_op_bangunan objek-tidak-ada": (_ONLY_BUILDING, _nowhere),
    "dat_op_bangunan luas-beda": (_ONLY_BUILDING, _more("luas_bng", 90, 1)),
    "dat_op_bangunan kode-jpb": (_ANY, _set(kd_jpb="19")),
    "dat_op_bangunan dibangun-kelak": (
        "thn_renovasi_bng IS NULL",
        lambda r, g: {"thn_dibangun_bng": str(r["tgl_pendataan_bng"].year + int(g.integers(1, 4)))},
    ),
    "dat_op_bangunan nip-17-angka": (_ANY, lambda r, g: {"nip_perekam_bng": r["nip_perekam_bng"][:17]}),
    "dat_op_bangunan tanpa-lantai": (_ANY, _set(jml_lantai_bng=0)),
    "dat_op_bangunan cpns-anak": (_ANY, _child_officer("nip_pemeriksa_bng")),
    "sppt tanpa-objek": (_UNPAID, _nowhere),
    "sppt kelas-bukan-zona": (_RATED, assessed_in_another_class),
    "sppt njoptkp-lain": (_PLAIN, assessed_with_another_exemption),
    "sppt kelas-tidak-ada": (_UNPAID, _set(kd_kls_tanah="999")),
    "sppt kelas-kedaluwarsa": (_UNPAID, _set(kd_kls_tanah="A10", thn_awal_kls_tanah="1999")),
    "sppt njop-bukan-kelas": (_BUILT, _shifted),
    "sppt bangunan-tidak-ada": (_BARE, lambda r, g: {"luas_bng_sppt": int(g.integers(21, 90))}),
    "sppt tarif-salah": (_UNPAID, _wrong_rate),
    "pembayaran_sppt kelebihan": (_LAST_PAYMENT, lambda r, g: {"jml_sppt_yg_dibayar": r["jml_sppt_yg_dibayar"] * 10}),
    "pembayaran_sppt tempat-tidak-ada": (_ANY, _set(kd_tp="99")),
    "pembatalan_sppt jumlah-beda": (_ANY, _more("jml_sppt_yg_dibatalkan", 60, 500)),
    "pembayaran_sppt tanpa-sppt": (_ANY, _nowhere),
    "pembatalan_sppt tanpa-sppt": (_ANY, _nowhere),
    "pembatalan_sppt batal-sebelum-terbit": (_ANY, _cancelled_before_issue),
    "sppt hitung-njop": (_UNPAID, _more("njop_sppt", 900, 1000)),
    "sppt hitung-bayar": (_UNPAID, _more("pbb_yg_harus_dibayar_sppt", 60, 500)),
    "sppt luas-nan": (_UNPAID, _set(luas_bng_sppt=Decimal("NaN"))),
    "pembayaran_sppt bayar-sebelum-terbit": (_ANY, _before_issue),
    "pembayaran_sppt bayar-sesudah-rekam": (_ANY, _recorded_before("tgl_pembayaran_sppt", "tgl_rekam_byr_sppt")),
    "pembayaran_sppt denda-lebih": (_ANY, _more("denda_sppt", 40, 500, "jml_sppt_yg_dibayar")),
}
"""For each line of the catalogue: the rows that may be spoilt (SQL over alias `t`) and what is altered."""


@cache
def kinds() -> tuple[Kind, ...]:
    """The catalogue in its order; KeyError when a line has no rule of alteration here."""
    how, lines = dict(_HOW), read_data("cacat.csv")
    for system in departments():
        how |= module(system).DEFECTS
        lines += read_data(f"cacat_{system}.csv")
    found = []
    for line in lines:
        where, alter = how[f"{line['dataset'].split('.')[1]} {line['jenis']}"]
        found.append(
            Kind(
                name=line["jenis"],
                dataset=line["dataset"],
                rule=line["aturan"] or None,
                column=line["kolom"],
                severity=line["tingkat"],
                share=float(line["bagian"]),
                rows=int(line["baris"]),
                also=tuple(line["juga"].split()),
                copy=line["salin"] == "ya",
                daily=line["harian"] == "ya",
                note=line["keterangan"],
                where=where,
                alter=alter,
            )
        )
    return tuple(found)


def kinds_of(system: str, *, daily: bool = False) -> Sequence[Kind]:
    """Kinds of one system, `daily`: only those that also appear as time advances."""
    return [k for k in kinds() if k.system == system and (k.daily or not daily)]
