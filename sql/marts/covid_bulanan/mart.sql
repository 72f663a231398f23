-- What:    Covid-19 cases by month and kecamatan.
-- Grain:   bulan x kode_kecamatan.
-- Sources: curated.covid__kasus_harian (current rows), ref.wilayah.
-- Rules:   of several spellings of one kecamatan on one day the report that was loaded last counts.
-- Usage:   bin/lumbung query "$(cat sql/marts/covid_bulanan/mart.sql)"
WITH laporan AS (
    SELECT
        kasus.tanggal,
        kasus._kode_kecamatan AS kode_kecamatan,
        max_by(
            struct(kasus.suspek, kasus.konfirmasi, kasus.sembuh, kasus.meninggal),
            struct(kasus._loaded_at, kasus.kecamatan)
        ) AS orang
    FROM curated.covid__kasus_harian AS kasus
    WHERE kasus._dihapus_batch IS NULL
    GROUP BY kasus.tanggal, kasus._kode_kecamatan
)

SELECT
    date_format(laporan.tanggal, 'yyyy-MM') AS bulan,
    kecamatan.kode AS kode_kecamatan,
    kecamatan.nama AS nama_kecamatan,
    count(*) AS jumlah_laporan,
    coalesce(sum(laporan.orang.suspek), 0) AS suspek,
    sum(laporan.orang.konfirmasi) AS konfirmasi,
    coalesce(sum(laporan.orang.sembuh), 0) AS sembuh,
    coalesce(sum(laporan.orang.meninggal), 0) AS meninggal
FROM laporan
INNER JOIN ref.wilayah AS kecamatan
    ON
        laporan.kode_kecamatan = kecamatan.kode
        AND laporan.tanggal BETWEEN kecamatan.berlaku_dari AND kecamatan.berlaku_sampai
GROUP BY date_format(laporan.tanggal, 'yyyy-MM'), kecamatan.kode, kecamatan.nama
