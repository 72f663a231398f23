-- What is owed is never negative, never more than assessed, and at least what is missing in total.
SELECT
    tahun_pajak,
    kode_kecamatan,
    buku,
    ketetapan,
    pokok_dibayar,
    tunggakan
FROM mart.pbb_ketetapan_realisasi
WHERE
    tunggakan < 0
    OR tunggakan > ketetapan
    OR tunggakan < ketetapan - pokok_dibayar
