-- Tonnes are never below zero.
SELECT
    bulan,
    kode_kecamatan,
    tonase
FROM mart.sampah_bulanan
WHERE tonase < 0
