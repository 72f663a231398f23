-- What:    public table: active pupils by kecamatan of the school, level and sex; a missing cell is 0.
-- Grain:   periode (school year) x kode_wilayah (kecamatan) x jenjang x jenis_kelamin.
-- Sources: mart.peserta_didik.
-- Usage:   bin/lumbung query "$(cat sql/marts/peserta_didik/publikasi_siswa_kecamatan_jenjang.sql)"
WITH wilayah AS (
    SELECT DISTINCT
        tahun_ajaran,
        tahun,
        kode_kecamatan,
        nama_kecamatan
    FROM mart.peserta_didik
),

jenjang AS (
    SELECT DISTINCT
        jenjang,
        jenjang_label
    FROM mart.peserta_didik
),

kelamin AS (
    SELECT DISTINCT
        jenis_kelamin,
        jenis_kelamin_label
    FROM mart.peserta_didik
)

SELECT
    wilayah.kode_kecamatan AS kode_wilayah,
    wilayah.nama_kecamatan AS nama_wilayah,
    wilayah.tahun,
    wilayah.tahun_ajaran AS periode,
    jenjang.jenjang,
    jenjang.jenjang_label,
    kelamin.jenis_kelamin,
    kelamin.jenis_kelamin_label,
    coalesce(sum(siswa.jumlah_siswa), 0) AS jumlah_siswa,
    'siswa' AS satuan,
    'sementara' AS status_nilai
FROM wilayah
CROSS JOIN jenjang
CROSS JOIN kelamin
LEFT JOIN mart.peserta_didik AS siswa
    ON
        wilayah.tahun_ajaran = siswa.tahun_ajaran
        AND wilayah.kode_kecamatan = siswa.kode_kecamatan
        AND jenjang.jenjang = siswa.jenjang
        AND kelamin.jenis_kelamin = siswa.jenis_kelamin
GROUP BY ALL
