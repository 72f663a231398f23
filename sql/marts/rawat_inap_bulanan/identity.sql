-- What:    where every current stay went: counted, or excluded and why.
-- Grain:   sumber x alasan ('dihitung' = counted in the mart).
-- Sources: curated.simrs__rawat_inap, curated.simrs__tempat_tidur.
-- Params:  :data_per, :zona as in mart.sql
-- Usage:   bin/lumbung query (put literals in place of the parameters)
SELECT
    'simrs__rawat_inap' AS sumber,
    CASE
        WHEN kamar.kelas IS NULL THEN 'kelas tidak dikenal'
        WHEN
            to_date(from_utc_timestamp(rawat.masuk, :zona)) -- noqa: LT01
            > to_date(from_utc_timestamp(:data_per, :zona)) -- noqa: LT01
            THEN 'masuk sesudah tanggal data'
        ELSE 'dihitung'
    END AS alasan,
    count(*) AS jumlah
FROM curated.simrs__rawat_inap AS rawat
LEFT JOIN curated.simrs__tempat_tidur AS kamar
    ON
        rawat.kelas = kamar.kelas
        AND kamar._dihapus_batch IS NULL
WHERE rawat._dihapus_batch IS NULL
GROUP BY ALL
