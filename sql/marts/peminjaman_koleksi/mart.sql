-- What:    loans of the library by month and kind of collection, the members who borrowed, and what came back late.
-- Grain:   periode (month of the loan) x jenis_koleksi.
-- Sources: curated.perpus__peminjaman, perpus__koleksi (current rows), ref.jenis_koleksi.
-- Rules:   late is what came back after the day it was due, or is not back though that day has passed; rawan: fewer
--          members than the tenant's threshold, however often they borrowed.
-- Usage:   bin/lumbung query "$(cat sql/marts/peminjaman_koleksi/mart.sql)"
WITH acuan AS (
    SELECT to_date(from_utc_timestamp(:data_per, :zona)) AS hari -- noqa: LT01
)

SELECT
    date_format(pinjam.tgl_pinjam, 'yyyy-MM') AS periode,
    year(pinjam.tgl_pinjam) AS tahun,
    month(pinjam.tgl_pinjam) AS bulan,
    jenis.kode AS jenis_koleksi,
    jenis.label AS jenis_koleksi_label,
    count(*) AS jumlah_pinjam,
    count(DISTINCT pinjam.no_anggota) AS jumlah_anggota,
    count(DISTINCT pinjam.id_koleksi) AS jumlah_judul,
    count_if(coalesce(pinjam.tgl_kembali, acuan.hari) > pinjam.tgl_jatuh_tempo) AS jumlah_terlambat,
    count(DISTINCT pinjam.no_anggota) < :ambang AS rawan -- noqa: LT01
FROM curated.perpus__peminjaman AS pinjam
CROSS JOIN acuan
INNER JOIN curated.perpus__koleksi AS koleksi
    ON pinjam.id_koleksi = koleksi.id_koleksi AND koleksi._dihapus_batch IS NULL
INNER JOIN ref.jenis_koleksi AS jenis
    ON
        koleksi.jenis = jenis.kode
        AND pinjam.tgl_pinjam BETWEEN jenis.berlaku_dari AND jenis.berlaku_sampai
WHERE pinjam._dihapus_batch IS NULL
GROUP BY ALL
