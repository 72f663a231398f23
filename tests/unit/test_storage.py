"""All-or-nothing folders, manifests, and what a reader accepts."""

import errno
from pathlib import Path

import pytest

from lumbung import storage


def manifest(folder: Path, **other: object) -> storage.Manifest:
    fields = (storage.ManifestField(name="_row", type="int64"),)
    values: dict[str, object] = {
        "batch": "uji-000001-uji.orang",
        "run": "uji-000001",
        "system": "uji",
        "dataset": "uji.orang",
        "mode": "full",
        "contract_version": "1.0.0",
        "rows": 1,
        "digest": "d",
        "fields": fields,
        "schema_digest": storage.schema_digest(fields),
        "files": (storage.describe_file(folder / storage.DATA_FILE),),
    }
    return storage.Manifest.model_validate(values | other)


def test_a_folder_appears_whole(tmp_path: Path) -> None:
    final = tmp_path / "a" / "b"
    with storage.new_directory(final, "uji") as temporary:
        (temporary / "x").write_text("1")
        assert not final.exists()
    assert [path.name for path in final.iterdir()] == ["x"]
    assert [path.name for path in final.parent.iterdir()] == ["b"]


def test_a_folder_that_fails_leaves_nothing_and_keeps_the_old_one(tmp_path: Path) -> None:
    final = tmp_path / "b"
    with storage.new_directory(final, "uji") as temporary:
        (temporary / "lama").write_text("1")
    with pytest.raises(RuntimeError), storage.new_directory(final, "uji") as temporary:
        (temporary / "baru").write_text("2")
        raise RuntimeError
    assert [path.name for path in tmp_path.iterdir()] == ["b"]
    assert [path.name for path in final.iterdir()] == ["lama"]


def test_what_a_killed_attempt_left_is_replaced(tmp_path: Path) -> None:
    left = tmp_path / ".b.tmp"
    left.mkdir()
    (left / "setengah").write_text("x")
    with storage.new_directory(tmp_path / "b", "uji") as temporary:
        (temporary / "x").write_text("1")
    assert [path.name for path in (tmp_path / "b").iterdir()] == ["x"]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_a_full_disk_names_folder_and_bytes(tmp_path: Path, number: int) -> None:
    with (
        pytest.raises(storage.StorageFull, match=rf"batch b1: tidak ada ruang di {tmp_path} \(5 byte sudah tertulis"),
        storage.new_directory(tmp_path / "b", "batch b1") as temporary,
    ):
        (temporary / "x").write_text("12345")
        raise OSError(number, "No space left on device")
    assert list(tmp_path.iterdir()) == []


def test_other_errors_of_the_disk_stay_what_they_are(tmp_path: Path) -> None:
    with pytest.raises(PermissionError), storage.new_directory(tmp_path / "b", "uji"):
        raise PermissionError(errno.EACCES, "no")


def test_a_raw_folder_without_success_does_not_count(tmp_path: Path) -> None:
    (tmp_path / storage.DATA_FILE).write_bytes(b"x")
    one = manifest(tmp_path)
    storage.write_raw(tmp_path, one)
    assert storage.read_manifest(tmp_path) == one
    (tmp_path / storage.SUCCESS_FILE).unlink()
    with pytest.raises(storage.StorageError, match="holds no _SUCCESS"):
        storage.read_manifest(tmp_path)


def test_an_empty_folder_has_no_manifest(tmp_path: Path) -> None:
    with pytest.raises(storage.StorageError, match="holds no manifest"):
        storage.read_manifest(tmp_path)


@pytest.mark.parametrize("content", [b"y", b"xx", None], ids=["changed", "longer", "missing"])
def test_a_data_file_is_held_against_its_manifest(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / storage.DATA_FILE
    path.write_bytes(b"x")
    file = storage.describe_file(path)
    storage.check_file(tmp_path, file, "b1")
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(storage.StorageError, match="batch b1"):
        storage.check_file(tmp_path, file, "b1")


def test_paths_are_those_that_readers_expect(tmp_path: Path) -> None:
    raw = storage.raw_batch_path(tmp_path, "siak", "biodata_wni", 2, "siak-000001-siak.biodata_wni")
    assert raw == tmp_path / "raw/siak/biodata_wni/v2/batch=siak-000001-siak.biodata_wni"
    assert storage.spool_batch_path(tmp_path, "siak-000001", "b") == tmp_path / "siak-000001" / "b"


def test_the_schema_digest_sees_names_types_and_order() -> None:
    a, b = storage.ManifestField(name="a", type="string"), storage.ManifestField(name="b", type="string")
    digests = {
        storage.schema_digest((a, b)),
        storage.schema_digest((b, a)),
        storage.schema_digest((a, b.model_copy(update={"type": "int32"}))),
        storage.schema_digest((a, b.model_copy(update={"source_type": "text"}))),
    }
    assert len(digests) == 4
