-- What:    public table: unpaid SPPT and what is owed by age, all tax years together; a missing cell is 0.
-- Grain:   kode_wilayah (kecamatan) x umur.
-- Sources: mart.pbb_piutang_umur.
-- Usage:   bin/lumbung query "$(cat sql/marts/pbb_piutang_umur/publikasi_pbb_piutang_umur.sql)"
WITH kecamatan AS (
    SELECT
        kode_kecamatan,
        max_by(nama_kecamatan, tahun_pajak) AS nama_kecamatan
    FROM mart.pbb_piutang_umur
    GROUP BY kode_kecamatan
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
    umur.umur,
    umur.umur_label,
    coalesce(sum(pbb.jumlah_sppt), 0) AS jumlah_sppt,
    coalesce(sum(pbb.tunggakan), 0) AS jumlah_tunggakan,
    'rupiah' AS satuan,
    CASE WHEN max(pbb.rawan) THEN 'disamarkan' ELSE 'final' END AS status_nilai
FROM kecamatan
CROSS JOIN umur
LEFT JOIN mart.pbb_piutang_umur AS pbb
    ON
        kecamatan.kode_kecamatan = pbb.kode_kecamatan
        AND umur.umur = pbb.umur
GROUP BY ALL
