-- What:    applications for permits by the month in which they were registered, kecamatan and kind: how many were
--          decided, how soon, and how many within the promised working days.
-- Grain:   periode (month of registration) x kode_kecamatan x jenis_izin.
-- Sources: curated.ptsp__permohonan_izin, ptsp__jenis_izin (current rows), ref.wilayah.
-- Rules:   days are Mondays to Fridays after the day on which the papers were complete; promised is what the list of
--          kinds says now; what is not decided yet is neither on time nor late.
-- Usage:   bin/lumbung query "$(cat sql/marts/perizinan/mart.sql)"
SELECT
    date_format(izin.tgl_daftar, 'yyyy-MM') AS periode,
    year(izin.tgl_daftar) AS tahun,
    month(izin.tgl_daftar) AS bulan,
    kecamatan.kode AS kode_kecamatan,
    kecamatan.nama AS nama_kecamatan,
    jenis.kode AS jenis_izin,
    jenis.nama AS jenis_izin_label,
    count(*) AS jumlah_permohonan,
    count_if(izin.tgl_selesai IS NOT NULL) AS jumlah_selesai,
    count_if(izin.status = 'terbit') AS jumlah_terbit,
    count_if(coalesce(izin._hari_kerja <= jenis.hari_kerja, FALSE)) AS jumlah_tepat_waktu,
    coalesce(sum(izin._hari_kerja), 0) AS jumlah_hari_kerja,
    cast(median(izin._hari_kerja) AS DECIMAL(7, 1)) AS median_hari_kerja
FROM curated.ptsp__permohonan_izin AS izin
INNER JOIN curated.ptsp__jenis_izin AS jenis
    ON izin.jenis_izin = jenis.kode AND jenis._dihapus_batch IS NULL
INNER JOIN ref.wilayah AS kecamatan
    ON
        izin.kecamatan = kecamatan.kode
        AND kecamatan.tingkat = 'kecamatan'
        AND izin.tgl_daftar BETWEEN kecamatan.berlaku_dari AND kecamatan.berlaku_sampai
WHERE izin._dihapus_batch IS NULL
GROUP BY ALL
