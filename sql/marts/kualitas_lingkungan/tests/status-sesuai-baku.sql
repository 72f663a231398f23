-- What is said to be within its standard is.
SELECT
    tanggal,
    kode_titik,
    kode_parameter,
    hasil
FROM mart.kualitas_lingkungan
WHERE
    status_baku = 'memenuhi'
    AND (hasil < coalesce(baku_terendah, hasil) OR hasil > coalesce(baku_tertinggi, hasil))
