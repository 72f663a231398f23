-- What:    services by kind and desk.
-- Grain:   jenis x loket.
-- Sources: curated.uji__layanan (current rows), ref.jenis_layanan.
-- Usage:   bin/lumbung query "$(cat sql/marts/uji_rekap/mart.sql)"
SELECT
    jenis.label AS jenis,
    coalesce(cast(layanan.loket AS STRING), 'tanpa loket') AS loket,
    count(*) AS jumlah,
    sum(layanan.biaya) AS biaya
FROM curated.uji__layanan AS layanan
INNER JOIN ref.jenis_layanan AS jenis ON layanan.jenis = cast(jenis.kode AS INT)
WHERE layanan._dihapus_batch IS NULL
GROUP BY ALL
