-- A cell that exists has a school, and nothing is negative.
SELECT
    kode_kecamatan,
    bentuk_pendidikan,
    status_sekolah,
    jumlah_sekolah
FROM mart.satuan_pendidikan
WHERE
    jumlah_sekolah <= 0
    OR least(jumlah_rombel, jumlah_siswa, jumlah_pendidik, jumlah_pendidik_asn) < 0
    OR jumlah_pendidik_asn > jumlah_pendidik
