-- Nothing lost, nothing twice.
SELECT
    bulan,
    dataset,
    diterima,
    baik,
    ditolak,
    duplikat
FROM mart.kualitas_data
WHERE diterima != baik + ditolak + duplikat
