-- The reference day is the last one of the semester: 30 June or 31 December.
SELECT
    periode,
    kode_kecamatan,
    kode_desa,
    tanggal_acuan,
    jumlah_penduduk
FROM mart.penduduk_status_kawin
WHERE tanggal_acuan != CASE semester WHEN 1 THEN make_date(tahun, 6, 30) WHEN 2 THEN make_date(tahun, 12, 31) END
