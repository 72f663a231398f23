-- What:    public table: people who moved out and in by year, kecamatan and class of the move; a missing cell is 0.
--          Moves inside a kecamatan (classes 1 and 2) only as pindah: the same people arrive there, and a cell hidden
--          in one direction would stand in the other.
-- Grain:   periode (year) x arah x kode_wilayah (kecamatan) x klasifikasi_pindah.
-- Sources: mart.perpindahan.
-- Usage:   bin/lumbung query "$(cat sql/marts/perpindahan/publikasi_perpindahan_kecamatan.sql)"
WITH arah AS (
    SELECT DISTINCT
        arah,
        tahun,
        max(tahun) OVER (PARTITION BY arah) AS terakhir
    FROM mart.perpindahan
),

kecamatan AS (
    SELECT
        kode_kecamatan,
        max_by(nama_kecamatan, periode) AS nama_kecamatan
    FROM mart.perpindahan
    GROUP BY kode_kecamatan
),

klasifikasi AS (
    SELECT DISTINCT
        klasifikasi_pindah,
        klasifikasi_label
    FROM mart.perpindahan
)

SELECT
    kecamatan.kode_kecamatan AS kode_wilayah,
    kecamatan.nama_kecamatan AS nama_wilayah,
    arah.tahun,
    CAST(arah.tahun AS STRING) AS periode,
    arah.arah,
    klasifikasi.klasifikasi_pindah,
    klasifikasi.klasifikasi_label,
    coalesce(sum(pindah.jumlah_orang), 0) AS jumlah_orang,
    'jiwa' AS satuan,
    CASE WHEN arah.tahun = arah.terakhir THEN 'sementara' ELSE 'final' END AS status_nilai
FROM arah
CROSS JOIN kecamatan
CROSS JOIN klasifikasi
LEFT JOIN mart.perpindahan AS pindah
    ON
        arah.arah = pindah.arah
        AND arah.tahun = pindah.tahun
        AND kecamatan.kode_kecamatan = pindah.kode_kecamatan
        AND klasifikasi.klasifikasi_pindah = pindah.klasifikasi_pindah
WHERE arah.arah = 'pindah' OR klasifikasi.klasifikasi_pindah NOT IN ('1', '2')
GROUP BY ALL
