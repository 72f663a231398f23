"""The rules of the smaller departments once more, as plain SQL over their tables (see `rules_in_sql`)."""

from __future__ import annotations

_PRICE = "to_char(tanggal, 'DD-MM-YYYY'), pasar, nama"
_NUMBER = r"^[+-]?([0-9]{1,3}(\.[0-9]{3})+|[0-9]+)$"
_AS_NUMBER = "replace({}, '.', '')::numeric"
_READABLE = f"harga_skrg ~ '{_NUMBER}' AND harga_kmrn ~ '{_NUMBER}' AND perub_rp ~ '{_NUMBER}'"
_TODAY, _YESTERDAY, _MOVED = (_AS_NUMBER.format(column) for column in ("harga_skrg", "harga_kmrn", "perub_rp"))
_BY_HAND = "('Brambang Sortir', 'Lombok Ijo', 'Endog Bebek Asin', 'Sembako Campur')"

HARGA_PANGAN = [
    ("harga_harian", "nama:nama", f"SELECT {_PRICE} FROM harga_harian WHERE nama IN {_BY_HAND}"),
    ("harga_harian", "tipe:harga_skrg", f"SELECT {_PRICE} FROM harga_harian WHERE harga_skrg !~ '{_NUMBER}'"),
    ("harga_harian", "wajib:harga_skrg", f"SELECT {_PRICE} FROM harga_harian WHERE harga_skrg IS NULL"),
    (
        "harga_harian",
        "kunci-ganda",
        f"SELECT {_PRICE} FROM harga_harian GROUP BY tanggal, pasar, nama HAVING count(*) > 1",
    ),
    (
        "harga_harian",
        "perubahan-harga",
        f"SELECT {_PRICE} FROM harga_harian WHERE CASE WHEN {_READABLE} THEN {_TODAY} - {_YESTERDAY} <> {_MOVED} END",
    ),
    ("harga_harian", "satuan-komoditas", f"SELECT {_PRICE} FROM harga_harian WHERE satuan = 'ons'"),
    (
        "harga_harian",
        "harga-melonjak",
        f"SELECT {_PRICE} FROM harga_harian WHERE CASE WHEN {_READABLE} THEN {_TODAY} > 3 * {_YESTERDAY} END",
    ),
]
DEPARTMENTS = {"harga_pangan": HARGA_PANGAN}
