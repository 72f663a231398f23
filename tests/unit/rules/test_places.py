"""Where the files of a validated batch lie."""

from pathlib import Path
from types import SimpleNamespace

from lumbung.rules.places import places


def test_unfinished_work_is_beside_the_finished_and_never_taken_for_it() -> None:
    dataset = SimpleNamespace(system="siak", name="biodata_wni")
    where = places(Path("/gudang"), dataset, "siak-000001-siak.biodata_wni")  # type: ignore[arg-type]
    base = Path("/gudang/valid/siak/biodata_wni")
    assert where.valid == base / "siak-000001-siak.biodata_wni"
    assert where.keys == base / "siak-000001-siak.biodata_wni.keys"
    assert where.work.parent == base
    assert where.work.name.endswith(".tmp")
    assert where.quarantine == Path("/gudang/quarantine/siak/biodata_wni/batch=siak-000001-siak.biodata_wni")
