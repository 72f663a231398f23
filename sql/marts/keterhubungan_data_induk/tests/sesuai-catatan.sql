-- The outcomes of a reference add up to the rows that were judged for it, and their shares to a hundred.
WITH catatan AS (
    SELECT
        aturan.sistem,
        aturan.dataset,
        aturan.aturan AS rujukan,
        sum(aturan.dinilai) AS jumlah
    FROM catatan_aturan AS aturan
    WHERE aturan.jenis IS NOT NULL
    GROUP BY aturan.sistem, aturan.dataset, aturan.aturan
    HAVING sum(aturan.dinilai) > 0
    UNION ALL
    SELECT
        pencocokan.sistem,
        pencocokan.dataset,
        pencocokan.rujukan,
        sum(pencocokan.jumlah) AS jumlah
    FROM catatan_pencocokan AS pencocokan
    GROUP BY pencocokan.sistem, pencocokan.dataset, pencocokan.rujukan
),

rekap AS (
    SELECT
        hasil.sistem,
        hasil.dataset,
        hasil.rujukan,
        sum(hasil.jumlah_baris) AS jumlah,
        sum(hasil.persen) AS persen
    FROM mart.keterhubungan_data_induk AS hasil
    GROUP BY hasil.sistem, hasil.dataset, hasil.rujukan
)

SELECT
    coalesce(rekap.dataset, catatan.dataset) AS dataset,
    coalesce(rekap.rujukan, catatan.rujukan) AS rujukan,
    rekap.jumlah,
    catatan.jumlah AS jumlah_dinilai,
    rekap.persen
FROM rekap
FULL OUTER JOIN catatan
    ON
        rekap.sistem = catatan.sistem
        AND rekap.dataset = catatan.dataset
        AND rekap.rujukan = catatan.rujukan
WHERE
    rekap.jumlah IS NULL
    OR catatan.jumlah IS NULL
    OR rekap.jumlah != catatan.jumlah
    OR abs(rekap.persen - 100) > 0.05
