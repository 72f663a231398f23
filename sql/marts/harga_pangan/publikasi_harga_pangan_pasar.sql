-- What:    public table: price of each commodity in each market and day.
-- Grain:   periode (day) x kode_pasar x kode_komoditas.
-- Sources: mart.harga_pangan.
-- Usage:   bin/lumbung query "$(cat sql/marts/harga_pangan/publikasi_harga_pangan_pasar.sql)"
SELECT
    kode_kecamatan AS kode_wilayah,
    nama_kecamatan AS nama_wilayah,
    year(tanggal) AS tahun,
    CAST(tanggal AS STRING) AS periode,
    kode_pasar,
    nama_pasar,
    kode_komoditas,
    komoditas,
    kelompok,
    harga,
    harga - harga_kemarin AS perubahan,
    concat('rupiah/', satuan) AS satuan,
    'final' AS status_nilai
FROM mart.harga_pangan
