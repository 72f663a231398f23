-- What:    where every current weighing went: counted, or excluded and why.
-- Grain:   sumber x alasan ('dihitung' = counted in the mart).
-- Sources: curated.sampah__tonase_tps, ref.wilayah.
-- Usage:   bin/lumbung query "$(cat sql/marts/sampah_bulanan/identity.sql)"
SELECT
    'sampah__tonase_tps' AS sumber,
    CASE WHEN kecamatan.kode IS NULL THEN 'kecamatan tidak dikenal' ELSE 'dihitung' END AS alasan,
    count(*) AS jumlah
FROM curated.sampah__tonase_tps AS timbang
LEFT JOIN ref.wilayah AS kecamatan
    ON
        timbang._kode_kecamatan = kecamatan.kode
        AND timbang.tanggal BETWEEN kecamatan.berlaku_dari AND kecamatan.berlaku_sampai
WHERE timbang._dihapus_batch IS NULL
GROUP BY ALL
