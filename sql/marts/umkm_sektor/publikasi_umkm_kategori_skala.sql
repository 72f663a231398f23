-- What:    public table: businesses by half year, section of KBLI 2020 and scale; a missing cell is 0.
-- Grain:   periode (half year) x kategori_kbli x skala.
-- Sources: mart.umkm_sektor.
-- Usage:   bin/lumbung query "$(cat sql/marts/umkm_sektor/publikasi_umkm_kategori_skala.sql)"
WITH semester AS (
    SELECT DISTINCT
        semester,
        tahun
    FROM mart.umkm_sektor
),

kategori AS (
    SELECT
        kategori_kbli,
        max_by(kategori_kbli_label, semester) AS kategori_kbli_label
    FROM mart.umkm_sektor
    GROUP BY kategori_kbli
),

skala AS (
    SELECT
        skala,
        max_by(skala_label, semester) AS skala_label
    FROM mart.umkm_sektor
    GROUP BY skala
)

SELECT
    semester.tahun,
    semester.semester AS periode,
    kategori.kategori_kbli,
    kategori.kategori_kbli_label,
    skala.skala,
    skala.skala_label,
    coalesce(sum(usaha.jumlah_usaha), 0) AS jumlah_usaha,
    'usaha' AS satuan,
    'final' AS status_nilai
FROM semester
CROSS JOIN kategori
CROSS JOIN skala
LEFT JOIN mart.umkm_sektor AS usaha
    ON
        semester.semester = usaha.semester
        AND kategori.kategori_kbli = usaha.kategori_kbli
        AND skala.skala = usaha.skala
GROUP BY ALL
