-- The mart is the state of one day.
SELECT count(DISTINCT tanggal_acuan) AS hari
FROM mart.anak_tidak_sekolah
HAVING count(DISTINCT tanggal_acuan) > 1
