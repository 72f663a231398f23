"""The rules, said once and neutrally; every contestant translates them into its own form."""

from __future__ import annotations

from dataclasses import dataclass

KEY = "id"
PLAIN = ("regex", "in_set", "between", "not_null")
UNIQUE, COMPOUND, REFERENCE = "unique", "compound", "reference"


@dataclass(frozen=True, slots=True)
class Check:
    """One rule; a NULL breaks nothing but `not_null`. `arguments`: a pattern, values, bounds or the parent's name."""

    id: str
    kind: str
    columns: tuple[str, ...]
    arguments: tuple[object, ...] = ()

    @property
    def flag(self) -> str:
        """The column that says whether the parent of a reference is there."""
        return f"ada_{self.columns[0]}"

    def broken(self, regex: str) -> str:
        """SQL that is true where the rule is broken. `regex`: name of the dialect's regex function."""
        column = self.columns[0]
        match self.kind:
            case "not_null":
                return f"({column} IS NULL)"
            case "regex":
                test = f"NOT {regex}({column}, '{self.arguments[0]}')"
            case "in_set":
                test = f"{column} NOT IN ({', '.join(map(str, self.arguments))})"
            case "between":
                test = f"NOT ({column} BETWEEN {self.arguments[0]} AND {self.arguments[1]})"
            case "unique" | "compound":
                test = f"count(1) OVER (PARTITION BY {', '.join(self.columns)}) > 1"
            case _:
                test = f"NOT {self.flag}"
        return f"({column} IS NOT NULL AND {test})"


_ALWAYS = (
    Check("nik-tunggal", UNIQUE, ("nik",)),
    Check("urut-tunggal", COMPOUND, ("kk", "urut")),
    Check("wilayah-ada", REFERENCE, ("wilayah",), ("wilayah",)),
    Check("kk-ada", REFERENCE, ("kk",), ("keluarga",)),
    Check("nama-wajib", "not_null", ("nama",)),
)
_TEXTS = (("nik", "^[0-9]{16}$"), ("kode_pos", "^6[0-9]{4}$"), ("telp", "^08[0-9]{8,11}$"), ("surel", "^[a-z0-9.]+@"))
_CODES = (("jk", 2), ("agama", 7), ("goldar", 13), ("shdk", 11), ("kawin", 4), ("didik", 10), ("kerja", 88))
_NUMBERS = (("tinggi", 30, 230), ("luas", 0, 100000), ("njop", 0, 900000000), ("jiwa", 1, 20), ("lat", -9, -6))


def checks(count: int) -> tuple[Check, ...]:
    """The first `count` rules: uniqueness, compound uniqueness and both references are always among them."""
    made = list(_ALWAYS)
    turn = 0
    while len(made) < count:
        for column, pattern in _TEXTS:
            # more rules than columns: the same test in other words, so that nothing can be shared between them
            made.append(
                Check(f"bentuk-{column}-{turn}", "regex", (column,), (pattern.replace("^", f"^(?:x{{{turn}}}y)?"),))
            )
        for column, last in _CODES:
            made.append(Check(f"kode-{column}-{turn}", "in_set", (column,), tuple(range(1, last + 1 + turn))))
        for column, low, high in _NUMBERS:
            made.append(Check(f"wajar-{column}-{turn}", "between", (column,), (low - turn, high + turn)))
        turn += 1
    return tuple(made[:count])
