-- The mart is the state of one day.
SELECT count(DISTINCT tanggal_acuan) AS hari
FROM mart.satuan_pendidikan
HAVING count(DISTINCT tanggal_acuan) > 1
