-- What:    public table: unpaid SPPT and what is owed by age; a missing cell is 0.
-- Grain:   tahun (tax year) x kode_wilayah (kecamatan) x umur.
-- Sources: mart.pbb_piutang_umur.
-- Usage:   bin/lumbung query "$(cat sql/marts/pbb_piutang_umur/publikasi_pbb_piutang_umur.sql)"
WITH kecamatan AS (
    SELECT DISTINCT
        tahun_pajak,
        kode_kecamatan,
        nama_kecamatan
    FROM mart.pbb_piutang_umur
),

umur AS (
    SELECT DISTINCT
        umur,
        umur_label
    FROM mart.pbb_piutang_umur
)

SELECT
    kecamatan.kode_kecamatan AS kode_wilayah,
    kecamatan.nama_kecamatan AS nama_wilayah,
    kecamatan.tahun_pajak AS tahun,
    CAST(kecamatan.tahun_pajak AS STRING) AS periode,
    umur.umur,
    umur.umur_label,
    coalesce(pbb.jumlah_sppt, 0) AS jumlah_sppt,
    coalesce(pbb.tunggakan, 0) AS jumlah_tunggakan,
    'rupiah' AS satuan,
    CASE WHEN pbb.rawan THEN 'disamarkan' ELSE 'final' END AS status_nilai
FROM kecamatan
CROSS JOIN umur
LEFT JOIN mart.pbb_piutang_umur AS pbb
    ON
        kecamatan.tahun_pajak = pbb.tahun_pajak
        AND kecamatan.kode_kecamatan = pbb.kode_kecamatan
        AND umur.umur = pbb.umur
