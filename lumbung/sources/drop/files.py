"""Dropped files as a source: for every period the newest accepted file, read whole each time from its kept original.

What has arrived was taken in before (`arrivals`), so the view is the ledger's: a list of files that never change.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pyarrow as pa

from lumbung.declarations.models import Dataset, System
from lumbung.declarations.names import FILE_DEFECT, FILE_EXTRAS, FILE_LINE, FILE_NAME
from lumbung.ledger import Ledger, SourceFile
from lumbung.settings import Settings
from lumbung.sources.arrow import LOST_COLUMN
from lumbung.sources.digest import ContentDigest
from lumbung.sources.drop.filetable import FileRefused, Row
from lumbung.sources.drop.originals import inbox, open_table, original_path
from lumbung.sources.errors import DatasetStopped, SourceUnavailable
from lumbung.sources.schema import Drift, contract_place, read_columns, reserved_names
from lumbung.sources.window import Window

_BATCH_ROWS: Final = 8_192
_BATCH_CHARACTERS: Final = 4 << 20
_SEPARATOR: Final = "\x1f"
_NULL: Final = "\x00"


@dataclass(frozen=True, slots=True)
class FilePart:
    """A file as a part of a dataset (see `snapshot.Part`)."""

    label: str
    period: str | None


@dataclass(frozen=True, slots=True)
class PreparedFiles:
    """How one dataset is read (see `snapshot.Prepared`)."""

    dataset: Dataset
    files: tuple[SourceFile, ...]
    schema: pa.Schema

    @property
    def source_types(self) -> Mapping[str, str]:
        """Every column of a file is text."""
        return {column.name: column.physical for column in read_columns(self.dataset)}

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the files."""
        return tuple(file.name for file in self.files)


class FilesSnapshot:
    """The files in force at one moment (see `snapshot.Snapshot`)."""

    def __init__(
        self, place: Settings, files: Mapping[str, tuple[SourceFile, ...]], clock: datetime, label: str
    ) -> None:
        self._place = place
        self._files = files
        self._remarks: dict[str, tuple[str, ...]] = {}
        self.clock = clock
        self.label = label

    def days_only(self, dataset: Dataset) -> bool:
        """Files have no cursor."""
        return False

    def present(self, dataset: Dataset) -> bool:
        """Whether a file was ever accepted."""
        return bool(self._files[dataset.id])

    def files(self, dataset: Dataset) -> tuple[int, ...]:
        """The ledger's numbers of the files in force."""
        return tuple(file.id for file in self._files[dataset.id])

    def drift(self, dataset: Dataset, root: Path) -> Drift:
        """Originals that are gone, and headers that the present contract does not fit: none of them is an absence."""
        errors = list(reserved_names(dataset))
        place = contract_place(root, dataset)
        for file in self._files[dataset.id]:
            path = original_path(self._place.warehouse, file)
            if not path.is_file():
                errors.append(f"berkas asal {path} hilang dari gudang; pulihkan dari cadangan atau minta kirim ulang")
                continue
            try:
                with open_table(path, dataset):
                    pass
            except FileRefused as error:
                errors.append(f"berkas {file.name} tidak lagi sesuai kontrak {place}: {error}")
        return Drift(tuple(errors), ())

    def prepare(self, dataset: Dataset) -> PreparedFiles:
        """Every column as text, then where it stood and what is wrong with its line."""
        fields = [(column.name, pa.string()) for column in read_columns(dataset)]
        own = [(name, pa.int64() if name == FILE_LINE else pa.string()) for name in FILE_EXTRAS]
        return PreparedFiles(dataset, self._files[dataset.id], pa.schema([*fields, *own, (LOST_COLUMN, pa.string())]))

    def read(
        self, prepared: PreparedFiles, window: Window | None, digest: ContentDigest
    ) -> Iterator[tuple[FilePart, pa.RecordBatch]]:
        """All rows of the files in force, period by period. The digest is over what was written, not over where.

        Raises DatasetStopped for a file that the present contract does not fit.
        """
        remarks = [] if prepared.files else ["belum ada berkas yang diterima"]
        for file in prepared.files:
            part = FilePart(file.name, file.periode)
            try:
                with open_table(original_path(self._place.warehouse, file), prepared.dataset) as table:
                    for rows in _portions(table.rows(), file, digest):
                        yield part, _record_batch(rows, file.name, prepared.schema)
                    remarks += [f"berkas {file.name}: {said}" for said in table.account.remarks]
            except FileRefused as error:
                raise DatasetStopped(f"berkas {file.name} tidak lagi sesuai kontraknya: {error}") from None
        self._remarks[prepared.dataset.id] = tuple(remarks)

    def remarks(self, dataset: Dataset) -> tuple[str, ...]:
        """What was noticed in the files while they were read."""
        return self._remarks.get(dataset.id, ())

    def future_rows(self, dataset: Dataset) -> int:
        """Files have no cursor."""
        return 0


def _portions(rows: Iterator[Row], file: SourceFile, digest: ContentDigest) -> Iterator[list[Row]]:
    """Rows in portions that memory holds, added to the digest."""
    period = file.periode or ""
    held: list[Row] = []
    characters = 0
    for row in rows:
        text = _SEPARATOR.join(
            [_NULL if value is None else value for value in (period, *row.values, row.lost, row.defect)]
        )
        digest.add(text.encode())
        held.append(row)
        characters += len(text)
        if len(held) >= _BATCH_ROWS or characters >= _BATCH_CHARACTERS:
            yield held
            held, characters = [], 0
    if held:
        yield held


def _record_batch(rows: list[Row], name: str, schema: pa.Schema) -> pa.RecordBatch:
    columns = [pa.array(column, pa.string()) for column in zip(*(row.values for row in rows), strict=True)]
    own = {
        FILE_NAME: pa.repeat(pa.scalar(name, pa.string()), len(rows)),
        FILE_LINE: pa.array([row.line for row in rows], pa.int64()),
        FILE_DEFECT: pa.array([row.defect for row in rows], pa.string()),
    }
    lost = pa.array([row.lost for row in rows], pa.string())
    return pa.RecordBatch.from_arrays([*columns, *(own[extra] for extra in FILE_EXTRAS), lost], schema=schema)


@contextmanager
def open_files(place: Settings, system: System, datasets: Sequence[Dataset]) -> Iterator[FilesSnapshot]:
    """The files in force of `datasets`, by the profile's ledger. The clock is that of the newest file ever accepted.

    Raises SourceUnavailable when there was none and the drop folder is not there either.
    """
    ledger = Ledger.connect(place.ledger_url)
    try:
        found = {dataset.id: tuple(ledger.files_in_force(dataset.id)) for dataset in datasets}
        accepted = [file for file in ledger.files(system.code) if file.state != "refused"]
    finally:
        ledger.close()
    folder = inbox(place, system.connection)
    if accepted:
        clock = max(file.modified_at for file in accepted)
    elif folder.is_dir():
        clock = datetime.fromtimestamp(folder.stat().st_mtime, UTC)
    else:
        raise SourceUnavailable(f"sumber {system.code}: folder {folder} tidak ada, dan belum ada berkas yang diterima")
    label = f"berkas {max((file.id for files in found.values() for file in files), default=0)}"
    yield FilesSnapshot(place, found, clock, label)
