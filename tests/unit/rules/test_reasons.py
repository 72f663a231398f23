"""What a refusal's template shows."""

import pytest

from lumbung.rules.reasons import placeholders


@pytest.mark.parametrize(
    ("template", "shown"),
    [
        ("NIK {nik} bukan 16 angka.", ("nik",)),
        ("{kd_blok}-{no_urut} {_terbit}", ("kd_blok", "no_urut", "_terbit")),
        ("tanpa isian", ()),
        ("{Besar} dan {} tetap apa adanya", ()),
    ],
)
def test_placeholders_are_names_of_columns(template: str, shown: tuple[str, ...]) -> None:
    assert placeholders(template) == shown
