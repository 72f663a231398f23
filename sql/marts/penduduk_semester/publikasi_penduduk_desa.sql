-- What:    public table: residents of each closed semester by village and sex; a missing cell is 0.
-- Grain:   periode x kode_wilayah (desa/kelurahan) x jenis_kelamin.
-- Sources: mart.penduduk_semester.
-- Usage:   bin/lumbung query "$(cat sql/marts/penduduk_semester/publikasi_penduduk_desa.sql)"
WITH desa AS (
    SELECT DISTINCT
        periode AS dkb,
        tahun,
        semester,
        kode_desa,
        nama_desa,
        kode_kecamatan,
        nama_kecamatan
    FROM mart.penduduk_semester
),

kelamin AS (
    SELECT DISTINCT
        jenis_kelamin,
        jenis_kelamin_label
    FROM mart.penduduk_semester
)

SELECT
    desa.kode_desa AS kode_wilayah,
    desa.nama_desa AS nama_wilayah,
    desa.kode_kecamatan,
    desa.nama_kecamatan,
    desa.tahun,
    concat(desa.tahun, '-S', desa.semester) AS periode,
    kelamin.jenis_kelamin,
    kelamin.jenis_kelamin_label,
    coalesce(sum(penduduk.jumlah_penduduk), 0) AS jumlah_penduduk,
    'jiwa' AS satuan,
    'final' AS status_nilai
FROM desa
CROSS JOIN kelamin
LEFT JOIN mart.penduduk_semester AS penduduk
    ON
        desa.dkb = penduduk.periode
        AND desa.kode_desa = penduduk.kode_desa
        AND kelamin.jenis_kelamin = penduduk.jenis_kelamin
GROUP BY ALL
