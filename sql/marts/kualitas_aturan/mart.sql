-- What:    rows that broke a rule, of those that it judged, and in how many batches.
-- Grain:   bulan x sistem x dataset x aturan x tingkat.
-- Sources: catatan_aturan, a view that the stage makes of the ledger's rule counts.
-- Rules:   month of the source clock in the system's zone; a rule whose severity changed within a month has two rows.
-- Usage:   bin/lumbung query "SELECT * FROM mart.kualitas_aturan"
SELECT
    catatan.bulan,
    catatan.sistem,
    catatan.dataset,
    catatan.judul,
    catatan.aturan,
    catatan.tingkat,
    catatan.alasan,
    catatan.sumber,
    catatan.jumlah_batch,
    catatan.dinilai,
    catatan.dilanggar,
    cast(100 * catatan.dilanggar / catatan.dinilai AS DECIMAL(7, 2)) AS persen_dilanggar
FROM catatan_aturan AS catatan
WHERE catatan.dilanggar > 0
