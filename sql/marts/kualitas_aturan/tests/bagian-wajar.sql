-- A share lies above nothing and at most at all, and somebody brought the rows.
SELECT
    bulan,
    dataset,
    aturan,
    jumlah_batch,
    persen_dilanggar
FROM mart.kualitas_aturan
WHERE jumlah_batch <= 0 OR persen_dilanggar < 0 OR persen_dilanggar > 100
