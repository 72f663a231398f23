-- Members, titles and late loans are at most as many as the loans.
SELECT
    periode,
    jenis_koleksi
FROM mart.peminjaman_koleksi
WHERE
    jumlah_pinjam <= 0
    OR jumlah_anggota NOT BETWEEN 1 AND jumlah_pinjam
    OR jumlah_judul NOT BETWEEN 1 AND jumlah_pinjam
    OR jumlah_terlambat > jumlah_pinjam
