"""The public datasets: what the portal shows, where, since when."""

from __future__ import annotations

from typing import Any

from lumbung.declarations import load
from lumbung.ledger import Ledger
from lumbung.settings import settings


def publications(ledger: Ledger | None = None) -> list[dict[str, Any]]:
    """One row per declared publication, by mart and id.

    `version`, `rows`, `suppressed` (cells withheld), `data_per` (day of the as-of, WIB) and `checked_at` (when it
    was last found to be so) are those that the portal carries, None before the first publication;
    `state` is that of the newest attempt (published, unchanged, blocked, None), `reason` why it was blocked.
    """
    ledger = ledger or Ledger.connect()
    address = settings().ckan_url
    out = []
    for mart in load().marts.values():
        for publication in mart.publications:
            shown = ledger.latest_publication(publication.id)
            newest = ledger.latest_publication(publication.id, states=())
            reasons = [finding["reason"] for finding in newest.findings if "reason" in finding] if newest else []
            out.append(
                {
                    "publication": publication.id,
                    "mart": mart.name,
                    "title": publication.title,
                    "url": f"{address}/dataset/{publication.slug}",
                    "resource_id": shown.resource_id if shown else None,
                    "version": shown.version if shown else None,
                    "rows": shown.rows if shown else None,
                    "suppressed": shown.suppressed if shown else None,
                    "data_per": shown.version[:10] if shown else None,
                    "checked_at": shown.at if shown else None,
                    "state": newest.state if newest else None,
                    "reason": reasons[0] if reasons else None,
                }
            )
    return out
