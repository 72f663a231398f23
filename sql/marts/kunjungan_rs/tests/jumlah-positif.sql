-- A cell that is there counts at least one visit.
SELECT
    bulan,
    kelompok_umur,
    bab_penyakit
FROM mart.kunjungan_rs
WHERE jumlah_kunjungan < 1
