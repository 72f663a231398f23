-- What:    where every current profile went: shown, or excluded and why.
-- Grain:   alasan ('dihitung' = a row of the mart).
-- Sources: curated.desa__profil_desa, ref.wilayah.
-- Usage:   bin/lumbung query "$(cat sql/marts/profil_desa/identity.sql)"
SELECT
    'desa__profil_desa' AS sumber,
    CASE WHEN kecamatan.kode IS NULL THEN 'kode desa tidak berlaku pada akhir tahun' ELSE 'dihitung' END AS alasan,
    count(*) AS jumlah
FROM curated.desa__profil_desa AS profil
LEFT JOIN ref.wilayah AS desa
    ON
        profil.kode_desa = desa.kode
        AND desa.tingkat IN ('desa', 'kelurahan')
        AND profil._akhir_tahun BETWEEN desa.berlaku_dari AND desa.berlaku_sampai
LEFT JOIN ref.wilayah AS kecamatan
    ON
        desa.kode_induk = kecamatan.kode
        AND profil._akhir_tahun BETWEEN kecamatan.berlaku_dari AND kecamatan.berlaku_sampai
WHERE profil._dihapus_batch IS NULL
GROUP BY ALL
