-- Children of every kecamatan and age group are those of SIAK, told by their birthdays instead of their age.
WITH acuan AS (
    SELECT to_date(from_utc_timestamp(:data_per, :zona)) AS tanggal -- noqa: LT01
),

sumber AS (
    SELECT
        penduduk._kode_kecamatan AS kode_kecamatan,
        if(add_months(penduduk.tgl_lhr, 156) > acuan.tanggal, '07-12', '13-15') AS kelompok_umur,
        count(*) AS jumlah
    FROM curated.siak__biodata_wni AS penduduk
    CROSS JOIN acuan
    LEFT SEMI JOIN ref.wilayah AS kecamatan
        ON
            penduduk._kode_kecamatan = kecamatan.kode
            AND acuan.tanggal BETWEEN kecamatan.berlaku_dari AND kecamatan.berlaku_sampai
    LEFT SEMI JOIN ref.jenis_kelamin AS kelamin
        ON
            cast(penduduk.jenis_klmin AS STRING) = kelamin.kode
            AND acuan.tanggal BETWEEN kelamin.berlaku_dari AND kelamin.berlaku_sampai
    WHERE
        penduduk._dihapus_batch IS NULL
        AND penduduk.flag_status = '0'
        AND add_months(penduduk.tgl_lhr, 84) <= acuan.tanggal
        AND add_months(penduduk.tgl_lhr, 192) > acuan.tanggal
    GROUP BY ALL
),

rekap AS (
    SELECT
        anak.kode_kecamatan,
        anak.kelompok_umur,
        sum(anak.jumlah_anak) AS jumlah
    FROM mart.anak_tidak_sekolah AS anak
    GROUP BY ALL
)

SELECT
    coalesce(rekap.kode_kecamatan, sumber.kode_kecamatan) AS kode_kecamatan,
    coalesce(rekap.kelompok_umur, sumber.kelompok_umur) AS kelompok_umur,
    rekap.jumlah AS jumlah_anak,
    sumber.jumlah AS jumlah_siak
FROM rekap
FULL OUTER JOIN sumber
    ON
        rekap.kode_kecamatan = sumber.kode_kecamatan
        AND rekap.kelompok_umur = sumber.kelompok_umur
WHERE NOT rekap.jumlah <=> sumber.jumlah
