"""A system and a dataset that speak SOAP to `odd_soap`, and how they are read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from lumbung.declarations.models import Column, Dataset, System
from lumbung.declarations.transports import SoapDataset, SoapSystem
from lumbung.settings import Settings
from lumbung.sources.digest import ContentDigest
from lumbung.sources.schema import Drift
from lumbung.sources.service.soap import open_soap
from lumbung.sources.window import Window
from tests.integration.extract_support import dataset, service_place, system
from tests.integration.odd_soap import WSDL, OddSoap, odd_soap

NOW = datetime(2026, 1, 10, 3, 0, tzinfo=UTC)
"""The service's clock in UTC."""
KINDS = {
    "nomor": "xsd:string",
    "nik": "xsd:string",
    "masuk": "xsd:date",
    "hari": "xsd:int",
    "tarif": "xsd:decimal",
}
SOURCES = {"nik": "pasien.nik"}
NUMBERED = {"style": "number", "param": "halaman", "size_param": "jumlah", "size": 3}
OFFSET = NUMBERED | {"style": "offset"}
COUNTED = {"page": NUMBERED | {"total_path": "total"}}


@pytest.fixture
def service() -> Iterator[OddSoap]:
    with odd_soap() as found:
        yield found


@pytest.fixture
def place(tmp_path: Path, service: OddSoap) -> Settings:
    return service_place(tmp_path, service.url)


def soap_system(wsdl: str = WSDL, **other: Any) -> System:
    spoken = {
        "hosts": ("127.0.0.1",),
        "wsdl": "layanan.wsdl",
        "clock": {"operation": "Jam", "field": "waktu"},
        "attempts": 2,
        "request_s": 5,
        "files": {"layanan.wsdl": wsdl.encode()},
    }
    return system(transport="soap", clock_sql=None, soap=SoapSystem.model_validate(spoken | other))


def soap_dataset(kinds: dict[str, str] | None = None, sources: dict[str, str] | None = None, **asked: Any) -> Dataset:
    columns = tuple(
        Column.model_construct(
            name=name,
            logical="string",
            physical=kind,
            source=(SOURCES if sources is None else sources).get(name),
            required=name == "nomor",
        )
        for name, kind in (kinds or KINDS).items()
    )
    usual = {
        "operation": "AmbilKunjungan",
        "arguments": {"dari": "{dari}", "sampai": "{sampai}"},
        "time_format": "%Y-%m-%d",
        "since": "2025-01-01",
        "rows": "daftar.kunjungan",
    }
    declared = SoapDataset.model_validate(usual | asked)
    return dataset("kunjungan", {}, key=("nomor",), soap=declared).model_copy(update={"columns": columns})


def read(place: Settings, one: Dataset, window: Window | None = None, **of_system: Any) -> list[dict[str, Any]]:
    with open_soap(place, soap_system(**of_system)) as snapshot:
        batches = snapshot.read(snapshot.prepare(one), window, ContentDigest())
        return [row for _, batch in batches for row in batch.to_pylist()]


def drift(place: Settings, one: Dataset, root: Path, **of_system: Any) -> Drift:
    with open_soap(place, soap_system(**of_system)) as snapshot:
        return snapshot.drift(one, root)


def numbers(rows: list[dict[str, Any]]) -> list[str]:
    return [row["nomor"] for row in rows]
