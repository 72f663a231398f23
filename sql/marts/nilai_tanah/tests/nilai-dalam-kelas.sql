-- The rate of a zone lies within the limits of its class.
SELECT
    tahun,
    kode_desa,
    kode_zona,
    kelas,
    nir
FROM mart.nilai_tanah
WHERE
    nir NOT BETWEEN nilai_min AND nilai_max
    OR nilai_per_m2 <= 0
