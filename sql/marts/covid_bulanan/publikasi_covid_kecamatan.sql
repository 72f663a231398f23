-- What:    public table: confirmed cases by month and kecamatan.
-- Grain:   periode (month) x kode_wilayah (kecamatan).
-- Sources: mart.covid_bulanan.
-- Usage:   bin/lumbung query "$(cat sql/marts/covid_bulanan/publikasi_covid_kecamatan.sql)"
SELECT
    kode_kecamatan AS kode_wilayah,
    nama_kecamatan AS nama_wilayah,
    CAST(substr(bulan, 1, 4) AS INT) AS tahun,
    bulan AS periode,
    konfirmasi AS jumlah_konfirmasi,
    'orang' AS satuan,
    CASE WHEN bulan = max(bulan) OVER () THEN 'sementara' ELSE 'final' END AS status_nilai
FROM mart.covid_bulanan
