SELECT bulan FROM mart.penjualan WHERE jumlah < 0
