-- Grades lie in their level.
SELECT
    kode_kecamatan,
    bentuk_pendidikan,
    tingkat,
    jenjang
FROM mart.peserta_didik
WHERE
    NOT (
        (jenjang = '1' AND tingkat BETWEEN 1 AND 6)
        OR (jenjang = '2' AND tingkat BETWEEN 7 AND 9)
        OR (jenjang = '3' AND tingkat BETWEEN 10 AND 12)
    )
