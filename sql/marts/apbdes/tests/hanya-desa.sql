-- Only desas have a budget of their own.
SELECT
    tahun,
    kode_desa,
    kelompok
FROM mart.apbdes
WHERE substr(kode_desa, 10, 1) = '1'
