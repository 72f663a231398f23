-- A group holds at least one SPPT with something owed.
SELECT
    tahun_pajak,
    kode_kecamatan,
    umur,
    jumlah_sppt,
    tunggakan
FROM mart.pbb_piutang_umur
WHERE
    tunggakan <= 0
    OR jumlah_sppt <= 0
