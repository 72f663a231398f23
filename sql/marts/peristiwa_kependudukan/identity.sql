-- What:    where every current row of the inputs went: counted, or excluded and why.
-- Grain:   sumber x alasan ('dihitung' = counted in the mart).
-- Sources: curated.siak__capil_lahir, curated.siak__capil_mati, ref.wilayah.
-- Usage:   bin/lumbung query "$(cat sql/marts/peristiwa_kependudukan/identity.sql)"
WITH catatan AS (
    SELECT
        'siak__capil_lahir' AS sumber,
        lahir.bayi_tgl_lahir AS tanggal,
        lahir._kode_kecamatan AS kode_kecamatan
    FROM curated.siak__capil_lahir AS lahir
    WHERE lahir._dihapus_batch IS NULL
    UNION ALL
    SELECT
        'siak__capil_mati' AS sumber,
        mati.mati_tgl AS tanggal,
        mati._kode_kecamatan AS kode_kecamatan
    FROM curated.siak__capil_mati AS mati
    WHERE mati._dihapus_batch IS NULL
)

SELECT
    catatan.sumber,
    CASE
        WHEN catatan.tanggal IS NULL THEN 'tanggal peristiwa kosong'
        WHEN kecamatan.kode IS NULL THEN 'kecamatan tidak dikenal pada tanggal peristiwa'
        ELSE 'dihitung'
    END AS alasan,
    count(*) AS jumlah
FROM catatan
LEFT JOIN ref.wilayah AS kecamatan
    ON
        catatan.kode_kecamatan = kecamatan.kode
        AND catatan.tanggal BETWEEN kecamatan.berlaku_dari AND kecamatan.berlaku_sampai
GROUP BY ALL
