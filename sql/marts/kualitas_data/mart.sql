-- What:    rows received, accepted, refused and read again unchanged.
-- Grain:   bulan x sistem x dataset.
-- Sources: catatan_batch, a view that the stage makes of the ledger's judged batches.
-- Rules:   month of the source clock in the system's zone; batches that brought nothing new are not in the view.
--          The newest month of a system still grows: it is provisional.
-- Usage:   bin/lumbung query "SELECT * FROM mart.kualitas_data"
SELECT
    catatan.bulan,
    catatan.sistem,
    catatan.dataset,
    catatan.judul,
    catatan.jumlah_batch,
    catatan.diterima,
    catatan.baik,
    catatan.ditolak,
    catatan.duplikat,
    cast(100 * catatan.ditolak / catatan.diterima AS DECIMAL(7, 2)) AS persen_ditolak,
    CASE
        WHEN catatan.bulan = max(catatan.bulan) OVER (PARTITION BY catatan.sistem) THEN 'sementara'
        ELSE 'final'
    END AS status_nilai
FROM catatan_batch AS catatan
