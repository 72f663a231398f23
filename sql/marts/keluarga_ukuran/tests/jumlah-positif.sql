-- A cell that exists counts something: empty cells are not stored.
SELECT
    periode,
    kode_desa,
    ukuran_keluarga,
    jumlah_keluarga
FROM mart.keluarga_ukuran
WHERE jumlah_keluarga <= 0
