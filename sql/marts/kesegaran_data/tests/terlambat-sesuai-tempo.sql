-- Late is what has days of lateness, what is due at all and not before it came, or what never came.
SELECT
    dataset,
    tanggal_berhasil,
    jatuh_tempo,
    terlambat,
    hari_terlambat
FROM mart.kesegaran_data
WHERE
    (tanggal_berhasil IS NULL) != (jatuh_tempo IS NULL)
    OR (jatuh_tempo IS NULL) != (hari_terlambat IS NULL)
    OR (jatuh_tempo IS NULL AND NOT terlambat)
    OR (hari_terlambat > 0 AND NOT terlambat)
    OR hari_terlambat < 0
