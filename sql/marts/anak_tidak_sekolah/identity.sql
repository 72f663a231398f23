-- What:    where every current resident went: counted, or excluded and why; and what every current pupil did for it.
--          Pupils are not counted themselves: their reasons begin with 'siswa:'.
-- Grain:   sumber x alasan ('dihitung' = counted in the mart).
-- Sources: curated.siak__biodata_wni, curated.dapodik__siswa, ref.wilayah, ref.jenis_kelamin.
-- Params:  :data_per, :zona as in mart.sql
-- Usage:   bin/lumbung query (put literals in place of the parameters)
WITH acuan AS (
    SELECT to_date(from_utc_timestamp(:data_per, :zona)) AS tanggal -- noqa: LT01
),

penduduk AS (
    SELECT
        penduduk.nik,
        CASE
            WHEN coalesce(penduduk.flag_status, '') != '0' THEN 'bukan penduduk aktif (FLAG_STATUS bukan 0)'
            WHEN coalesce(floor(months_between(acuan.tanggal, penduduk.tgl_lhr) / 12), -1) NOT BETWEEN 7 AND 15
                THEN 'umur di luar 7 sampai 15 tahun'
            WHEN kecamatan.kode IS NULL THEN 'kecamatan tidak berlaku pada tanggal acuan'
            WHEN kelamin.kode IS NULL THEN 'jenis kelamin tidak dikenal'
            ELSE 'dihitung'
        END AS alasan
    FROM curated.siak__biodata_wni AS penduduk
    CROSS JOIN acuan
    LEFT JOIN ref.wilayah AS kecamatan
        ON
            penduduk._kode_kecamatan = kecamatan.kode
            AND acuan.tanggal BETWEEN kecamatan.berlaku_dari AND kecamatan.berlaku_sampai
    LEFT JOIN ref.jenis_kelamin AS kelamin
        ON
            cast(penduduk.jenis_klmin AS STRING) = kelamin.kode
            AND acuan.tanggal BETWEEN kelamin.berlaku_dari AND kelamin.berlaku_sampai
    WHERE penduduk._dihapus_batch IS NULL
)

SELECT
    'siak__biodata_wni' AS sumber,
    penduduk.alasan,
    count(*) AS jumlah
FROM penduduk
GROUP BY ALL
UNION ALL
SELECT
    'dapodik__siswa' AS sumber,
    CASE
        WHEN siswa.status != 'AKTIF' THEN 'siswa: bukan siswa aktif'
        WHEN penduduk.nik IS NULL THEN 'siswa: NIK-nya tidak ada di SIAK kabupaten ini'
        WHEN penduduk.alasan != 'dihitung' THEN 'siswa: anaknya tidak dihitung (umur, pindah, atau meninggal)'
        ELSE 'siswa: menandai anak yang dihitung sebagai bersekolah'
    END AS alasan,
    count(*) AS jumlah
FROM curated.dapodik__siswa AS siswa
LEFT JOIN penduduk
    ON siswa.nik = penduduk.nik
WHERE siswa._dihapus_batch IS NULL
GROUP BY ALL
