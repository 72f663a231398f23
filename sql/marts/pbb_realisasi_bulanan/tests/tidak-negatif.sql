-- Neither principal nor fine of a month can be negative: a payment whose fine exceeds it was refused.
SELECT
    periode,
    kode_kecamatan,
    jumlah_pembayaran,
    pokok_dibayar,
    denda_dibayar
FROM mart.pbb_realisasi_bulanan
WHERE
    pokok_dibayar < 0
    OR denda_dibayar < 0
    OR jumlah_pembayaran <= 0
