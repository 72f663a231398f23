-- What:    public table: residents by semester, kecamatan and kelompok_pekerjaan; a missing cell is 0.
-- Grain:   periode x kode_wilayah (kecamatan) x kelompok_pekerjaan.
-- Sources: mart.penduduk_pekerjaan.
-- Usage:   bin/lumbung query "$(cat sql/marts/penduduk_pekerjaan/publikasi_penduduk_pekerjaan_kecamatan.sql)"
WITH wilayah AS (
    SELECT DISTINCT
        periode,
        tahun,
        semester,
        kode_kecamatan,
        nama_kecamatan
    FROM mart.penduduk_pekerjaan
),

golongan AS (
    SELECT DISTINCT
        kelompok_pekerjaan,
        kelompok_pekerjaan_label
    FROM mart.penduduk_pekerjaan
)

SELECT
    wilayah.kode_kecamatan AS kode_wilayah,
    wilayah.nama_kecamatan AS nama_wilayah,
    wilayah.tahun,
    concat(wilayah.tahun, '-S', wilayah.semester) AS periode,
    golongan.kelompok_pekerjaan,
    golongan.kelompok_pekerjaan_label,
    coalesce(sum(penduduk.jumlah_penduduk), 0) AS jumlah_penduduk,
    'jiwa' AS satuan,
    'final' AS status_nilai
FROM wilayah
CROSS JOIN golongan
LEFT JOIN mart.penduduk_pekerjaan AS penduduk
    ON
        wilayah.periode = penduduk.periode
        AND wilayah.kode_kecamatan = penduduk.kode_kecamatan
        AND golongan.kelompok_pekerjaan = penduduk.kelompok_pekerjaan
GROUP BY ALL
