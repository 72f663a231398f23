-- What:    public table: public places by kind and kecamatan.
-- Grain:   kode_wilayah (kecamatan) x jenis.
-- Sources: mart.fasilitas_umum.
-- Usage:   bin/lumbung query "$(cat sql/marts/fasilitas_umum/publikasi_fasilitas_kecamatan.sql)"
SELECT
    kode_kecamatan AS kode_wilayah,
    nama_kecamatan AS nama_wilayah,
    jenis,
    jenis_label,
    sum(jumlah_fasilitas) AS jumlah_fasilitas,
    'fasilitas' AS satuan,
    'final' AS status_nilai
FROM mart.fasilitas_umum
GROUP BY kode_kecamatan, nama_kecamatan, jenis, jenis_label
