-- What:    public table: average, lowest and highest price of each commodity and day.
-- Grain:   periode (day) x kode_komoditas.
-- Sources: mart.harga_pangan.
-- Usage:   bin/lumbung query "$(cat sql/marts/harga_pangan/publikasi_harga_pangan_kabupaten.sql)"
SELECT
    max(substr(kode_kecamatan, 1, 5)) AS kode_wilayah,
    year(tanggal) AS tahun,
    CAST(tanggal AS STRING) AS periode,
    kode_komoditas,
    komoditas,
    kelompok,
    CAST(round(avg(harga), 0) AS DECIMAL(12, 0)) AS harga_rata_rata,
    min(harga) AS harga_terendah,
    max(harga) AS harga_tertinggi,
    count(*) AS jumlah_pasar,
    concat('rupiah/', satuan) AS satuan,
    'final' AS status_nilai
FROM mart.harga_pangan
GROUP BY tanggal, kode_komoditas, komoditas, kelompok, satuan
