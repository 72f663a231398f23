"""The ledger: the only place that knows what was done. One class puts the neighbouring modules together."""

from lumbung.ledger.alerts import AlertStore
from lumbung.ledger.audit import Audit
from lumbung.ledger.base import open_engine
from lumbung.ledger.batches import Batches
from lumbung.ledger.erasures import Erasures
from lumbung.ledger.files import Files
from lumbung.ledger.halts import Halts
from lumbung.ledger.locks import Locks
from lumbung.ledger.products import Products
from lumbung.ledger.quality import Quality
from lumbung.ledger.refused import Refused
from lumbung.ledger.rollbacks import Rollbacks
from lumbung.ledger.runs import Runs
from lumbung.ledger.upkeep import Upkeep


class Ledger(
    Runs, Batches, Refused, Halts, Quality, Products, Rollbacks, Upkeep, Erasures, Files, AlertStore, Audit, Locks
):
    """Everything that the ledger of one regency knows, from runs to the audit chain, and its locks."""

    @classmethod
    def connect(cls, url: str | None = None) -> "Ledger":
        """Open the ledger at `url` (SQLAlchemy, psycopg 3), by default the profile's, as role `lumbung_app`.

        Use it in the process that opened it: an engine must not cross a fork.
        """
        if url is None:
            from lumbung.settings import settings

            url = settings().ledger_url
        return cls(open_engine(url))
