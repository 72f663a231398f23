-- Decided, granted and on time are parts of what was applied for.
SELECT
    periode,
    kode_kecamatan,
    jenis_izin
FROM mart.perizinan
WHERE
    jumlah_permohonan <= 0
    OR jumlah_selesai > jumlah_permohonan
    OR jumlah_terbit > jumlah_selesai
    OR jumlah_tepat_waktu > jumlah_selesai
