-- What:    active pupils by kecamatan of the school, school form, status, grade and sex, as of the data.
-- Grain:   tahun_ajaran x kode_kecamatan x bentuk_pendidikan x status_sekolah x tingkat x jenis_kelamin.
-- Sources: curated.dapodik__siswa, curated.dapodik__sekolah (current rows), ref.wilayah.
-- Params:  :data_per, :zona   the as-of moment and where its day begins and ends
-- Rules:   status AKTIF; the school's kecamatan in force on the as-of day; a school year begins on 1 July.
-- Usage:   bin/lumbung query "SELECT * FROM mart.peserta_didik"
WITH acuan AS (
    SELECT
        to_date(from_utc_timestamp(:data_per, :zona)) AS tanggal, -- noqa: LT01
        year(add_months(to_date(from_utc_timestamp(:data_per, :zona)), -6)) AS tahun -- noqa: LT01
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
    CASE WHEN siswa.tingkat <= 6 THEN '1' WHEN siswa.tingkat <= 9 THEN '2' ELSE '3' END AS jenjang,
    CASE
        WHEN siswa.tingkat <= 6 THEN 'SD SEDERAJAT'
        WHEN siswa.tingkat <= 9 THEN 'SMP SEDERAJAT'
        ELSE 'SMA SEDERAJAT'
    END AS jenjang_label,
    siswa.tingkat,
    siswa.jenis_kelamin,
    siswa.jenis_kelamin_label,
    count(*) AS jumlah_siswa
FROM curated.dapodik__siswa AS siswa
CROSS JOIN acuan
INNER JOIN curated.dapodik__sekolah AS sekolah
    ON
        siswa.npsn = sekolah.npsn
        AND sekolah._dihapus_batch IS NULL
INNER JOIN ref.wilayah AS kecamatan
    ON
        sekolah._kode_kecamatan = kecamatan.kode
        AND acuan.tanggal BETWEEN kecamatan.berlaku_dari AND kecamatan.berlaku_sampai
WHERE
    siswa._dihapus_batch IS NULL
    AND siswa.status = 'AKTIF'
GROUP BY ALL
