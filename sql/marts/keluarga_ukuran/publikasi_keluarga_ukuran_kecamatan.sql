-- What:    public table: families by size, semester and kecamatan; a missing cell is 0.
-- Grain:   periode x kode_wilayah (kecamatan) x ukuran_keluarga.
-- Sources: mart.keluarga_ukuran.
-- Usage:   bin/lumbung query "$(cat sql/marts/keluarga_ukuran/publikasi_keluarga_ukuran_kecamatan.sql)"
WITH wilayah AS (
    SELECT DISTINCT
        periode,
        tahun,
        semester,
        kode_kecamatan,
        nama_kecamatan
    FROM mart.keluarga_ukuran
),

ukuran AS (
    SELECT DISTINCT
        ukuran_keluarga,
        ukuran_keluarga_label
    FROM mart.keluarga_ukuran
)

SELECT
    wilayah.kode_kecamatan AS kode_wilayah,
    wilayah.nama_kecamatan AS nama_wilayah,
    wilayah.tahun,
    concat(wilayah.tahun, '-S', wilayah.semester) AS periode,
    ukuran.ukuran_keluarga,
    ukuran.ukuran_keluarga_label,
    coalesce(sum(keluarga.jumlah_keluarga), 0) AS jumlah_keluarga,
    'keluarga' AS satuan,
    'final' AS status_nilai
FROM wilayah
CROSS JOIN ukuran
LEFT JOIN mart.keluarga_ukuran AS keluarga
    ON
        wilayah.periode = keluarga.periode
        AND wilayah.kode_kecamatan = keluarga.kode_kecamatan
        AND ukuran.ukuran_keluarga = keluarga.ukuran_keluarga
GROUP BY ALL
