"""Open a source by its declared protocol: the one place that knows which module speaks which."""

from collections.abc import Sequence
from contextlib import AbstractContextManager

from lumbung.declarations.models import Dataset, System
from lumbung.settings import Settings
from lumbung.sources.errors import SourceError
from lumbung.sources.snapshot import Snapshot


def open_snapshot(place: Settings, system: System, datasets: Sequence[Dataset]) -> AbstractContextManager[Snapshot]:
    """One consistent view of `system` for `datasets`, with the account or address in the profile's secrets.

    Raises SourceError of the kind that tells whether trying again helps; none holds a secret.
    """
    if system.transport == "postgresql":
        from lumbung.sources.database.postgresql import open_postgresql

        return open_postgresql(place.source_url(system.connection), system, datasets)
    if system.transport == "rest":
        from lumbung.sources.service.rest import open_rest

        return open_rest(place, system)
    if system.transport == "soap":
        from lumbung.sources.service.soap import open_soap

        return open_soap(place, system)
    if system.transport == "files":
        from lumbung.sources.drop.files import open_files

        return open_files(place, system, datasets)
    raise SourceError(f"sistem {system.code}: transport {system.transport!r} belum didukung")
