-- No application after the day of the data.
SELECT
    periode,
    kode_kecamatan,
    jenis_izin
FROM mart.perizinan
WHERE make_date(tahun, bulan, 1) > to_date(from_utc_timestamp(:data_per, :zona)) -- noqa: LT01
