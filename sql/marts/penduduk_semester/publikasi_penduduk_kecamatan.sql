-- What:    public table: residents of each closed semester by kecamatan, age group and sex; a missing cell is 0.
-- Grain:   periode x kode_wilayah (kecamatan) x kelompok_umur x jenis_kelamin.
-- Sources: mart.penduduk_semester.
-- Usage:   bin/lumbung query "$(cat sql/marts/penduduk_semester/publikasi_penduduk_kecamatan.sql)"
WITH kecamatan AS (
    SELECT DISTINCT
        periode AS dkb,
        tahun,
        semester,
        kode_kecamatan,
        nama_kecamatan
    FROM mart.penduduk_semester
),

umur AS (
    SELECT DISTINCT
        kelompok_umur,
        kelompok_umur_label
    FROM mart.penduduk_semester
),

kelamin AS (
    SELECT DISTINCT
        jenis_kelamin,
        jenis_kelamin_label
    FROM mart.penduduk_semester
)

SELECT
    kecamatan.kode_kecamatan AS kode_wilayah,
    kecamatan.nama_kecamatan AS nama_wilayah,
    kecamatan.tahun,
    concat(kecamatan.tahun, '-S', kecamatan.semester) AS periode,
    umur.kelompok_umur,
    umur.kelompok_umur_label,
    kelamin.jenis_kelamin,
    kelamin.jenis_kelamin_label,
    coalesce(sum(penduduk.jumlah_penduduk), 0) AS jumlah_penduduk,
    'jiwa' AS satuan,
    'final' AS status_nilai
FROM kecamatan
CROSS JOIN umur
CROSS JOIN kelamin
LEFT JOIN mart.penduduk_semester AS penduduk
    ON
        kecamatan.dkb = penduduk.periode
        AND kecamatan.kode_kecamatan = penduduk.kode_kecamatan
        AND umur.kelompok_umur = penduduk.kelompok_umur
        AND kelamin.jenis_kelamin = penduduk.jenis_kelamin
GROUP BY ALL
