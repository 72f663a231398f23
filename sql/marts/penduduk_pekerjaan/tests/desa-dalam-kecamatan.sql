-- A village lies in the kecamatan that its code begins with.
SELECT
    periode,
    kode_kecamatan,
    kode_desa,
    tanggal_acuan,
    jumlah_penduduk
FROM mart.penduduk_pekerjaan
WHERE substr(kode_desa, 1, 8) != kode_kecamatan
