"""The content digest of a batch: the same rows give the same digest, whatever their order and the files' layout.

Each row's SHA-256 is added up modulo 2^256. A sum, unlike XOR, also sees how often a row occurs; it is not made against
somebody who forges rows (the file's own SHA-256 in the manifest is for that), but against taking a change for none.
"""

import hashlib

_MODULUS = 1 << 256


class ContentDigest:
    """Adds up rows; `hexdigest` may be asked at any time."""

    def __init__(self) -> None:
        self._sum = 0
        self.rows = 0

    def add(self, row: bytes) -> None:
        """Add one row in its canonical bytes."""
        self._sum += int.from_bytes(hashlib.sha256(row).digest(), "big")
        self.rows += 1

    def hexdigest(self) -> str:
        """SHA-256 (hex) over the number of rows and the sum of their hashes."""
        total = (self._sum % _MODULUS).to_bytes(32, "big")
        return hashlib.sha256(self.rows.to_bytes(8, "big") + total).hexdigest()
