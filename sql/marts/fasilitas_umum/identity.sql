-- What:    where every current public place went: counted, or excluded and why.
-- Grain:   sumber x alasan ('dihitung' = counted in the mart).
-- Sources: curated.gis__fasilitas, ref.wilayah.
-- Params:  :data_per, :zona as in mart.sql
-- Usage:   bin/lumbung query (put literals in place of the parameters)
SELECT
    'gis__fasilitas' AS sumber,
    CASE WHEN kecamatan.kode IS NULL THEN 'desa tidak berlaku pada tanggal acuan' ELSE 'dihitung' END AS alasan,
    count(*) AS jumlah
FROM curated.gis__fasilitas AS fasilitas
LEFT JOIN ref.wilayah AS desa
    ON
        fasilitas.kode_desa = desa.kode
        AND desa.tingkat IN ('desa', 'kelurahan')
        AND to_date(from_utc_timestamp(:data_per, :zona)) -- noqa: LT01
        BETWEEN desa.berlaku_dari AND desa.berlaku_sampai
LEFT JOIN ref.wilayah AS kecamatan
    ON
        desa.kode_induk = kecamatan.kode
        AND to_date(from_utc_timestamp(:data_per, :zona)) -- noqa: LT01
        BETWEEN kecamatan.berlaku_dari AND kecamatan.berlaku_sampai
WHERE fasilitas._dihapus_batch IS NULL
GROUP BY ALL
