"""The rules of the smaller departments once more, as plain SQL over their tables (see `rules_in_sql`)."""

from __future__ import annotations

from simulator.places import read_data

_PRICE = "to_char(tanggal, 'DD-MM-YYYY'), pasar, nama"
_NUMBER = r"^[+-]?([0-9]{1,3}(\.[0-9]{3})+|[0-9]+)$"
_AS_NUMBER = "replace({}, '.', '')::numeric"
_READABLE = f"harga_skrg ~ '{_NUMBER}' AND harga_kmrn ~ '{_NUMBER}' AND perub_rp ~ '{_NUMBER}'"
_TODAY, _YESTERDAY, _MOVED = (_AS_NUMBER.format(column) for column in ("harga_skrg", "harga_kmrn", "perub_rp"))
_BY_HAND = "('Brambang Sortir', 'Lombok Ijo', 'Endog Bebek Asin', 'Sembako Campur')"

HARGA_PANGAN = [
    ("harga_harian", "nama:nama", f"SELECT {_PRICE} FROM harga_harian WHERE nama IN {_BY_HAND}"),
    ("harga_harian", "tipe:harga_skrg", f"SELECT {_PRICE} FROM harga_harian WHERE harga_skrg !~ '{_NUMBER}'"),
    ("harga_harian", "wajib:harga_skrg", f"SELECT {_PRICE} FROM harga_harian WHERE harga_skrg IS NULL"),
    (
        "harga_harian",
        "kunci-ganda",
        f"SELECT {_PRICE} FROM harga_harian GROUP BY tanggal, pasar, nama HAVING count(*) > 1",
    ),
    (
        "harga_harian",
        "perubahan-harga",
        f"SELECT {_PRICE} FROM harga_harian WHERE CASE WHEN {_READABLE} THEN {_TODAY} - {_YESTERDAY} <> {_MOVED} END",
    ),
    ("harga_harian", "satuan-komoditas", f"SELECT {_PRICE} FROM harga_harian WHERE satuan = 'ons'"),
    (
        "harga_harian",
        "harga-melonjak",
        f"SELECT {_PRICE} FROM harga_harian WHERE CASE WHEN {_READABLE} THEN {_TODAY} > 3 * {_YESTERDAY} END",
    ),
]


def _where(table: str, key: str, rules: dict[str, str], parts: int = 1) -> list[tuple[str, str, str]]:
    """Rules over one row each, by what breaks them; and a key (of so many parts) that stands twice."""
    group = ", ".join(map(str, range(1, parts + 1)))
    single = [(table, rule, f"SELECT {key} FROM {table} WHERE {broken}") for rule, broken in rules.items()]
    return [*single, (table, "kunci-ganda", f"SELECT {key} FROM {table} GROUP BY {group} HAVING count(*) > 1")]


_NIK = "nik !~ '^[0-9]{16}$'"
_KECAMATAN = "{} !~ '^35[.]15[.](0[1-9]|1[0-8])$'"
_SECTORS = ", ".join(f"'{row['kode']}'" for row in read_data("izin_kbli.csv"))
PTSP = _where(
    "permohonan_izin",
    "pendaftaran_id",
    {
        "nik:nik": _NIK,
        "wajib:n_pemohon": "n_pemohon IS NULL",
        "nib:nib": "nib !~ '^[0-9]{13}$'",
        "kode:kbli": f"kbli NOT IN ({_SECTORS})",
        "rujukan:jenis-izin": "jenis_izin NOT IN (SELECT kode FROM jenis_izin)",
        "wilayah:kecamatan-berlaku": _KECAMATAN.format("kecamatan"),
        "kode:risiko": "risiko NOT IN ('R', 'MR', 'MT', 'T')",
        "terima-sebelum-daftar": "d_terima_berkas < tgl_daftar",
        "selesai-sebelum-terima": (
            "CASE WHEN tgl_selesai !~ '^31-02' THEN to_date(tgl_selesai, 'DD-MM-YYYY') < d_terima_berkas END"
        ),
        "tipe:tgl_selesai": "tgl_selesai ~ '^31-02'",
        "selesai-tanpa-tanggal": "status IN ('terbit', 'ditolak') AND tgl_selesai IS NULL",
        "kode:status": "status NOT IN ('diajukan', 'diproses', 'terbit', 'ditolak')",
    },
)
PERPUS = [
    *_where(
        "anggota",
        "no_anggota",
        {
            "nik:nik": _NIK,
            "jenis-kelamin": "jk NOT IN ('L', 'P')",
            "wilayah:kecamatan-berlaku": _KECAMATAN.format("kode_kec"),
            "berlaku-sebelum-daftar": "berlaku_sampai < tgl_daftar",
        },
    ),
    *_where(
        "koleksi",
        "id_koleksi",
        {
            "kelas-ddc": "kelas_ddc !~ '^[0-9]{3}([.][0-9]+)?$'",
            "kode:jenis": "jenis NOT IN ('BK', 'BA', 'MJ', 'DL', 'AV')",
            "eksemplar-negatif": "eksemplar < 0",
        },
    ),
    *_where(
        "peminjaman",
        "no_pinjam",
        {
            "rujukan:anggota": "no_anggota NOT IN (SELECT no_anggota FROM anggota)",
            "rujukan:koleksi": "id_koleksi NOT IN (SELECT id_koleksi FROM koleksi)",
            "kembali-sebelum-pinjam": "tgl_kembali < tgl_pinjam",
            "jatuh-tempo-sebelum-pinjam": "tgl_jatuh_tempo < tgl_pinjam",
        },
    ),
]
_CASE = "to_char(tanggal, 'DD/MM/YYYY'), kecamatan"
_WHOLE = "^-?[0-9]+$"
_SAMPLE = "titik, to_char(tanggal, 'DD-MM-YYYY'), parameter"
_COMMA = "^[0-9]+(,[0-9]+)?$"
_VISITORS = "bulan, nama_wisata, wisatawan"
_WEIGHED = "to_char(tanggal, 'YYYYMMDD'), kode_tps"
_ASKED = "semester, no_pendataan"
_FIELDS = ", ".join(f"'{row['kode']}'" for row in read_data("umkm_kbli.csv"))
_BUSINESS = f"skala IN ('Mikro', 'Kecil', 'Menengah') AND omzet ~ '{_WHOLE}'"
_LIMITS = "('Mikro', -1, 2e9, -1, 1e9), ('Kecil', 2e9, 15e9, 1e9, 5e9), ('Menengah', 15e9, 50e9, 5e9, 10e9)"
_NO_SCALE = (
    f"CASE WHEN {_BUSINESS} THEN NOT EXISTS (SELECT FROM (VALUES {_LIMITS}) AS b (nama, omzet_di, omzet_ke, di, ke)"
    " WHERE b.nama = skala AND (omzet::numeric > omzet_di AND omzet::numeric <= omzet_ke"
    " OR aset::numeric > di AND aset::numeric <= ke)) END"
)
_TOWNS = [row for row in read_data("wilayah_sidoarjo.csv") if row["tingkat"] == "desa_kelurahan"]
_VILLAGES = ", ".join(f"'{row['kode']}'" for row in _TOWNS)
_KELURAHAN = ", ".join(f"'{row['kode']}'" for row in _TOWNS if row["jenis"] == "kelurahan")
_KECAMATAN_NAMES = ", ".join(
    f"('{row['kode']}', '{row['nama'].title()}')"
    for row in read_data("wilayah_sidoarjo.csv")
    if row["tingkat"] == "kecamatan"
)
_ELSEWHERE = (
    f"kode_desa IN ({_VILLAGES}) AND EXISTS (SELECT FROM (VALUES {_KECAMATAN_NAMES}) AS k (kode, nama)"
    " WHERE k.nama = kecamatan AND k.kode <> left(kode_desa, 8))"
)
_PROFILE = "tahun, kode_desa"
SENDERS = {
    "covid": _where(
        "kasus_harian",
        _CASE,
        {
            "nama:kecamatan": "kecamatan IN ('Sidokerto', 'Luar Wilayah', 'Gedangan Kulon')",
            "tipe:konfirmasi": f"konfirmasi !~ '{_WHOLE}'",
            "kasus-tidak-negatif": "sembuh LIKE '-%'",
            "meninggal-wajar": f"CASE WHEN konfirmasi ~ '{_WHOLE}' THEN meninggal::int > konfirmasi::int END",
        },
        2,
    ),
    "kualitas_air": [
        *_where(
            "sampel_air",
            _SAMPLE,
            {
                "nama:parameter": "parameter = 'Kekeruhan Visual'",
                "tipe:hasil": f"hasil !~ '{_COMMA}'",
                "satuan-parameter": "satuan = 'g/L'",
                "ph-wajar": f"parameter = 'pH' AND hasil ~ '{_COMMA}' AND replace(hasil, ',', '.')::numeric > 14",
            },
            3,
        ),
        *_where("sampel_tanah", _SAMPLE, {"wajib:hasil": "hasil IS NULL"}, 3),
    ],
    "wisata": _where(
        "kunjungan_wisata",
        _VISITORS,
        {
            "tipe:jumlah": f"jumlah !~ '{_WHOLE}'",
            "jumlah-tidak-negatif": "jumlah LIKE '-%'",
            "rujukan:destinasi": "nama_wisata NOT IN (SELECT nama_wisata FROM destinasi)",
            "kode:wisatawan": "wisatawan NOT IN ('Nusantara', 'Mancanegara')",
        },
        3,
    ),
    "sampah": [
        *_where(
            "tonase_tps",
            _WEIGHED,
            {
                "wajib:tonase": "tonase IS NULL",
                "tonase-wajar": "replace(tonase, ',', '.')::numeric > 15 * ritasi::int",
                "nama:kecamatan": "kecamatan = 'GEMPOL'",
            },
            2,
        ),
    ],
    "simrs": [
        *_where(
            "kunjungan_pasien",
            "no_kunjungan",
            {
                "nik:nik": _NIK,
                "icd10:icd10": "icd10 !~ '^[A-Z][0-9]{2}([.][0-9]{1,2})?$'",
                "kode:poli": "poli = 'POLI X'",
                "kunjungan-sesudah-lahir": "tanggal_lahir > waktu::date",
            },
        ),
        *_where(
            "rawat_inap",
            "no_rawat",
            {
                "keluar-sesudah-masuk": "keluar < masuk",
                "rujukan:kelas": "kelas NOT IN (SELECT kelas FROM tempat_tidur)",
                "lama-rawat": "keluar::date - masuk::date > 365",
            },
        ),
    ],
    "umkm": _where(
        "usaha",
        _ASKED,
        {
            "bentuk:baris": "nik_bilangan",
            "nik:nik": _NIK,
            "wajib:nama_pemilik": "nama_pemilik IS NULL",
            "nib:nib": "nib !~ '^[0-9]{13}$'",
            "kode:kbli": f"kbli NOT IN ({_FIELDS})",
            "nama:kecamatan": "kecamatan IN ('Luar Kota', 'Sidoarjo Timur', 'Gedangan Kulon')",
            "nama:desa": "desa IN ('Dsn. Krajan', 'Perum Griya Asri', 'RW 05')",
            "nama:skala": "skala NOT IN ('Mikro', 'Kecil', 'Menengah')",
            "skala-sesuai-kriteria": _NO_SCALE,
            "tipe:omzet": f"omzet !~ '{_WHOLE}'",
            "angka-tidak-negatif": "tenaga_kerja LIKE '-%'",
            "omzet-nol": "omzet = '0'",
        },
        2,
    ),
    "desa": [
        *_where(
            "profil_desa",
            _PROFILE,
            {
                "wilayah:desa-berlaku": f"kode_desa NOT IN ({_VILLAGES})",
                "nama:kecamatan": "kecamatan IN ('Luar Kota', 'Sidoarjo Timur', 'Gedangan Kulon')",
                "kecamatan-sesuai-kode": _ELSEWHERE,
                "jumlah-penduduk": (
                    f"CASE WHEN laki_laki ~ '{_WHOLE}' THEN laki_laki::int + perempuan::int <> jumlah::int END"
                ),
                "tipe:laki_laki": f"laki_laki !~ '{_WHOLE}'",
                "angka-tidak-negatif": "posyandu LIKE '-%'",
                "anggota-keluarga-wajar": "jumlah::numeric / keluarga::numeric NOT BETWEEN 1.5 AND 8",
            },
            2,
        ),
        *_where(
            "apbdes",
            f"{_PROFILE}, kelompok",
            {
                "hanya-desa": f"kode_desa IN ({_KELURAHAN})",
                "wilayah:desa-berlaku": f"kode_desa NOT IN ({_VILLAGES})",
                "kecamatan-sesuai-kode": _ELSEWHERE,
                "kode:kelompok": "kelompok = 'B6'",
                "angka-tidak-negatif": "realisasi LIKE '-%'",
                "tipe:realisasi": f"realisasi !~ '{_WHOLE}'",
                "wajib:realisasi": "realisasi IS NULL",
                "belanja-melebihi-anggaran": (
                    f"CASE WHEN realisasi ~ '{_WHOLE}' THEN realisasi::numeric > anggaran::numeric END"
                    " AND kelompok LIKE 'B_'"
                ),
            },
            3,
        ),
    ],
}
DEPARTMENTS = {"harga_pangan": HARGA_PANGAN, "ptsp": PTSP, "perpus": PERPUS, **SENDERS}
"""Dapodik and gis are not here: their rules look into lists, other tables and drawings; `tests/manifest` holds them
against quarantine."""
