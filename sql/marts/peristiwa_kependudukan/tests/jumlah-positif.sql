-- A cell that exists counts an event: empty cells are not stored.
SELECT *
FROM mart.peristiwa_kependudukan
WHERE jumlah_peristiwa <= 0
