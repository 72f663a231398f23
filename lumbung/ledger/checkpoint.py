"""Signed checkpoints of the audit chain, kept outside the database: a chain alone does not show that its end was cut.

`python -m lumbung.ledger.checkpoint write|verify`. Each checkpoint is a line of JSON in the profile's folder,
`audit/checkpoint.jsonl`: time, size and head of the chain, HMAC-SHA256 under the secret `audit_key`. Whoever
administers the database reaches neither the file nor the key; in production the folder lies on another machine or on
write-once storage.
"""

import argparse
import hashlib
import hmac
import json
import os
import secrets
import sys
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path

from lumbung.ledger.audit import Audit
from lumbung.ledger.base import canonical_json, now
from lumbung.ledger.store import Ledger
from lumbung.settings import Settings, settings

KEY_SECRET = "audit_key"  # noqa: S105 - the secret's name, not the secret
_KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Size and head of the chain at a time, signed."""

    at: str
    size: int
    head: str
    signature: str


def checkpoint_file(place: Settings) -> Path:
    """Where the checkpoints of a profile lie."""
    return place.state / "audit" / "checkpoint.jsonl"


def read_checkpoints(place: Settings) -> list[Checkpoint]:
    """All checkpoints, oldest first."""
    file = checkpoint_file(place)
    lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
    return [Checkpoint(**json.loads(line)) for line in lines if line]


def write_checkpoint(ledger: Audit, place: Settings) -> Checkpoint | None:
    """Add a checkpoint of the chain as it is now; None when nothing was written since the last one."""
    size, head = ledger.audit_head()
    known = read_checkpoints(place)
    if known and (known[-1].size, known[-1].head) == (size, head):
        return None
    at = now().isoformat(timespec="seconds")
    checkpoint = Checkpoint(at, size, head, _signature(_key(place, create=True), at, size, head))
    file = checkpoint_file(place)
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(json.dumps(asdict(checkpoint)) + "\n")
        stream.flush()
        os.fsync(stream.fileno())
    return checkpoint


def verify_checkpoints(ledger: Audit, place: Settings) -> list[str]:
    """Problems of the chain held against its checkpoints, empty when it is whole."""
    known = read_checkpoints(place)
    if not known:
        return ledger.verify_audit()
    key = _key(place, create=False)
    forged = [
        f"checkpoint of {one.at} ({one.size} entries) has a wrong signature"
        for one in known
        if not hmac.compare_digest(one.signature, _signature(key, one.at, one.size, one.head))
    ]
    shrunk = [
        f"checkpoint of {later.at} knows fewer entries ({later.size}) than the one before ({earlier.size})"
        for earlier, later in pairwise(known)
        if later.size < earlier.size
    ]
    largest = max(known, key=lambda one: one.size)
    return [*forged, *shrunk, *ledger.verify_audit(largest.size, largest.head)]


def _signature(key: bytes, at: str, size: int, head: str) -> str:
    return hmac.new(key, canonical_json({"at": at, "size": size, "head": head}).encode(), hashlib.sha256).hexdigest()


def _key(place: Settings, *, create: bool) -> bytes:
    """The signing key; made on first use, readable for its owner only. Raises MissingSecret when it is gone."""
    file = place.secret_file(KEY_SECRET)
    if create and not file.is_file():
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(secrets.token_hex(_KEY_BYTES))
    return place.secret(KEY_SECRET).encode()


def main(arguments: list[str] | None = None) -> int:
    """Command line; exit code 1 when the chain is not whole."""
    parser = argparse.ArgumentParser(prog="python -m lumbung.ledger.checkpoint", description="Audit checkpoints.")
    parser.add_argument("action", choices=("write", "verify"))
    action = parser.parse_args(arguments).action
    ledger, place = Ledger.connect(), settings()
    if action == "write":
        written = write_checkpoint(ledger, place)
        print("audit: nothing new" if written is None else f"audit: checkpoint of {written.size} entries")
        return 0
    problems = verify_checkpoints(ledger, place)
    print("\n".join(problems) or "audit: the chain is whole")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
