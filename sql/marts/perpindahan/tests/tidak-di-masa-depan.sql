-- No event after the day of the data.
SELECT
    arah,
    periode,
    kode_kecamatan,
    klasifikasi_pindah,
    jumlah_orang
FROM mart.perpindahan
WHERE make_date(tahun, bulan, 1) > to_date(from_utc_timestamp(:data_per, :zona)) -- noqa: LT01
