-- A village that is drawn has an area.
SELECT
    kode_desa,
    luas_km2
FROM mart.luas_wilayah
WHERE luas_km2 <= 0 OR (jumlah_batas = 1 AND luas_km2 IS NULL)
