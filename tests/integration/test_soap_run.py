"""A SOAP system on its way through extract, land and validate, declared by files alone (the small tree's `rawat`)."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from lumbung import storage
from lumbung.declarations import Declarations, load
from lumbung.ledger import Batch, Ledger, Run
from lumbung.settings import Settings, settings
from lumbung.sources.errors import SourceError
from lumbung.stages import validate
from lumbung.stages.extract import extract
from lumbung.stages.land import land
from lumbung.warehouse.ddl import quarantine_name, raw_name
from lumbung.warehouse.session import session
from tests.integration.ledger_support import fresh_ledger
from tests.integration.odd_service import Reply
from tests.integration.odd_soap import Call, OddSoap, answer, element, fault, odd_soap, xml

pytestmark = pytest.mark.integration

TREE = Path(__file__).parents[1] / "unit" / "declarations" / "tree"
NS = "urn:rawat"
DATASET = "rawat.kunjungan"
NOW = datetime(2026, 1, 10, 3, 0, tzinfo=UTC)
Row = tuple[str, str | None, str, str | None]


def rows(first: int, last: int, day: str) -> list[Row]:
    """Visits of a day: number, NIK, when they came in, tariff."""
    return [(f"K{one}", f"35150101010{one:05}", f"{day}T08:00:00", f"{one}.50") for one in range(first, last + 1)]


@dataclass
class Hospital:
    """The service with what it keeps, and the place where its rows go."""

    service: OddSoap
    ledger: Ledger
    declarations: Declarations
    place: Settings
    kept: list[Row]
    clock: str = "2026-01-10T10:00:00"

    def run(self, trigger: str) -> Run:
        """Extract and land once."""
        run = self.open(trigger)
        self.extract(run)
        land(run.id, ledger=self.ledger, place=self.place)
        return self.ledger.run(run.id)

    def open(self, trigger: str) -> Run:
        return self.ledger.open_run("rawat", "manual", trigger, "penguji")

    def extract(self, run: Run) -> None:
        extract(run.id, ledger=self.ledger, declarations=self.declarations, place=self.place)

    def batch(self, run: Run) -> Batch:
        return self.ledger.batch(f"{run.id}-{DATASET}")

    def raw(self, run: Run) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = pq.read_table(
            Path(self.batch(run).raw_path or "") / storage.DATA_FILE
        ).to_pylist()
        return found

    def manifest(self, run: Run) -> storage.Manifest:
        return storage.read_manifest(Path(self.batch(run).raw_path or ""))

    def tell_time(self, _: Call) -> Reply:
        return xml(answer(element("waktu", self.clock), "Jam", NS))

    def visits(self, call: Call) -> Reply:
        said = call.arguments
        found = [row for row in self.kept if said["dari"] <= row[2][:10] <= said["sampai"]]
        first = (int(said["halaman"]) - 1) * int(said["jumlah"])
        page = found[first : first + int(said["jumlah"])]
        names = ("nomor", "nik", "masuk", "tarif")
        texts = [[element(name, value) for name, value in zip(names, row, strict=True)] for row in page]
        written = "".join(f"<kunjungan>{a}<pasien>{b}</pasien>{c}{d}</kunjungan>" for a, b, c, d in texts)
        return xml(answer(f"<total>{len(found)}</total><daftar>{written}</daftar>", namespace=NS))


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    with fresh_ledger("soap") as (opened, _):
        yield opened


@pytest.fixture
def hospital(ledger: Ledger, tmp_path: Path) -> Iterator[Hospital]:
    tree = shutil.copytree(TREE, tmp_path / "tree")
    place = settings().model_copy(update={name: tmp_path / name for name in ("secrets", "spool", "warehouse")})
    path = tree / "contracts/rawat/system.yaml"
    path.write_text(path.read_text().replace("hosts: [rawat.example.invalid]", "hosts: [127.0.0.1]\n  attempts: 1"))
    with odd_soap() as service:
        place.secrets.mkdir()
        place.secret_file("source_rawat_url").write_text(service.url)
        place.secret_file("source_rawat_credentials").write_text("lumbung:rahasia sekali")
        kept = [*rows(1, 120, "2026-01-08"), *rows(121, 150, "2026-01-09")]
        found = Hospital(service, ledger, load(tree), place, kept)
        service.on |= {"Jam": found.tell_time, "AmbilKunjungan": found.visits}
        service.wsdl = xml((tree / "contracts/rawat/layanan.wsdl").read_bytes())
        service.http.on["/tipe.xsd"] = lambda _: xml((tree / "contracts/rawat/tipe.xsd").read_bytes())
        yield found


def test_rows_come_page_by_page_and_then_only_what_is_new(hospital: Hospital) -> None:
    first = hospital.run("t1")
    batch, manifest = hospital.batch(first), hospital.manifest(first)
    assert (batch.state, batch.received, manifest.source_tables) == ("landed", 150, ("operasi AmbilKunjungan",))
    assert (manifest.source_clock, manifest.warnings) == (NOW, ())
    assert {field.name: field.source_type for field in manifest.fields}["masuk"] == "xsd:dateTime"
    assert [row["nomor"] for row in hospital.raw(first)] == [f"K{one}" for one in range(1, 151)]
    assert hospital.raw(first)[6] == {
        "_row": 7,
        "nomor": "K7",
        "nik": "3515010101000007",
        "masuk": "2026-01-08T08:00:00",
        "tarif": "7.50",
        "_nilai": None,
    }
    assert hospital.ledger.watermark(DATASET) == first.to == NOW

    hospital.clock = "2026-01-11T10:00:00"
    hospital.kept += rows(151, 153, "2026-01-11")
    second = hospital.run("t2")
    asked = [call.arguments for call in hospital.service.asked if call.operation == "AmbilKunjungan"]
    assert asked[-1] == {"dari": "2026-01-09", "sampai": "2026-01-11", "halaman": "1", "jumlah": "100"}
    assert [row["nomor"] for row in hospital.raw(second)] == [f"K{one}" for one in range(121, 154)]
    assert all("rahasia" not in warning for warning in hospital.manifest(second).warnings)


def test_a_wsdl_that_changed_stops_the_dataset_and_the_window_is_read_again(hospital: Hospital) -> None:
    before, told = hospital.ledger.watermark(DATASET), hospital.service.wsdl.body
    hospital.clock = "2026-01-12T10:00:00"
    hospital.service.http.on["/tipe.xsd"] = lambda _: xml(
        (TREE / "contracts/rawat/tipe.xsd")
        .read_text()
        .replace('"masuk" type="xsd:dateTime"', '"masuk" type="xsd:string"')
    )
    run = hospital.run("t3")
    batch = hospital.batch(run)
    assert (batch.state, hospital.ledger.watermark(DATASET)) == ("stopped", before)
    assert (
        "contracts/rawat/layanan.wsdl: operasi AmbilKunjungan, unsur daftar.kunjungan.masuk: xsd:dateTime menjadi "
        "xsd:string; simpan WSDL baru"
    ) in (batch.error or "")

    hospital.service.http.on["/tipe.xsd"] = lambda _: xml((TREE / "contracts/rawat/tipe.xsd").read_bytes())
    hospital.service.wsdl = xml(told.replace(b'name="poli"', b'name="klinik"'))
    again = hospital.run("t4")
    assert hospital.batch(again).state == "landed"
    assert [warning.split("unsur ")[1].split(":")[0] for warning in hospital.manifest(again).warnings] == [
        "klinik",
        "poli",
    ]


def test_a_fault_fails_the_attempt_and_the_next_one_takes_everything(hospital: Hospital) -> None:
    hospital.clock = "2026-01-13T10:00:00"
    hospital.service.on["AmbilKunjungan"] = lambda _: fault("soap:Server", "basis data mati")
    run = hospital.open("t5")
    with pytest.raises(SourceError, match="Fault soap:Server: basis data mati"):
        hospital.extract(run)
    assert not any(hospital.place.spool.glob("*/*/*.parquet"))
    hospital.service.on["AmbilKunjungan"] = hospital.visits
    hospital.kept += rows(200, 210, "2026-01-13")
    hospital.extract(run)
    land(run.id, ledger=hospital.ledger, place=hospital.place)
    assert [row["nomor"] for row in hospital.raw(run)][-11:] == [f"K{one}" for one in range(200, 211)]


@pytest.fixture
def shared(hospital: Hospital) -> Iterator[Hospital]:
    """The hospital's rows in the profile's warehouse, where the engine reads them."""
    hospital.place = hospital.place.model_copy(update={"warehouse": settings().warehouse})
    dataset = hospital.declarations.datasets[DATASET].model_copy(
        update={"lookup": True}
    )  # no checkpoint: it takes long
    hospital.declarations = hospital.declarations.model_copy(
        update={"datasets": {**hospital.declarations.datasets, DATASET: dataset}}
    )
    yield hospital
    for name in (raw_name(dataset), quarantine_name(dataset)):
        session("uji").sql(f"DROP TABLE IF EXISTS {name}")
    for layer in ("raw", "valid", "quarantine"):
        shutil.rmtree(settings().warehouse / layer / "rawat", ignore_errors=True)


def test_what_is_no_date_or_number_is_refused_by_rule_and_the_rest_accepted(
    shared: Hospital, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(validate, "load", lambda: shared.declarations)
    shared.clock = "2026-03-01T10:00:00"
    shared.kept = [
        *rows(301, 310, "2026-02-28"),
        ("K311", None, "2026-02-28T08:00:00", None),
        ("K312", "3515010101000312", "2026-02-28 kemarin", "1.50"),
        ("K313", "3515010101000313", "2026-02-28T08:00:00", "1,50"),
        ("K314", "3515010101000314", "2026-02-28T08:00:00", ""),
    ]
    batch = shared.batch(shared.run("t6"))
    assert validate.validate_batch(batch.id, ledger=shared.ledger, spark=session("uji"))
    done = shared.ledger.batch(batch.id)
    assert (done.received, done.accepted, done.quarantined, done.duplicate) == (14, 11, 3, 0)
    counted = {one.rule: one.count for one in shared.ledger.rule_counts(batch.id) if one.count}
    assert counted == {"tipe:masuk": 1, "tipe:tarif": 2}
