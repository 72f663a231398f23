-- A cell that exists counts an event: empty cells are not stored.
SELECT
    peristiwa,
    periode,
    kode_kecamatan,
    jumlah_peristiwa
FROM mart.peristiwa_kependudukan
WHERE jumlah_peristiwa <= 0
