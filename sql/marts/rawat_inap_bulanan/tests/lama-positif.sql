-- Nobody leaves without having stayed, and days of care are never below zero.
SELECT
    bulan,
    kelas
FROM mart.rawat_inap_bulanan
WHERE hari_perawatan < 0 OR los < 1
