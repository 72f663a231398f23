"""What upkeep did: removals of files whose time was over, in plans that a named person or the schedule applied.

A removal is written down before the files go: a process that dies in between leaves files that the ledger already
counts as removed, never rows that nobody can account for.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Row, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from lumbung.ledger.audit import append_audit
from lumbung.ledger.base import Store, now
from lumbung.ledger.schema import maintenance, mart_refresh, publication, refused, removal

Part = Literal["raw", "quarantine"]


@dataclass(frozen=True, slots=True)
class Maintenance:
    """One applied plan; `steps` is the JSON that `checksum` was computed over."""

    id: int
    checksum: str
    actor: str
    steps: Sequence[Mapping[str, Any]]
    state: Literal["running", "done", "failed"]
    error: str | None
    opened_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class Removal:
    """The files of a batch in raw or quarantine that were removed: how many rows and bytes they held."""

    batch_id: str
    part: Part
    dataset: str
    rows: int
    bytes: int
    maintenance_id: int
    at: datetime


def _maintenance(row: Row[Any]) -> Maintenance:
    return Maintenance(**row._mapping)


class Upkeep(Store):
    """Plans and removals."""

    def open_maintenance(
        self, checksum: str, actor: str, steps: Sequence[Mapping[str, Any]], summary: Mapping[str, Any]
    ) -> Maintenance:
        """Write down the plan that is about to be applied, and by whom; `summary` goes into the audit chain."""
        with self.transaction() as connection:
            row = connection.execute(
                insert(maintenance)
                .values(
                    checksum=checksum, actor=actor, steps=[dict(s) for s in steps], state="running", opened_at=now()
                )
                .returning(maintenance)
            ).one()
            append_audit(connection, actor, "maintenance.open", f"maintenance-{row.id}", {**summary, "plan": checksum})
            return _maintenance(row)

    def unfinished_maintenance(self, checksum: str) -> Maintenance | None:
        """The newest plan of this checksum that was not carried through, if any."""
        row = self._one(
            select(maintenance)
            .where(maintenance.c.checksum == checksum, maintenance.c.state != "done")
            .order_by(maintenance.c.id.desc())
            .limit(1)
        )
        return None if row is None else _maintenance(row)

    def finish_maintenance(
        self, maintenance_id: int, actor: str, state: Literal["done", "failed"], error: str | None = None
    ) -> None:
        """Close a plan; a failed one can be applied again under its checksum."""
        with self.transaction() as connection:
            connection.execute(
                update(maintenance)
                .where(maintenance.c.id == maintenance_id)
                .values(state=state, error=error, finished_at=now())
            )
            detail = {"error": error} if error else {}
            append_audit(connection, actor, f"maintenance.{state}", f"maintenance-{maintenance_id}", detail)

    def remove_part(
        self, batch_id: str, part: Part, dataset: str, rows: int, size: int, maintenance_id: int
    ) -> Removal:
        """Count the files of a batch as removed; asked again it gives the record that is there.

        With the quarantine of a batch go the hashes of its closed rows' keys: a hash of a NIK is a personal value.
        """
        with self.transaction() as connection:
            connection.execute(
                upsert(removal)
                .values(
                    batch_id=batch_id,
                    part=part,
                    dataset=dataset,
                    rows=rows,
                    bytes=size,
                    maintenance_id=maintenance_id,
                    at=now(),
                )
                .on_conflict_do_nothing()
            )
            if part == "quarantine":
                connection.execute(
                    update(refused)
                    .where(refused.c.batch_id == batch_id, refused.c.state == "closed")
                    .values(key_hash="")
                )
            row = connection.execute(
                select(removal).where(removal.c.batch_id == batch_id, removal.c.part == part)
            ).one()
            return Removal(**row._mapping)

    def removals(self, part: Part, dataset: str | None = None) -> dict[str, Removal]:
        """What was removed from raw or quarantine, by batch."""
        query = select(removal).where(removal.c.part == part)
        if dataset is not None:
            query = query.where(removal.c.dataset == dataset)
        return {row.batch_id: Removal(**row._mapping) for row in self._all(query)}

    def refused_states(self, dataset: str) -> dict[str, tuple[int, int]]:
        """Per batch of the dataset: refused rows in all, and those still open."""
        still_open = func.count().filter(refused.c.state == "open").label("open")
        query = (
            select(refused.c.batch_id, func.count().label("all"), still_open)
            .where(refused.c.dataset == dataset)
            .group_by(refused.c.batch_id)
        )
        return {row.batch_id: (row.all, row.open) for row in self._all(query)}

    def mart_snapshots(self, refreshes: int) -> list[tuple[str, int | None, Mapping[str, Any]]]:
        """(mart, snapshot, inputs) of the newest refreshes of every mart and of what is published."""
        rank = func.row_number().over(partition_by=mart_refresh.c.mart, order_by=mart_refresh.c.id.desc())
        ranked = select(mart_refresh, rank.label("rank")).subquery()
        newest = self._all(
            select(ranked.c.mart, ranked.c.snapshot_id, ranked.c.inputs).where(ranked.c.rank <= refreshes)
        )
        shown = (
            select(publication.c.publication, func.max(publication.c.id).label("id"))
            .where(publication.c.state.in_(("published", "unchanged")))
            .group_by(publication.c.publication)
            .subquery()
        )
        published = self._all(
            select(mart_refresh.c.mart, mart_refresh.c.snapshot_id, mart_refresh.c.inputs)
            .join(
                publication,
                (publication.c.mart == mart_refresh.c.mart)
                & (publication.c.mart_snapshot == mart_refresh.c.snapshot_id),
            )
            .join(shown, shown.c.id == publication.c.id)
        )
        return [(row.mart, row.snapshot_id, row.inputs) for row in (*newest, *published)]
