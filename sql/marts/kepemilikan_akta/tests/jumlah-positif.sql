-- A cell that exists counts something: empty cells are not stored.
SELECT
    periode,
    kode_desa,
    kelompok_umur,
    jumlah_penduduk
FROM mart.kepemilikan_akta
WHERE jumlah_penduduk <= 0
