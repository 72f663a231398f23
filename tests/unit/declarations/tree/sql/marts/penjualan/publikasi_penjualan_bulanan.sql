SELECT bulan, sum(jumlah) AS jumlah FROM mart.penjualan GROUP BY bulan
