-- A cell that exists counts somebody: empty cells are not stored.
SELECT
    periode,
    kode_kecamatan,
    kode_desa,
    tanggal_acuan,
    jumlah_penduduk
FROM mart.penduduk_status_kawin
WHERE jumlah_penduduk <= 0
