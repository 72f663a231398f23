-- What:    public table: children of 7 to 15 years by kecamatan and whether they are recorded at school.
-- Grain:   periode (school year) x kode_wilayah (kecamatan) x status_bersekolah.
-- Sources: mart.anak_tidak_sekolah.
-- Usage:   bin/lumbung query "$(cat sql/marts/anak_tidak_sekolah/publikasi_anak_tidak_sekolah_kecamatan.sql)"
WITH jumlah AS (
    SELECT
        kode_kecamatan,
        nama_kecamatan,
        tahun,
        tahun_ajaran,
        sum(jumlah_bersekolah) AS bersekolah,
        sum(jumlah_tidak_bersekolah) AS tidak_tercatat
    FROM mart.anak_tidak_sekolah
    GROUP BY ALL
),

baris AS (
    SELECT
        kode_kecamatan,
        nama_kecamatan,
        tahun,
        tahun_ajaran,
        stack(
            2,
            'bersekolah', 'BERSEKOLAH', bersekolah,
            'tidak_tercatat', 'TIDAK TERCATAT BERSEKOLAH', tidak_tercatat
        ) AS (status_bersekolah, status_bersekolah_label, jumlah_anak)
    FROM jumlah
)

SELECT
    kode_kecamatan AS kode_wilayah,
    nama_kecamatan AS nama_wilayah,
    tahun,
    tahun_ajaran AS periode,
    status_bersekolah,
    status_bersekolah_label,
    jumlah_anak,
    'anak' AS satuan,
    'sementara' AS status_nilai
FROM baris
