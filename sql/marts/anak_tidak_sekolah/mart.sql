-- What:    children of 7 to 15 years in SIAK, and how many of them are active pupils of Dapodik, as of the data.
-- Grain:   tahun_ajaran x kode_kecamatan x kelompok_umur x jenis_kelamin.
-- Sources: curated.siak__biodata_wni, curated.dapodik__siswa (current rows), ref.wilayah, ref.jenis_kelamin.
-- Params:  :data_per, :zona   the as-of moment and where its day begins and ends
-- Rules:   FLAG_STATUS = '0'; age in whole years on the as-of day; kecamatan of residence; at school = the NIK is
--          that of a pupil with status AKTIF, also where Dapodik spells the name otherwise.
-- Usage:   bin/lumbung query "SELECT * FROM mart.anak_tidak_sekolah"
WITH acuan AS (
    SELECT
        to_date(from_utc_timestamp(:data_per, :zona)) AS tanggal, -- noqa: LT01
        year(add_months(to_date(from_utc_timestamp(:data_per, :zona)), -6)) AS tahun -- noqa: LT01
),

anak AS (
    SELECT
        acuan.tahun,
        acuan.tanggal,
        penduduk.nik,
        penduduk._kode_kecamatan AS kode_kecamatan,
        cast(penduduk.jenis_klmin AS STRING) AS jenis_kelamin,
        floor(months_between(acuan.tanggal, penduduk.tgl_lhr) / 12) AS umur
    FROM curated.siak__biodata_wni AS penduduk
    CROSS JOIN acuan
    WHERE
        penduduk._dihapus_batch IS NULL
        AND penduduk.flag_status = '0'
),

siswa AS (
    SELECT DISTINCT siswa.nik
    FROM curated.dapodik__siswa AS siswa
    WHERE
        siswa._dihapus_batch IS NULL
        AND siswa.status = 'AKTIF'
)

SELECT
    concat(anak.tahun, '/', anak.tahun + 1) AS tahun_ajaran,
    anak.tahun,
    anak.tanggal AS tanggal_acuan,
    kecamatan.kode AS kode_kecamatan,
    kecamatan.nama AS nama_kecamatan,
    CASE WHEN anak.umur <= 12 THEN '07-12' ELSE '13-15' END AS kelompok_umur,
    CASE WHEN anak.umur <= 12 THEN '7 SAMPAI 12 TAHUN' ELSE '13 SAMPAI 15 TAHUN' END AS kelompok_umur_label,
    anak.jenis_kelamin,
    kelamin.label AS jenis_kelamin_label,
    count(*) AS jumlah_anak,
    count_if(siswa.nik IS NOT NULL) AS jumlah_bersekolah,
    count_if(siswa.nik IS NULL) AS jumlah_tidak_bersekolah
FROM anak
INNER JOIN ref.wilayah AS kecamatan
    ON
        anak.kode_kecamatan = kecamatan.kode
        AND anak.tanggal BETWEEN kecamatan.berlaku_dari AND kecamatan.berlaku_sampai
INNER JOIN ref.jenis_kelamin AS kelamin
    ON
        anak.jenis_kelamin = kelamin.kode
        AND anak.tanggal BETWEEN kelamin.berlaku_dari AND kelamin.berlaku_sampai
LEFT JOIN siswa
    ON anak.nik = siswa.nik
WHERE anak.umur BETWEEN 7 AND 15
GROUP BY ALL
