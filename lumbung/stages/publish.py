"""Stage publish: every public dataset of every mart reaches the portal, whole and checked, or stays as it was.

Per mart: read all its publications from one snapshot, decide together what they withhold, then bring each to the
portal. A publication that fails is recorded and reported; the others go on; the stage fails at its end if any failed.
Unchanged content makes no write and no activity.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from lumbung.declarations import Declarations, Mart, Publication, load
from lumbung.faults import point
from lumbung.ledger import Ledger, MartRefresh, PublicationRecord
from lumbung.lineage import events as lineage
from lumbung.logs import stage
from lumbung.portal import dataset as ids
from lumbung.portal.ckan import Portal, PortalRefused
from lumbung.portal.disclosure import DisclosureError, Hidden, attack, suppress
from lumbung.portal.gate import refuse
from lumbung.portal.readback import ReadBackError
from lumbung.portal.release import Blocked, Draft, published_file, release, settled
from lumbung.portal.table import Content, ContentError, cells, content, still_hidden, withhold

log = logging.getLogger(__name__)

LOCK: Final = "publish"
LOCK_WAIT_S: Final = 900.0
NOTHING: Final = Hidden(frozenset(), frozenset())
METHOD: Final = "1"
"""Raise it when disclosure control or the written form changes: every publication is then computed anew."""

Rows = tuple[Sequence[str], Sequence[Mapping[str, object]]]
Read = Callable[[Mart, Publication, int | None], Rows]


class PublicationFailed(Exception):
    """One or more publications did not reach the portal; the message names each with its reason and the next step."""


@dataclass
class Report:
    """What a pass did: publication ids by outcome, reasons of the blocked ones, and datasets no declaration names.

    `waiting` are the publications of a mart that was never computed: its systems have not been run yet.
    """

    published: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    blocked: dict[str, str] = field(default_factory=dict)
    withdrawn: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)


@stage("publish")
def publish(trigger: str, actor: str, *, portal: Portal | None = None, read: Read | None = None) -> Report:
    """Publish every mart whose public content changed.

    `trigger` names the pass in the ledger, `actor` the account that answers for it. `portal` and `read` default to
    this profile's portal and Spark. Raises PublicationRefused before anything runs when a declaration asks for what may
    not be public, PortalUnavailable when the portal does not answer, PublicationFailed at the end when one failed.
    """
    declared = load()
    marts = [mart for mart in declared.marts.values() if mart.publications]
    for mart in marts:
        for publication in mart.publications:
            refuse(mart, publication)
    ledger = Ledger.connect()
    with ledger.lock(LOCK, wait_s=LOCK_WAIT_S) as held:
        found = ledger.marts_run_by_trigger(trigger)
        label = found.id if found else trigger
        stage = _Stage(declared, ledger, portal or Portal.connect(), read or read_mart, label, actor, held.confirm)
        stage.bodies(marts)
        for mart in marts:
            stage.mart(mart)
        stage.withdrawn(marts)
    report = stage.report
    log.info("publish %s: %s", trigger, report)
    if report.blocked:
        reasons = "\n".join(f"- {name}: {reason}" for name, reason in sorted(report.blocked.items()))
        raise PublicationFailed(
            f"{len(report.blocked)} publikasi tidak terbit (versi lama di portal tetap), "
            f"{len(report.published)} terbit, {len(report.unchanged)} tidak berubah:\n{reasons}"
        )
    return report


class _Stage:
    """One pass over all publications."""

    def __init__(
        self,
        declared: Declarations,
        ledger: Ledger,
        portal: Portal,
        read: Read,
        run_label: str,
        actor: str,
        confirm: Callable[[], None],
    ) -> None:
        self.confirm = confirm
        self.declared, self.ledger, self.portal, self.read = declared, ledger, portal, read
        self.run_label, self.actor = run_label, actor
        self.report = Report()
        self.exempt = {
            name: kind.pattern
            for name, kind in declared.types.items()
            if kind.classification == "umum" and kind.pattern is not None
        }

    def bodies(self, marts: Sequence[Mart]) -> None:
        """Organizations (OPD) and groups (themes) of all publications, created or mended."""
        all_of = [publication for mart in marts for publication in mart.publications]
        for code in sorted({publication.organization for publication in all_of}):
            self.portal.ensure_body("organization", ids.organization(self.declared, code))
        for code in sorted({name for publication in all_of for name in publication.groups}):
            self.portal.ensure_body("group", ids.group(self.declared, code))
        point("publish:bodies-ensured")

    def mart(self, mart: Mart) -> None:
        """All publications of one mart: they are protected together, and go out one by one."""
        refresh = self.ledger.latest_mart(mart.name)
        if refresh is None:
            self.report.waiting += [publication.id for publication in mart.publications]
            return
        digest = self._inputs_digest(mart, refresh)
        if refresh.rolled_back:
            self._block_rolled_back(mart, refresh, digest)
            return
        settled_as = [self._settled(mart, publication, digest) for publication in mart.publications]
        if all(settled_as):
            for publication, latest in zip(mart.publications, settled_as, strict=True):
                if latest is not None:
                    self._record(
                        publication, refresh, digest, "unchanged", latest.version, latest.rows, latest.suppressed
                    )
            return
        for draft in self._drafts(mart, refresh, digest):
            self._release(draft, digest)

    def _inputs_digest(self, mart: Mart, refresh: MartRefresh) -> str:
        """Digest of everything that decides content and fields of a mart's publications, except as-of and run."""
        parts = {
            "method": METHOD,
            "mart": refresh.digest,
            "publications": [one.model_dump(mode="json", exclude={"sql_path"}) for one in mart.publications],
            "packages": [ids.declared_package(self.declared, mart, one) for one in mart.publications],
            "resources": [ids.declared_resource(mart, one) for one in mart.publications],
        }
        return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()

    def _settled(self, mart: Mart, publication: Publication, digest: str) -> PublicationRecord | None:
        """The record that these inputs led to before, when the portal still shows exactly that: nothing to compute."""
        latest = self._checked(publication, digest)
        if latest is None or not settled(self.portal, self.declared, mart, publication, latest.version):
            return None
        return latest

    def _checked(self, publication: Publication, digest: str) -> PublicationRecord | None:
        """The newest record, when it says that these inputs reached the portal and were read back there."""
        latest = self.ledger.latest_publication(publication.id, states=())
        return None if latest is None or latest.state == "blocked" or latest.digest != digest else latest

    def _drafts(self, mart: Mart, refresh: MartRefresh, digest: str) -> list[Draft]:
        """Read, check and suppress the publications of a mart; what cannot be read or protected is blocked here."""
        contents: dict[str, Content] = {}
        for publication in mart.publications:
            try:
                contents[publication.id] = content(publication, *self.read(mart, publication, refresh.snapshot_id))
            except ContentError as error:
                self._block(publication, refresh, digest, str(error), [{"kind": "isi"}])
        try:
            hidden = self._hidden(mart, contents)
        except DisclosureError as error:
            for one in contents.values():
                self._block(one.publication, refresh, digest, str(error), [{"kind": "penyamaran"}])
            return []
        return [
            Draft(mart, one.publication, refresh, withhold(one, found), found)
            for one, found in ((one, hidden.get(name, NOTHING)) for name, one in contents.items())
        ]

    def _hidden(self, mart: Mart, contents: Mapping[str, Content]) -> dict[str, Hidden]:
        """What the publications of a mart withhold together.

        Raises DisclosureError also when one of them could not be read: its totals are then unknown here, not outside.
        """
        unread = {publication.id for publication in mart.publications if publication.suppress} - contents.keys()
        if unread:
            raise DisclosureError(
                f"mart {mart.name}: {', '.join(sorted(unread))} tidak terbaca, totalnya tidak diketahui"
            )
        found = [
            cells(one, still_hidden(one, published_file(self.portal, one.publication))) for one in contents.values()
        ]
        tables = [table for table in found if table is not None]
        hidden = suppress(tables)
        attack(tables, {name: one.keys for name, one in hidden.items()})
        return hidden

    def _release(self, draft: Draft, digest: str) -> None:
        checked = self._checked(draft.publication, digest)
        version = checked.version if checked else None
        try:
            done = release(self.portal, self.declared, draft, self.exempt, self.confirm, version)
        except Blocked as error:
            self._block(draft.publication, draft.refresh, digest, str(error), error.findings)
            return
        except (ReadBackError, PortalRefused) as error:
            self._block(draft.publication, draft.refresh, digest, str(error), [{"kind": type(error).__name__}])
            return
        before = self.ledger.latest_publication(draft.publication.id)
        # an earlier pass may have been killed between the portal's commit and its record: then this one records it
        fresh = done.wrote or before is None or before.version != done.version
        rows, suppressed = len(draft.content.rows), len(draft.hidden.keys)
        state: Literal["published", "unchanged"] = "published" if fresh else "unchanged"
        findings = self._going_back(draft, before)
        self._record(draft.publication, draft.refresh, digest, state, done.version, rows, suppressed, findings)

    def _record(
        self,
        publication: Publication,
        refresh: MartRefresh,
        digest: str,
        state: Literal["published", "unchanged"],
        version: str,
        rows: int,
        suppressed: int,
        findings: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        self.ledger.record_publication(
            publication_id=publication.id,
            run_label=self.run_label,
            version=version,
            digest=digest,
            mart=publication.mart,
            mart_snapshot=refresh.snapshot_id,
            rows=rows,
            suppressed=suppressed,
            state=state,
            findings=findings,
            actor=self.actor,
            resource_id=ids.resource_id(publication.id),
        )
        point("publish:recorded")
        if state == "published":
            lineage.published(publication, refresh, version, rows)
        (self.report.published if state == "published" else self.report.unchanged).append(publication.id)

    def _block(
        self,
        publication: Publication,
        refresh: MartRefresh,
        digest: str,
        reason: str,
        findings: Sequence[Mapping[str, Any]],
    ) -> None:
        log.error("publikasi %s diblokir: %s", publication.id, reason)
        self.ledger.record_publication(
            publication_id=publication.id,
            run_label=self.run_label,
            version="",
            digest=digest,
            mart=publication.mart,
            mart_snapshot=refresh.snapshot_id,
            rows=0,
            suppressed=0,
            state="blocked",
            findings=[*findings, {"reason": reason}],
            actor=self.actor,
            resource_id=ids.resource_id(publication.id),
        )
        self.report.blocked[publication.id] = reason

    def _block_rolled_back(self, mart: Mart, refresh: MartRefresh, digest: str) -> None:
        """A mart that was taken back shows figures that its inputs do not give: nobody publishes them unnoticed."""
        rollback = self.ledger.latest_rollback(f"mart.{mart.name}")
        by = f" oleh {rollback.actor} pada {rollback.at.isoformat(timespec='seconds')}" if rollback else ""
        reason = (
            f"mart.{mart.name} dikembalikan ke snapshot {refresh.snapshot_id}{by} ({refresh.run_label}) dan belum "
            "disegarkan; jalankan `lumbung run` untuk salah satu sistemnya, lihat docs/howto/rollback.md"
        )
        for publication in mart.publications:
            self._block(publication, refresh, digest, reason, [{"kind": "dikembalikan"}])

    def _going_back(self, draft: Draft, before: PublicationRecord | None) -> list[Mapping[str, Any]]:
        """A finding when the figures are as of an earlier time than those published before (an input went back)."""
        if before is None or before.mart_snapshot is None:
            return []
        earlier = self.ledger.mart_by_snapshot(draft.mart.name, before.mart_snapshot)
        if earlier is None or earlier.as_of <= draft.refresh.as_of:
            return []
        log.warning("publikasi %s: data per mundur dari %s", draft.publication.id, earlier.as_of.isoformat())
        return [{"kind": "mundur", "from": earlier.as_of.isoformat(), "to": draft.refresh.as_of.isoformat()}]

    def withdrawn(self, marts: Sequence[Mart]) -> None:
        """Datasets of this publisher that no declaration names any more: reported, never deleted by a machine."""
        declared = {f"{ids.IDENTIFIER}{publication.id}" for mart in marts for publication in mart.publications}
        for slug, identifier in self.portal.datasets():
            if identifier.startswith(ids.IDENTIFIER) and identifier not in declared:
                self.report.withdrawn.append(identifier.removeprefix(ids.IDENTIFIER))
                log.warning(
                    "dataset %s (%s) tidak lagi dideklarasikan; walidata memutuskan, lihat docs/howto/publish.md",
                    slug,
                    identifier,
                )


def read_mart(mart: Mart, publication: Publication, snapshot: int | None) -> Rows:
    """Column names and rows of the publication's SQL over one snapshot of its mart, by Spark."""
    from lumbung.warehouse.session import session

    table = session("publish").sql(at_snapshot(publication.sql, mart.name, snapshot)).toArrow()
    return table.column_names, table.to_pylist()


def at_snapshot(sql: str, mart: str, snapshot: int | None) -> str:
    """The SQL with every reading of `mart.<mart>` pinned to an Iceberg snapshot (None: as it is)."""
    if snapshot is None:
        return sql
    reading = rf"\b(FROM|JOIN)\s+mart\.{re.escape(mart)}\b"
    return re.sub(reading, rf"\1 mart.{mart} VERSION AS OF {int(snapshot)}", sql, flags=re.IGNORECASE)
