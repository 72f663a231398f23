"""The verdict on a batch: its four counts, its rule counts, and every refused row, open until its key comes again."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from lumbung.ledger.base import Store, now
from lumbung.ledger.batches import locked_batch, must_step
from lumbung.ledger.errors import CountsError
from lumbung.ledger.records import Batch, Counts, RefusedKey, RefusedRow, RuleCount
from lumbung.ledger.schema import batch, refused, rule_count

_CHUNK = 10_000
_RULE_COUNT = ("rule", "severity", "count", "gx_count")


class Refused(Store):
    """Validation results and the life of refused rows."""

    def validated(
        self,
        batch_id: str,
        counts: Counts,
        rules: Sequence[RuleCount],
        refused_keys: Iterable[RefusedKey],
        inputs_digest: str,
        same_as: str | None = None,
    ) -> bool:
        """Counts, rule counts and refused rows of a batch in one transaction. False when it was validated already.

        With `same_as` (unchanged content) the refused rows stay those of the earlier batch and none are given here.
        Raises CountsError when the numbers do not add up, StateError from a wrong state.
        """
        with self.transaction() as connection:
            known = locked_batch(connection, batch_id)
            if not must_step(known, "validated"):
                return False
            _check_counts(known, counts)
            written = _copy_refused(connection, known, refused_keys)
            expected = 0 if same_as is not None else counts.quarantined
            if written != expected:
                raise CountsError(
                    f"batch {batch_id} of {known.dataset}: {counts.quarantined} rows counted as quarantined but "
                    f"{written} refused rows given"
                )
            if rules:
                connection.execute(
                    insert(rule_count),
                    [
                        {
                            "batch_id": batch_id,
                            "rule": r.rule,
                            "severity": r.severity,
                            "count": r.count,
                            "gx_count": r.gx_count,
                        }
                        for r in rules
                    ],
                )
            connection.execute(
                update(batch)
                .where(batch.c.id == batch_id)
                .values(
                    state="validated",
                    accepted=counts.accepted,
                    quarantined=counts.quarantined,
                    duplicate=counts.duplicate,
                    inputs_digest=inputs_digest,
                    same_as=same_as,
                    validated_at=now(),
                )
            )
            return True

    def rule_counts(self, batch_id: str) -> list[RuleCount]:
        """Rule counts of a batch, by rule id."""
        query = select(rule_count).where(rule_count.c.batch_id == batch_id).order_by(rule_count.c.rule)
        return [RuleCount(**{name: row._mapping[name] for name in _RULE_COUNT}) for row in self._all(query)]

    def close_refused(self, batch_id: str, row_nos: Sequence[int] | None, closed_by_batch: str | None, why: str) -> int:
        """Close open refused rows of a batch (None: all of them); how many were closed."""
        with self.transaction() as connection:
            query = update(refused).where(refused.c.batch_id == batch_id, refused.c.state == "open")
            if row_nos is not None:
                query = query.where(refused.c.row_no.in_(row_nos))
            closed = connection.execute(query.values(state="closed", closed_by=closed_by_batch, why=why, at=now()))
            return closed.rowcount

    def close_refused_keys(self, dataset: str, key_hashes: Iterable[str], closed_by_batch: str, why: str) -> int:
        """Close the dataset's open refused rows of these keys, those of `closed_by_batch` itself excepted."""
        closed = 0
        with self.transaction() as connection:
            for chunk in _chunks(key_hashes):
                closed += connection.execute(
                    update(refused)
                    .where(refused.c.dataset == dataset, refused.c.state == "open")
                    .where(refused.c.key_hash.in_(chunk), refused.c.batch_id != closed_by_batch)
                    .values(state="closed", closed_by=closed_by_batch, why=why, at=now())
                ).rowcount
        return closed

    def open_refused(self, dataset: str) -> list[tuple[str, int]]:
        """Batches of the dataset with open refused rows and how many, in landing order."""
        query = (
            select(refused.c.batch_id, func.count().label("rows"))
            .join(batch, batch.c.id == refused.c.batch_id)
            .where(refused.c.dataset == dataset, refused.c.state == "open")
            .group_by(refused.c.batch_id, batch.c.landed_seq)
            .order_by(batch.c.landed_seq)
        )
        return [(row.batch_id, row.rows) for row in self._all(query)]

    def refused_rows(
        self, dataset: str | None = None, batch_id: str | None = None, state: str | None = "open"
    ) -> list[RefusedRow]:
        """Refused rows of a dataset or batch in landing and row order; `state` None gives closed ones too."""
        query = select(refused).join(batch, batch.c.id == refused.c.batch_id)
        for column, value in (
            (refused.c.dataset, dataset),
            (refused.c.batch_id, batch_id),
            (refused.c.state, state),
        ):
            if value is not None:
                query = query.where(column == value)
        return [RefusedRow(**row._mapping) for row in self._all(query.order_by(batch.c.landed_seq, refused.c.row_no))]


def _check_counts(known: Batch, counts: Counts) -> None:
    if not counts.balanced:
        raise CountsError(f"batch {known.id} of {known.dataset}: {counts} does not add up")
    if known.received is not None and known.received != counts.received:
        raise CountsError(
            f"batch {known.id} of {known.dataset}: {known.received} rows were read from the source, "
            f"{counts.received} were validated"
        )


def _chunks(values: Iterable[str]) -> Iterator[list[str]]:
    chunk: list[str] = []
    for value in values:
        chunk.append(value)
        if len(chunk) == _CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _copy_refused(connection: Connection, known: Batch, keys: Iterable[RefusedKey]) -> int:
    """Write the refused rows by COPY; how many there were."""
    driver: Any = connection.connection.driver_connection
    written = 0
    with driver.cursor() as cursor:
        statement = "COPY ledger.refused (batch_id, row_no, dataset, key_hash, state) FROM STDIN"
        with cursor.copy(statement) as copy:
            for key in keys:
                copy.write_row((known.id, key.row_no, known.dataset, key.key_hash, "open"))
                written += 1
    return written
