-- Plots and objects are the sums of their parts.
SELECT
    kode_desa,
    jumlah_bidang,
    jumlah_objek
FROM mart.bidang_objek_pajak
WHERE
    jumlah_bidang != jumlah_bidang_cocok + jumlah_bidang_tanpa_nop + jumlah_bidang_nop_lain
    OR jumlah_objek != jumlah_objek_berbidang + jumlah_objek_tanpa_bidang
