-- Businesses with a NIB are a part of all; workers and turnover are never below zero.
SELECT
    semester,
    kode_kecamatan,
    kategori_kbli,
    skala
FROM mart.umkm_sektor
WHERE
    jumlah_usaha <= 0
    OR jumlah_ber_nib > jumlah_usaha
    OR jumlah_tenaga_kerja < 0
    OR jumlah_omzet < 0
