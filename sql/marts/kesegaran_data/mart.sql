-- What:    how each dataset keeps the freshness promise of its contract, and by how many days it is late.
-- Grain:   dataset.
-- Sources: catatan_kesegaran, a view that the stage makes of the ledger's batches and the contracts.
-- Rules:   whole days of the system's zone; a dataset in periods is due after its next period has ended.
-- Usage:   bin/lumbung query "SELECT * FROM mart.kesegaran_data WHERE terlambat"
SELECT
    catatan.dataset,
    catatan.sistem,
    catatan.judul,
    catatan.janji_jam,
    catatan.periode,
    catatan.tanggal_berhasil,
    catatan.jatuh_tempo,
    catatan.terlambat,
    catatan.hari_terlambat,
    catatan.menunggu_keputusan
FROM catatan_kesegaran AS catatan
