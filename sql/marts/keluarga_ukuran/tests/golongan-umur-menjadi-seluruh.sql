-- The three age classes are the residents of the cell.
SELECT
    periode,
    kode_desa,
    ukuran_keluarga,
    jumlah_penduduk
FROM mart.keluarga_ukuran
WHERE penduduk_0_14 + penduduk_15_64 + penduduk_65_ke_atas != jumlah_penduduk
