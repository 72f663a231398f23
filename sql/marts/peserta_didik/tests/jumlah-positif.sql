-- A cell that exists counts a pupil: empty cells are not stored.
SELECT
    kode_kecamatan,
    bentuk_pendidikan,
    tingkat,
    jumlah_siswa
FROM mart.peserta_didik
WHERE jumlah_siswa <= 0
