-- What:    where every current sample went: counted, or excluded and why.
-- Grain:   sumber x alasan ('dihitung' = counted in the mart).
-- Sources: curated.kualitas_air__sampel_air, curated.kualitas_air__sampel_tanah, ref.parameter_lingkungan.
-- Usage:   bin/lumbung query "$(cat sql/marts/kualitas_lingkungan/identity.sql)"
SELECT
    'kualitas_air__sampel_air' AS sumber,
    CASE WHEN acuan.kode IS NULL THEN 'parameter tidak dikenal' ELSE 'dihitung' END AS alasan,
    count(*) AS jumlah
FROM curated.kualitas_air__sampel_air AS sampel
LEFT JOIN ref.parameter_lingkungan AS acuan ON sampel._kode_parameter = acuan.kode
WHERE sampel._dihapus_batch IS NULL
GROUP BY ALL
UNION ALL
SELECT
    'kualitas_air__sampel_tanah' AS sumber,
    CASE WHEN acuan.kode IS NULL THEN 'parameter tidak dikenal' ELSE 'dihitung' END AS alasan,
    count(*) AS jumlah
FROM curated.kualitas_air__sampel_tanah AS sampel
LEFT JOIN ref.parameter_lingkungan AS acuan ON sampel._kode_parameter = acuan.kode
WHERE sampel._dihapus_batch IS NULL
GROUP BY ALL
