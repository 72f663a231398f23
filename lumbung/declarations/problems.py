"""What is wrong in a declaration, and where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Problem:
    """One mistake: `file` is relative to the repository, `line` counts from 1, `key` is the dotted path in the file."""

    file: str
    line: int
    key: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.key or '-'}: {self.message}"


class UnknownTarget(ValueError):
    """The system, dataset, batch or rule that was asked for does not exist; the message says which ones do."""


class DeclarationError(ValueError):
    """Raised by `load` when the declarations hold a mistake; nothing may run before it is mended."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems: list[Problem] = list(problems)
        lines = "\n".join(f"  {problem}" for problem in self.problems)
        super().__init__(
            f"{len(self.problems)} mistake(s) in the declarations; mend them, then `lumbung check`:\n{lines}"
        )
