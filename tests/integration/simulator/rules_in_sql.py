"""The declared rules once more, as plain SQL over the sources: the oracle that the manifest is held against.

Each entry: table, rule id, and a query that returns the key columns of the rows (or doubled keys) that break it.
"""

from __future__ import annotations

NIK = r"^\d{6}(0[1-9]|[12]\d|3[01]|4[1-9]|[56]\d|7[01])(0[1-9]|1[0-2])\d{2}(?!0000)\d{4}$"
KK = r"^\d{6}(0[1-9]|[12]\d|3[01])(0[1-9]|1[0-2])\d{2}\d{4}$"
NOP = "kd_propinsi, kd_dati2, kd_kecamatan, kd_kelurahan, kd_blok, no_urut, kd_jns_op"
CLOSED = "((4, 1005), (4, 1013), (4, 1017), (4, 2014), (5, 2012), (5, 2013), (6, 2003))"


def _village(key: str, table: str, when: str) -> str:
    return (
        f"SELECT {key} FROM {table} t WHERE no_prop <> 35 OR no_kab <> 15 OR NOT EXISTS (SELECT FROM setup_kel s"
        f" WHERE s.no_kec = t.no_kec AND s.no_kel = t.no_kel) OR ((no_kec, no_kel) IN {CLOSED} AND {when} >="
        " '2022-01-01')"
    )


def _code(key: str, table: str, column: str, highest: int) -> str:
    return f"SELECT {key} FROM {table} WHERE {column} IS NOT NULL AND {column} NOT BETWEEN 1 AND {highest}"


_WARNED = f"nik ~ '{NIK}' AND tgl_lhr IS NOT NULL"
SIAK = [
    ("biodata_wni", "nik:nik", f"SELECT nik FROM biodata_wni WHERE nik !~ '{NIK}'"),
    ("biodata_wni", "nik:nik", f"SELECT nik FROM biodata_wni WHERE nik_ibu !~ '{NIK}' OR nik_ayah !~ '{NIK}'"),
    ("biodata_wni", "kunci-ganda", "SELECT nik FROM biodata_wni GROUP BY 1 HAVING count(*) > 1"),
    ("biodata_wni", "wajib:nama_lgkp", "SELECT nik FROM biodata_wni WHERE nama_lgkp IS NULL"),
    *[
        ("biodata_wni", f"kode:{c}", _code("nik", "biodata_wni", c, n))
        for c, n in (
            ("agama", 7),
            ("jenis_pkrjn", 89),
            ("pddk_akh", 10),
            ("stat_kwn", 4),
            ("stat_hbkel", 11),
            ("gol_drh", 13),
            ("pnydng_cct", 7),
            ("jenis_klmin", 2),
            ("stat_hidup", 2),
            ("klain_fsk", 2),
            ("akta_lhr", 2),
        )
    ],
    ("biodata_wni", "wilayah:wilayah-berlaku", _village("nik", "biodata_wni", "coalesce(tgl_ubah, tgl_entri)")),
    (
        "biodata_wni",
        "lahir-masa-depan",
        "SELECT nik FROM biodata_wni WHERE tgl_lhr > coalesce(tgl_ubah, tgl_entri)::date OR tgl_lhr >"
        " jam_sistem()::date",
    ),
    ("biodata_wni", "kk:no_kk", f"SELECT nik FROM biodata_wni WHERE no_kk !~ '{KK}'"),
    ("biodata_wni", "nilai:tgl_pjg_ktp", "SELECT nik FROM biodata_wni WHERE NOT isfinite(tgl_pjg_ktp)"),
    ("biodata_wni", "nilai:tgl_ubah", "SELECT nik FROM biodata_wni WHERE NOT isfinite(tgl_ubah) OR tgl_entri IS NULL"),
    (
        "biodata_wni",
        "nik-tanggal-lahir",
        f"SELECT nik FROM biodata_wni WHERE {_WARNED} AND substr(nik, 7, 6) <>"
        " lpad((extract(day FROM tgl_lhr)::int + CASE WHEN substr(nik, 7, 2)::int > 40 THEN 40 ELSE 0"
        " END)::text, 2, '0') || to_char(tgl_lhr, 'MMYY')",
    ),
    (
        "biodata_wni",
        "nik-jenis-kelamin",
        f"SELECT nik FROM biodata_wni WHERE {_WARNED} AND (substr(nik, 7, 2)::int > 40) <> (jenis_klmin = 2)",
    ),
    (
        "biodata_wni",
        "wajib:*",
        "SELECT nik FROM biodata_wni WHERE num_nulls(nik, no_kk, jenis_klmin, tmpt_lhr, tgl_lhr, agama, stat_kwn,"
        " stat_hbkel, pddk_akh, jenis_pkrjn, no_prop, no_kab, no_kec, no_kel, stat_hidup, flag_status, tgl_entri) > 0",
    ),
    (
        "biodata_wni",
        "rujukan:kk",
        f"SELECT nik FROM biodata_wni t WHERE no_kk ~ '{KK}' AND NOT EXISTS (SELECT FROM data_keluarga k WHERE"
        " k.no_kk = t.no_kk)",
    ),
    (
        "biodata_wni",
        "waktu",
        "SELECT nik FROM biodata_wni WHERE coalesce(tgl_ubah, tgl_entri) > jam_sistem() OR tgl_entri > jam_sistem()",
    ),
    (
        "data_keluarga",
        "wilayah:wilayah-berlaku",
        _village("no_kk", "data_keluarga", "coalesce(tgl_updation, tgl_insertion)"),
    ),
    (
        "data_keluarga",
        "rujukan:kepala-keluarga",
        "SELECT no_kk FROM data_keluarga k WHERE NOT EXISTS (SELECT FROM biodata_wni b WHERE b.nik = k.nik_kk)",
    ),
    ("data_keluarga", "kk:no_kk", f"SELECT no_kk FROM data_keluarga WHERE no_kk !~ '{KK}' OR nik_kk !~ '{NIK}'"),
    ("data_keluarga", "kunci-ganda", "SELECT no_kk FROM data_keluarga GROUP BY 1 HAVING count(*) > 1"),
    (
        "data_keluarga",
        "wajib:*",
        "SELECT no_kk FROM data_keluarga WHERE num_nulls(nama_kep, alamat, no_rt, no_rw, nik_kk, no_kel,"
        " tgl_insertion) > 0",
    ),
    (
        "data_keluarga",
        "waktu",
        "SELECT no_kk FROM data_keluarga WHERE coalesce(tgl_updation, tgl_insertion) > jam_sistem()",
    ),
    ("capil_lahir", "wilayah:wilayah-berlaku", _village("bayi_no", "capil_lahir", "plpr_tgl_lapor")),
    ("capil_lahir", "kode:bayi_jns_klmin", _code("bayi_no", "capil_lahir", "bayi_jns_klmin", 2)),
    (
        "capil_lahir",
        "nik:bayi_nik",
        f"SELECT bayi_no FROM capil_lahir WHERE bayi_nik !~ '{NIK}' OR bayi_no_kk !~ '{KK}'",
    ),
    ("capil_lahir", "kunci-ganda", "SELECT bayi_no FROM capil_lahir GROUP BY 1 HAVING count(*) > 1"),
    (
        "capil_lahir",
        "rujukan:bayi",
        "SELECT bayi_no FROM capil_lahir c WHERE NOT EXISTS (SELECT FROM biodata_wni b WHERE b.nik = c.bayi_nik)",
    ),
    (
        "capil_lahir",
        "lapor-sebelum-lahir",
        "SELECT bayi_no FROM capil_lahir WHERE adm_akta_tgl < plpr_tgl_lapor OR num_nulls(bayi_nama_lgkp,"
        " bayi_tgl_lahir, plpr_tgl_lapor, adm_tgl_entry) > 0 OR plpr_tgl_lapor > jam_sistem()",
    ),
    ("capil_lahir", "lahir-sesudah-lapor", "SELECT bayi_no FROM capil_lahir WHERE plpr_tgl_lapor < bayi_tgl_lahir"),
    ("capil_mati", "nik:mati_nik", f"SELECT mati_no FROM capil_mati WHERE mati_nik !~ '{NIK}'"),
    ("capil_mati", "kunci-ganda", "SELECT mati_no FROM capil_mati GROUP BY 1 HAVING count(*) > 1"),
    ("capil_mati", "wilayah:wilayah-berlaku", _village("mati_no", "capil_mati", "plpr_tgl_lapor")),
    (
        "capil_mati",
        "rujukan:jenazah",
        f"SELECT mati_no FROM capil_mati c WHERE mati_nik ~ '{NIK}' AND NOT EXISTS (SELECT FROM biodata_wni b"
        " WHERE b.nik = c.mati_nik AND stat_hidup = 2 AND flag_status = '2')",
    ),
    (
        "capil_mati",
        "lapor-sebelum-mati",
        "SELECT mati_no FROM capil_mati WHERE num_nulls(mati_nama_lgkp, adm_tgl_entry) > 0 OR plpr_tgl_lapor >"
        " jam_sistem()",
    ),
    ("capil_mati", "mati-sesudah-lapor", "SELECT mati_no FROM capil_mati WHERE plpr_tgl_lapor < mati_tgl"),
]


def _letter(key: str, table: str, own: str, other: str) -> list[tuple[str, str, str]]:
    """What PINDAH_HEADER and DATANG_HEADER have in common; `own`: the village of this office's side."""
    origin, target = ("", "tujuan_") if own == "asal" else ("asal_", "")
    day = "tgl_pindah" if own == "asal" else "tgl_datang"
    return [
        (table, "kunci-ganda", f"SELECT {key} FROM {table} GROUP BY 1 HAVING count(*) > 1"),
        (table, "wilayah:wilayah-berlaku", _village(key, table, day)),
        (
            table,
            "klasifikasi-asal-tujuan",
            f"SELECT {key} FROM {table} WHERE klasifikasi_pindah <> CASE"
            f" WHEN {origin}no_prop <> {target}no_prop THEN 5 WHEN {origin}no_kab <> {target}no_kab THEN 4"
            f" WHEN {origin}no_kec <> {target}no_kec THEN 3 WHEN {origin}no_kel <> {target}no_kel THEN 2 ELSE 1 END",
        ),
        (
            table,
            f"rujukan:{other}",
            f"SELECT {key} FROM {table} t WHERE klasifikasi_pindah <= 3 AND NOT EXISTS (SELECT FROM {other}_header o"
            " WHERE o.no_pindah = t.no_pindah)",
        ),
        (
            table,
            "kode:*",
            f"SELECT {key} FROM {table} WHERE alasan_pindah NOT BETWEEN 1 AND 7 OR jenis_pindah NOT BETWEEN 1 AND 4"
            " OR status_kk_pindah NOT BETWEEN 1 AND 3",
        ),
        (
            table,
            "rujukan:pemohon",
            f"SELECT {key} FROM {table} t WHERE nik_pemohon !~ '{NIK}' OR NOT EXISTS (SELECT FROM biodata_wni b"
            " WHERE b.nik = t.nik_pemohon)",
        ),
        (
            table,
            "rujukan:kk",
            f"SELECT {key} FROM {table} t WHERE NOT EXISTS (SELECT FROM data_keluarga k WHERE k.no_kk = t.no_kk)",
        ),
        (table, "waktu", f"SELECT {key} FROM {table} WHERE created_date > jam_sistem()"),
        (table, f"catat-sesudah-{day[4:]}", f"SELECT {key} FROM {table} WHERE {day} > created_date::date"),
    ]


def _member(table: str, number: str, header: str) -> list[tuple[str, str, str]]:
    """Rules of the people of a letter."""
    side = header.removesuffix("_header")
    return [
        (table, "kunci-ganda", f"SELECT {number}, nik FROM {table} GROUP BY 1, 2 HAVING count(*) > 1"),
        (
            table,
            f"rujukan:{side}",
            f"SELECT {number}, nik FROM {table} t WHERE NOT EXISTS (SELECT FROM {header} h WHERE"
            f" h.{number} = t.{number})",
        ),
        (
            table,
            "rujukan:penduduk",
            f"SELECT {number}, nik FROM {table} t WHERE NOT EXISTS (SELECT FROM biodata_wni b WHERE b.nik = t.nik)",
        ),
        (table, "kode:stat_hbkel", f"SELECT {number}, nik FROM {table} WHERE stat_hbkel NOT BETWEEN 1 AND 11"),
        (table, "nik:nik", f"SELECT {number}, nik FROM {table} WHERE nik !~ '{NIK}' OR nama_lgkp IS NULL"),
    ]


def _younger(child: str, parent: str, years: int) -> str:
    return f"extract(year FROM age({child}, {parent})) < {years}"


SIAK += [
    (
        "biodata_wni",
        "kawin-sesudah-lahir",
        "SELECT nik FROM biodata_wni WHERE tgl_lhr <= jam_sistem() AND tgl_kwn < tgl_lhr",
    ),
    (
        "biodata_wni",
        "cerai-sesudah-kawin",
        "SELECT nik FROM biodata_wni WHERE stat_kwn = 3 AND tgl_crai <= tgl_kwn",
    ),
    *[
        (
            "biodata_wni",
            f"{name}-lebih-tua",
            f"SELECT b.nik FROM biodata_wni b WHERE EXISTS (SELECT FROM biodata_wni p WHERE p.nik = b.nik_{name}"
            f" AND {_younger('b.tgl_lhr', 'p.tgl_lhr', years)})",
        )
        for name, years in (("ibu", 12), ("ayah", 15))
    ],
    (
        "data_keluarga",
        "desa-kepala-keluarga",
        "SELECT k.no_kk FROM data_keluarga k JOIN biodata_wni b ON b.nik = k.nik_kk WHERE k.cflag = '0' AND"
        " (b.no_kec, b.no_kel) <> (k.no_kec, k.no_kel) AND k.no_kk NOT IN"
        f" ({_village('no_kk', 'data_keluarga', 'coalesce(tgl_updation, tgl_insertion)')})",
    ),
    (
        "biodata_wni",
        "desa-keluarga",
        "SELECT b.nik FROM biodata_wni b JOIN data_keluarga k USING (no_kk) WHERE b.flag_status = '0' AND k.cflag = '0'"
        " AND b.nik <> k.nik_kk AND (b.no_prop, b.no_kab, b.no_kec, b.no_kel) <> (k.no_prop, k.no_kab, k.no_kec,"
        f" k.no_kel) AND b.nik NOT IN ({_village('nik', 'biodata_wni', 'coalesce(tgl_ubah, tgl_entri)')})",
    ),
    (
        "data_keluarga",
        "kepala-pada-kk-ini",
        "SELECT k.no_kk FROM data_keluarga k JOIN biodata_wni b ON b.nik = k.nik_kk WHERE k.cflag = '0' AND"
        " b.no_kk <> k.no_kk",
    ),
    *[
        (
            "capil_lahir",
            f"{name}-lebih-tua",
            f"SELECT bayi_no FROM capil_lahir c WHERE EXISTS (SELECT FROM biodata_wni p WHERE p.nik = c.{name}_nik AND"
            f" {_younger('c.bayi_tgl_lahir', 'p.tgl_lhr', years)})",
        )
        for name, years in (("ibu", 12), ("ayah", 15))
    ],
    (
        "capil_mati",
        "mati-sesudah-lahir",
        "SELECT mati_no FROM capil_mati c JOIN biodata_wni b ON b.nik = c.mati_nik WHERE mati_tgl < tgl_lhr",
    ),
    (
        "capil_mati",
        "mati-sesudah-kawin",
        "SELECT mati_no FROM capil_mati c JOIN biodata_wni b ON b.nik = c.mati_nik WHERE mati_tgl >= tgl_lhr AND"
        " mati_tgl < tgl_kwn",
    ),
    (
        "capil_mati",
        "mati-sesudah-cerai",
        "SELECT mati_no FROM capil_mati c JOIN biodata_wni b ON b.nik = c.mati_nik WHERE mati_tgl >= tgl_lhr AND"
        " mati_tgl < tgl_crai",
    ),
    ("capil_kawin", "kunci-ganda", "SELECT kawin_no FROM capil_kawin GROUP BY 1 HAVING count(*) > 1"),
    ("capil_kawin", "wilayah:wilayah-berlaku", _village("kawin_no", "capil_kawin", "kawin_tgl_lapor")),
    ("capil_kawin", "kode:kawin_agama", _code("kawin_no", "capil_kawin", "kawin_agama", 7)),
    ("capil_kawin", "dua-orang", "SELECT kawin_no FROM capil_kawin WHERE suami_nik = istri_nik"),
    ("capil_kawin", "lapor-sesudah-kawin", "SELECT kawin_no FROM capil_kawin WHERE kawin_tgl > kawin_tgl_lapor"),
    (
        "capil_kawin",
        "pencatat-agama",
        "SELECT kawin_no FROM capil_kawin WHERE (kawin_agama = 1) <> (kawin_pencatat = 2)",
    ),
    (
        "capil_kawin",
        "akta-dukcapil",
        "SELECT kawin_no FROM capil_kawin WHERE kawin_agama <> 1 AND num_nulls(adm_akta_no, adm_akta_tgl) > 0",
    ),
    (
        "capil_kawin",
        "usia-suami",
        f"SELECT kawin_no FROM capil_kawin WHERE kawin_no_dispensasi IS NULL AND suami_tgl_lhr <= kawin_tgl AND"
        f" {_younger('kawin_tgl', 'suami_tgl_lhr', 19)}",
    ),
    (
        "capil_kawin",
        "lahir-sebelum-kawin",
        "SELECT kawin_no FROM capil_kawin WHERE greatest(suami_tgl_lhr, istri_tgl_lhr) > kawin_tgl",
    ),
    (
        "capil_kawin",
        "usia-istri",
        "SELECT kawin_no FROM capil_kawin WHERE kawin_no_dispensasi IS NULL AND extract(year FROM age(kawin_tgl,"
        " istri_tgl_lhr)) < CASE WHEN kawin_tgl >= '2019-10-15' THEN 19 ELSE 16 END",
    ),
    *[
        (
            "capil_kawin",
            f"rujukan:{who}",
            f"SELECT kawin_no FROM capil_kawin c WHERE {who}_nik !~ '{NIK}' OR NOT EXISTS (SELECT FROM biodata_wni b"
            f" WHERE b.nik = c.{who}_nik)",
        )
        for who in ("suami", "istri")
    ],
    (
        "capil_kawin",
        "status-kawin",
        "SELECT kawin_no FROM capil_kawin c JOIN biodata_wni b ON b.nik IN (c.suami_nik, c.istri_nik) WHERE"
        " b.stat_kwn = 1",
    ),
    ("capil_cerai", "kunci-ganda", "SELECT cerai_no FROM capil_cerai GROUP BY 1 HAVING count(*) > 1"),
    ("capil_cerai", "wilayah:wilayah-berlaku", _village("cerai_no", "capil_cerai", "cerai_tgl_lapor")),
    ("capil_cerai", "kode:cerai_agama", _code("cerai_no", "capil_cerai", "cerai_agama", 7)),
    ("capil_cerai", "pihak-ada", "SELECT cerai_no FROM capil_cerai WHERE num_nonnulls(suami_nik, istri_nik) = 0"),
    ("capil_cerai", "cerai-sesudah-kawin", "SELECT cerai_no FROM capil_cerai WHERE putusan_tgl <= kawin_tgl"),
    ("capil_cerai", "lapor-sesudah-putusan", "SELECT cerai_no FROM capil_cerai WHERE cerai_tgl_lapor < putusan_tgl"),
    (
        "capil_cerai",
        "pengadilan-agama",
        "SELECT cerai_no FROM capil_cerai WHERE (cerai_agama = 1) <> (cerai_pengadilan = 2)",
    ),
    *[
        (
            "capil_cerai",
            f"rujukan:{who}",
            f"SELECT cerai_no FROM capil_cerai c WHERE {who}_nik IS NOT NULL AND NOT EXISTS (SELECT FROM"
            f" biodata_wni b WHERE b.nik = c.{who}_nik)",
        )
        for who in ("suami", "istri")
    ],
    (
        "capil_cerai",
        "status-cerai",
        "SELECT cerai_no FROM capil_cerai c JOIN biodata_wni b ON b.nik IN (c.suami_nik, c.istri_nik) WHERE"
        " b.stat_kwn = 1",
    ),
    *_letter("no_pindah", "pindah_header", "asal", "datang"),
    *_letter("no_datang", "datang_header", "tujuan", "pindah"),
    (
        "pindah_header",
        "wilayah:tujuan-berlaku",
        "SELECT no_pindah FROM pindah_header t WHERE klasifikasi_pindah <= 3 AND NOT EXISTS (SELECT FROM setup_kel s"
        " WHERE s.no_kec = t.tujuan_no_kec AND s.no_kel = t.tujuan_no_kel)",
    ),
    (
        "datang_header",
        "tujuan-surat",
        "SELECT no_datang FROM datang_header d JOIN pindah_header p USING (no_pindah) WHERE"
        " (d.no_prop, d.no_kab, d.no_kec, d.no_kel)"
        " <> (p.tujuan_no_prop, p.tujuan_no_kab, p.tujuan_no_kec, p.tujuan_no_kel)",
    ),
    (
        "datang_header",
        "datang-sesudah-pindah",
        "SELECT no_datang FROM datang_header d JOIN pindah_header p USING (no_pindah) WHERE tgl_datang < tgl_pindah",
    ),
    (
        "datang_header",
        "asal-surat",
        "SELECT no_datang FROM datang_header d JOIN pindah_header p USING (no_pindah) WHERE d.klasifikasi_pindah <= 3"
        " AND (d.asal_no_prop, d.asal_no_kab, d.asal_no_kec, d.asal_no_kel)"
        " <> (p.no_prop, p.no_kab, p.no_kec, p.no_kel)",
    ),
    (
        "datang_detail",
        "rujukan:surat",
        "SELECT no_datang, d.nik FROM datang_detail d JOIN datang_header h USING (no_datang) WHERE"
        " h.klasifikasi_pindah <= 3 AND NOT EXISTS (SELECT FROM pindah_detail p WHERE p.no_pindah = h.no_pindah AND"
        " p.nik = d.nik)",
    ),
    *_member("pindah_detail", "no_pindah", "pindah_header"),
    *_member("datang_detail", "no_datang", "datang_header"),
]


def dkb(period: str) -> list[tuple[str, str, str]]:
    """Rules over the population table of one semester: only what the counting needs."""
    t = f"biodata_wni_{period}"
    day = f"{period[:4]}-{'06-30' if period.endswith('01') else '12-31'}"
    return [
        (t, "wilayah:wilayah-berlaku", _village("nik", t, f"'{day}'::date")),
        (t, "kode:jenis_klmin", _code("nik", t, "jenis_klmin", 2)),
        (t, "wajib:tgl_lhr", f"SELECT nik FROM {t} WHERE tgl_lhr IS NULL"),
        (t, "lahir-sesudah-semester", f"SELECT nik FROM {t} WHERE tgl_lhr > '{day}'"),
        (t, "nik:nik", f"SELECT nik FROM {t} WHERE nik !~ '{NIK}' OR flag_status <> '0' OR stat_hidup <> 1"),
        (t, "kunci-ganda", f"SELECT nik FROM {t} GROUP BY 1 HAVING count(*) > 1"),
    ]


# Of the parts, not of the sum: the sum has a rule of its own.
_NJOP = "(njop_bumi_sppt + njop_bng_sppt)"
_TAX = f"""round(greatest({_NJOP} - njoptkp_sppt, 0) * CASE WHEN {_NJOP} <= 1e9 THEN 0.10
 WHEN thn_pajak_sppt < '2024' THEN 0.20
 WHEN {_NJOP} <= 2e9 THEN 0.15 WHEN {_NJOP} <= 5e9 THEN 0.20 ELSE 0.30 END / 100)"""
NIP = (
    r"^(\d{9}|(19|20)\d{2}((0[13578]|1[02])(0[1-9]|[12]\d|3[01])|(0[469]|11)(0[1-9]|[12]\d|30)|02(0[1-9]|[12]\d))"
    r"(19|20)\d{2}(0[1-9]|1[0-2]|21)[12]\d{3})$"
)
_YEARLY = f"{NOP}, thn_pajak_sppt"


def _same(parent: str, *more: str) -> str:
    return " AND ".join(f"{parent}.{c} = t.{c}" for c in (*NOP.split(", "), *more))


def _orphans(key: str, table: str, parent: str, columns: str) -> str:
    same = " AND ".join(f"p.{c} = t.{c}" for c in columns.split(", "))
    return f"SELECT {key} FROM {table} t WHERE NOT EXISTS (SELECT FROM {parent} p WHERE {same})"


def _doubled(key: str, table: str) -> str:
    return f"SELECT {key} FROM {table} GROUP BY {key} HAVING count(*) > 1"


def _listed(key: str, table: str, column: str, codes: str) -> str:
    return f"SELECT {key} FROM {table} WHERE rtrim({column}) <> ALL (string_to_array('{codes}', ' '))"


_VILLAGE = "kd_propinsi, kd_dati2, kd_kecamatan, kd_kelurahan"
_ZONE = f"{_VILLAGE}, kd_znt"
_PLACE = "p.kd_kanwil = t.kd_kanwil_bank AND p.kd_kppbb = t.kd_kppbb_bank AND p.kd_bank_tunggal = t.kd_bank_tunggal" + (
    " AND p.kd_bank_persepsi = t.kd_bank_persepsi AND p.kd_tp = t.kd_tp"
)
# The assessment with its land and building class, both in force in the tax year.
_CLASSED = (
    "sppt t JOIN kelas_tanah kt USING (kd_kls_tanah, thn_awal_kls_tanah) JOIN kelas_bangunan kb USING (kd_kls_bng,"
    " thn_awal_kls_bng) WHERE thn_pajak_sppt BETWEEN thn_awal_kls_tanah AND thn_akhir_kls_tanah AND thn_pajak_sppt"
    " BETWEEN thn_awal_kls_bng AND thn_akhir_kls_bng"
)
_MATERIALS = (
    ("kondisi_bng", "1 2 3 4"),
    ("jns_konstruksi_bng", "1 2 3 4"),
    ("jns_atap_bng", "1 2 3 4 5"),
    ("kd_dinding", "1 2 3 4 5 6"),
    ("kd_lantai", "1 2 3 4 5"),
    ("kd_langit_langit", "1 2 3"),
)
_NIPS = (
    ("dat_objek_pajak", NOP, ("nip_pendata", "nip_pemeriksa_op", "nip_perekam_op")),
    ("dat_op_bangunan", f"{NOP}, no_bng", ("nip_pendata_bng", "nip_pemeriksa_bng", "nip_perekam_bng")),
    ("sppt", _YEARLY, ("nip_pencetak_sppt",)),
    ("pembayaran_sppt", f"{_YEARLY}, pembayaran_sppt_ke", ("nip_rekam_byr_sppt",)),
    ("pembatalan_sppt", f"{_YEARLY}, pembatalan_sppt_ke", ("nip_rekam_btl_sppt",)),
)
_SAME = " AND ".join(f"p.{c} = s.{c}" for c in (*NOP.split(", "), "thn_pajak_sppt"))
_PAID_KEY = f"{NOP}, thn_pajak_sppt, pembayaran_sppt_ke"
_PAID_KEY_P = ", ".join(f"p.{c}" for c in _PAID_KEY.split(", "))
SISMIOP = [
    (
        "dat_subjek_pajak",
        "kunci-ganda",
        "SELECT subjek_pajak_id FROM (SELECT DISTINCT * FROM dat_subjek_pajak) d GROUP BY 1 HAVING count(*) > 1",
    ),
    ("dat_subjek_pajak", "wajib:nm_wp", "SELECT subjek_pajak_id FROM dat_subjek_pajak WHERE nm_wp IS NULL"),
    (
        "dat_subjek_pajak",
        "kode:status_pekerjaan_wp",
        "SELECT subjek_pajak_id FROM dat_subjek_pajak WHERE status_pekerjaan_wp NOT IN ('1','2','3','4','5')",
    ),
    (
        "dat_objek_pajak",
        "rujukan:subjek",
        f"SELECT {NOP} FROM dat_objek_pajak o WHERE NOT EXISTS (SELECT FROM dat_subjek_pajak s WHERE"
        " s.subjek_pajak_id = o.subjek_pajak_id)",
    ),
    (
        "dat_objek_pajak",
        "rujukan:kelurahan",
        f"SELECT {NOP} FROM dat_objek_pajak WHERE (kd_propinsi, kd_dati2, kd_kecamatan, kd_kelurahan)"
        " NOT IN (SELECT kd_propinsi, kd_dati2, kd_kecamatan, kd_kelurahan FROM ref_kelurahan)",
    ),
    (
        "dat_objek_pajak",
        "kode:kd_status_wp",
        f"SELECT {NOP} FROM dat_objek_pajak WHERE kd_status_wp NOT IN ('1','2','3','4','5')",
    ),
    (
        "dat_objek_pajak",
        "kode:jns_transaksi_op",
        f"SELECT {NOP} FROM dat_objek_pajak WHERE jns_transaksi_op NOT IN ('1','2','3')",
    ),
    *[
        (
            "dat_objek_pajak",
            f"objek-{what}",
            f"SELECT {', '.join(f't.{c}' for c in NOP.split(', '))} FROM dat_objek_pajak t WHERE {area} > 0 AND"
            f" jns_transaksi_op <> '3' AND (kd_kecamatan, kd_kelurahan) IN (SELECT kd_kecamatan, kd_kelurahan FROM"
            f" ref_kelurahan) AND NOT EXISTS (SELECT FROM dat_op_{what} p WHERE {_same('p')})",
        )
        for what, area in (("bumi", "total_luas_bumi"), ("bangunan", "total_luas_bng"))
    ],
    ("dat_objek_pajak", "kunci-ganda", f"SELECT {NOP} FROM dat_objek_pajak GROUP BY {NOP} HAVING count(*) > 1"),
    (
        "sppt",
        "sppt-hitung-njop",
        f"SELECT {NOP}, thn_pajak_sppt FROM sppt WHERE njop_sppt <> njop_bumi_sppt + njop_bng_sppt",
    ),
    (
        "sppt",
        "sppt-hitung-bayar",
        f"SELECT {NOP}, thn_pajak_sppt FROM sppt WHERE pbb_yg_harus_dibayar_sppt <> pbb_terhutang_sppt -"
        " coalesce(faktor_pengurang_sppt, 0)",
    ),
    (
        "sppt",
        "sppt-hitung-pajak",
        f"SELECT {NOP}, thn_pajak_sppt FROM sppt WHERE pbb_terhutang_sppt <> greatest({_TAX}, 10000)",
    ),
    ("sppt", "nilai:luas_bng_sppt", f"SELECT {NOP}, thn_pajak_sppt FROM sppt WHERE luas_bng_sppt = 'NaN'"),
    (
        "sppt",
        "kunci-ganda",
        f"SELECT {NOP}, thn_pajak_sppt FROM sppt GROUP BY {NOP}, thn_pajak_sppt HAVING count(*) > 1",
    ),
    (
        "sppt",
        "rujukan:objek",
        f"SELECT {NOP}, thn_pajak_sppt FROM sppt s WHERE ({NOP}) NOT IN (SELECT {NOP} FROM dat_objek_pajak)",
    ),
    (
        "sppt",
        "rujukan:kelurahan",
        f"SELECT {NOP}, thn_pajak_sppt FROM sppt WHERE (kd_kecamatan, kd_kelurahan) NOT IN (SELECT"
        " kd_kecamatan, kd_kelurahan FROM ref_kelurahan)",
    ),
    (
        "sppt",
        "wajib:*",
        f"SELECT {NOP}, thn_pajak_sppt FROM sppt WHERE num_nulls(nm_wp_sppt, tgl_jatuh_tempo_sppt,"
        " luas_bumi_sppt, njop_sppt, njoptkp_sppt,"
        " pbb_terhutang_sppt, tgl_terbit_sppt) > 0",
    ),
    (
        "pembayaran_sppt",
        "bayar-sebelum-terbit",
        f"SELECT {_PAID_KEY_P} FROM pembayaran_sppt p JOIN sppt s ON {_SAME} WHERE tgl_pembayaran_sppt <"
        " tgl_terbit_sppt",
    ),
    (
        "pembayaran_sppt",
        "bayar-sesudah-rekam",
        f"SELECT {_PAID_KEY} FROM pembayaran_sppt WHERE tgl_pembayaran_sppt > tgl_rekam_byr_sppt::date",
    ),
    (
        "pembayaran_sppt",
        "bayar-pokok",
        f"SELECT {_PAID_KEY} FROM pembayaran_sppt WHERE jml_sppt_yg_dibayar - coalesce(denda_sppt, 0) < 0 OR"
        " denda_sppt < 0",
    ),
    (
        "pembayaran_sppt",
        "rujukan:sppt",
        f"SELECT {_PAID_KEY} FROM pembayaran_sppt p WHERE NOT EXISTS (SELECT FROM sppt s WHERE {_SAME})",
    ),
    (
        "pembayaran_sppt",
        "kunci-ganda",
        f"SELECT {_PAID_KEY} FROM pembayaran_sppt GROUP BY {_PAID_KEY} HAVING count(*) > 1",
    ),
    (
        "pembayaran_sppt",
        "waktu",
        f"SELECT {_PAID_KEY} FROM pembayaran_sppt WHERE tgl_rekam_byr_sppt > jam_sistem() OR"
        " tgl_rekam_byr_sppt IS NULL OR tgl_pembayaran_sppt > jam_sistem()",
    ),
    (
        "pembayaran_sppt",
        "batal-dibayar",
        f"SELECT {_PAID_KEY_P} FROM pembayaran_sppt p JOIN sppt s ON {_SAME} WHERE status_pembayaran_sppt NOT"
        " IN ('0', '1')",
    ),
]
LAND = [
    *[
        (t, f"nip:{c}", f"SELECT {key} FROM {t} WHERE rtrim({c}) !~ '{NIP}'")
        for t, key, columns in _NIPS
        for c in columns
    ],
    *[
        (
            t,
            "nip-usia",
            f"SELECT {key} FROM {t} WHERE rtrim({c}) ~ '^[0-9]{{18}}$' AND substr({c}, 9, 6)::int <"
            f" substr({c}, 1, 6)::int + 1800",
        )
        for t, key, columns in _NIPS[:2]
        for c in columns
    ],
    (
        "dat_subjek_pajak",
        "npwp:npwp",
        r"SELECT subjek_pajak_id FROM dat_subjek_pajak WHERE npwp !~ '^(\d{15}|\d{16})$'",
    ),
    ("sppt", "npwp:npwp_sppt", f"SELECT {_YEARLY} FROM sppt WHERE npwp_sppt !~ '^[0-9]{{15,16}}$'"),
    ("dat_subjek_pajak_njoptkp", "kunci-ganda", _doubled("subjek_pajak_id", "dat_subjek_pajak_njoptkp")),
    (
        "dat_subjek_pajak_njoptkp",
        "rujukan:objek",
        _orphans("subjek_pajak_id", "dat_subjek_pajak_njoptkp", "dat_objek_pajak", NOP),
    ),
    (
        "dat_subjek_pajak_njoptkp",
        "rujukan:subjek",
        _orphans("subjek_pajak_id", "dat_subjek_pajak_njoptkp", "dat_subjek_pajak", "subjek_pajak_id"),
    ),
    *[
        (t, "rujukan:kelurahan", _orphans(key, t, "ref_kelurahan", _VILLAGE))
        for t, key in (("dat_peta_blok", f"{_VILLAGE}, kd_blok"), ("dat_znt", _ZONE))
    ],
    ("dat_peta_blok", "kunci-ganda", _doubled(f"{_VILLAGE}, kd_blok", "dat_peta_blok")),
    ("dat_znt", "kunci-ganda", _doubled(_ZONE, "dat_znt")),
    ("dat_nir", "kunci-ganda", _doubled(f"{_ZONE}, thn_nir_znt", "dat_nir")),
    ("dat_nir", "rujukan:zona", _orphans(f"{_ZONE}, thn_nir_znt", "dat_nir", "dat_znt", _ZONE)),
    ("dat_nir", "nir-wajar", f"SELECT {_ZONE}, thn_nir_znt FROM dat_nir WHERE nir <= 0 OR nir IS NULL"),
    ("dat_op_bumi", "kunci-ganda", _doubled(f"{NOP}, no_bumi", "dat_op_bumi")),
    ("dat_op_bumi", "rujukan:objek", _orphans(f"{NOP}, no_bumi", "dat_op_bumi", "dat_objek_pajak", NOP)),
    ("dat_op_bumi", "rujukan:zona", _orphans(f"{NOP}, no_bumi", "dat_op_bumi", "dat_znt", _ZONE)),
    ("dat_op_bumi", "kode:jns_bumi", _listed(f"{NOP}, no_bumi", "dat_op_bumi", "jns_bumi", "1 2 3 4")),
    (
        "dat_op_bumi",
        "bumi-luas-objek",
        f"SELECT {NOP}, no_bumi FROM dat_op_bumi JOIN dat_objek_pajak o USING ({NOP}) JOIN (SELECT {NOP},"
        f" sum(luas_bumi) AS luas FROM dat_op_bumi GROUP BY {NOP}) x USING ({NOP}) WHERE luas <> total_luas_bumi",
    ),
    (
        "dat_op_bumi",
        "bumi-jenis",
        f"SELECT {NOP}, no_bumi FROM dat_op_bumi JOIN dat_objek_pajak o USING ({NOP}) WHERE jns_bumi IN ('1', '2',"
        " '3') AND (jns_bumi = '1') <> (total_luas_bng > 0)",
    ),
    ("dat_op_bangunan", "kunci-ganda", _doubled(f"{NOP}, no_bng", "dat_op_bangunan")),
    ("dat_op_bangunan", "rujukan:objek", _orphans(f"{NOP}, no_bng", "dat_op_bangunan", "dat_objek_pajak", NOP)),
    ("dat_op_bangunan", "kode:kd_jpb", _orphans(f"{NOP}, no_bng", "dat_op_bangunan", "ref_jpb", "kd_jpb")),
    *[("dat_op_bangunan", f"kode:{c}", _listed(f"{NOP}, no_bng", "dat_op_bangunan", c, v)) for c, v in _MATERIALS],
    (
        "dat_op_bangunan",
        "bangunan-luas-objek",
        f"SELECT {NOP}, no_bng FROM dat_op_bangunan JOIN dat_objek_pajak o USING ({NOP}) JOIN (SELECT {NOP},"
        f" sum(luas_bng) AS luas FROM dat_op_bangunan GROUP BY {NOP}) x USING ({NOP}) WHERE luas <> total_luas_bng",
    ),
    (
        "dat_op_bangunan",
        "bangunan-tahun",
        f"SELECT {NOP}, no_bng FROM dat_op_bangunan WHERE greatest(thn_dibangun_bng, thn_renovasi_bng) >"
        " to_char(tgl_pendataan_bng, 'YYYY') OR thn_renovasi_bng < thn_dibangun_bng",
    ),
    (
        "dat_op_bangunan",
        "bangunan-wajar",
        f"SELECT {NOP}, no_bng FROM dat_op_bangunan WHERE luas_bng <= 0 OR jml_lantai_bng NOT BETWEEN 1 AND 99",
    ),
    (
        "sppt",
        "rujukan:kelas-tanah",
        _orphans(_YEARLY, "sppt", "kelas_tanah", "kd_kls_tanah, thn_awal_kls_tanah"),
    ),
    (
        "sppt",
        "rujukan:kelas-bangunan",
        _orphans(_YEARLY, "sppt", "kelas_bangunan", "kd_kls_bng, thn_awal_kls_bng"),
    ),
    *[
        (
            "sppt",
            "kelas-berlaku",
            f"SELECT {_YEARLY} FROM sppt JOIN {table} USING ({code}, {first}) WHERE thn_pajak_sppt NOT BETWEEN"
            f" {first} AND {last}",
        )
        for table, code, first, last in (
            ("kelas_tanah", "kd_kls_tanah", "thn_awal_kls_tanah", "thn_akhir_kls_tanah"),
            ("kelas_bangunan", "kd_kls_bng", "thn_awal_kls_bng", "thn_akhir_kls_bng"),
        )
    ],
    (
        "sppt",
        "sppt-njop-kelas",
        f"SELECT {_YEARLY} FROM {_CLASSED} AND (abs(njop_bumi_sppt - luas_bumi_sppt * nilai_per_m2_tanah * 1000) >="
        " 1000 OR luas_bng_sppt <> 'NaN' AND abs(njop_bng_sppt - luas_bng_sppt * nilai_per_m2_bng * 1000) >= 1000)",
    ),
    (
        "sppt",
        "sppt-kelas-zona",
        f"SELECT {', '.join(f't.{c}' for c in _YEARLY.split(', '))} FROM {_CLASSED} AND EXISTS (SELECT FROM"
        f" dat_op_bumi b JOIN dat_nir n USING ({_ZONE}) WHERE {_same('b')} AND b.no_bumi = 1 AND n.thn_nir_znt ="
        " t.thn_pajak_sppt AND n.nir NOT BETWEEN nilai_min_tanah AND nilai_max_tanah)",
    ),
    (
        "sppt",
        "sppt-nir-zona",
        f"SELECT {', '.join(f't.{c}' for c in _YEARLY.split(', '))} FROM sppt t JOIN dat_op_bumi b ON {_same('b')} AND"
        f" b.no_bumi = 1 JOIN dat_znt z ON {' AND '.join(f'z.{c} = b.{c}' for c in _ZONE.split(', '))} WHERE NOT EXISTS"
        f" (SELECT FROM dat_nir n WHERE {' AND '.join(f'n.{c} = b.{c}' for c in _ZONE.split(', '))} AND"
        " n.thn_nir_znt = t.thn_pajak_sppt)",
    ),
    (
        "sppt",
        "sppt-luas-objek",
        f"SELECT {_YEARLY} FROM sppt JOIN dat_objek_pajak o USING ({NOP}) WHERE jns_transaksi_op <> '3' AND"
        " tgl_perekaman_op < tgl_terbit_sppt AND luas_bng_sppt <> 'NaN' AND (luas_bumi_sppt, luas_bng_sppt) <>"
        " (total_luas_bumi, total_luas_bng)",
    ),
    (
        "sppt",
        "sppt-njoptkp",
        f"SELECT {_YEARLY} FROM sppt WHERE njoptkp_sppt NOT IN (0, 10000000)",
    ),
    (
        "pembayaran_sppt",
        "bayar-melebihi-ketetapan",
        f"SELECT {_PAID_KEY} FROM (SELECT p.*, sum(jml_sppt_yg_dibayar - coalesce(denda_sppt, 0)) OVER (PARTITION BY"
        f" {_YEARLY} ORDER BY pembayaran_sppt_ke) AS pokok FROM pembayaran_sppt p) p JOIN sppt s USING ({_YEARLY})"
        " WHERE pokok > pbb_yg_harus_dibayar_sppt",
    ),
    (
        "pembayaran_sppt",
        "rujukan:tempat",
        f"SELECT {_PAID_KEY} FROM pembayaran_sppt t WHERE NOT EXISTS (SELECT FROM tempat_pembayaran p WHERE {_PLACE})",
    ),
    (
        "pembatalan_sppt",
        "kunci-ganda",
        _doubled(f"{_YEARLY}, pembatalan_sppt_ke", "pembatalan_sppt"),
    ),
    (
        "pembatalan_sppt",
        "rujukan:sppt",
        _orphans(f"{_YEARLY}, pembatalan_sppt_ke", "pembatalan_sppt", "sppt", _YEARLY),
    ),
    (
        "pembatalan_sppt",
        "batal-jumlah",
        f"SELECT {_YEARLY}, pembatalan_sppt_ke FROM pembatalan_sppt JOIN sppt USING ({_YEARLY}) WHERE"
        " jml_sppt_yg_dibatalkan <> pbb_yg_harus_dibayar_sppt",
    ),
    (
        "pembatalan_sppt",
        "batal-status",
        f"SELECT {_YEARLY}, pembatalan_sppt_ke FROM pembatalan_sppt JOIN sppt USING ({_YEARLY}) WHERE"
        " status_pembayaran_sppt NOT IN ('2', '3')",
    ),
    (
        "pembatalan_sppt",
        "batal-sebelum-terbit",
        f"SELECT {_YEARLY}, pembatalan_sppt_ke FROM pembatalan_sppt JOIN sppt USING ({_YEARLY}) WHERE"
        " tgl_pembatalan_sppt < tgl_terbit_sppt OR tgl_rekam_btl_sppt > jam_sistem()",
    ),
    (
        "pembatalan_sppt",
        "kode:kd_batal",
        _listed(f"{_YEARLY}, pembatalan_sppt_ke", "pembatalan_sppt", "kd_batal", "1 2 3"),
    ),
]
SISMIOP += LAND
