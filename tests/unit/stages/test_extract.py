"""Who may be read at all (Perbup 46/2018): decided before anything is opened."""

from types import SimpleNamespace
from typing import Any

import pytest

from lumbung.sources.errors import SourceError
from lumbung.sources.opening import open_snapshot
from lumbung.stages.extract import NotApproved, require_approval


def system(status: str = "disetujui", transport: str = "postgresql") -> Any:
    registration = SimpleNamespace(status=status, number="PSE-1")
    return SimpleNamespace(
        code="siak", name="SIAK", owner_name="Dukcapil", registration=registration, transport=transport
    )


def test_an_approved_system_may_be_read() -> None:
    require_approval(system())


@pytest.mark.parametrize("status", ["diajukan", "diperiksa", "ditolak", "ditangguhkan", "dicabut", "Disetujui", ""])
def test_any_other_status_is_refused_with_file_and_key(status: str) -> None:
    with pytest.raises(NotApproved, match=r"contracts/siak/system\.yaml, kunci registration\.status .*PSE-1"):
        require_approval(system(status))


def test_an_unknown_transport_is_refused() -> None:
    place: Any = SimpleNamespace()
    with pytest.raises(SourceError, match="'surat'"):
        open_snapshot(place, system(transport="surat"), ())
