-- What:    where every current sample went: counted, or excluded and why.
-- Grain:   sumber x alasan ('dihitung' = counted in the mart).
-- Sources: curated.kualitas_air__sampel_air, curated.kualitas_air__sampel_tanah, ref.parameter_lingkungan.
-- Usage:   bin/lumbung query "$(cat sql/marts/kualitas_lingkungan/identity.sql)"
WITH sampel AS (
    SELECT
        'kualitas_air__sampel_air' AS sumber,
        _kode_parameter AS kode_parameter,
        row_number() OVER (
            PARTITION BY titik, tanggal, _kode_parameter
            ORDER BY _loaded_at DESC, parameter DESC
        ) AS urutan
    FROM curated.kualitas_air__sampel_air
    WHERE _dihapus_batch IS NULL
    UNION ALL
    SELECT
        'kualitas_air__sampel_tanah' AS sumber,
        _kode_parameter AS kode_parameter,
        row_number() OVER (
            PARTITION BY titik, tanggal, _kode_parameter
            ORDER BY _loaded_at DESC, parameter DESC
        ) AS urutan
    FROM curated.kualitas_air__sampel_tanah
    WHERE _dihapus_batch IS NULL
)

SELECT
    sampel.sumber,
    CASE
        WHEN acuan.kode IS NULL THEN 'parameter tidak dikenal'
        WHEN sampel.urutan > 1 THEN 'ejaan lain dari parameter yang sama'
        ELSE 'dihitung'
    END AS alasan,
    count(*) AS jumlah
FROM sampel
LEFT JOIN ref.parameter_lingkungan AS acuan ON sampel.kode_parameter = acuan.kode
GROUP BY ALL
