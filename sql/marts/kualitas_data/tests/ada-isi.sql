-- A month that exists received something.
SELECT
    bulan,
    dataset,
    jumlah_batch,
    diterima
FROM mart.kualitas_data
WHERE diterima <= 0 OR jumlah_batch <= 0
