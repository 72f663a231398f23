-- A cell that exists counts something.
SELECT
    dataset,
    rujukan,
    hasil,
    jumlah_baris
FROM mart.keterhubungan_data_induk
WHERE jumlah_baris <= 0
