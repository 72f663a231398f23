-- What:    public table: residents by ownership of a birth certificate, semester and kecamatan, all ages.
-- Grain:   periode x kode_wilayah (kecamatan) x kepemilikan_akta.
-- Sources: mart.kepemilikan_akta.
-- Usage:   bin/lumbung query "$(cat sql/marts/kepemilikan_akta/publikasi_kepemilikan_akta_kecamatan.sql)"
WITH jumlah AS (
    SELECT
        kode_kecamatan,
        nama_kecamatan,
        tahun,
        semester,
        sum(jumlah_berakta) AS berakta,
        sum(jumlah_tidak_berakta) AS tidak_berakta,
        sum(jumlah_tidak_diketahui) AS tidak_diketahui
    FROM mart.kepemilikan_akta
    GROUP BY ALL
),

baris AS (
    SELECT
        kode_kecamatan,
        nama_kecamatan,
        tahun,
        semester,
        stack(
            3,
            'berakta', 'BERAKTA', berakta,
            'tidak_berakta', 'TIDAK BERAKTA', tidak_berakta,
            'tidak_diketahui', 'TIDAK DIKETAHUI', tidak_diketahui
        ) AS (kepemilikan_akta, kepemilikan_akta_label, jumlah_penduduk)
    FROM jumlah
)

SELECT
    kode_kecamatan AS kode_wilayah,
    nama_kecamatan AS nama_wilayah,
    tahun,
    concat(tahun, '-S', semester) AS periode,
    kepemilikan_akta,
    kepemilikan_akta_label,
    jumlah_penduduk,
    'jiwa' AS satuan,
    'final' AS status_nilai
FROM baris
