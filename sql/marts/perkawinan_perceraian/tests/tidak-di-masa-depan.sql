-- No event after the day of the data.
SELECT
    peristiwa,
    periode,
    kode_kecamatan,
    jumlah_peristiwa
FROM mart.perkawinan_perceraian
WHERE make_date(tahun, bulan, 1) > to_date(from_utc_timestamp(:data_per, :zona)) -- noqa: LT01
