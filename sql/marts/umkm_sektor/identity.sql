-- What:    where every current business went: counted, or excluded and why.
-- Grain:   alasan ('dihitung' = counted in the mart).
-- Sources: curated.umkm__usaha, ref.wilayah, ref.kbli_golongan_pokok.
-- Usage:   bin/lumbung query "$(cat sql/marts/umkm_sektor/identity.sql)"
SELECT
    'umkm__usaha' AS sumber,
    CASE
        WHEN kecamatan.kode IS NULL THEN 'kecamatan tidak berlaku pada akhir semester'
        WHEN golongan.kode IS NULL THEN 'dua angka pertama KBLI tidak ada di daftar golongan pokok'
        ELSE 'dihitung'
    END AS alasan,
    count(*) AS jumlah
FROM curated.umkm__usaha AS usaha
LEFT JOIN ref.wilayah AS kecamatan
    ON
        usaha._kode_kecamatan = kecamatan.kode
        AND kecamatan.tingkat = 'kecamatan'
        AND usaha._akhir_semester BETWEEN kecamatan.berlaku_dari AND kecamatan.berlaku_sampai
LEFT JOIN ref.kbli_golongan_pokok AS golongan
    ON left(usaha.kbli, 2) = golongan.kode
WHERE usaha._dihapus_batch IS NULL
GROUP BY ALL
