-- Every village in force on the as-of day has its row, and nothing else has one.
WITH desa AS (
    SELECT wilayah.kode
    FROM ref.wilayah AS wilayah
    WHERE
        wilayah.tingkat IN ('desa', 'kelurahan')
        AND to_date(from_utc_timestamp(:data_per, :zona)) -- noqa: LT01
        BETWEEN wilayah.berlaku_dari AND wilayah.berlaku_sampai
)

SELECT
    desa.kode AS desa_berlaku,
    luas_wilayah.kode_desa AS desa_termuat
FROM desa
FULL OUTER JOIN mart.luas_wilayah AS luas_wilayah
    ON desa.kode = luas_wilayah.kode_desa
WHERE desa.kode IS NULL OR luas_wilayah.kode_desa IS NULL
