SELECT date_format(jual, "yyyyMM") AS bulan, count(*) AS jumlah, max(pembeli) AS pembeli_terbesar FROM curated.toko__penjualan GROUP BY 1
