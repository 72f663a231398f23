-- What:    public table: residents by semester, kecamatan and pendidikan; a missing cell is 0.
-- Grain:   periode x kode_wilayah (kecamatan) x pendidikan.
-- Sources: mart.penduduk_pendidikan.
-- Usage:   bin/lumbung query "$(cat sql/marts/penduduk_pendidikan/publikasi_penduduk_pendidikan_kecamatan.sql)"
WITH wilayah AS (
    SELECT DISTINCT
        periode,
        tahun,
        semester,
        kode_kecamatan,
        nama_kecamatan
    FROM mart.penduduk_pendidikan
),

golongan AS (
    SELECT DISTINCT
        pendidikan,
        pendidikan_label
    FROM mart.penduduk_pendidikan
)

SELECT
    wilayah.kode_kecamatan AS kode_wilayah,
    wilayah.nama_kecamatan AS nama_wilayah,
    wilayah.tahun,
    concat(wilayah.tahun, '-S', wilayah.semester) AS periode,
    golongan.pendidikan,
    golongan.pendidikan_label,
    coalesce(sum(penduduk.jumlah_penduduk), 0) AS jumlah_penduduk,
    'jiwa' AS satuan,
    'final' AS status_nilai
FROM wilayah
CROSS JOIN golongan
LEFT JOIN mart.penduduk_pendidikan AS penduduk
    ON
        wilayah.periode = penduduk.periode
        AND wilayah.kode_kecamatan = penduduk.kode_kecamatan
        AND golongan.pendidikan = penduduk.pendidikan
GROUP BY ALL
