-- What:    plots on the map and tax objects of every village: which meet by their NOP, and which do not, both ways.
-- Grain:   kode_desa.
-- Sources: curated.gis__bidang_pajak, curated.sismiop__dat_objek_pajak (current rows), ref.wilayah_sismiop,
--          ref.wilayah.
-- Params:  :jns_transaksi_hapus   codes of deleted objects (tenant)
--          :data_per, :zona       the as-of moment and where its day begins and ends
-- Rules:   a plot lies in the village that the map names; an object in that of its NOP by the crosswalk valid on the
--          as-of day; deleted objects are none.
-- Usage:   bin/lumbung query "SELECT * FROM mart.bidang_objek_pajak"
WITH acuan AS (
    SELECT to_date(from_utc_timestamp(:data_per, :zona)) AS tanggal -- noqa: LT01
),

objek AS (
    SELECT
        objek._nop AS nop,
        wilayah.kode_kemendagri AS kode_desa
    FROM curated.sismiop__dat_objek_pajak AS objek
    CROSS JOIN acuan
    LEFT JOIN ref.wilayah_sismiop AS wilayah
        ON
            concat(objek.kd_propinsi, objek.kd_dati2, objek.kd_kecamatan, objek.kd_kelurahan) = wilayah.kunci
            AND acuan.tanggal BETWEEN wilayah.berlaku_dari AND wilayah.berlaku_sampai
    WHERE
        objek._dihapus_batch IS NULL
        AND NOT array_contains(:jns_transaksi_hapus, objek.jns_transaksi_op) -- noqa: LT01
),

bernop AS (
    SELECT DISTINCT bidang.nop
    FROM curated.gis__bidang_pajak AS bidang
    WHERE
        bidang._dihapus_batch IS NULL
        AND bidang.nop IS NOT NULL
),

per_bidang AS (
    SELECT
        bidang.kode_desa,
        count(*) AS jumlah_bidang,
        count(objek.nop) AS jumlah_bidang_cocok,
        count_if(bidang.nop IS NULL) AS jumlah_bidang_tanpa_nop,
        count_if(bidang.nop IS NOT NULL AND objek.nop IS NULL) AS jumlah_bidang_nop_lain,
        sum(bidang.luas_m2) AS luas_bidang
    FROM curated.gis__bidang_pajak AS bidang
    LEFT JOIN objek
        ON bidang.nop = objek.nop
    WHERE bidang._dihapus_batch IS NULL
    GROUP BY bidang.kode_desa
),

per_objek AS (
    SELECT
        objek.kode_desa,
        count(*) AS jumlah_objek,
        count(bernop.nop) AS jumlah_objek_berbidang,
        count_if(bernop.nop IS NULL) AS jumlah_objek_tanpa_bidang
    FROM objek
    LEFT JOIN bernop
        ON objek.nop = bernop.nop
    GROUP BY objek.kode_desa
)

SELECT
    desa.kode AS kode_desa,
    desa.nama AS nama_desa,
    kecamatan.kode AS kode_kecamatan,
    kecamatan.nama AS nama_kecamatan,
    coalesce(per_bidang.jumlah_bidang, 0) AS jumlah_bidang,
    coalesce(per_bidang.jumlah_bidang_cocok, 0) AS jumlah_bidang_cocok,
    coalesce(per_bidang.jumlah_bidang_tanpa_nop, 0) AS jumlah_bidang_tanpa_nop,
    coalesce(per_bidang.jumlah_bidang_nop_lain, 0) AS jumlah_bidang_nop_lain,
    cast(coalesce(per_bidang.luas_bidang, 0) AS DECIMAL(20, 2)) AS luas_bidang,
    coalesce(per_objek.jumlah_objek, 0) AS jumlah_objek,
    coalesce(per_objek.jumlah_objek_berbidang, 0) AS jumlah_objek_berbidang,
    coalesce(per_objek.jumlah_objek_tanpa_bidang, 0) AS jumlah_objek_tanpa_bidang
FROM per_bidang
FULL OUTER JOIN per_objek
    ON per_bidang.kode_desa = per_objek.kode_desa
CROSS JOIN acuan
INNER JOIN ref.wilayah AS desa
    ON
        coalesce(per_bidang.kode_desa, per_objek.kode_desa) = desa.kode
        AND desa.tingkat IN ('desa', 'kelurahan')
        AND acuan.tanggal BETWEEN desa.berlaku_dari AND desa.berlaku_sampai
INNER JOIN ref.wilayah AS kecamatan
    ON
        desa.kode_induk = kecamatan.kode
        AND acuan.tanggal BETWEEN kecamatan.berlaku_dari AND kecamatan.berlaku_sampai
