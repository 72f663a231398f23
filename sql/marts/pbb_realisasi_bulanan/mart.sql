-- What:    PBB money received by month of payment and kecamatan, whatever the tax year.
-- Grain:   periode (month of payment) x kode_kecamatan.
-- Sources: curated.sismiop__pembayaran_sppt (current rows), ref.wilayah_sismiop, ref.wilayah.
-- Params:  :termasuk_denda    the amount paid includes the fine (tenant)
-- Rules:   month of TGL_PEMBAYARAN_SPPT; kecamatan from the NOP by the crosswalk valid on 1 January of the tax year.
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
    WHERE bayar._dihapus_batch IS NULL
)

SELECT
    date_format(bayar.tanggal, 'yyyy-MM') AS periode,
    year(bayar.tanggal) AS tahun,
    month(bayar.tanggal) AS bulan,
    kecamatan.kode AS kode_kecamatan,
    kecamatan.nama AS nama_kecamatan,
    count(*) AS jumlah_pembayaran,
    sum(bayar.pokok) AS pokok_dibayar,
    sum(bayar.denda) AS denda_dibayar
FROM bayar
INNER JOIN ref.wilayah_sismiop AS wilayah
    ON
        bayar.kunci_wilayah = wilayah.kunci
        AND bayar.awal_tahun BETWEEN wilayah.berlaku_dari AND wilayah.berlaku_sampai
INNER JOIN ref.wilayah AS kecamatan
    ON
        wilayah.kode_kecamatan = kecamatan.kode
        AND bayar.awal_tahun BETWEEN kecamatan.berlaku_dari AND kecamatan.berlaku_sampai
WHERE bayar.tanggal IS NOT NULL
GROUP BY ALL
