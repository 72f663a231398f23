-- What:    where every current row of the input went: counted, or excluded and why.
-- Grain:   sumber x alasan ('dihitung' = counted in the mart).
-- Sources: curated.siak__biodata_wni_dkb, ref.wilayah.
-- Usage:   bin/lumbung query "$(cat sql/marts/keluarga_ukuran/identity.sql)"
SELECT
    'siak__biodata_wni_dkb' AS sumber,
    CASE
        WHEN coalesce(penduduk.flag_status, '') != '0' THEN 'bukan penduduk aktif (FLAG_STATUS bukan 0)'
        WHEN penduduk._umur IS NULL OR penduduk._umur < 0 THEN 'umur tidak dapat dihitung'
        WHEN penduduk.no_kk IS NULL THEN 'nomor KK kosong'
        WHEN desa.kode IS NULL THEN 'desa tidak berlaku pada akhir semester'
        ELSE 'dihitung'
    END AS alasan,
    count(*) AS jumlah
FROM curated.siak__biodata_wni_dkb AS penduduk
LEFT JOIN ref.wilayah AS desa
    ON
        penduduk._kode_desa = desa.kode
        AND penduduk._akhir_periode BETWEEN desa.berlaku_dari AND desa.berlaku_sampai
WHERE penduduk._dihapus_batch IS NULL
GROUP BY ALL
