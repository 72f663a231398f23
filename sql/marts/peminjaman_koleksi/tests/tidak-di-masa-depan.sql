-- No loan after the day of the data.
SELECT
    periode,
    jenis_koleksi
FROM mart.peminjaman_koleksi
WHERE make_date(tahun, bulan, 1) > to_date(from_utc_timestamp(:data_per, :zona)) -- noqa: LT01
