SELECT m.jenis FROM mart.uji_rekap AS m WHERE m.jumlah < 1
