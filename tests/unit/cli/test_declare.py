"""`lumbung scaffold`: a contract that exists is the work of a person."""

from __future__ import annotations

import pytest

from lumbung.cli.declare import scaffold
from lumbung.settings import ROOT


@pytest.mark.parametrize("table", ["biodata_wni", "public.BIODATA_WNI"])
def test_a_contract_that_exists_is_not_overwritten_and_the_source_is_not_asked(table: str) -> None:
    contract = ROOT / "contracts" / "siak" / "biodata_wni.yaml"
    before = contract.read_bytes()
    with pytest.raises(ValueError, match=r"contracts/siak/biodata_wni\.yaml sudah ada .* Tanpa --write"):
        scaffold("siak", table, write=True)
    assert contract.read_bytes() == before
