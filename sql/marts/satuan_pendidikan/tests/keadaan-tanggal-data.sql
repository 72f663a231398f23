-- The mart is the state of the as-of day, in the school year from 1 July to 30 June in which that day lies.
SELECT
    rekap.tanggal_acuan,
    rekap.tahun,
    rekap.tahun_ajaran
FROM mart.satuan_pendidikan AS rekap
WHERE
    rekap.tanggal_acuan != to_date(from_utc_timestamp(:data_per, :zona)) -- noqa: LT01
    OR rekap.tanggal_acuan < make_date(rekap.tahun, 7, 1)
    OR rekap.tanggal_acuan >= make_date(rekap.tahun + 1, 7, 1)
    OR rekap.tahun_ajaran != concat_ws('/', rekap.tahun, rekap.tahun + 1)
