-- What:    Covid-19 cases by month and kecamatan.
-- Grain:   bulan x kode_kecamatan.
-- Sources: curated.covid__kasus_harian (current rows), ref.wilayah.
-- Usage:   bin/lumbung query "$(cat sql/marts/covid_bulanan/mart.sql)"
SELECT
    date_format(kasus.tanggal, 'yyyy-MM') AS bulan,
    kecamatan.kode AS kode_kecamatan,
    kecamatan.nama AS nama_kecamatan,
    count(*) AS jumlah_laporan,
    coalesce(sum(kasus.suspek), 0) AS suspek,
    sum(kasus.konfirmasi) AS konfirmasi,
    coalesce(sum(kasus.sembuh), 0) AS sembuh,
    coalesce(sum(kasus.meninggal), 0) AS meninggal
FROM curated.covid__kasus_harian AS kasus
INNER JOIN ref.wilayah AS kecamatan
    ON
        kasus._kode_kecamatan = kecamatan.kode
        AND kasus.tanggal BETWEEN kecamatan.berlaku_dari AND kecamatan.berlaku_sampai
WHERE kasus._dihapus_batch IS NULL
GROUP BY date_format(kasus.tanggal, 'yyyy-MM'), kecamatan.kode, kecamatan.nama
