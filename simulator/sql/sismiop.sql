-- What: what a day of life asks of SISMIOP. Parameters are named after the columns they meet.
-- Usage: simulator.queries.query("sismiop", "dibayar")

-- name: tahun
SELECT DISTINCT thn_pajak_sppt FROM public.sppt ORDER BY 1

-- name: belum_bayar
SELECT count(*) FROM public.sppt WHERE thn_pajak_sppt = %(tahun)s AND status_pembayaran_sppt = '0'

-- name: dibayar
-- Principal paid so far and the number of the last payment of one assessment.
SELECT
    coalesce(sum(jml_sppt_yg_dibayar - coalesce(denda_sppt, 0)), 0) AS pokok,
    coalesce(max(pembayaran_sppt_ke), 0) AS ke
FROM public.pembayaran_sppt
WHERE
    (kd_propinsi, kd_dati2, kd_kecamatan, kd_kelurahan, kd_blok, no_urut, kd_jns_op, thn_pajak_sppt)
    = (
        %(kd_propinsi)s, %(kd_dati2)s, %(kd_kecamatan)s, %(kd_kelurahan)s, %(kd_blok)s, %(no_urut)s, %(kd_jns_op)s,
        %(thn_pajak_sppt)s
    )

-- name: buka_lagi
UPDATE public.sppt SET status_pembayaran_sppt = '0'
WHERE
    status_pembayaran_sppt = '1'
    AND (kd_propinsi, kd_dati2, kd_kecamatan, kd_kelurahan, kd_blok, no_urut, kd_jns_op, thn_pajak_sppt)
    = (
        %(kd_propinsi)s, %(kd_dati2)s, %(kd_kecamatan)s, %(kd_kelurahan)s, %(kd_blok)s, %(no_urut)s, %(kd_jns_op)s,
        %(thn_pajak_sppt)s
    )

-- name: nik_subjek
INSERT INTO simulator.nik_subjek VALUES (%(nik)s) ON CONFLICT DO NOTHING

-- name: subjek_tanpa_objek
SELECT ctid::text AS _ctid, t.* FROM public.dat_subjek_pajak t
WHERE
    subjek_pajak_id = %(id)s
    AND NOT EXISTS (SELECT FROM public.dat_objek_pajak o WHERE o.subjek_pajak_id = t.subjek_pajak_id)
    AND NOT EXISTS (SELECT FROM public.dat_subjek_pajak_njoptkp n WHERE n.subjek_pajak_id = t.subjek_pajak_id)
    AND NOT EXISTS (
        SELECT FROM simulator.cacat c WHERE c.tabel = 'dat_subjek_pajak' AND c.kunci = rtrim(t.subjek_pajak_id)
    )

-- name: alamat
UPDATE public.dat_subjek_pajak SET jalan_wp = %(jalan)s, kota_wp = 'SIDOARJO' WHERE subjek_pajak_id = %(id)s

-- name: urut_terakhir
SELECT max(no_urut) FROM public.dat_objek_pajak
WHERE
    (kd_propinsi, kd_dati2, kd_kecamatan, kd_kelurahan, kd_blok)
    = (%(kd_propinsi)s, %(kd_dati2)s, %(kd_kecamatan)s, %(kd_kelurahan)s, %(kd_blok)s)

-- name: bidang
-- The plots of one object.
SELECT ctid::text AS _ctid, t.* FROM public.dat_op_bumi t
WHERE
    (kd_propinsi, kd_dati2, kd_kecamatan, kd_kelurahan, kd_blok, no_urut, kd_jns_op)
    = (%(kd_propinsi)s, %(kd_dati2)s, %(kd_kecamatan)s, %(kd_kelurahan)s, %(kd_blok)s, %(no_urut)s, %(kd_jns_op)s)
ORDER BY no_bumi

-- name: jumlah_bangunan
SELECT count(*) FROM public.dat_op_bangunan
WHERE
    (kd_propinsi, kd_dati2, kd_kecamatan, kd_kelurahan, kd_blok, no_urut, kd_jns_op)
    = (%(kd_propinsi)s, %(kd_dati2)s, %(kd_kecamatan)s, %(kd_kelurahan)s, %(kd_blok)s, %(no_urut)s, %(kd_jns_op)s)

-- name: nilai_bangunan_biasa
-- The middle class of the buildings, thousand rupiah per square metre.
SELECT percentile_disc(0.4) WITHIN GROUP (ORDER BY nilai_per_m2_bng) FROM public.kelas_bangunan
WHERE thn_awal_kls_bng = '2014'

-- name: hapus_njoptkp
-- The exempt value that the former owner had for this object ends with the sale.
DELETE FROM public.dat_subjek_pajak_njoptkp t
WHERE
    subjek_pajak_id = %(subjek_pajak_id)s
    AND (kd_propinsi, kd_dati2, kd_kecamatan, kd_kelurahan, kd_blok, no_urut, kd_jns_op)
    = (%(kd_propinsi)s, %(kd_dati2)s, %(kd_kecamatan)s, %(kd_kelurahan)s, %(kd_blok)s, %(no_urut)s, %(kd_jns_op)s)
    AND NOT EXISTS (
        SELECT FROM simulator.cacat c WHERE c.tabel = 'dat_subjek_pajak_njoptkp' AND c.kunci = rtrim(t.subjek_pajak_id)
    )

-- name: njoptkp_baru
INSERT INTO public.dat_subjek_pajak_njoptkp (
    subjek_pajak_id, kd_propinsi, kd_dati2, kd_kecamatan, kd_kelurahan, kd_blok, no_urut, kd_jns_op, thn_njoptkp
)
SELECT
    %(subjek_pajak_id)s, %(kd_propinsi)s, %(kd_dati2)s, %(kd_kecamatan)s, %(kd_kelurahan)s, %(kd_blok)s, %(no_urut)s,
    %(kd_jns_op)s, %(tahun)s
WHERE NOT EXISTS (SELECT FROM public.dat_subjek_pajak_njoptkp WHERE subjek_pajak_id = %(subjek_pajak_id)s)
