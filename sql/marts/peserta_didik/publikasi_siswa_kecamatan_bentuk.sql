-- What:    public table: active pupils by kecamatan of the school and school form; a missing cell is 0.
-- Grain:   periode (school year) x kode_wilayah (kecamatan) x bentuk_pendidikan.
-- Sources: mart.peserta_didik.
-- Usage:   bin/lumbung query "$(cat sql/marts/peserta_didik/publikasi_siswa_kecamatan_bentuk.sql)"
WITH wilayah AS (
    SELECT DISTINCT
        tahun_ajaran,
        tahun,
        kode_kecamatan,
        nama_kecamatan
    FROM mart.peserta_didik
),

bentuk AS (
    SELECT DISTINCT
        bentuk_pendidikan,
        bentuk_pendidikan_label
    FROM mart.peserta_didik
)

SELECT
    wilayah.kode_kecamatan AS kode_wilayah,
    wilayah.nama_kecamatan AS nama_wilayah,
    wilayah.tahun,
    wilayah.tahun_ajaran AS periode,
    bentuk.bentuk_pendidikan,
    bentuk.bentuk_pendidikan_label,
    coalesce(sum(siswa.jumlah_siswa), 0) AS jumlah_siswa,
    'siswa' AS satuan,
    'sementara' AS status_nilai
FROM wilayah
CROSS JOIN bentuk
LEFT JOIN mart.peserta_didik AS siswa
    ON
        wilayah.tahun_ajaran = siswa.tahun_ajaran
        AND wilayah.kode_kecamatan = siswa.kode_kecamatan
        AND bentuk.bentuk_pendidikan = siswa.bentuk_pendidikan
GROUP BY ALL
