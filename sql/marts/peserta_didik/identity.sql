-- What:    where every current pupil went: counted, or excluded and why.
-- Grain:   sumber x alasan ('dihitung' = counted in the mart).
-- Sources: curated.dapodik__siswa, curated.dapodik__sekolah, ref.wilayah.
-- Params:  :data_per, :zona as in mart.sql
-- Usage:   bin/lumbung query (put literals in place of the parameters)
SELECT
    'dapodik__siswa' AS sumber,
    CASE
        WHEN siswa.status != 'AKTIF' THEN 'bukan siswa aktif (lulus, pindah, putus sekolah)'
        WHEN sekolah.npsn IS NULL THEN 'sekolahnya tidak ada di data terpadu (belum diterima atau ditolak)'
        WHEN kecamatan.kode IS NULL THEN 'kecamatan sekolah tidak berlaku pada tanggal acuan'
        ELSE 'dihitung'
    END AS alasan,
    count(*) AS jumlah
FROM curated.dapodik__siswa AS siswa
LEFT JOIN curated.dapodik__sekolah AS sekolah
    ON
        siswa.npsn = sekolah.npsn
        AND sekolah._dihapus_batch IS NULL
LEFT JOIN ref.wilayah AS kecamatan
    ON
        sekolah._kode_kecamatan = kecamatan.kode
        AND to_date(from_utc_timestamp(:data_per, :zona)) -- noqa: LT01
        BETWEEN kecamatan.berlaku_dari AND kecamatan.berlaku_sampai
WHERE siswa._dihapus_batch IS NULL
GROUP BY ALL
