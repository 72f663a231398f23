-- What:    what each staple commodity costs in each market on each day, and the day before.
-- Grain:   tanggal x kode_pasar x kode_komoditas.
-- Sources: curated.harga_pangan__harga_harian, curated.harga_pangan__pasar (current rows), ref.komoditas, ref.wilayah.
-- Rules:   of several spellings of one commodity on one day in one market the one that was loaded last counts; the
--          price of the day before is that of our own rows, empty when there is none.
-- Usage:   bin/lumbung query "$(cat sql/marts/harga_pangan/mart.sql)"
WITH harga AS (
    SELECT
        harian.tanggal,
        harian.pasar,
        harian._kode_komoditas AS kode_komoditas,
        max_by(harian.harga_skrg, struct(harian._loaded_at, harian.nama)) AS harga
    FROM curated.harga_pangan__harga_harian AS harian
    WHERE harian._dihapus_batch IS NULL AND harian._kode_komoditas IS NOT NULL
    GROUP BY harian.tanggal, harian.pasar, harian._kode_komoditas
)

SELECT
    harga.tanggal,
    harga.pasar AS kode_pasar,
    pasar.nama AS nama_pasar,
    kecamatan.kode AS kode_kecamatan,
    kecamatan.nama AS nama_kecamatan,
    harga.kode_komoditas,
    komoditas.nama AS komoditas,
    komoditas.kelompok,
    komoditas.satuan,
    harga.harga,
    kemarin.harga AS harga_kemarin
FROM harga
INNER JOIN curated.harga_pangan__pasar AS pasar
    ON
        harga.pasar = pasar.kode
        AND pasar._dihapus_batch IS NULL
INNER JOIN ref.wilayah AS kecamatan
    ON
        pasar._kode_kecamatan = kecamatan.kode
        AND harga.tanggal BETWEEN kecamatan.berlaku_dari AND kecamatan.berlaku_sampai
INNER JOIN ref.komoditas AS komoditas
    ON
        harga.kode_komoditas = komoditas.kode
        AND harga.tanggal BETWEEN komoditas.berlaku_dari AND komoditas.berlaku_sampai
LEFT JOIN harga AS kemarin
    ON
        harga.pasar = kemarin.pasar
        AND harga.kode_komoditas = kemarin.kode_komoditas
        AND kemarin.tanggal = date_sub(harga.tanggal, 1)
