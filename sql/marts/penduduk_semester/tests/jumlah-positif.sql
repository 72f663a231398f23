-- A cell that exists counts somebody: empty cells are not stored.
SELECT *
FROM mart.penduduk_semester
WHERE jumlah_penduduk <= 0
