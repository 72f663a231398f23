"""What `lumbung quarantine` shows: names, open rows, values as JSON has them."""

import re
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar, cast

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lumbung.declarations import Declarations, UnknownTarget, load
from lumbung.ledger import NotInLedger
from lumbung.ops import quarantine
from lumbung.ops.quarantine import by_batch, plain, refused_rows, shaded, stored_rows, targets

RULES = tuple(SimpleNamespace(id=name) for name in ("nik:nik", "kode:agama"))
DATASETS = tuple(
    SimpleNamespace(system="siak", name=name, id=f"siak.{name}", key=("nik",), rules=RULES, order=order)
    for order, name in enumerate(("keluarga", "biodata"))
)
DECLARED = Declarations.model_construct(
    systems=cast(Any, {"siak": None}), datasets=cast(Any, {dataset.id: dataset for dataset in DATASETS})
)


@pytest.mark.parametrize(
    ("value", "trim", "shown"),
    [
        (Decimal("5"), False, 5),
        (Decimal("5.50"), False, "5.50"),
        ("A  ", True, "A"),
        ("A  ", False, "A  "),
        (date(2025, 12, 31), False, "2025-12-31"),
        (datetime(2025, 12, 31, 6, 0), False, "2025-12-31T06:00:00"),
        (None, True, None),
        (7, False, 7),
    ],
)
def test_a_key_value_is_what_json_can_say(value: object, trim: bool, shown: object) -> None:
    assert plain(value, trim) == shown


def test_a_dataset_may_be_named_with_or_without_its_system() -> None:
    assert targets(DECLARED, "siak", None) == DATASETS
    assert targets(DECLARED, "siak", "biodata") == targets(DECLARED, "siak", "siak.biodata") == (DATASETS[1],)


@pytest.mark.parametrize(("system", "dataset"), [("siap", None), ("siak", "biodat")])
def test_an_unknown_name_says_which_ones_there_are(system: str, dataset: str | None) -> None:
    with pytest.raises(UnknownTarget, match=r"biodata|siak"):
        targets(DECLARED, system, dataset)


def test_rows_are_read_by_number_and_in_order(tmp_path: Path) -> None:
    folder = tmp_path / "quarantine" / "siak" / "biodata" / "batch=b1"
    folder.mkdir(parents=True)
    pq.write_table(pa.table({"_row": [9, 3, 5], "nik": ["c", "a", "b"]}), folder / "part-0.parquet")
    (folder / "_SUCCESS").touch()
    found = stored_rows(tmp_path, cast(Any, DATASETS[1]), "b1", [9, 3], ("nik", "_row", "tidak_ada"))
    assert found.to_pylist() == [{"nik": "a", "_row": 3}, {"nik": "c", "_row": 9}]


def test_a_lost_folder_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"siak\.biodata, batch b1: .*batch=b1 is missing"):
        stored_rows(tmp_path, cast(Any, DATASETS[1]), "b1", [1])


def test_rows_are_grouped_by_batch_in_landing_order() -> None:
    rows = [SimpleNamespace(batch_id=b, row_no=n) for b, n in (("1", 4), ("1", 7), ("2", 1))]
    assert by_batch(cast(Any, rows)) == {"1": [4, 7], "2": [1]}


class Ledger:
    """A ledger with two batches, no refused row, and a list of who looked."""

    batches: ClassVar = {"siak-000001-siak.biodata": "siak.biodata", "sismiop-000001-sismiop.sppt": "sismiop.sppt"}

    def __init__(self) -> None:
        self.looks: list[str] = []

    def batch(self, batch: str) -> Any:
        if batch not in self.batches:
            raise NotInLedger(batch)
        return SimpleNamespace(dataset=self.batches[batch])

    def refused_rows(self, **_: object) -> list[Any]:
        return []

    def halts(self, dataset: str) -> list[Any]:
        return []

    def audit(self, actor: str, action: str, subject: str, details: dict[str, Any]) -> None:
        self.looks.append(actor)
        self.clear = details["clear"]


@pytest.mark.parametrize(
    ("dataset", "asked", "says"),
    [
        pytest.param(None, {"rule": "nope:x"}, "'nope:x' tidak dikenal", id="no such rule"),
        pytest.param("biodata", {"rule": "kode:agma"}, "mirip: kode:agama", id="a rule misspelt"),
        pytest.param(None, {"batch": "siak-000099-x"}, "'siak-000099-x' tidak ada", id="no such batch"),
        pytest.param(
            None, {"batch": "sismiop-000001-sismiop.sppt"}, "milik dataset sismiop.sppt", id="another's batch"
        ),
        pytest.param("keluarga", {"batch": "siak-000001-siak.biodata"}, "bukan siak.keluarga", id="of another dataset"),
    ],
)
def test_what_is_not_there_is_named_and_nobody_has_looked(
    monkeypatch: pytest.MonkeyPatch, dataset: str | None, asked: dict[str, str], says: str
) -> None:
    ledger = cast(Any, Ledger())
    monkeypatch.setattr(quarantine, "load", lambda: DECLARED)
    with pytest.raises(UnknownTarget, match=says):
        refused_rows("siak", dataset, actor="cli:budi", ledger=ledger, **asked)
    assert ledger.looks == []
    known = {"rule": "kode:agama", "batch": "siak-000001-siak.biodata"}
    assert refused_rows("siak", "biodata", actor="cli:budi", ledger=ledger, **known) == []
    assert ledger.looks == ["cli:budi"]
    assert ledger.clear
    refused_rows("siak", "biodata", actor="cli:budi", clear=False, ledger=ledger, **known)
    assert not ledger.clear


@pytest.mark.parametrize(
    ("dataset", "key", "shown"),
    [
        pytest.param("siak.biodata_wni", {"nik": "3515084101900001"}, {"nik": "351508**********"}, id="by its type"),
        pytest.param("siak.biodata_wni", {"nik": "O515084101900001"}, {"nik": "***"}, id="a form that no mask fits"),
        pytest.param("siak.biodata_wni", {"nik": "351508\n4101900001"}, {"nik": "***"}, id="a line that breaks"),
        pytest.param("siak.biodata_wni", {"nik": None}, {"nik": None}, id="none"),
        pytest.param("siak.capil_mati", {"mati_no": "3515-KM-1"}, {"mati_no": "***"}, id="secret without a mask"),
        pytest.param("sismiop.sppt", {"kd_kecamatan": "010"}, {"kd_kecamatan": "010"}, id="a place is no secret"),
    ],
)
def test_who_does_not_own_a_row_sees_its_key_shaded(
    dataset: str, key: dict[str, str | None], shown: dict[str, str | None]
) -> None:
    declared = load()
    reasons = ["NIK 3515084101900001 bukan NIK yang sah.", "Agama 9 tidak ada dalam daftar kode."]
    row = {"dataset": dataset, "batch": "b", "row": 4, "key": key, "rules": ["nik:nik"], "reasons": reasons}
    assert shaded(row, declared.datasets[dataset], declared) == {
        **row,
        "key": shown,
        "reasons": ["NIK [16 angka] bukan NIK yang sah.", reasons[1]],
    }


def test_every_mask_lets_something_be_seen_and_hides_the_rest() -> None:
    masks = {kind.name: kind.shade("3" * 16) for kind in load().types.values() if kind.mask is not None}
    assert {"nik", "kk", "nip", "nop", "npwp", "nisn", "nuptk", "icd10"} <= set(masks)
    assert all(re.fullmatch(r"3+\*+", shown) and shown.count("3") <= 10 for shown in masks.values()), masks
