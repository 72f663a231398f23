-- A price is above zero.
SELECT
    tanggal,
    kode_pasar,
    kode_komoditas,
    harga
FROM mart.harga_pangan
WHERE harga <= 0
