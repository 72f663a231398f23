-- What:    public table: plots on the map of every kecamatan, and how many meet a tax object.
-- Grain:   kode_wilayah (kecamatan).
-- Sources: mart.bidang_objek_pajak.
-- Usage:   bin/lumbung query "$(cat sql/marts/bidang_objek_pajak/publikasi_pemetaan_objek_pajak.sql)"
SELECT
    kode_kecamatan AS kode_wilayah,
    nama_kecamatan AS nama_wilayah,
    sum(jumlah_bidang) AS jumlah_bidang,
    sum(jumlah_bidang_cocok) AS jumlah_bidang_cocok,
    'bidang' AS satuan,
    'final' AS status_nilai
FROM mart.bidang_objek_pajak
GROUP BY kode_kecamatan, nama_kecamatan
