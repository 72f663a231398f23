"""Lineage events: what a stage read and wrote, in the form that lineage services read; telling never fails a stage."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from lumbung.declarations import Declarations, load
from lumbung.lineage import events
from lumbung.settings import Settings, settings
from lumbung.stages.mart_inputs import input_table

OURS = "lumbung://sidoarjo"


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place: Settings = settings().model_copy(update={"state": tmp_path, "tenant": "sidoarjo"})
    monkeypatch.setattr(events, "settings", lambda: place)
    return tmp_path


@pytest.fixture(scope="module")
def declared() -> Declarations:
    return load()


def told(state: Path) -> list[dict[str, Any]]:
    return [
        json.loads(line)
        for path in sorted((state / "lineage").glob("openlineage-*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]


def batch(**other: Any) -> Any:
    values = {
        "id": "siak-000001-capil_mati",
        "run_id": "siak-000001",
        "system": "siak",
        "dataset": "siak.capil_mati",
        "received": 7,
        "accepted": 5,
        "quarantined": 2,
        "error": None,
    }
    return SimpleNamespace(**(values | other))


def names(places: list[dict[str, Any]]) -> list[str]:
    return [f"{place['namespace']} {place['name']}" for place in places]


def test_a_batch_is_told_from_source_to_curated(state: Path, declared: Declarations) -> None:
    dataset = declared.datasets["siak.capil_mati"]
    events.extracted(batch(), "public.capil_mati")
    events.landed(batch())
    events.validated(batch(), dataset)
    events.conformed(batch(), dataset, 42)
    found = told(state)
    assert [(one["job"]["name"], one["eventType"]) for one in found] == [
        ("capil_mati.extract", "COMPLETE"),
        ("capil_mati.land", "COMPLETE"),
        ("capil_mati.validate", "COMPLETE"),
        ("capil_mati.conform", "COMPLETE"),
    ]
    assert [(names(one["inputs"])[0], names(one["outputs"])[0]) for one in found] == [
        ("opd://siak public.capil_mati", f"{OURS} spool.siak__capil_mati"),
        (f"{OURS} spool.siak__capil_mati", f"{OURS} raw.siak__capil_mati"),
        (f"{OURS} raw.siak__capil_mati", f"{OURS} valid.siak__capil_mati"),
        (f"{OURS} valid.siak__capil_mati", f"{OURS} curated.siak__capil_mati"),
    ]
    validate = found[2]
    assert f"{OURS} raw.siak__biodata_wni" in names(validate["inputs"])
    assert f"{OURS} ref.wilayah" in names(validate["inputs"])
    assert [one["outputFacets"]["outputStatistics"]["rowCount"] for one in validate["outputs"]] == [5, 2]
    assert found[3]["outputs"][0]["facets"]["version"]["datasetVersion"] == "42"
    assert {one["run"]["facets"]["parent"]["job"]["name"] for one in found} == {"siak"}
    assert len({one["run"]["facets"]["parent"]["run"]["runId"] for one in found}) == 1


def test_a_stage_that_is_asked_again_tells_of_the_same_run(state: Path) -> None:
    events.landed(batch())
    events.landed(batch())
    events.landed(batch(id="siak-000002-capil_mati", run_id="siak-000002"))
    first, again, other = (one["run"]["runId"] for one in told(state))
    assert first == again != other


def test_a_stopped_batch_is_told_without_personal_numbers(state: Path) -> None:
    events.extracted(batch(error="kolom hilang; NIK 3515010101010001", received=None), "public.capil_mati")
    (found,) = told(state)
    assert found["eventType"] == "FAIL"
    assert found["outputs"] == []
    assert found["run"]["facets"]["errorMessage"]["message"] == "kolom hilang; NIK [16 angka]"


def test_a_mart_is_told_with_the_columns_behind_its_columns(state: Path, declared: Declarations) -> None:
    mart = declared.marts["penduduk_semester"]
    refresh = cast(Any, SimpleNamespace(run_label="mart-000007", rows=9, snapshot_id=77))
    events.refreshed(mart, refresh, {"curated.siak__biodata_wni_dkb": 5, "ref.wilayah": 6}, declared)
    (found,) = told(state)
    assert found["job"]["name"] == "penduduk_semester.mart"
    assert "SELECT" in found["job"]["facets"]["sql"]["query"]
    fields = found["outputs"][0]["facets"]["columnLineage"]["fields"]
    (source,) = fields["jenis_kelamin"]["inputFields"]
    assert (
        source.items() >= {"namespace": OURS, "name": "curated.siak__biodata_wni_dkb", "field": "jenis_klmin"}.items()
    )
    assert [one["facets"]["version"]["datasetVersion"] for one in found["inputs"]] == ["5", "6"]


def test_a_public_dataset_is_told_under_the_portals_address(state: Path, declared: Declarations) -> None:
    publication = declared.marts["penduduk_semester"].publications[0]
    refresh = cast(Any, SimpleNamespace(run_label="mart-000007", rows=9, snapshot_id=77))
    events.published(publication, refresh, "2026-01-05-abc", 8)
    (found,) = told(state)
    assert names(found["inputs"]) == [f"{OURS} mart.penduduk_semester"]
    assert names(found["outputs"]) == [f"{settings().ckan_url} {publication.slug}"]


def test_every_public_dataset_leads_back_to_the_departments_behind_it(state: Path, declared: Declarations) -> None:
    """By the events alone. What counts the ledger's own records (of all batches) has no table before it."""
    for dataset in declared.datasets.values():
        run = f"{dataset.system}-000001"
        one = batch(id=f"{run}-{dataset.name}", run_id=run, system=dataset.system, dataset=dataset.id)
        events.extracted(one, dataset.source_table)
        events.landed(one)
        events.validated(one, dataset)
        events.conformed(one, dataset, 1)
    refresh = cast(Any, SimpleNamespace(run_label="mart-000001", rows=1, snapshot_id=1))
    for mart in declared.marts.values():
        events.refreshed(mart, refresh, {input_table(name): 1 for name in mart.inputs}, declared)
        for publication in mart.publications:
            events.published(publication, refresh, "1", 1)
    before: dict[str, set[str]] = {}
    for event in told(state):
        for output in names(event["outputs"]):
            before.setdefault(output, set()).update(names(event["inputs"]))
    for mart in declared.marts.values():
        read = {f"opd://{name.split('__')[0]}" for name in mart.inputs if "." not in name}
        for publication in mart.publications:
            reached, ahead = set(), {f"{settings().ckan_url} {publication.slug}"}
            while ahead:
                reached |= ahead
                ahead = {name for place in ahead for name in before.get(place, ())} - reached
            found = {name.split()[0] for name in reached if name.startswith("opd://")}
            assert found >= read and (found or mart.records), publication.id


def test_what_cannot_be_told_fails_nothing(
    state: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(events, "_append", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left")))
    with caplog.at_level(logging.WARNING):
        events.landed(batch())
    assert "could not be told" in caplog.text


def test_events_are_for_their_owner_only(state: Path) -> None:
    events.landed(batch())
    (path,) = (state / "lineage").iterdir()
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
