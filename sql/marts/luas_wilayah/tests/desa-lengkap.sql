-- Every village has one row.
SELECT
    kode_desa,
    count(*) AS jumlah
FROM mart.luas_wilayah
GROUP BY kode_desa
HAVING count(*) != 1
