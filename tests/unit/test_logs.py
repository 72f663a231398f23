"""Every record of a stage says what it is about, as a line of JSON, without personal values."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from lumbung import logs
from lumbung.logs import FILE, fields_of, stage, write_json

BATCH = "siak-000012-siak.biodata_wni"


@pytest.mark.parametrize(
    ("arguments", "fields"),
    [
        ({"run_id": "siak-000012"}, {"run": "siak-000012"}),
        ({"batch_id": BATCH}, {"batch": BATCH, "run": "siak-000012", "dataset": "siak.biodata_wni"}),
        ({"batch": SimpleNamespace(id=BATCH)}, {"batch": BATCH, "run": "siak-000012", "dataset": "siak.biodata_wni"}),
        ({"trigger": "mart_publikasi/manual__1"}, {}),
        ({"batch_id": "lain"}, {"batch": "lain"}),
    ],
)
def test_arguments_say_what_it_is_about(arguments: dict[str, Any], fields: dict[str, str]) -> None:
    assert fields_of(arguments) == fields


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SimpleNamespace]:
    made = SimpleNamespace(log_json=True, logs=tmp_path / "logs")
    monkeypatch.setattr(logs, "settings", lambda: made)
    package = logging.getLogger("lumbung")
    before, level = list(package.handlers), package.level
    yield made
    for handler in [one for one in package.handlers if one not in before]:
        package.removeHandler(handler)
        handler.close()
    package.setLevel(level)


def lines(place: SimpleNamespace) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (place.logs / FILE).read_text(encoding="utf-8").splitlines()]


@stage("validate")
def judge(batch_id: str) -> None:
    logging.getLogger("lumbung.stages.uji").info("%d baris, NIK %s", 3, "3515014509900001")


@stage("conform")
def promote(run_id: str) -> None:
    judge(BATCH)
    try:
        raise ValueError("hubungi budi@uji.example.invalid")
    except ValueError:
        logging.getLogger("lumbung.stages.uji").exception("gagal")


def test_records_carry_stage_run_batch_and_dataset(place: SimpleNamespace) -> None:
    promote("siak-000013")
    first, second = lines(place)
    wanted = {"stage": "validate", "run": "siak-000012", "batch": BATCH, "dataset": "siak.biodata_wni"}
    assert first.items() >= wanted.items()
    assert first["message"] == "3 baris, NIK [16 angka]"
    assert (second["stage"], second["run"], "batch" in second) == ("conform", "siak-000013", False)
    assert "budi@" not in second["error"] and "ValueError" in second["error"]


def test_a_file_that_was_moved_away_is_opened_anew(place: SimpleNamespace) -> None:
    judge(BATCH)
    (place.logs / FILE).rename(place.logs / "lama")
    judge(BATCH)
    assert len(lines(place)) == 1


def test_nothing_is_written_unless_it_is_asked_for(place: SimpleNamespace) -> None:
    place.log_json = False
    judge(BATCH)
    write_json(logs.settings)
    assert not place.logs.exists()
