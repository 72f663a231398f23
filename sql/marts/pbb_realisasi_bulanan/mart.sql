-- What:    PBB money received by month of payment and kecamatan, whatever the tax year.
-- Grain:   periode (month of payment) x kode_kecamatan.
-- Sources: curated.sismiop__pembayaran_sppt, curated.sismiop__dat_objek_pajak (current rows), ref.wilayah_sismiop,
--          ref.wilayah.
-- Params:  :termasuk_denda    the amount paid includes the fine (tenant)
--          :data_per, :zona   the as-of moment and where its day begins and ends
--          :ambang, :dominasi fewest payers of a cell, and p of the p% rule (tenant)
-- Rules:   month of TGL_PEMBAYARAN_SPPT, up to the as-of day; kecamatan from the NOP by the crosswalk valid on
--          1 January of the tax year.
--          rawan: fewer payers than :ambang, or all but the two largest pay less than :dominasi % of the largest; a
--          payer is the object's present subject.
-- Usage:   bin/lumbung query (put literals in place of the parameters)
WITH bayar AS (
    SELECT
        bayar.tgl_pembayaran_sppt AS tanggal,
        make_date(cast(bayar.thn_pajak_sppt AS INT), 1, 1) AS awal_tahun,
        concat(bayar.kd_propinsi, bayar.kd_dati2, bayar.kd_kecamatan, bayar.kd_kelurahan) AS kunci_wilayah,
        coalesce(objek.subjek_pajak_id, bayar._nop) AS subjek,
        coalesce(bayar.denda_sppt, 0) AS denda,
        bayar.jml_sppt_yg_dibayar
        - CASE WHEN :termasuk_denda THEN coalesce(bayar.denda_sppt, 0) ELSE 0 END AS pokok -- noqa: LT01
    FROM curated.sismiop__pembayaran_sppt AS bayar
    LEFT JOIN curated.sismiop__dat_objek_pajak AS objek
        ON
            bayar._nop = objek._nop
            AND objek._dihapus_batch IS NULL
    WHERE
        bayar._dihapus_batch IS NULL
        AND bayar.tgl_pembayaran_sppt <= to_date(from_utc_timestamp(:data_per, :zona)) -- noqa: LT01
),

lengkap AS (
    SELECT
        date_format(bayar.tanggal, 'yyyy-MM') AS periode,
        year(bayar.tanggal) AS tahun,
        month(bayar.tanggal) AS bulan,
        kecamatan.kode AS kode_kecamatan,
        kecamatan.nama AS nama_kecamatan,
        bayar.subjek,
        bayar.pokok,
        bayar.denda
    FROM bayar
    INNER JOIN ref.wilayah_sismiop AS wilayah
        ON
            bayar.kunci_wilayah = wilayah.kunci
            AND bayar.awal_tahun BETWEEN wilayah.berlaku_dari AND wilayah.berlaku_sampai
    INNER JOIN ref.wilayah AS kecamatan
        ON
            wilayah.kode_kecamatan = kecamatan.kode
            AND bayar.awal_tahun BETWEEN kecamatan.berlaku_dari AND kecamatan.berlaku_sampai
),

wajib_pajak AS (
    SELECT
        lengkap.periode,
        lengkap.kode_kecamatan,
        lengkap.subjek,
        sum(lengkap.pokok) AS jumlah
    FROM lengkap
    GROUP BY ALL
),

urut AS (
    SELECT
        wajib_pajak.periode,
        wajib_pajak.kode_kecamatan,
        wajib_pajak.jumlah,
        row_number() OVER (
            PARTITION BY wajib_pajak.periode, wajib_pajak.kode_kecamatan
            ORDER BY wajib_pajak.jumlah DESC
        ) AS urutan
    FROM wajib_pajak
),

rawan AS (
    SELECT
        urut.periode,
        urut.kode_kecamatan,
        count(*) < :ambang -- noqa: LT01
        OR 100 * coalesce(sum(urut.jumlah) FILTER (WHERE urut.urutan > 2), 0)
        < :dominasi * max(urut.jumlah) -- noqa: LT01
            AS rawan
    FROM urut
    GROUP BY ALL
)

SELECT
    lengkap.periode,
    lengkap.tahun,
    lengkap.bulan,
    lengkap.kode_kecamatan,
    lengkap.nama_kecamatan,
    count(*) AS jumlah_pembayaran,
    sum(lengkap.pokok) AS pokok_dibayar,
    sum(lengkap.denda) AS denda_dibayar,
    rawan.rawan
FROM lengkap
INNER JOIN rawan
    ON
        lengkap.periode = rawan.periode
        AND lengkap.kode_kecamatan = rawan.kode_kecamatan
GROUP BY ALL
