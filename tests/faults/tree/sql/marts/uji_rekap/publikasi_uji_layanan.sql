-- What:    services by kind and desk, for the public.
-- Grain:   jenis x loket.
-- Sources: mart.uji_rekap.
-- Usage:   bin/lumbung query "$(cat sql/marts/uji_rekap/publikasi_uji_layanan.sql)"
SELECT
    jenis,
    loket,
    jumlah
FROM mart.uji_rekap
