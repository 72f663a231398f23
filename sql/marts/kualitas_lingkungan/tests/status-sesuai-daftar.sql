-- Of every parameter as many results exceed, and as many have no standard, as the samples say by the list itself;
-- of two spellings the one that was loaded last.
WITH hasil AS (
    SELECT
        air._kode_parameter AS kode_parameter,
        air.hasil
    FROM curated.kualitas_air__sampel_air AS air
    WHERE
        air._dihapus_batch IS NULL
        AND NOT EXISTS (
            SELECT 1
            FROM curated.kualitas_air__sampel_air AS lain
            WHERE
                lain._dihapus_batch IS NULL
                AND lain.titik = air.titik
                AND lain.tanggal = air.tanggal
                AND lain._kode_parameter = air._kode_parameter
                AND struct(lain._loaded_at, lain.parameter) > struct(air._loaded_at, air.parameter)
        )
    UNION ALL
    SELECT
        tanah._kode_parameter AS kode_parameter,
        tanah.hasil
    FROM curated.kualitas_air__sampel_tanah AS tanah
    WHERE
        tanah._dihapus_batch IS NULL
        AND NOT EXISTS (
            SELECT 1
            FROM curated.kualitas_air__sampel_tanah AS lain
            WHERE
                lain._dihapus_batch IS NULL
                AND lain.titik = tanah.titik
                AND lain.tanggal = tanah.tanggal
                AND lain._kode_parameter = tanah._kode_parameter
                AND struct(lain._loaded_at, lain.parameter) > struct(tanah._loaded_at, tanah.parameter)
        )
),

sumber AS (
    SELECT
        acuan.kode AS kode_parameter,
        count(*) AS jumlah,
        count_if(
            hasil.hasil NOT BETWEEN coalesce(cast(acuan.baku_terendah AS DECIMAL(14, 3)), hasil.hasil)
            AND coalesce(cast(acuan.baku_tertinggi AS DECIMAL(14, 3)), hasil.hasil)
        ) AS melampaui,
        count_if(coalesce(acuan.baku_terendah, acuan.baku_tertinggi) IS NULL) AS tanpa_baku
    FROM hasil
    INNER JOIN ref.parameter_lingkungan AS acuan
        ON hasil.kode_parameter = acuan.kode
    GROUP BY acuan.kode
),

rekap AS (
    SELECT
        uji.kode_parameter,
        count(*) AS jumlah,
        count_if(uji.status_baku = 'melampaui') AS melampaui,
        count_if(uji.status_baku = 'tanpa baku mutu') AS tanpa_baku
    FROM mart.kualitas_lingkungan AS uji
    GROUP BY uji.kode_parameter
)

SELECT
    coalesce(rekap.kode_parameter, sumber.kode_parameter) AS kode_parameter,
    rekap.jumlah AS jumlah_hasil,
    sumber.jumlah AS jumlah_sampel,
    rekap.melampaui,
    sumber.melampaui AS melampaui_sumber
FROM rekap
FULL OUTER JOIN sumber
    ON rekap.kode_parameter = sumber.kode_parameter
WHERE
    NOT rekap.jumlah <=> sumber.jumlah
    OR NOT rekap.melampaui <=> sumber.melampaui
    OR NOT rekap.tanpa_baku <=> sumber.tanpa_baku
