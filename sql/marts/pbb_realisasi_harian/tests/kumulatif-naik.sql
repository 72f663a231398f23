-- What came in since 1 January holds at least this day's, and nothing is negative.
SELECT
    tanggal,
    kode_kecamatan,
    pokok_dibayar,
    pokok_sejak_awal_tahun
FROM mart.pbb_realisasi_harian
WHERE
    pokok_dibayar < 0
    OR denda_dibayar < 0
    OR pokok_sejak_awal_tahun < pokok_dibayar
