-- Visitors and income are never below zero.
SELECT
    bulan,
    kode_destinasi,
    wisatawan
FROM mart.wisata_bulanan
WHERE jumlah_wisatawan < 0 OR pendapatan < 0
