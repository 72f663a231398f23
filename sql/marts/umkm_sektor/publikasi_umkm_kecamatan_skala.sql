-- What:    public table: businesses by half year, kecamatan and scale; a missing cell is 0.
-- Grain:   periode (half year) x kode_wilayah (kecamatan) x skala.
-- Sources: mart.umkm_sektor.
-- Usage:   bin/lumbung query "$(cat sql/marts/umkm_sektor/publikasi_umkm_kecamatan_skala.sql)"
WITH semester AS (
    SELECT DISTINCT
        semester,
        tahun
    FROM mart.umkm_sektor
),

kecamatan AS (
    SELECT
        kode_kecamatan,
        max_by(nama_kecamatan, semester) AS nama_kecamatan
    FROM mart.umkm_sektor
    GROUP BY kode_kecamatan
),

skala AS (
    SELECT
        skala,
        max_by(skala_label, semester) AS skala_label
    FROM mart.umkm_sektor
    GROUP BY skala
)

SELECT
    kecamatan.kode_kecamatan AS kode_wilayah,
    kecamatan.nama_kecamatan AS nama_wilayah,
    semester.tahun,
    semester.semester AS periode,
    skala.skala,
    skala.skala_label,
    coalesce(sum(usaha.jumlah_usaha), 0) AS jumlah_usaha,
    'usaha' AS satuan,
    'final' AS status_nilai
FROM semester
CROSS JOIN kecamatan
CROSS JOIN skala
LEFT JOIN mart.umkm_sektor AS usaha
    ON
        semester.semester = usaha.semester
        AND kecamatan.kode_kecamatan = usaha.kode_kecamatan
        AND skala.skala = usaha.skala
GROUP BY ALL
