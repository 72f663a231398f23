-- The average assessment of a book lies within its limits.
SELECT
    rekap.tahun_pajak,
    rekap.kode_kecamatan,
    rekap.buku,
    rekap.jumlah_sppt,
    rekap.ketetapan
FROM mart.pbb_ketetapan_realisasi AS rekap
INNER JOIN ref.buku AS buku ON rekap.buku = buku.kode
WHERE
    rekap.jumlah_sppt > 0
    AND (
        rekap.ketetapan < cast(buku.batas_bawah AS DECIMAL(20, 0)) * rekap.jumlah_sppt
        OR rekap.ketetapan >= (cast(buku.batas_atas AS DECIMAL(20, 0)) + 1) * rekap.jumlah_sppt
    )
