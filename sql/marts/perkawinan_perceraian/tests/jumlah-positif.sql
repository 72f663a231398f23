-- A cell that exists counts something: empty cells are not stored.
SELECT
    peristiwa,
    periode,
    kode_kecamatan,
    jumlah_peristiwa
FROM mart.perkawinan_perceraian
WHERE jumlah_peristiwa <= 0
