-- What:    where every current daily report went: counted, or excluded and why.
-- Grain:   sumber x alasan ('dihitung' = counted in the mart).
-- Sources: curated.covid__kasus_harian, ref.wilayah.
-- Usage:   bin/lumbung query "$(cat sql/marts/covid_bulanan/identity.sql)"
SELECT
    'covid__kasus_harian' AS sumber,
    CASE WHEN kecamatan.kode IS NULL THEN 'kecamatan tidak dikenal' ELSE 'dihitung' END AS alasan,
    count(*) AS jumlah
FROM curated.covid__kasus_harian AS kasus
LEFT JOIN ref.wilayah AS kecamatan
    ON
        kasus._kode_kecamatan = kecamatan.kode
        AND kasus.tanggal BETWEEN kecamatan.berlaku_dari AND kecamatan.berlaku_sampai
WHERE kasus._dihapus_batch IS NULL
GROUP BY ALL
