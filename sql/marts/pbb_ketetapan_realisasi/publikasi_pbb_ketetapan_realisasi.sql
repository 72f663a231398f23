-- What:    public table: SPPT, assessment, principal paid and arrears; a missing cell is 0.
-- Grain:   tahun (tax year) x kode_wilayah (kecamatan) x buku.
-- Sources: mart.pbb_ketetapan_realisasi.
-- Usage:   bin/lumbung query "$(cat sql/marts/pbb_ketetapan_realisasi/publikasi_pbb_ketetapan_realisasi.sql)"
WITH kecamatan AS (
    SELECT DISTINCT
        tahun_pajak,
        kode_kecamatan,
        nama_kecamatan
    FROM mart.pbb_ketetapan_realisasi
),

buku AS (
    SELECT DISTINCT
        buku,
        buku_label
    FROM mart.pbb_ketetapan_realisasi
)

SELECT
    kecamatan.kode_kecamatan AS kode_wilayah,
    kecamatan.nama_kecamatan AS nama_wilayah,
    kecamatan.tahun_pajak AS tahun,
    CAST(kecamatan.tahun_pajak AS STRING) AS periode,
    buku.buku,
    buku.buku_label,
    coalesce(pbb.jumlah_sppt, 0) AS jumlah_sppt,
    coalesce(pbb.ketetapan, 0) AS jumlah_ketetapan,
    coalesce(pbb.pokok_dibayar, 0) AS jumlah_pokok_dibayar,
    coalesce(pbb.tunggakan, 0) AS jumlah_tunggakan,
    pbb.persen_realisasi,
    'rupiah' AS satuan,
    CASE WHEN pbb.rawan THEN 'disamarkan' ELSE 'final' END AS status_nilai
FROM kecamatan
CROSS JOIN buku
LEFT JOIN mart.pbb_ketetapan_realisasi AS pbb
    ON
        kecamatan.tahun_pajak = pbb.tahun_pajak
        AND kecamatan.kode_kecamatan = pbb.kode_kecamatan
        AND buku.buku = pbb.buku
