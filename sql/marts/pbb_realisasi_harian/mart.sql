-- What:    PBB money received by day of payment, since 1 January, and by the same day of the year before.
-- Grain:   tanggal x kode_kecamatan, every day from the first payment of any kecamatan to the as-of day.
-- Sources: curated.sismiop__pembayaran_sppt (current rows), ref.wilayah_sismiop, ref.wilayah.
-- Params:  :termasuk_denda    the amount paid includes the fine (tenant)
--          :data_per, :zona   the as-of moment and where its day begins and ends
-- Rules:   day of TGL_PEMBAYARAN_SPPT, up to the as-of day, since a year typed wrong would make decades of days;
--          kecamatan from the NOP by the crosswalk valid on 1 January of the tax year.
-- Usage:   bin/lumbung query (put literals in place of the parameters)
WITH bayar AS (
    SELECT
        bayar.tgl_pembayaran_sppt AS tanggal,
        make_date(cast(bayar.thn_pajak_sppt AS INT), 1, 1) AS awal_tahun,
        concat(bayar.kd_propinsi, bayar.kd_dati2, bayar.kd_kecamatan, bayar.kd_kelurahan) AS kunci_wilayah,
        coalesce(bayar.denda_sppt, 0) AS denda,
        bayar.jml_sppt_yg_dibayar
        - CASE WHEN :termasuk_denda THEN coalesce(bayar.denda_sppt, 0) ELSE 0 END AS pokok -- noqa: LT01
    FROM curated.sismiop__pembayaran_sppt AS bayar
    WHERE
        bayar._dihapus_batch IS NULL
        AND bayar.tgl_pembayaran_sppt <= to_date(from_utc_timestamp(:data_per, :zona)) -- noqa: LT01
),

harian AS (
    SELECT
        bayar.tanggal,
        kecamatan.kode AS kode_kecamatan,
        kecamatan.nama AS nama_kecamatan,
        count(*) AS jumlah_pembayaran,
        sum(bayar.pokok) AS pokok,
        sum(bayar.denda) AS denda
    FROM bayar
    INNER JOIN ref.wilayah_sismiop AS wilayah
        ON
            bayar.kunci_wilayah = wilayah.kunci
            AND bayar.awal_tahun BETWEEN wilayah.berlaku_dari AND wilayah.berlaku_sampai
    INNER JOIN ref.wilayah AS kecamatan
        ON
            wilayah.kode_kecamatan = kecamatan.kode
            AND bayar.awal_tahun BETWEEN kecamatan.berlaku_dari AND kecamatan.berlaku_sampai
    GROUP BY bayar.tanggal, kecamatan.kode, kecamatan.nama
),

hari AS (
    SELECT explode(sequence(rentang.awal, rentang.akhir)) AS tanggal
    FROM (
        SELECT
            min(harian.tanggal) AS awal,
            to_date(from_utc_timestamp(:data_per, :zona)) AS akhir -- noqa: LT01
        FROM harian
    ) AS rentang
    WHERE rentang.awal IS NOT NULL
),

kecamatan AS (
    SELECT
        harian.kode_kecamatan,
        max(harian.nama_kecamatan) AS nama_kecamatan
    FROM harian
    GROUP BY harian.kode_kecamatan
),

lengkap AS (
    SELECT
        hari.tanggal,
        kecamatan.kode_kecamatan,
        kecamatan.nama_kecamatan,
        coalesce(harian.jumlah_pembayaran, 0) AS jumlah_pembayaran,
        coalesce(harian.pokok, 0) AS pokok,
        coalesce(harian.denda, 0) AS denda,
        sum(coalesce(harian.pokok, 0)) OVER (
            PARTITION BY kecamatan.kode_kecamatan, year(hari.tanggal)
            ORDER BY hari.tanggal
        ) AS sejak_awal_tahun
    FROM hari
    CROSS JOIN kecamatan
    LEFT JOIN harian
        ON
            hari.tanggal = harian.tanggal
            AND kecamatan.kode_kecamatan = harian.kode_kecamatan
)

SELECT
    lengkap.tanggal,
    year(lengkap.tanggal) AS tahun,
    lengkap.kode_kecamatan,
    lengkap.nama_kecamatan,
    lengkap.jumlah_pembayaran,
    lengkap.pokok AS pokok_dibayar,
    lengkap.denda AS denda_dibayar,
    lengkap.sejak_awal_tahun AS pokok_sejak_awal_tahun,
    lalu.sejak_awal_tahun AS pokok_tahun_lalu
FROM lengkap
LEFT JOIN lengkap AS lalu
    ON
        lengkap.kode_kecamatan = lalu.kode_kecamatan
        AND lalu.tanggal = add_months(lengkap.tanggal, -12)
