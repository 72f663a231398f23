-- No kecamatan reports more often in a month than the month has days.
SELECT
    bulan,
    kode_kecamatan,
    jumlah_laporan
FROM mart.covid_bulanan
WHERE jumlah_laporan > day(last_day(to_date(concat(bulan, '-01'))))
