-- What:    where every current school went: counted, or excluded and why; and where pupils and teachers went with it.
--          Pupils and teachers are measures of their school: their reasons begin with 'siswa:' and 'guru:'.
-- Grain:   sumber x alasan ('dihitung' = counted in the mart).
-- Sources: curated.dapodik__sekolah, curated.dapodik__siswa, curated.dapodik__guru, ref.wilayah.
-- Params:  :data_per, :zona as in mart.sql
-- Usage:   bin/lumbung query (put literals in place of the parameters)
WITH sekolah AS (
    SELECT
        sekolah.npsn,
        CASE WHEN kecamatan.kode IS NULL THEN 'kecamatan tidak berlaku pada tanggal acuan' ELSE 'dihitung' END AS alasan
    FROM curated.dapodik__sekolah AS sekolah
    LEFT JOIN ref.wilayah AS kecamatan
        ON
            sekolah._kode_kecamatan = kecamatan.kode
            AND to_date(from_utc_timestamp(:data_per, :zona)) -- noqa: LT01
            BETWEEN kecamatan.berlaku_dari AND kecamatan.berlaku_sampai
    WHERE sekolah._dihapus_batch IS NULL
)

SELECT
    'dapodik__sekolah' AS sumber,
    sekolah.alasan,
    count(*) AS jumlah
FROM sekolah
GROUP BY ALL
UNION ALL
SELECT
    'dapodik__siswa' AS sumber,
    CASE
        WHEN siswa.status != 'AKTIF' THEN 'siswa: bukan siswa aktif'
        WHEN coalesce(sekolah.alasan, '') != 'dihitung' THEN 'siswa: sekolahnya tidak dihitung'
        ELSE 'siswa: terhitung pada sekolahnya'
    END AS alasan,
    count(*) AS jumlah
FROM curated.dapodik__siswa AS siswa
LEFT JOIN sekolah
    ON siswa.npsn = sekolah.npsn
WHERE siswa._dihapus_batch IS NULL
GROUP BY ALL
UNION ALL
SELECT
    'dapodik__guru' AS sumber,
    CASE
        WHEN coalesce(sekolah.alasan, '') != 'dihitung' THEN 'guru: sekolahnya tidak dihitung'
        ELSE 'guru: terhitung pada sekolahnya'
    END AS alasan,
    count(*) AS jumlah
FROM curated.dapodik__guru AS guru
LEFT JOIN sekolah
    ON guru.npsn = sekolah.npsn
WHERE guru._dihapus_batch IS NULL
GROUP BY ALL
