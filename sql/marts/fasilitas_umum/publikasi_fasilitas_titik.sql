-- What:    public table: every public place with its point.
-- Grain:   id_fasilitas.
-- Sources: mart.fasilitas_umum.
-- Usage:   bin/lumbung query "$(cat sql/marts/fasilitas_umum/publikasi_fasilitas_titik.sql)"
SELECT
    id_fasilitas,
    nama,
    jenis,
    jenis_label,
    kode_desa AS kode_wilayah,
    nama_desa AS nama_wilayah,
    kode_kecamatan,
    nama_kecamatan,
    alamat,
    titik AS geometri
FROM mart.fasilitas_umum
