-- What:    how far the rows of each dataset are linked to master data, and to the code lists.
-- Grain:   sistem x dataset x rujukan x hasil x atribut_beda.
-- Sources: views that the stage makes: catatan_pencocokan of the status columns of all curated tables (references to
--          persons), catatan_aturan of the ledger's rule counts (links between tables, code lists).
-- Rules:   persons: the status column of current rows as it stands now, rows without a reference left out, "beda" apart
--          by what differs (several attributes joined by commas: every row counts once); links and codes: every row
--          ever judged, "tidak_ditemukan" the ones that broke the rule.
-- Usage:   bin/lumbung query "SELECT * FROM mart.keterhubungan_data_induk"
WITH penduduk AS (
    SELECT
        catatan.sistem,
        catatan.dataset,
        catatan.rujukan,
        'penduduk' AS jenis,
        catatan.induk,
        catatan.hasil,
        coalesce(catatan.beda, '-') AS atribut_beda,
        catatan.jumlah AS jumlah_baris
    FROM catatan_pencocokan AS catatan
),

dinilai AS (
    SELECT
        catatan.sistem,
        catatan.dataset,
        catatan.aturan AS rujukan,
        catatan.jenis,
        catatan.induk,
        sum(catatan.dinilai) AS dinilai,
        sum(catatan.dilanggar) AS dilanggar
    FROM catatan_aturan AS catatan
    WHERE catatan.jenis IS NOT NULL
    GROUP BY ALL
),

hasil AS (
    SELECT
        penduduk.sistem,
        penduduk.dataset,
        penduduk.rujukan,
        penduduk.jenis,
        penduduk.induk,
        penduduk.hasil,
        penduduk.atribut_beda,
        penduduk.jumlah_baris
    FROM penduduk
    UNION ALL
    SELECT
        dinilai.sistem,
        dinilai.dataset,
        dinilai.rujukan,
        dinilai.jenis,
        dinilai.induk,
        'cocok' AS hasil,
        '-' AS atribut_beda,
        dinilai.dinilai - dinilai.dilanggar AS jumlah_baris
    FROM dinilai
    UNION ALL
    SELECT
        dinilai.sistem,
        dinilai.dataset,
        dinilai.rujukan,
        dinilai.jenis,
        dinilai.induk,
        'tidak_ditemukan' AS hasil,
        '-' AS atribut_beda,
        dinilai.dilanggar AS jumlah_baris
    FROM dinilai
)

SELECT
    hasil.sistem,
    hasil.dataset,
    hasil.rujukan,
    hasil.jenis,
    hasil.induk,
    hasil.hasil,
    hasil.atribut_beda,
    hasil.jumlah_baris,
    cast(
        100 * hasil.jumlah_baris / sum(hasil.jumlah_baris) OVER (
            PARTITION BY hasil.sistem, hasil.dataset, hasil.rujukan
        ) AS DECIMAL(7, 2)
    ) AS persen
FROM hasil
WHERE hasil.jumlah_baris > 0
