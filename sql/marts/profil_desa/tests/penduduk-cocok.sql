-- Inhabitants are men and women.
SELECT
    tahun,
    kode_desa
FROM mart.profil_desa
WHERE jumlah_penduduk <> jumlah_laki_laki + jumlah_perempuan
