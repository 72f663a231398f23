"""What can be drafted from a source's catalogue, and what has none."""

from __future__ import annotations

from pathlib import Path

import pytest

from lumbung.declarations import load
from lumbung.sources.database.scaffold import describe
from lumbung.sources.errors import SourceError

TREE = Path(__file__).parents[1] / "declarations" / "tree"


@pytest.mark.parametrize("code", ["harga", "rawat"])
def test_a_service_has_no_catalogue_and_is_not_asked(code: str) -> None:
    with pytest.raises(SourceError, match=r"bukan basis data; tulis kontraknya seperti docs/howto/system\.md"):
        describe("http://layanan.example.invalid/", load(TREE).systems[code], "kunjungan")
