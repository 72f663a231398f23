-- What:    schools with their classes, active pupils and teachers, as of the data.
-- Grain:   tahun_ajaran x kode_kecamatan x bentuk_pendidikan x status_sekolah.
-- Sources: curated.dapodik__sekolah, curated.dapodik__siswa, curated.dapodik__guru (current rows), ref.wilayah.
-- Params:  :data_per, :zona   the as-of moment and where its day begins and ends
-- Rules:   pupils with status AKTIF; civil servants are PNS, CPNS and PPPK; a school year begins on 1 July.
-- Usage:   bin/lumbung query "SELECT * FROM mart.satuan_pendidikan"
WITH acuan AS (
    SELECT
        to_date(from_utc_timestamp(:data_per, :zona)) AS tanggal, -- noqa: LT01
        year(add_months(to_date(from_utc_timestamp(:data_per, :zona)), -6)) AS tahun -- noqa: LT01
),

siswa AS (
    SELECT
        siswa.npsn,
        count(*) AS jumlah
    FROM curated.dapodik__siswa AS siswa
    WHERE
        siswa._dihapus_batch IS NULL
        AND siswa.status = 'AKTIF'
    GROUP BY siswa.npsn
),

guru AS (
    SELECT
        guru.npsn,
        count(*) AS jumlah,
        count_if(guru.status_kepegawaian IN ('PNS', 'CPNS', 'PPPK')) AS asn
    FROM curated.dapodik__guru AS guru
    WHERE guru._dihapus_batch IS NULL
    GROUP BY guru.npsn
)

SELECT
    concat(acuan.tahun, '/', acuan.tahun + 1) AS tahun_ajaran,
    acuan.tahun,
    acuan.tanggal AS tanggal_acuan,
    kecamatan.kode AS kode_kecamatan,
    kecamatan.nama AS nama_kecamatan,
    sekolah.bentuk_pendidikan,
    sekolah.bentuk_pendidikan_label,
    sekolah.status AS status_sekolah,
    count(*) AS jumlah_sekolah,
    sum(sekolah.jumlah_rombel) AS jumlah_rombel,
    coalesce(sum(siswa.jumlah), 0) AS jumlah_siswa,
    coalesce(sum(guru.jumlah), 0) AS jumlah_pendidik,
    coalesce(sum(guru.asn), 0) AS jumlah_pendidik_asn
FROM curated.dapodik__sekolah AS sekolah
CROSS JOIN acuan
INNER JOIN ref.wilayah AS kecamatan
    ON
        sekolah._kode_kecamatan = kecamatan.kode
        AND acuan.tanggal BETWEEN kecamatan.berlaku_dari AND kecamatan.berlaku_sampai
LEFT JOIN siswa
    ON sekolah.npsn = siswa.npsn
LEFT JOIN guru
    ON sekolah.npsn = guru.npsn
WHERE sekolah._dihapus_batch IS NULL
GROUP BY ALL
