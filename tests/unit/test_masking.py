"""Personal values do not leave in alerts and logs; what an operator needs stays readable."""

import pytest

from lumbung.masking import masked
from lumbung.ops.alerts import fingerprint


@pytest.mark.parametrize(
    "value",
    [
        "3515014509900001",
        "3515 0145 0990 0001",
        "35.15.01.450990.0001",
        "3515-0145-0990-0001",
        "３５１５０１４５０９９００００１",
        "199001012015011001",
        "351501000100100010",
        "081234567890",
        "+62 812-3456-7890",
        "09.254.294.3-407.000",
        "3515-01-45-0990-0001",
        "3515-01-05-0990-0001",
        "3515-12-31.0990.0001",
        "0812-34-56-7890",
        "0812-10-11/7890",
        "no_0812-345678",
        "telp_031-123456/7",
        "telp_031-891234",
        "hp_081-234567",
        "a_3515014509900001-000012",
    ],
)
def test_numbers_of_persons_are_masked(value: str) -> None:
    text = masked(f"NIK {value} ditolak")
    assert "angka]" in text and not any(part in text for part in ("3515", "812", "1990", "254"))


def test_addresses_are_masked() -> None:
    assert masked("hubungi budi.s@contoh.example.invalid segera") == "hubungi [surel] segera"


@pytest.mark.parametrize(
    "text",
    [
        "siak-000012-siak.biodata_wni",
        "panggilan_112-000012-panggilan_112.tiket",
        "2026-01-10T03:00:00+00:00",
        "2026-01-10 03:00",
        "2026-01-10T03:00:00.250-07:00",
        "2026-12-31.",
        "12.508 baris",
        "checksum 0a1b2c",
    ],
)
def test_what_an_operator_needs_stays(text: str) -> None:
    assert masked(text) == text


def test_the_same_trouble_in_another_run_is_the_same_trouble() -> None:
    one = "Run siak-000012: dataset hilang pada 2026-01-10T03:00:00+00:00"
    other = "Run siak-000013: dataset hilang pada 2026-01-11T03:00:07+00:00"
    assert fingerprint(one) == fingerprint(other)
    assert fingerprint(one) != fingerprint(one.replace("hilang", "berubah"))
