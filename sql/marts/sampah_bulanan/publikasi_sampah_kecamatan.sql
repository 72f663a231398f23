-- What:    public table: waste by month and kecamatan.
-- Grain:   periode (month) x kode_wilayah (kecamatan).
-- Sources: mart.sampah_bulanan.
-- Usage:   bin/lumbung query "$(cat sql/marts/sampah_bulanan/publikasi_sampah_kecamatan.sql)"
SELECT
    kode_kecamatan AS kode_wilayah,
    nama_kecamatan AS nama_wilayah,
    CAST(substr(bulan, 1, 4) AS INT) AS tahun,
    bulan AS periode,
    jumlah_tps,
    tonase,
    'ton' AS satuan,
    CASE WHEN bulan = max(bulan) OVER () THEN 'sementara' ELSE 'final' END AS status_nilai
FROM mart.sampah_bulanan
