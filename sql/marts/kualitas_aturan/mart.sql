-- What:    rows that broke a rule.
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
    catatan.dinilai,
    catatan.dilanggar
FROM catatan_aturan AS catatan
WHERE catatan.dilanggar > 0
