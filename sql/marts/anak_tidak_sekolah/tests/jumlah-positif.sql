-- A cell that exists counts a child: empty cells are not stored.
SELECT
    kode_kecamatan,
    kelompok_umur,
    jenis_kelamin,
    jumlah_anak
FROM mart.anak_tidak_sekolah
WHERE jumlah_anak <= 0
