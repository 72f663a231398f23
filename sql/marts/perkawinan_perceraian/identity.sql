-- What:    where every current row of the inputs went: counted, or excluded and why.
-- Grain:   sumber x alasan ('dihitung' = counted in the mart).
-- Sources: curated.siak__capil_kawin, curated.siak__capil_cerai, ref.wilayah.
-- Usage:   bin/lumbung query "$(cat sql/marts/perkawinan_perceraian/identity.sql)"
WITH catatan AS (
    SELECT
        'siak__capil_kawin' AS sumber,
        kawin.kawin_tgl AS tanggal,
        kawin._kode_kecamatan AS kode_kecamatan
    FROM curated.siak__capil_kawin AS kawin
    WHERE kawin._dihapus_batch IS NULL
    UNION ALL
    SELECT
        'siak__capil_cerai' AS sumber,
        cerai.putusan_tgl AS tanggal,
        cerai._kode_kecamatan AS kode_kecamatan
    FROM curated.siak__capil_cerai AS cerai
    WHERE cerai._dihapus_batch IS NULL
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
