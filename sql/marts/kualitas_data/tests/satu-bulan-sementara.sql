-- Of every system exactly the newest month is provisional.
WITH terakhir AS (
    SELECT
        sistem,
        max(bulan) AS bulan
    FROM mart.kualitas_data
    GROUP BY sistem
)

SELECT
    kualitas.bulan,
    kualitas.sistem,
    kualitas.dataset,
    kualitas.status_nilai
FROM mart.kualitas_data AS kualitas
INNER JOIN terakhir ON kualitas.sistem = terakhir.sistem
WHERE (kualitas.status_nilai = 'sementara') != (kualitas.bulan = terakhir.bulan)
