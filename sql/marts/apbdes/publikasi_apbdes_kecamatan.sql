-- What:    public table: budget and realisation of the desas of every kecamatan by year and kind.
-- Grain:   periode (year) x kode_wilayah (kecamatan) x jenis.
-- Sources: mart.apbdes.
-- Usage:   bin/lumbung query "$(cat sql/marts/apbdes/publikasi_apbdes_kecamatan.sql)"
SELECT
    kode_kecamatan AS kode_wilayah,
    nama_kecamatan AS nama_wilayah,
    tahun,
    cast(tahun AS STRING) AS periode,
    jenis,
    count(DISTINCT kode_desa) AS jumlah_desa,
    sum(anggaran) AS anggaran,
    sum(realisasi) AS realisasi,
    cast(100 * sum(realisasi) / nullif(sum(anggaran), 0) AS DECIMAL(20, 2)) AS persen_realisasi,
    'rupiah' AS satuan,
    if(max(jumlah_desa_masuk) = max(jumlah_desa_kecamatan), 'final', 'sementara') AS status_nilai
FROM mart.apbdes
GROUP BY ALL
