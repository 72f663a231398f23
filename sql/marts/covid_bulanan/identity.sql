-- What:    where every current daily report went: counted, or excluded and why.
-- Grain:   sumber x alasan ('dihitung' = counted in the mart).
-- Sources: curated.covid__kasus_harian, ref.wilayah.
-- Usage:   bin/lumbung query "$(cat sql/marts/covid_bulanan/identity.sql)"
WITH laporan AS (
    SELECT
        kasus.tanggal,
        kasus._kode_kecamatan AS kode_kecamatan,
        row_number() OVER (
            PARTITION BY kasus.tanggal, kasus._kode_kecamatan
            ORDER BY kasus._loaded_at DESC, kasus.kecamatan DESC
        ) AS urutan
    FROM curated.covid__kasus_harian AS kasus
    WHERE kasus._dihapus_batch IS NULL
)

SELECT
    'covid__kasus_harian' AS sumber,
    CASE
        WHEN kecamatan.kode IS NULL THEN 'kecamatan tidak dikenal'
        WHEN laporan.urutan > 1 THEN 'ejaan lain dari kecamatan yang sama'
        ELSE 'dihitung'
    END AS alasan,
    count(*) AS jumlah
FROM laporan
LEFT JOIN ref.wilayah AS kecamatan
    ON
        laporan.kode_kecamatan = kecamatan.kode
        AND laporan.tanggal BETWEEN kecamatan.berlaku_dari AND kecamatan.berlaku_sampai
GROUP BY ALL
