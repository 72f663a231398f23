-- A cell that exists counts something: empty cells are not stored.
SELECT
    arah,
    periode,
    kode_kecamatan,
    klasifikasi_pindah,
    jumlah_orang
FROM mart.perpindahan
WHERE jumlah_orang <= 0
