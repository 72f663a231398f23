-- What:    where every current stay went: counted, or excluded and why.
-- Grain:   sumber x alasan ('dihitung' = counted in the mart).
-- Sources: curated.simrs__rawat_inap, curated.simrs__tempat_tidur.
-- Usage:   bin/lumbung query "$(cat sql/marts/rawat_inap_bulanan/identity.sql)"
SELECT
    'simrs__rawat_inap' AS sumber,
    CASE WHEN kamar.kelas IS NULL THEN 'kelas tidak dikenal' ELSE 'dihitung' END AS alasan,
    count(*) AS jumlah
FROM curated.simrs__rawat_inap AS rawat
LEFT JOIN curated.simrs__tempat_tidur AS kamar
    ON
        rawat.kelas = kamar.kelas
        AND kamar._dihapus_batch IS NULL
WHERE rawat._dihapus_batch IS NULL
GROUP BY ALL
