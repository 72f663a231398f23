-- What:    where every current visit went: counted, or excluded and why.
-- Grain:   sumber x alasan ('dihitung' = counted in the mart).
-- Sources: curated.simrs__kunjungan_pasien.
-- Usage:   bin/lumbung query "$(cat sql/marts/kunjungan_rs/identity.sql)"
SELECT
    'simrs__kunjungan_pasien' AS sumber,
    CASE
        WHEN tanggal_lahir IS NULL THEN 'tanggal lahir kosong'
        WHEN coalesce(jenis_kelamin, '') NOT IN ('L', 'P') THEN 'jenis kelamin kosong atau bukan L/P'
        ELSE 'dihitung'
    END AS alasan,
    count(*) AS jumlah
FROM curated.simrs__kunjungan_pasien
WHERE _dihapus_batch IS NULL
GROUP BY ALL
