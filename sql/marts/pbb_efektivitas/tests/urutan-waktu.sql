-- What is paid by the due date is paid within the year, and that by now.
SELECT
    tahun_pajak,
    kode_kecamatan,
    pokok_tepat_waktu,
    pokok_tahun_berjalan,
    pokok_sampai_kini
FROM mart.pbb_efektivitas
WHERE
    pokok_tepat_waktu > pokok_tahun_berjalan
    OR pokok_tahun_berjalan > pokok_sampai_kini
