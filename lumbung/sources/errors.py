"""What can go wrong at a source. No message holds a password or a row's value."""


class SourceError(Exception):
    """The source cannot be read; the message names the system and the next step."""


class SourceUnavailable(SourceError):
    """The source cannot be reached (server down, network): worth trying again."""


class SourceRefused(SourceError):
    """The source refuses us (password, rights, missing database): trying again does not help."""


class SourceBusy(SourceError):
    """A lock or a time limit at the source: somebody changes the table, or the query takes too long."""


class SourceChanged(SourceError):
    """The source's tables changed between looking and reading: worth trying again."""


class DatasetStopped(SourceError):
    """One dataset departs from its contract in a way that is seen only while reading: it stops, the others flow."""
