"""Signed checkpoints of the audit chain, kept outside the database: a chain alone does not show that its end was cut.

`python -m lumbung.ledger.checkpoint write|verify`. Each checkpoint is a line of JSON in the profile's folder,
`audit/checkpoint.jsonl`: time, size and head of the chain, signature of the line before, HMAC-SHA256 over these under
the secret `audit_key`. Whoever administers the database reaches neither the file nor the key. The file itself is
watched from two sides: the chain acknowledges the checkpoint before each new one, so that a file that was removed, cut
or put back to an older state is seen; and every line goes to the folders of the setting `audit.copies` too (another
machine, write-once storage), which show even a file and a chain that were both cut to the same moment.
"""

import argparse
import hashlib
import hmac
import json
import os
import secrets
import sys
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from pathlib import Path

from lumbung.ledger.audit import CHECKPOINT, Audit, AuditHead
from lumbung.ledger.base import canonical_json, now
from lumbung.ledger.store import Ledger
from lumbung.settings import Settings, settings

KEY_SECRET = "audit_key"  # noqa: S105 - the secret's name, not the secret
_KEY_BYTES = 32
NAME = "checkpoint.jsonl"


class CopyFailed(OSError):
    """A checkpoint is written, but not everywhere where it should be."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Size and head of the chain at a time, signed. `previous` is the signature of the checkpoint before."""

    at: str
    size: int
    head: str
    signature: str
    previous: str = ""


def checkpoint_file(place: Settings) -> Path:
    """Where the checkpoints of a profile lie."""
    return place.state / "audit" / NAME


def read_checkpoints(file: Path) -> list[Checkpoint]:
    """All checkpoints of a file, oldest first; none when there is no file."""
    lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
    return [Checkpoint(**json.loads(line)) for line in lines if line]


def write_checkpoint(ledger: Audit, place: Settings, actor: str = "jadwal") -> Checkpoint | None:
    """Add a checkpoint of the chain as it is now; None when nothing was written since the last one.

    The chain first acknowledges the checkpoint before. Either way every folder of `audit.copies` gets what it lacks.
    Raises CopyFailed when one did not take it; the profile's own file has it then.
    """
    file = checkpoint_file(place)
    known = read_checkpoints(file)
    head = ledger.audit_head()
    if known and (known[-1].size, known[-1].head) == head:
        _bring_copies_up(place, known)
        return None
    if known:
        detail = {"number": len(known), "size": known[-1].size, "signature": known[-1].signature}
        ledger.audit(actor, CHECKPOINT, f"checkpoint-{len(known)}", detail)
        head = ledger.audit_head()
    made = _signed(
        _key(place, create=True), now().isoformat(timespec="seconds"), head, known[-1].signature if known else ""
    )
    _append(file, [made])
    _bring_copies_up(place, [*known, made])
    return made


def _bring_copies_up(place: Settings, known: list[Checkpoint]) -> None:
    failed = []
    for folder in place.audit.copies:
        copy = folder / NAME
        try:
            lacking = known[len(read_checkpoints(copy)) :]
            if lacking:
                _append(copy, lacking)
        except OSError as error:
            failed.append(f"{copy}: {error}")
    if failed:
        raise CopyFailed(
            f"checkpoint of {known[-1].size} entries lies in {checkpoint_file(place)}, but not in {'; '.join(failed)}"
        )


def verify_checkpoints(ledger: Audit, place: Settings) -> list[str]:
    """Problems of the chain held against its checkpoints, and of the checkpoints' files; empty when all is whole."""
    file = checkpoint_file(place)
    known = read_checkpoints(file)
    acknowledged = ledger.audit_checkpoints()
    problems = _against_chain(file, known, acknowledged, place.secret_file(KEY_SECRET).is_file())
    files = {file: known, **{folder / NAME: read_checkpoints(folder / NAME) for folder in place.audit.copies}}
    genuine: list[Checkpoint] = []
    for path, found in files.items():
        if found:
            genuine += _genuine(path, found, _key(place, create=False), problems)
        if path != file and found[: len(known)] != known[: len(found)]:
            problems.append(f"{path} and {file} hold different checkpoints: one of them was changed")
        elif path != file and len(found) > len(known):
            problems.append(f"{path} holds {len(found)} checkpoints, {file} only {len(known)}: the file was cut")
    if not genuine:
        return [*problems, *ledger.verify_audit()]
    largest = max(genuine, key=lambda one: one.size)
    return [*problems, *ledger.verify_audit(largest.size, largest.head)]


def _against_chain(file: Path, known: list[Checkpoint], acknowledged: list[tuple[int, str]], signed: bool) -> list[str]:
    """What the chain knows of its checkpoints that the file does not show."""
    if not known and signed:
        return [f"{file} is missing or empty although checkpoints were signed: it was removed"]
    lost = [number for number, _ in acknowledged if number > len(known)]
    if lost:
        return [f"{file} holds {len(known)} checkpoints, the chain knows {max(lost)}: the file was cut or put back"]
    other = [number for number, signature in acknowledged if known[number - 1].signature != signature]
    return [f"{file}: checkpoint {number} is not the one that the chain acknowledges" for number in other]


def _genuine(file: Path, found: list[Checkpoint], key: bytes, problems: list[str]) -> list[Checkpoint]:
    """The checkpoints whose signature is ours; what is wrong with the others goes to `problems`."""
    genuine = []
    for one in found:
        if hmac.compare_digest(one.signature, _signature(key, one)):
            genuine.append(one)
        else:
            problems.append(f"{file}: checkpoint of {one.at} ({one.size} entries) has a wrong signature")
    for earlier, later in pairwise(found):
        if later.previous and later.previous != earlier.signature:
            problems.append(
                f"{file}: a checkpoint between {earlier.at} and {later.at} is missing, or they were reordered"
            )
        if later.size < earlier.size:
            problems.append(
                f"{file}: checkpoint of {later.at} knows fewer entries ({later.size}) than the one before "
                f"({earlier.size})"
            )
    return genuine


def _append(file: Path, lines: list[Checkpoint]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        for line in lines:
            stream.write(json.dumps(asdict(line)) + "\n")
        stream.flush()
        os.fsync(stream.fileno())


def _signed(key: bytes, at: str, head: AuditHead, previous: str) -> Checkpoint:
    unsigned = Checkpoint(at, head.size, head.head, "", previous)
    return replace(unsigned, signature=_signature(key, unsigned))


def _signature(key: bytes, one: Checkpoint) -> str:
    body: dict[str, object] = {"at": one.at, "size": one.size, "head": one.head}
    if one.previous:
        body["previous"] = one.previous
    return hmac.new(key, canonical_json(body).encode(), hashlib.sha256).hexdigest()


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
