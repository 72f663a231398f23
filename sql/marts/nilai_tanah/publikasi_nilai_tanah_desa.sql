-- What:    public table: land value per square metre of each village.
-- Grain:   tahun x kode_wilayah (village).
-- Sources: mart.nilai_tanah.
-- Usage:   bin/lumbung query "$(cat sql/marts/nilai_tanah/publikasi_nilai_tanah_desa.sql)"
SELECT
    kode_desa AS kode_wilayah,
    nama_desa AS nama_wilayah,
    kode_kecamatan,
    nama_kecamatan,
    tahun,
    CAST(tahun AS STRING) AS periode,
    sum(jumlah_zona) AS jumlah_zona,
    sum(jumlah_bidang) AS jumlah_bidang,
    min(nilai_per_m2) AS nilai_terendah,
    max(nilai_per_m2) AS nilai_tertinggi,
    CAST(round(sum(nilai_per_m2 * luas) / nullif(sum(luas), 0), 0) AS DECIMAL(20, 0)) AS nilai_rata_rata,
    'rupiah/m²' AS satuan,
    'final' AS status_nilai
FROM mart.nilai_tanah
GROUP BY kode_desa, nama_desa, kode_kecamatan, nama_kecamatan, tahun
