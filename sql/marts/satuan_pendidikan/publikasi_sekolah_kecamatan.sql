-- What:    public table: schools and their classes by kecamatan, school form and status; a missing cell is 0.
-- Grain:   periode (school year) x kode_wilayah (kecamatan) x bentuk_pendidikan x status_sekolah.
-- Sources: mart.satuan_pendidikan.
-- Usage:   bin/lumbung query "$(cat sql/marts/satuan_pendidikan/publikasi_sekolah_kecamatan.sql)"
WITH wilayah AS (
    SELECT DISTINCT
        tahun_ajaran,
        tahun,
        kode_kecamatan,
        nama_kecamatan
    FROM mart.satuan_pendidikan
),

golongan AS (
    SELECT DISTINCT
        bentuk_pendidikan,
        bentuk_pendidikan_label,
        status_sekolah
    FROM mart.satuan_pendidikan
)

SELECT
    wilayah.kode_kecamatan AS kode_wilayah,
    wilayah.nama_kecamatan AS nama_wilayah,
    wilayah.tahun,
    wilayah.tahun_ajaran AS periode,
    golongan.bentuk_pendidikan,
    golongan.bentuk_pendidikan_label,
    golongan.status_sekolah,
    coalesce(sum(sekolah.jumlah_sekolah), 0) AS jumlah_sekolah,
    coalesce(sum(sekolah.jumlah_rombel), 0) AS jumlah_rombel,
    'sekolah' AS satuan,
    'sementara' AS status_nilai
FROM wilayah
CROSS JOIN golongan
LEFT JOIN mart.satuan_pendidikan AS sekolah
    ON
        wilayah.tahun_ajaran = sekolah.tahun_ajaran
        AND wilayah.kode_kecamatan = sekolah.kode_kecamatan
        AND golongan.bentuk_pendidikan = sekolah.bentuk_pendidikan
        AND golongan.status_sekolah = sekolah.status_sekolah
GROUP BY ALL
