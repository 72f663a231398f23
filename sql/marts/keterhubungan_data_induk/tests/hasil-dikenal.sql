-- The four outcomes of a look-up in master data, nothing else.
SELECT
    dataset,
    rujukan,
    hasil
FROM mart.keterhubungan_data_induk
WHERE hasil NOT IN ('cocok', 'beda', 'tidak_ditemukan', 'tidak_dapat_diperiksa')
