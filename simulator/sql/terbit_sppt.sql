-- What: the assessment of one tax year (SPPT), issued on 16 February.
-- Grain: one row per object that is not deleted (NOP, thn_pajak_sppt).
-- Parameters: settings simulator.tahun (4 digits), simulator.benih (decides which zones rise), simulator.nip (18 digits).
-- Usage: simulator.life_sismiop.issue(day, 2026); the statements are split at the marker lines (two at signs).
-- @@
-- The smallest tax of the year, as in the year before
INSERT INTO public.pbb_minimal
SELECT
    kd_propinsi,
    kd_dati2,
    current_setting('simulator.tahun'),
    no_sk_pbb_minimal,
    make_date(current_setting('simulator.tahun')::int - 1, 12, 15),
    nilai_pbb_minimal,
    make_date(current_setting('simulator.tahun')::int, 1, 4),
    current_setting('simulator.nip')
FROM public.pbb_minimal
WHERE thn_pbb_minimal = (SELECT max(thn_pbb_minimal) FROM public.pbb_minimal)
ON CONFLICT DO NOTHING;
-- @@
-- The rates of the zones: a quarter of them rises by one class
INSERT INTO public.dat_nir (
    kd_propinsi, kd_dati2, kd_kecamatan, kd_kelurahan, kd_znt, thn_nir_znt, kd_kanwil, kd_kppbb, jns_dokumen, no_dokumen, nir
)
SELECT
    n.kd_propinsi,
    n.kd_dati2,
    n.kd_kecamatan,
    n.kd_kelurahan,
    n.kd_znt,
    current_setting('simulator.tahun'),
    n.kd_kanwil,
    n.kd_kppbb,
    n.jns_dokumen,
    (current_setting('simulator.tahun')::int - 1)::text || n.kd_kecamatan,
    CASE
        WHEN
            ('x' || left(md5(current_setting('simulator.benih') || n.kd_kecamatan || n.kd_kelurahan || n.kd_znt), 6))::bit(24)::int % 100 < 25
            THEN coalesce(k2.nilai_per_m2_tanah, n.nir)
        ELSE n.nir
    END
FROM public.dat_nir AS n
INNER JOIN public.dat_znt AS z USING (kd_propinsi, kd_dati2, kd_kecamatan, kd_kelurahan, kd_znt)
INNER JOIN public.kelas_tanah AS k1
    ON
        n.nir BETWEEN k1.nilai_min_tanah AND k1.nilai_max_tanah
        AND current_setting('simulator.tahun') BETWEEN k1.thn_awal_kls_tanah AND k1.thn_akhir_kls_tanah
LEFT JOIN public.kelas_tanah AS k2
    ON k2.thn_awal_kls_tanah = k1.thn_awal_kls_tanah AND k2.nilai_min_tanah = k1.nilai_max_tanah + 1
WHERE n.thn_nir_znt = (current_setting('simulator.tahun')::int - 1)::text
ORDER BY n.kd_kecamatan, n.kd_kelurahan, n.kd_znt;
-- @@
-- The value of the plots and of their objects follows the rate of their zone
UPDATE public.dat_op_bumi b
SET nilai_sistem_bumi = b.luas_bumi * k.nilai_per_m2_tanah * 1000
FROM public.dat_nir AS n
INNER JOIN public.kelas_tanah AS k
    ON
        n.nir BETWEEN k.nilai_min_tanah AND k.nilai_max_tanah
        AND n.thn_nir_znt BETWEEN k.thn_awal_kls_tanah AND k.thn_akhir_kls_tanah
WHERE
    n.thn_nir_znt = current_setting('simulator.tahun')
    AND (n.kd_kecamatan, n.kd_kelurahan, n.kd_znt) = (b.kd_kecamatan, b.kd_kelurahan, b.kd_znt)
    AND b.nilai_sistem_bumi <> b.luas_bumi * k.nilai_per_m2_tanah * 1000;
-- @@
UPDATE public.dat_objek_pajak o
SET njop_bumi = o.total_luas_bumi * k.nilai_per_m2_tanah * 1000
FROM public.dat_op_bumi AS b
INNER JOIN public.dat_nir AS n USING (kd_kecamatan, kd_kelurahan, kd_znt)
INNER JOIN public.kelas_tanah AS k
    ON
        n.nir BETWEEN k.nilai_min_tanah AND k.nilai_max_tanah
        AND n.thn_nir_znt BETWEEN k.thn_awal_kls_tanah AND k.thn_akhir_kls_tanah
WHERE
    n.thn_nir_znt = current_setting('simulator.tahun')
    AND o.jns_transaksi_op <> '3'
    AND b.no_bumi = 1
    AND (b.kd_kecamatan, b.kd_kelurahan, b.kd_blok, b.no_urut, b.kd_jns_op)
    = (o.kd_kecamatan, o.kd_kelurahan, o.kd_blok, o.no_urut, o.kd_jns_op)
    AND o.njop_bumi <> o.total_luas_bumi * k.nilai_per_m2_tanah * 1000;
-- @@
-- A subject without an exempt value gets it for the first of its objects
INSERT INTO public.dat_subjek_pajak_njoptkp (
    subjek_pajak_id, kd_propinsi, kd_dati2, kd_kecamatan, kd_kelurahan, kd_blok, no_urut, kd_jns_op, thn_njoptkp
)
SELECT DISTINCT ON (o.subjek_pajak_id)
    o.subjek_pajak_id,
    o.kd_propinsi,
    o.kd_dati2,
    o.kd_kecamatan,
    o.kd_kelurahan,
    o.kd_blok,
    o.no_urut,
    o.kd_jns_op,
    current_setting('simulator.tahun')
FROM public.dat_objek_pajak AS o
WHERE
    o.jns_transaksi_op <> '3'
    AND o.kd_kelurahan <> '099'
    AND EXISTS (SELECT FROM public.dat_subjek_pajak AS s WHERE s.subjek_pajak_id = o.subjek_pajak_id)
    AND NOT EXISTS (SELECT FROM public.dat_subjek_pajak_njoptkp AS j WHERE j.subjek_pajak_id = o.subjek_pajak_id)
ORDER BY o.subjek_pajak_id, o.kd_kecamatan, o.kd_kelurahan, o.kd_blok, o.no_urut;
-- @@
-- Then one assessment per object
WITH objek AS (
    SELECT
        o.*,
        k.kd_kls_tanah,
        k.thn_awal_kls_tanah,
        b.kd_kls_bng,
        b.thn_awal_kls_bng,
        s.nm_wp,
        s.jalan_wp,
        s.rw_wp,
        s.rt_wp,
        s.kelurahan_wp,
        s.kota_wp,
        -- a number that is no NPWP is not printed
        CASE WHEN s.npwp ~ '^[0-9]{15}$' THEN s.npwp END AS npwp,
        o.njop_bumi + o.njop_bng AS njop,
        CASE
            WHEN j.kd_blok IS NULL THEN 0
            ELSE (
                SELECT p.nilai_njoptkp
                FROM public.njoptkp AS p
                WHERE current_setting('simulator.tahun') BETWEEN p.thn_awal AND p.thn_akhir
            )
        END AS njoptkp,
        ('x' || left(md5(current_setting('simulator.benih') || 'potongan' || o.kd_kecamatan || o.kd_kelurahan || o.kd_blok || o.no_urut), 6))::bit(24)::int
        % 100 AS undian
    FROM public.dat_objek_pajak AS o
    LEFT JOIN public.dat_subjek_pajak_njoptkp AS j
        USING (subjek_pajak_id, kd_propinsi, kd_dati2, kd_kecamatan, kd_kelurahan, kd_blok, no_urut, kd_jns_op)
    LEFT JOIN public.kelas_tanah AS k
        ON
            o.total_luas_bumi > 0
            AND current_setting('simulator.tahun') BETWEEN k.thn_awal_kls_tanah AND k.thn_akhir_kls_tanah
            AND k.nilai_per_m2_tanah * 1000 * o.total_luas_bumi = o.njop_bumi
    LEFT JOIN public.kelas_bangunan AS b
        ON
            o.total_luas_bng > 0
            AND current_setting('simulator.tahun') BETWEEN b.thn_awal_kls_bng AND b.thn_akhir_kls_bng
            AND b.nilai_per_m2_bng * 1000 * o.total_luas_bng = o.njop_bng
    LEFT JOIN LATERAL (
        SELECT *
        FROM public.dat_subjek_pajak AS p
        WHERE p.subjek_pajak_id = o.subjek_pajak_id
        ORDER BY p.nm_wp
        LIMIT 1
    ) AS s ON TRUE
    WHERE o.jns_transaksi_op <> '3' AND o.kd_kelurahan <> '099'
),

pajak AS (
    SELECT
        objek.*,
        greatest(floor(greatest(objek.njop - objek.njoptkp, 0) * t.nilai_tarif / 100 + 0.5), m.nilai_pbb_minimal) AS terhutang
    FROM objek
    INNER JOIN public.tarif AS t
        ON
            current_setting('simulator.tahun') BETWEEN t.thn_awal AND t.thn_akhir
            AND (objek.njop > t.njop_min OR t.njop_min = 0)
            AND objek.njop <= t.njop_max
    INNER JOIN public.pbb_minimal AS m ON m.thn_pbb_minimal = current_setting('simulator.tahun')
),

ketetapan AS (
    SELECT
        *,
        CASE WHEN undian < 3 THEN floor(terhutang / 4) WHEN undian < 25 THEN 0 END AS pengurang
    FROM pajak
)

INSERT INTO public.sppt (
    kd_propinsi, kd_dati2, kd_kecamatan, kd_kelurahan, kd_blok, no_urut, kd_jns_op, thn_pajak_sppt, siklus_sppt,
    kd_kanwil_bank, kd_kppbb_bank, kd_bank_tunggal, kd_bank_persepsi, kd_tp, nm_wp_sppt, jln_wp_sppt, rw_wp_sppt, rt_wp_sppt,
    kelurahan_wp_sppt, kota_wp_sppt, npwp_sppt, kd_kls_tanah, thn_awal_kls_tanah, kd_kls_bng, thn_awal_kls_bng, tgl_jatuh_tempo_sppt,
    luas_bumi_sppt, luas_bng_sppt, njop_bumi_sppt, njop_bng_sppt, njop_sppt, njoptkp_sppt, pbb_terhutang_sppt,
    faktor_pengurang_sppt, pbb_yg_harus_dibayar_sppt, status_pembayaran_sppt, status_tagihan_sppt, status_cetak_sppt,
    tgl_terbit_sppt, tgl_cetak_sppt, nip_pencetak_sppt
)
SELECT
    kd_propinsi,
    kd_dati2,
    kd_kecamatan,
    kd_kelurahan,
    kd_blok,
    no_urut,
    kd_jns_op,
    current_setting('simulator.tahun'),
    1,
    '12',
    '15',
    '01',
    '14',
    '01',
    coalesce(nm_wp, 'TANPA NAMA'),
    jalan_wp,
    rw_wp,
    rt_wp,
    kelurahan_wp,
    kota_wp,
    npwp,
    coalesce(kd_kls_tanah, 'XXX'),
    coalesce(thn_awal_kls_tanah, '1986'),
    coalesce(kd_kls_bng, 'XXX'),
    coalesce(thn_awal_kls_bng, '1986'),
    CASE
        WHEN terhutang - coalesce(pengurang, 0) <= 500000 THEN make_date(current_setting('simulator.tahun')::int, 9, 30)
        ELSE make_date(current_setting('simulator.tahun')::int, 8, 31)
    END,
    total_luas_bumi,
    total_luas_bng,
    njop_bumi,
    njop_bng,
    njop,
    njoptkp,
    terhutang,
    pengurang,
    terhutang - coalesce(pengurang, 0),
    '0',
    '0',
    '1',
    make_date(current_setting('simulator.tahun')::int, 2, 16),
    make_date(current_setting('simulator.tahun')::int, 2, 16) + interval '9 hours',
    current_setting('simulator.nip')
FROM ketetapan
ORDER BY kd_kecamatan, kd_kelurahan, kd_blok, no_urut;
