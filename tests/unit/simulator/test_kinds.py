"""The catalogue of defects: each line has its alteration, and each alteration does what the note says."""

import re
from datetime import date, datetime
from decimal import Decimal
from itertools import pairwise

import pytest

from simulator.chance import chance
from simulator.kinds import kinds, kinds_of
from simulator.source_rows import KEYS, NOP, TOUCH, key_of, stored_key
from simulator.systems import departments
from simulator.trouble import APART, Troubles

NIK = re.compile(r"^\d{6}(0[1-9]|[12]\d|3[01]|4[1-9]|[56]\d|7[01])(0[1-9]|1[0-2])\d{2}(?!0000)\d{4}$")
ROW = {
    "nik": "3515081203109001",
    "no_kk": "3515080101109001",
    "nama_lgkp": "BUDI SANTOSO",
    "tmpt_lhr": "SIDOARJO",
    "tgl_lhr": date(1990, 3, 12),
    "jenis_klmin": Decimal(1),
    "agama": Decimal(1),
    "tgl_ubah": None,
    "tgl_updation": datetime(2024, 5, 1),
    "mati_nik": "3515081203109001",
    "tgl_kwn": date(2012, 5, 1),
    "tgl_crai": date(2019, 5, 1),
    "nik_ibu": "3515085203709001",
    "bayi_nik": "3515081203259001",
    "ibu_nik": "3515085203909001",
    "no_kec": Decimal(8),
    "no_kel": Decimal(2001),
    "mati_tgl": date(2025, 3, 1),
    "suami_nik": "3515081203909002",
    "istri_nik": "3515085203929003",
    "istri_tgl_lhr": date(1992, 3, 12),
    "kawin_tgl": date(2025, 3, 1),
    "kawin_tgl_lapor": date(2025, 3, 9),
    "kawin_pencatat": Decimal(2),
    "cerai_pengadilan": Decimal(2),
    "putusan_tgl": date(2025, 6, 1),
    "klasifikasi_pindah": Decimal(2),
    "no_pindah": "SKPWNI/3515/01032025/0808001",
    "no_datang": "SKDWNI/3515/01032025/0808001",
    "tgl_datang": date(2025, 3, 1),
    "nm_wp": "SITI",
    "npwp": "010000010999000",
    "kd_znt": "AI",
    "luas_bumi": Decimal(100),
    "luas_bng": Decimal(60),
    "thn_dibangun_bng": "1998",
    "tgl_pendataan_bng": date(2015, 3, 1),
    "nip_perekam_bng": "197001012010011001",
    "njop_sppt": Decimal(20),
    "njop_bumi_sppt": Decimal(10),
    "njop_bng_sppt": Decimal(10),
    "pbb_terhutang_sppt": Decimal(10),
    "jml_sppt_yg_dibatalkan": Decimal(10),
    "pbb_yg_harus_dibayar_sppt": Decimal(10),
    "thn_pajak_sppt": "2024",
    "jml_sppt_yg_dibayar": Decimal(5000),
    "nik_ayah": "3515081203609001",
    "bayi_tgl_lahir": date(2025, 3, 1),
    "plpr_tgl_lapor": date(2025, 3, 4),
    "suami_tgl_lhr": date(1990, 3, 12),
    "tgl_pindah": date(2025, 3, 1),
    "created_date": datetime(2025, 3, 2, 10),
    "asal_no_kec": 8,
    "asal_no_kel": 2015,
    "tgl_rekam_byr_sppt": datetime(2025, 3, 2, 10),
    "nip_perekam_op": "197001012010011001",
    "nip_pemeriksa_bng": "197001012010011001",
    "nir": Decimal(900),
    "thn_nir_znt": "2024",
    "jns_bumi": "1",
    "jml_lantai_bng": Decimal(1),
    "kd_kelurahan": "001",
    "kd_blok": "001",
    "no_urut": "0001",
    "kd_kls_tanah": "050",
    "luas_bumi_sppt": Decimal(100),
    "njoptkp_sppt": Decimal(10_000_000),
    "tgl_pembatalan_sppt": date(2024, 5, 1),
}
ROWS = {
    "harga_harian": {
        "tanggal": date(2026, 1, 4), "pasar": "3515-01", "nama": "Bawang Merah", "satuan": "kg",
        "harga_kmrn": "39.550", "harga_skrg": "39.150", "perub_rp": "-400", "perub_persen": "-1,01",
    },
    "permohonan_izin": {
        "pendaftaran_id": "2025-000123", "nik": "3515081203909001", "n_pemohon": "BUDI SANTOSO",
        "nib": "9120304050607", "kbli": "56102", "jenis_izin": "REKL", "kecamatan": "35.15.08", "risiko": "R",
        "tgl_daftar": date(2025, 3, 3), "d_terima_berkas": date(2025, 3, 4), "tgl_selesai": "10-03-2025",
        "no_surat": "503/REKL/000123/2025", "status": "terbit", "diubah": datetime(2025, 3, 10, 10, 15),
    },
    "anggota": {
        "no_anggota": "A250000123", "nik": "3515081203909001", "jk": "L", "kode_kec": "35.15.08",
        "tgl_daftar": date(2025, 3, 3), "berlaku_sampai": date(2028, 3, 2), "tgl_ubah": datetime(2025, 3, 3, 10, 15),
    },
    "koleksi": {
        "id_koleksi": "K0000123", "judul": "Laskar Pelangi", "kelas_ddc": "899.221", "jenis": "BK", "eksemplar": 3,
        "tahun_terbit": 2015,
    },
    "peminjaman": {
        "no_pinjam": "P250000123", "no_anggota": "A250000123", "id_koleksi": "K0000123",
        "tgl_pinjam": date(2025, 3, 3), "tgl_jatuh_tempo": date(2025, 3, 10), "tgl_kembali": date(2025, 3, 8),
        "tgl_ubah": datetime(2025, 3, 8, 10, 15),
    },
    "sekolah": {
        "npsn": "99000012", "nama_sekolah": "SD NEGERI TARIK", "bentuk_pendidikan": "SD", "status": "NEGERI",
        "kode_desa_sekolah": "35.15.01.2004", "lintang": Decimal("-7.441000"), "bujur": Decimal("112.524000"),
        "jumlah_rombel": 6, "last_update": datetime(2025, 7, 21, 9),
    },
    "siswa": {
        "nisn": "0149900012", "nik": "3515016503149123", "nama": "ANISA PUTRI", "tanggal_lahir": date(2014, 3, 25),
        "jenis_kelamin": "P", "npsn": "99000012", "tingkat": 5, "status": "AKTIF",
        "last_update": datetime(2025, 8, 1, 10),
    },
    "guru": {
        "nuptk": "9900000000000012", "nip": "198004122005012901", "nama": "SRI WAHYUNI", "jenis_kelamin": "P",
        "npsn": "99000012", "jenis_ptk": "Guru Kelas", "status_kepegawaian": "PNS",
        "last_update": datetime(2025, 8, 1, 10),
    },
    "kasus_harian": {
        "tanggal": date(2026, 1, 3), "kecamatan": "Kec. Candi", "suspek": "4", "konfirmasi": "2", "sembuh": "1",
        "meninggal": "0", "diubah": datetime(2026, 1, 4, 5),
    },
    "sampel_air": {
        "titik": "SA-01", "lokasi": "Kali Porong hulu", "tanggal": date(2025, 12, 9), "parameter": "BOD",
        "hasil": "3,4", "satuan": "mg/L", "baku_mutu": "3,0", "diubah": datetime(2026, 1, 3, 9),
    },
    "sampel_tanah": {
        "titik": "ST-01", "lokasi": "Sawah Tarik", "tanggal": date(2025, 12, 9), "parameter": "Timbal",
        "hasil": "14,20", "satuan": "mg/kg", "diubah": datetime(2026, 1, 3, 9),
    },
    "kunjungan_wisata": {
        "nama_wisata": "Candi Pari", "bulan": "2025-12", "wisatawan": "Nusantara", "jumlah": "1500",
        "pendapatan": "0", "diubah": datetime(2026, 1, 4, 10),
    },
    "tonase_tps": {
        "tanggal": date(2026, 1, 3), "kode_tps": "TPS-011", "nama_tps": "TPS Tarik 1", "kecamatan": "TARIK",
        "ritasi": "2", "tonase": "8,40", "diubah": datetime(2026, 1, 4, 4),
    },
    "kunjungan_pasien": {
        "no_kunjungan": "K2601030000123", "nik": "3515081203909001", "tanggal_lahir": date(1990, 3, 12),
        "waktu": datetime(2026, 1, 3, 9, 15), "poli": "umum", "jenis": "BARU", "icd10": "J06.9",
    },
    "rawat_inap": {
        "no_rawat": "R260103000012", "kelas": "II", "masuk": datetime(2025, 12, 28, 9),
        "keluar": datetime(2026, 1, 3, 9), "icd10": "A90",
    },
    "usaha": {
        "semester": "2025-S1", "no_pendataan": "UM-0000123", "nik": "3515081203909001", "nik_bilangan": False,
        "nama_pemilik": "BUDI SANTOSO", "nama_usaha": "Warung Budi", "nib": "9120304050607", "kbli": "56102",
        "kecamatan": "Kec. Candi", "desa": "Ds. Sumokali", "omzet": "130000000", "aset": "30000000",
        "tenaga_kerja": "2", "skala": "Mikro", "diubah": datetime(2025, 7, 10, 10),
    },
    "profil_desa": {
        "tahun": "2024", "kode_desa": "35.15.08.2015", "kecamatan": "Sidoarjo", "nama": "Blurukidul",
        "luas": "210.50", "laki_laki": "4120", "perempuan": "4098", "jumlah": "8218", "keluarga": "2570",
        "paud": "4", "sd": "3", "posyandu": "11", "diubah": datetime(2025, 2, 16, 13),
    },
    "apbdes": {
        "tahun": "2024", "kode_desa": "35.15.08.2015", "kelompok": "B2", "kecamatan": "Sidoarjo",
        "nama": "Blurukidul", "anggaran": "820000000", "realisasi": "741000000", "diubah": datetime(2025, 1, 19, 13),
    },
    "batas_wilayah": {
        "kode_desa": "35.15.08.2001", "nama_desa": "KEBONSARI", "nama_kecamatan": "CANDI",
        "geom": "MULTIPOLYGON (((112.7 -7.4, 112.7 -7.41, 112.71 -7.41, 112.71 -7.4, 112.7 -7.4)))",
        "diubah": datetime(2025, 11, 26, 6),
    },
    "bidang_pajak": {
        "id_bidang": "B00000123", "nop": "351511000100200031", "kode_desa": "35.15.08.2001", "luas": "180",
        "geom": "POLYGON ((690000 9181000, 690000 9181015, 690012 9181015, 690012 9181000, 690000 9181000))",
        "diubah": datetime(2025, 11, 26, 6),
    },
    "fasilitas": {
        "id_fasilitas": "F00012", "nama": "TAMAN CANDI 1", "jenis": "RTH", "kode_desa": "35.15.08.2001",
        "alamat": "JL. RAYA CANDI NO. 3", "geom": "POINT (112.7 -7.4)", "diubah": datetime(2025, 11, 26, 6),
    },
}  # fmt: skip
"""A row of each table of the smaller departments."""
TRIED = [kind for kind in kinds() if kind.table in ROWS or kind.system not in departments()]
"""A department that comes later needs no row here: `make manifest` holds what it breaks against what is refused."""


def test_at_least_thirty_kinds_over_siak_and_sismiop():
    both = [k for k in kinds() if k.dataset.split(".")[0] in ("siak", "sismiop")]
    assert len({k.name for k in both}) >= 30
    assert len({k.name for k in both if k.severity == "error"}) >= 30
    assert kinds_of("siak") and kinds_of("sismiop")


def test_a_kind_has_a_rule_unless_it_is_a_copy_or_a_note():
    assert {k.severity for k in kinds()} == {"error", "warning", "duplicate", "info"}
    assert all(bool(k.rule) != (k.severity in ("duplicate", "info")) for k in kinds())
    assert len({(k.dataset, k.name) for k in kinds()}) == len(kinds())


@pytest.mark.parametrize("kind", TRIED, ids=lambda k: f"{k.table}-{k.name}")
def test_each_alteration_changes_the_column_it_names(kind):
    row = ROWS.get(kind.table, ROW)
    change = kind.alter(dict(row), chance(1, kind.name))
    if kind.severity == "duplicate":
        assert change == {}
    elif kind.copy and not kind.column:  # a row too many: mended by deleting it
        assert change
        assert all(change[name] != row[name] for name in change)
    elif kind.name == "nik-ganda":
        assert "nik" not in change and change["nama_lgkp"] != ROW["nama_lgkp"]
    elif kind.name == "subjek-ganda":
        assert set(change) == {"nm_wp"}
    else:
        assert kind.column in change
        assert change[kind.column] != row.get(kind.column, "")


@pytest.mark.parametrize("name", ["nik-huruf", "nik-15-digit", "nik-serial-0000"])
def test_a_spoilt_nik_keeps_birth_and_sex_readable(name):
    kind = next(k for k in kinds() if k.name == name)
    for seed in range(30):
        nik = kind.alter(dict(ROW), chance(seed, name))["nik"]
        assert not NIK.match(nik)
        assert nik[:12] == ROW["nik"][:12]


def test_a_village_that_was_closed_gets_a_date_after_its_end():
    kind = next(k for k in kinds() if k.name == "desa-sudah-dihapus" and k.table == "biodata_wni")
    for seed in range(20):
        change = kind.alter(dict(ROW), chance(seed, "x"))
        assert datetime(2023, 7, 1) <= change["tgl_ubah"] < datetime(2026, 1, 5)


def test_a_head_that_does_not_exist_has_a_serial_nobody_gets():
    kind = next(k for k in kinds() if k.name == "kepala-tidak-ada")
    for seed in range(20):
        nik = kind.alter(dict(ROW), chance(seed, "x"))["nik_kk"]
        assert NIK.match(nik) and 9990 <= int(nik[12:]) <= 9999


def test_keys_are_shown_without_padding_and_with_the_period():
    row = dict(zip(NOP, ("35", "15", "110", "001", "002", "0003", "0"), strict=True)) | {
        "thn_pajak_sppt": "2025",
        "pembayaran_sppt_ke": Decimal(2),
    }
    assert key_of("pembayaran_sppt", row)["pembayaran_sppt_ke"] == 2
    assert key_of("dat_subjek_pajak", {"subjek_pajak_id": "3515 OP-000000001            "}) == {
        "subjek_pajak_id": "3515 OP-000000001"
    }
    assert key_of("biodata_wni_202501", {"nik": "1"}) == {"periode": "202501", "nik": "1"}
    assert set(TOUCH) <= set(KEYS)


def test_the_key_of_a_department_is_shown_as_its_service_writes_it():
    row = ROWS["harga_harian"]
    assert key_of("harga_harian", row) == {"tanggal": "04-01-2026", "pasar": "3515-01", "nama": "Bawang Merah"}
    assert stored_key("harga_harian", row) == {"tanggal": "2026-01-04", "pasar": "3515-01", "nama": "Bawang Merah"}


def test_troubles_of_a_service_are_seeded_rare_and_apart():
    def met(seed):
        troubles = Troubles("harga_pangan")
        return [number for number in range(3_000) if troubles.next(seed, oauth2=True)]

    first = met(1)
    assert first == met(1) != met(2)
    assert 5 <= len(first) <= 60
    assert min(later - earlier for earlier, later in pairwise(first)) >= APART
