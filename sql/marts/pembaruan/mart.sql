-- What:    how fresh each mart is: as-of, the refresh that wrote it, its input snapshots, rows counted and excluded.
-- Grain:   mart.
-- Sources: catatan_mart, a view that the stage makes of the ledger's newest record of every mart.
-- Usage:   bin/lumbung query "SELECT * FROM mart.pembaruan"
SELECT
    catatan.mart,
    catatan.judul,
    catatan.data_per,
    catatan.pembaruan,
    catatan.masukan,
    catatan.baris_mart,
    catatan.baris_dihitung,
    catatan.baris_dikecualikan,
    catatan.alasan_dikecualikan
FROM catatan_mart AS catatan
