-- What:    where every current boundary went: counted, or excluded and why; and every resident beside it.
--          Residents are looked up for their number: their reasons begin with 'penduduk:'.
-- Grain:   sumber x alasan ('dihitung' = counted in the mart).
-- Sources: curated.gis__batas_wilayah, curated.siak__biodata_wni_dkb, ref.wilayah.
-- Params:  :data_per, :zona as in mart.sql
-- Usage:   bin/lumbung query (put literals in place of the parameters)
WITH semester AS (
    SELECT max(penduduk.periode) AS periode
    FROM curated.siak__biodata_wni_dkb AS penduduk
    WHERE penduduk._dihapus_batch IS NULL
)

SELECT
    'gis__batas_wilayah' AS sumber,
    CASE WHEN kecamatan.kode IS NULL THEN 'desa tidak berlaku pada tanggal acuan' ELSE 'dihitung' END AS alasan,
    count(*) AS jumlah
FROM curated.gis__batas_wilayah AS batas
LEFT JOIN ref.wilayah AS desa
    ON
        batas.kode_desa = desa.kode
        AND desa.tingkat IN ('desa', 'kelurahan')
        AND to_date(from_utc_timestamp(:data_per, :zona)) -- noqa: LT01
        BETWEEN desa.berlaku_dari AND desa.berlaku_sampai
LEFT JOIN ref.wilayah AS kecamatan
    ON
        desa.kode_induk = kecamatan.kode
        AND to_date(from_utc_timestamp(:data_per, :zona)) -- noqa: LT01
        BETWEEN kecamatan.berlaku_dari AND kecamatan.berlaku_sampai
WHERE batas._dihapus_batch IS NULL
GROUP BY ALL
UNION ALL
SELECT
    'siak__biodata_wni_dkb' AS sumber,
    CASE
        WHEN penduduk.periode != semester.periode THEN 'penduduk: semester lain'
        WHEN coalesce(penduduk.flag_status, '') != '0' THEN 'penduduk: bukan penduduk aktif (FLAG_STATUS bukan 0)'
        WHEN penduduk._umur IS NULL OR penduduk._umur < 0 THEN 'penduduk: umur tidak dapat dihitung'
        WHEN dahulu.kode IS NULL THEN 'penduduk: desa tidak berlaku pada akhir semester'
        WHEN kecamatan.kode IS NULL THEN 'penduduk: desa tidak berlaku pada tanggal acuan'
        ELSE 'penduduk: terhitung pada desanya'
    END AS alasan,
    count(*) AS jumlah
FROM curated.siak__biodata_wni_dkb AS penduduk
CROSS JOIN semester
LEFT JOIN ref.wilayah AS dahulu
    ON
        penduduk._kode_desa = dahulu.kode
        AND penduduk._akhir_periode BETWEEN dahulu.berlaku_dari AND dahulu.berlaku_sampai
LEFT JOIN ref.wilayah AS desa
    ON
        penduduk._kode_desa = desa.kode
        AND desa.tingkat IN ('desa', 'kelurahan')
        AND to_date(from_utc_timestamp(:data_per, :zona)) -- noqa: LT01
        BETWEEN desa.berlaku_dari AND desa.berlaku_sampai
LEFT JOIN ref.wilayah AS kecamatan
    ON
        desa.kode_induk = kecamatan.kode
        AND to_date(from_utc_timestamp(:data_per, :zona)) -- noqa: LT01
        BETWEEN kecamatan.berlaku_dari AND kecamatan.berlaku_sampai
WHERE penduduk._dihapus_batch IS NULL
GROUP BY ALL
