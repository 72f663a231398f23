-- Those at school are the active pupils whose NIK is a child's, from the pupils' side; the others are not.
WITH acuan AS (
    SELECT to_date(from_utc_timestamp(:data_per, :zona)) AS tanggal -- noqa: LT01
),

sumber AS (
    SELECT
        anak._kode_kecamatan AS kode_kecamatan,
        count(DISTINCT siswa.nik) AS jumlah
    FROM curated.dapodik__siswa AS siswa
    CROSS JOIN acuan
    INNER JOIN curated.siak__biodata_wni AS anak
        ON siswa.nik = anak.nik
    LEFT SEMI JOIN ref.jenis_kelamin AS kelamin
        ON
            cast(anak.jenis_klmin AS STRING) = kelamin.kode
            AND acuan.tanggal BETWEEN kelamin.berlaku_dari AND kelamin.berlaku_sampai
    WHERE
        siswa._dihapus_batch IS NULL
        AND siswa.status = 'AKTIF'
        AND anak._dihapus_batch IS NULL
        AND anak.flag_status = '0'
        AND add_months(anak.tgl_lhr, 84) <= acuan.tanggal
        AND add_months(anak.tgl_lhr, 192) > acuan.tanggal
    GROUP BY anak._kode_kecamatan
),

rekap AS (
    SELECT
        anak.kode_kecamatan,
        sum(anak.jumlah_bersekolah) AS bersekolah,
        sum(anak.jumlah_anak) - sum(anak.jumlah_tidak_bersekolah) AS selebihnya
    FROM mart.anak_tidak_sekolah AS anak
    GROUP BY anak.kode_kecamatan
)

SELECT
    rekap.kode_kecamatan,
    rekap.bersekolah,
    rekap.selebihnya,
    coalesce(sumber.jumlah, 0) AS jumlah_dapodik
FROM rekap
LEFT JOIN sumber
    ON rekap.kode_kecamatan = sumber.kode_kecamatan
WHERE
    rekap.bersekolah != coalesce(sumber.jumlah, 0)
    OR rekap.selebihnya != coalesce(sumber.jumlah, 0)
