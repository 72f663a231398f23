"""Files that departments dropped: what came, what became of it, and which batch was read from which."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, delete, insert, select, update

from lumbung.ledger.audit import append_audit
from lumbung.ledger.base import Store, now, utc
from lumbung.ledger.schema import batch_file, source_file

FileState = Literal["arrived", "received", "superseded", "duplicate", "refused"]
"""Kept but not landed; landed and in force; replaced by a later one of its period; the same bytes again; refused."""

ACTIVE: tuple[FileState, ...] = ("arrived", "received")


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file as it came. `folder`: the drop folder's name; `dataset` None: nobody's name.

    `modified_at`: the department's clock, `changed_ns`: the file system's (with `name` it tells whether a file that
    lies there is this one). `rows`: rows received from it. `left_at`: since when it is gone from the drop folder.
    `removed_at`: since when its kept original is gone, `removed_why`: and why.
    """

    id: int
    system: str
    dataset: str | None
    folder: str
    name: str
    periode: str | None
    sha256: str
    bytes: int
    modified_at: datetime
    changed_ns: int
    rows: int | None
    state: FileState
    reason: str | None
    batch_id: str | None
    arrived_at: datetime
    left_at: datetime | None
    removed_at: datetime | None
    removed_why: str | None


class Files(Store):
    """The dropped files of all systems."""

    def add_file(
        self,
        system: str,
        dataset: str | None,
        folder: str,
        name: str,
        periode: str | None,
        sha256: str,
        size: int,
        modified_at: datetime,
        changed_ns: int,
        state: FileState,
        actor: str,
        rows: int | None = None,
        reason: str | None = None,
    ) -> SourceFile:
        """Write down a file that came. A refused one goes into the audit chain."""
        values = {
            "system": system,
            "dataset": dataset,
            "folder": folder,
            "name": name,
            "periode": periode,
            "sha256": sha256,
            "bytes": size,
            "modified_at": utc(modified_at, "modified at"),
            "changed_ns": changed_ns,
            "rows": rows,
            "state": state,
            "reason": reason,
            "arrived_at": now(),
        }
        with self.transaction() as connection:
            row = connection.execute(insert(source_file).values(values).returning(source_file)).one()
            if state == "refused":
                append_audit(connection, actor, "file.refuse", f"{system}/{name}", {"sha256": sha256, "reason": reason})
            return SourceFile(**row._mapping)

    def files(
        self, system: str | None = None, dataset: str | None = None, states: Sequence[FileState] = ()
    ) -> list[SourceFile]:
        """Files in the order of their arrival."""
        query = select(source_file).order_by(source_file.c.id)
        if system is not None:
            query = query.where(source_file.c.system == system)
        if dataset is not None:
            query = query.where(source_file.c.dataset == dataset)
        if states:
            query = query.where(source_file.c.state.in_(states))
        return [SourceFile(**row._mapping) for row in self._all(query)]

    def files_in_force(self, dataset: str) -> list[SourceFile]:
        """The newest accepted file of every period, in the order of the periods."""
        newest = {file.periode or "": file for file in self.files(dataset=dataset, states=ACTIVE)}
        return [newest[periode] for periode in sorted(newest)]

    def files_of_batch(self, batch_id: str) -> list[SourceFile]:
        """The files that a batch was read from."""
        query = (
            select(source_file)
            .join(batch_file, batch_file.c.file_id == source_file.c.id)
            .where(batch_file.c.batch_id == batch_id)
            .order_by(source_file.c.id)
        )
        return [SourceFile(**row._mapping) for row in self._all(query)]

    def read_from(self, batch_id: str, file_ids: Iterable[int]) -> None:
        """Write down which files a batch was read from; a later attempt replaces what an earlier one wrote."""
        with self.transaction() as connection:
            connection.execute(delete(batch_file).where(batch_file.c.batch_id == batch_id))
            for file_id in file_ids:
                connection.execute(insert(batch_file).values(batch_id=batch_id, file_id=file_id))

    def file_left(self, file_id: int) -> None:
        """The file is gone from the drop folder."""
        with self.transaction() as connection:
            connection.execute(update(source_file).where(source_file.c.id == file_id).values(left_at=now()))

    def original_removed(self, file_id: int, why: str) -> None:
        """The kept original goes; asked again the first reason stands."""
        with self.transaction() as connection:
            connection.execute(
                update(source_file)
                .where(source_file.c.id == file_id, source_file.c.removed_at.is_(None))
                .values(removed_at=now(), removed_why=why)
            )


def files_landed(connection: Connection, batch_id: str) -> None:
    """With the batch its files have landed, and what they replace is superseded; in the batch's own transaction."""
    mine = select(batch_file.c.file_id).where(batch_file.c.batch_id == batch_id)
    landed = connection.execute(select(source_file).where(source_file.c.id.in_(mine))).all()
    if not landed:
        return
    connection.execute(
        update(source_file)
        .where(source_file.c.id.in_([file.id for file in landed]), source_file.c.state == "arrived")
        .values(state="received", batch_id=batch_id)
    )
    for file in landed:
        connection.execute(
            update(source_file)
            .where(source_file.c.dataset == file.dataset, source_file.c.periode.is_not_distinct_from(file.periode))
            .where(source_file.c.id < file.id, source_file.c.state.in_(ACTIVE))
            .values(state="superseded", reason=f"digantikan {file.name}")
        )
