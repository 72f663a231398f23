-- Budget and realisation are never below zero.
SELECT
    tahun,
    kode_desa,
    kelompok
FROM mart.apbdes
WHERE anggaran < 0 OR realisasi < 0
