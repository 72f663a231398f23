-- No event after the day of the data.
SELECT *
FROM mart.peristiwa_kependudukan
WHERE make_date(tahun, bulan, 1) > to_date(from_utc_timestamp(:data_per, :zona))
