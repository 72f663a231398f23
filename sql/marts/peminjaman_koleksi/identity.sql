-- What:    where every current loan went: counted, or excluded and why.
-- Grain:   alasan ('dihitung' = counted in the mart).
-- Sources: curated.perpus__peminjaman, perpus__koleksi, ref.jenis_koleksi.
-- Usage:   bin/lumbung query "$(cat sql/marts/peminjaman_koleksi/identity.sql)"
SELECT
    'perpus__peminjaman' AS sumber,
    CASE
        WHEN koleksi.id_koleksi IS NULL THEN 'koleksinya tidak ada di gudang (ditolak atau dihapus)'
        WHEN jenis.kode IS NULL THEN 'jenis koleksi tidak dikenal pada tanggal pinjam'
        ELSE 'dihitung'
    END AS alasan,
    count(*) AS jumlah
FROM curated.perpus__peminjaman AS pinjam
LEFT JOIN curated.perpus__koleksi AS koleksi
    ON pinjam.id_koleksi = koleksi.id_koleksi AND koleksi._dihapus_batch IS NULL
LEFT JOIN ref.jenis_koleksi AS jenis
    ON
        koleksi.jenis = jenis.kode
        AND pinjam.tgl_pinjam BETWEEN jenis.berlaku_dari AND jenis.berlaku_sampai
WHERE pinjam._dihapus_batch IS NULL
GROUP BY ALL
