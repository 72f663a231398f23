"""The audit chain against whoever owns the database, and against whoever reaches the checkpoints' file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from lumbung.ledger import Ledger
from lumbung.ledger.checkpoint import checkpoint_file, verify_checkpoints, write_checkpoint
from lumbung.settings import Audit, Settings, settings
from tests.integration.ledger_support import Database, fresh_ledger

OFF = "ALTER TABLE ledger.audit DISABLE TRIGGER audit_append_only"
ON = "ALTER TABLE ledger.audit ENABLE TRIGGER audit_append_only"


@pytest.fixture(scope="module")
def pair() -> Iterator[tuple[Ledger, Database]]:
    with fresh_ledger("audit") as made:
        yield made


@pytest.fixture
def place(tmp_path: Path) -> Settings:
    data = settings().model_dump() | {"state": tmp_path, "audit": Audit(copies=(tmp_path / "salinan",))}
    for derived in ("spool", "warehouse", "data_docs", "logs", "secrets"):
        data.pop(derived)
    (tmp_path / "secrets").mkdir()
    return Settings(**data)


def owner(database: Database, *statements: str) -> None:
    """Do it with the account that owns the ledger, which can switch the guard off."""
    with psycopg.connect(database.url("lumbung_owner"), autocommit=True) as connection:
        for statement in (OFF, *statements, ON):
            connection.execute(statement.encode())


@pytest.fixture
def chain(pair: tuple[Ledger, Database], place: Settings) -> Ledger:
    """Nine entries and three checkpoints: after 3, 6 (one of them says what the first checkpoint was) and 9."""
    ledger, database = pair
    owner(database, "TRUNCATE ledger.audit")
    for number, each in enumerate((3, 2, 2)):
        for entry in range(each):
            ledger.audit(f"orang-{number}", "coba", f"hal-{entry}", {"nomor": entry})
        assert write_checkpoint(ledger, place) is not None
    assert ledger.audit_head().size == 9
    assert verify_checkpoints(ledger, place) == []
    return ledger


SWAP = (
    "UPDATE ledger.audit SET seq = -1 WHERE seq = 4",
    "UPDATE ledger.audit SET seq = 4 WHERE seq = 5",
    "UPDATE ledger.audit SET seq = 5 WHERE seq = -1",
)


@pytest.mark.parametrize(
    ("statements", "words"),
    [
        pytest.param(("UPDATE ledger.audit SET actor = 'lain' WHERE seq = 5",), "entry 5 (coba hal-", id="edited"),
        pytest.param(("DELETE FROM ledger.audit WHERE seq = 5",), "entry 5 is missing", id="deleted"),
        pytest.param(SWAP, "does not follow the hash", id="reordered"),
        pytest.param(("DELETE FROM ledger.audit WHERE seq > 6",), "the checkpoint knew 9: the end was cut", id="cut"),
        pytest.param(("TRUNCATE ledger.audit",), "the checkpoint knew 9: the end was cut", id="emptied"),
    ],
)
def test_what_the_databases_owner_does_is_seen(
    chain: Ledger, pair: tuple[Ledger, Database], place: Settings, statements: tuple[str, ...], words: str
) -> None:
    owner(pair[1], *statements)
    problems = verify_checkpoints(chain, place)
    assert any(words in problem for problem in problems), problems


def test_a_chain_that_was_cut_and_continued_is_seen(
    chain: Ledger, pair: tuple[Ledger, Database], place: Settings
) -> None:
    owner(pair[1], "DELETE FROM ledger.audit WHERE seq > 4")
    for number in range(9):
        chain.audit("lain", "coba", f"baru-{number}")
    assert chain.verify_audit() == []  # the chain alone looks whole
    assert any("entry 9 is not the one of the checkpoint" in one for one in verify_checkpoints(chain, place))


def test_a_checkpoints_file_that_was_removed_or_put_back_is_seen(chain: Ledger, place: Settings) -> None:
    file = checkpoint_file(place)
    before = file.read_text().splitlines(keepends=True)
    file.unlink()
    assert any("it was removed" in problem for problem in verify_checkpoints(chain, place))
    file.write_text(before[0])
    assert any("the file was cut or put back" in problem for problem in verify_checkpoints(chain, place))
    file.write_text("".join(before).replace('"size": 9', '"size": 8'))
    assert any("wrong signature" in problem for problem in verify_checkpoints(chain, place))


def test_chain_and_file_cut_to_the_same_moment_are_seen_by_the_copy_elsewhere(
    chain: Ledger, pair: tuple[Ledger, Database], place: Settings
) -> None:
    file = checkpoint_file(place)
    file.write_text(file.read_text().splitlines(keepends=True)[0])
    owner(pair[1], "DELETE FROM ledger.audit WHERE seq > 3")
    problems = verify_checkpoints(chain, place)
    assert any("the file was cut" in problem for problem in problems)
    assert any("the checkpoint knew 9: the end was cut" in problem for problem in problems)
    without = place.model_copy(update={"audit": Audit()})
    assert verify_checkpoints(chain, without) == []  # whoever holds both: only another place can tell
