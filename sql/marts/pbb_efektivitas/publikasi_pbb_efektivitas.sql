-- What:    public table: how much of the assessed tax is paid in time, in its year, and by now.
-- Grain:   tahun (tax year) x kode_wilayah (kecamatan).
-- Sources: mart.pbb_efektivitas.
-- Usage:   bin/lumbung query "$(cat sql/marts/pbb_efektivitas/publikasi_pbb_efektivitas.sql)"
SELECT
    kode_kecamatan AS kode_wilayah,
    nama_kecamatan AS nama_wilayah,
    tahun_pajak AS tahun,
    CAST(tahun_pajak AS STRING) AS periode,
    jumlah_sppt,
    ketetapan AS jumlah_ketetapan,
    pokok_tepat_waktu AS jumlah_pokok_tepat_waktu,
    pokok_tahun_berjalan AS jumlah_pokok_tahun_berjalan,
    pokok_sampai_kini AS jumlah_pokok_sampai_kini,
    persen_tepat_waktu,
    persen_tahun_berjalan,
    persen_sampai_kini,
    'rupiah' AS satuan,
    CASE WHEN rawan THEN 'disamarkan' ELSE 'final' END AS status_nilai
FROM mart.pbb_efektivitas
