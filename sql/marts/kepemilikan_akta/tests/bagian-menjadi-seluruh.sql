-- Owners, others and unknown are the residents of the cell.
SELECT
    periode,
    kode_desa,
    kelompok_umur,
    jumlah_penduduk
FROM mart.kepemilikan_akta
WHERE jumlah_berakta + jumlah_tidak_berakta + jumlah_tidak_diketahui != jumlah_penduduk
