-- What:    where every current line of the budgets went: shown, or excluded and why.
-- Grain:   alasan ('dihitung' = a row of the mart).
-- Sources: curated.desa__apbdes, ref.wilayah, ref.kelompok_apbdes.
-- Usage:   bin/lumbung query "$(cat sql/marts/apbdes/identity.sql)"
SELECT
    'desa__apbdes' AS sumber,
    CASE
        WHEN kecamatan.kode IS NULL THEN 'kode desa tidak berlaku pada akhir tahun'
        WHEN kelompok.kode IS NULL THEN 'kelompok tidak berlaku pada akhir tahun'
        ELSE 'dihitung'
    END AS alasan,
    count(*) AS jumlah
FROM curated.desa__apbdes AS apb
LEFT JOIN ref.wilayah AS desa
    ON
        apb.kode_desa = desa.kode
        AND apb._akhir_tahun BETWEEN desa.berlaku_dari AND desa.berlaku_sampai
LEFT JOIN ref.wilayah AS kecamatan
    ON
        desa.kode_induk = kecamatan.kode
        AND apb._akhir_tahun BETWEEN kecamatan.berlaku_dari AND kecamatan.berlaku_sampai
LEFT JOIN ref.kelompok_apbdes AS kelompok
    ON
        apb.kelompok = kelompok.kode
        AND apb._akhir_tahun BETWEEN kelompok.berlaku_dari AND kelompok.berlaku_sampai
WHERE apb._dihapus_batch IS NULL
GROUP BY ALL
