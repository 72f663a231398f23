-- What:    public table: loans and active members of the library by month and kind of collection; a missing cell is 0.
-- Grain:   periode (month) x jenis_koleksi.
-- Sources: mart.peminjaman_koleksi.
-- Usage:   bin/lumbung query "$(cat sql/marts/peminjaman_koleksi/publikasi_peminjaman_perpustakaan.sql)"
WITH bulan AS (
    SELECT DISTINCT
        periode,
        tahun,
        max(periode) OVER () AS terakhir
    FROM mart.peminjaman_koleksi
),

jenis AS (
    SELECT
        jenis_koleksi,
        max_by(jenis_koleksi_label, periode) AS jenis_koleksi_label
    FROM mart.peminjaman_koleksi
    GROUP BY jenis_koleksi
)

SELECT
    bulan.tahun,
    bulan.periode,
    jenis.jenis_koleksi,
    jenis.jenis_koleksi_label,
    coalesce(pinjam.jumlah_pinjam, 0) AS jumlah_pinjam,
    coalesce(pinjam.jumlah_anggota, 0) AS jumlah_anggota,
    coalesce(pinjam.jumlah_terlambat, 0) AS jumlah_terlambat,
    'peminjaman' AS satuan,
    CASE
        WHEN pinjam.rawan THEN 'disamarkan'
        WHEN bulan.periode = bulan.terakhir THEN 'sementara'
        ELSE 'final'
    END AS status_nilai
FROM bulan
CROSS JOIN jenis
LEFT JOIN mart.peminjaman_koleksi AS pinjam
    ON
        bulan.periode = pinjam.periode
        AND jenis.jenis_koleksi = pinjam.jenis_koleksi
