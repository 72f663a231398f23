-- A public place has a name and a point.
SELECT id_fasilitas
FROM mart.fasilitas_umum
WHERE titik IS NULL OR nama IS NULL
