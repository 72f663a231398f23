-- Families of n members hold n times as many residents; the open class at least seven times.
SELECT
    periode,
    kode_desa,
    ukuran_keluarga,
    jumlah_keluarga,
    jumlah_penduduk
FROM mart.keluarga_ukuran
WHERE
    jumlah_penduduk < jumlah_keluarga * cast(substr(ukuran_keluarga, 1, 1) AS INT)
    OR (ukuran_keluarga != '7+' AND jumlah_penduduk != jumlah_keluarga * cast(ukuran_keluarga AS INT))
