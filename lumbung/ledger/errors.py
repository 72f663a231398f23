"""What the ledger refuses. Every message names the run or the batch, its state and the next step."""


class LedgerError(Exception):
    """The ledger cannot do what was asked."""


class NotInLedger(LedgerError):
    """The run, batch or record does not exist."""


class StateError(LedgerError):
    """A step was asked of a run or batch whose state does not allow it."""


class CountsError(LedgerError):
    """The counts of a batch do not add up: received must be accepted + quarantined + duplicate."""


class LockBusy(LedgerError):
    """Another session holds the lock and did not let go within the waiting time."""


class LockLost(LedgerError):
    """The session that held the lock has ended while its holder was at work."""
