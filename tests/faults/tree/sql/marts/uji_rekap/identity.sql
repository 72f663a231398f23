-- What:    where every current row of the input went.
-- Grain:   sumber x alasan.
-- Sources: curated.uji__layanan.
-- Usage:   bin/lumbung query "$(cat sql/marts/uji_rekap/identity.sql)"
SELECT
    'uji__layanan' AS sumber,
    'dihitung' AS alasan,
    count(*) AS jumlah
FROM curated.uji__layanan AS layanan
WHERE layanan._dihapus_batch IS NULL
GROUP BY ALL
