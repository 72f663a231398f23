-- No rule is broken by more rows than it judged.
SELECT
    bulan,
    dataset,
    aturan,
    dinilai,
    dilanggar
FROM mart.kualitas_aturan
WHERE dilanggar > dinilai OR dilanggar <= 0
