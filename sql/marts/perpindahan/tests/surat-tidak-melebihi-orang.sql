-- A letter in the mart has at least one person.
SELECT
    arah,
    periode,
    kode_kecamatan,
    klasifikasi_pindah,
    jumlah_surat,
    jumlah_orang
FROM mart.perpindahan
WHERE jumlah_surat > jumlah_orang OR jumlah_surat <= 0
