"""What comes with the code: secrets in the tree, licences of the packages, known advisories. Reported, with reasons.

`python -m runtime.supply_chain [--advisories]`. Exceptions and their reasons stand in `requirements/exceptions.toml`;
one that excuses nothing any more is an error too. Secrets and licences need no network. Advisories are asked of the
package index by pip-audit; where it cannot be reached that is said and nothing fails, since a build must not depend
on somebody else's service.
"""

import argparse
import importlib.metadata
import json
import math
import re
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from lumbung.settings import ROOT

EXCEPTIONS = "requirements/exceptions.toml"
ENVIRONMENTS = ("platform", "portal")
PIP_AUDIT = "pip-audit==2.10.1"
_SKIPPED = (".git", ".lumbung", ".ruff_cache", ".mypy_cache", ".pytest_cache", "__pycache__", "target", "node_modules")
_HASHED = re.compile(r"requirements/\w+\.txt\Z")  # every line is a hash
_LONG = "random text"
_KNOWN = (
    ("private key", re.compile(r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----")),
    (
        "token of a service",
        re.compile(r"\b(?:AKIA[0-9A-Z]{16}|gh[pousr]_\w{30,}|glpat-[\w-]{20,}|xox[abprs]-[\w-]{10,})"),
    ),
    ("JWT", re.compile(r"\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}")),
    ("password in a URL", re.compile(r"[a-z][a-z+]*://[^\s:/@{}<>$'\"]+:(?P<value>[^\s:/@{}<>$'\"]{6,})@")),
    (
        "password in the text",
        re.compile(
            r"(?i)(?:password|passwd|secret|token|api_?key|sandi)\w*[\"']?\s*[:=]\s*[\"'](?P<value>[^\s\"'{}<>$]{12,})[\"']"
        ),
    ),
    (_LONG, re.compile(r"[\"'=:\s](?P<value>[A-Za-z0-9+/_-]{40,}={0,2})[\"'\s]")),
)
_RECIPROCAL = re.compile(
    r"GPL|General Public|Lesser|MPL|Mozilla|SSPL|EUPL|CDDL|Artistic|Commons Clause|Business Source"
)
_SPLIT = 3.8  # bits per character: words and names stay below, random texts above


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that needs a reason or a change: what (`secret`, `licence`, `advisory`), where, and what is wrong."""

    kind: str
    where: str
    what: str


def secrets_in(path: str, text: str) -> Iterator[Problem]:
    """Secrets in a file's text. The finding says line and kind, never the value."""
    for number, line in enumerate(text.splitlines(), start=1):
        for kind, pattern in _KNOWN:
            if any(_is_drawn(match.groupdict().get("value"), kind == _LONG) for match in pattern.finditer(line)):
                yield Problem("secret", f"{path}:{number}", kind)
                break


def _is_drawn(value: str | None, unnamed: bool) -> bool:
    """Whether a text looks drawn rather than written: letters and digits mixed, and no word's regularity.

    A text that nothing calls a secret must mix both cases too: digests and long names do not.
    """
    if value is None:
        return True
    classes = [any(map(kind, value)) for kind in (str.isdigit, str.islower, str.isupper)]
    counts = Counter(value)
    bits = -sum(n / len(value) * math.log2(n / len(value)) for n in counts.values())
    enough = min(_SPLIT, math.log2(len(value)) - 0.9)
    return all(classes) and bits >= _SPLIT if unnamed else classes[0] and any(classes[1:]) and bits >= enough


def files(root: Path) -> Iterator[Path]:
    """The files of the tree, without what is built or downloaded."""
    for path in sorted(root.iterdir()):
        if path.name in _SKIPPED or path.is_symlink():
            continue
        if path.is_dir():
            yield from files(path)
        else:
            yield path


def tree_secrets(root: Path) -> Iterator[Problem]:
    """Secrets in any text file of the tree."""
    for path in files(root):
        name = path.relative_to(root).as_posix()
        if not _HASHED.match(name):
            try:
                yield from secrets_in(name, path.read_text(encoding="utf-8"))
            except UnicodeDecodeError:
                continue


def license_of(metadata: Mapping[str, str], classifiers: Iterable[str]) -> str:
    """The licence as the package states it: SPDX expression, else classifier, else the first line of its text."""
    stated = [one.rpartition("::")[2].strip() for one in classifiers if one.startswith("License ::")]
    said = metadata.get("License-Expression") or ", ".join(
        s for s in stated if s not in ("OSI Approved", "DFSG approved")
    )
    first = (metadata.get("License") or "").strip().splitlines()
    return said or (first[0][:60] if first else "not stated")


def licenses(root: Path) -> dict[str, str]:
    """Licence by package, over the environments that are installed."""
    found: dict[str, str] = {}
    for environment in ENVIRONMENTS:
        places = [str(path) for path in (root / ".lumbung" / "env" / environment).glob("lib/python3.*/site-packages")]
        for package in importlib.metadata.distributions(path=places) if places else ():
            name = package.metadata["Name"].lower().replace("_", "-")
            metadata = {key: str(package.metadata[key]) for key in package.metadata}
            found[name] = license_of(metadata, package.metadata.get_all("Classifier") or ())
    return dict(sorted(found.items()))


def license_problems(found: Mapping[str, str]) -> Iterator[Problem]:
    """Licences that ask something of who passes the package on, and those that are not stated."""
    for name, said in found.items():
        if said == "not stated" or _RECIPROCAL.search(said):
            yield Problem("licence", name, said)


def excused(
    problems: Iterable[Problem], exceptions: Mapping[str, Mapping[str, str]]
) -> tuple[list[Problem], list[str]]:
    """Problems without a reason, and reasons that excuse nothing. A secret is excused by its file."""
    left, used = [], set()
    for problem in problems:
        name = problem.where.partition(":")[0]
        if name in exceptions.get(problem.kind, {}):
            used.add((problem.kind, name))
        else:
            left.append(problem)
    stale = [f"{kind} {name}" for kind, by in exceptions.items() for name in by if (kind, name) not in used]
    return left, stale


def advisories(root: Path) -> tuple[list[Problem], str]:
    """Known advisories of the locked packages, and how far they could be looked up."""
    problems, asked, skipped = [], 0, 0
    for environment in ENVIRONMENTS:
        lock = root / "requirements" / f"{environment}.txt"
        uv = str(root / ".lumbung" / "tools" / "bin" / "uv")
        command = [
            uv,
            "tool",
            "run",
            PIP_AUDIT,
            "-r",
            str(lock),
            "--disable-pip",
            "--require-hashes",
            "--format",
            "json",
        ]
        try:
            answer = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
            packages = json.loads(answer.stdout)["dependencies"]
        except (OSError, subprocess.TimeoutExpired, ValueError, KeyError) as error:
            return problems, f"not reachable: {type(error).__name__}; nothing was looked up for {environment}"
        for package in packages:
            asked += 1
            skipped += "skip_reason" in package
            problems += [Problem("advisory", one["id"], package["name"]) for one in package.get("vulns", ())]
    if asked == skipped:
        return problems, f"not reachable: none of {asked} packages could be looked up"
    return problems, f"{asked - skipped} of {asked} packages looked up"


def main(arguments: list[str] | None = None) -> int:
    """Exit code 1 when something has no reason."""
    parser = argparse.ArgumentParser(
        prog="python -m runtime.supply_chain", description="Secrets, licences, advisories."
    )
    parser.add_argument("--advisories", action="store_true", help="ask the package index for known advisories too")
    options = parser.parse_args(arguments)
    exceptions = tomllib.loads((ROOT / EXCEPTIONS).read_text(encoding="utf-8"))
    known = licenses(ROOT)
    problems = [*tree_secrets(ROOT), *license_problems(known)]
    said = "not asked (make supply-chain)"
    if options.advisories:
        found, said = advisories(ROOT)
        problems += found
    left, stale = excused(problems, exceptions)
    unseen = [] if options.advisories and not said.startswith("not reachable") else ["advisory"]
    if not all((ROOT / ".lumbung" / "env" / name).is_dir() for name in ENVIRONMENTS):
        unseen.append("licence")  # what is not installed has no licence to look at
    stale = [one for one in stale if one.split()[0] not in unseen]
    for name, count in Counter(known.values()).most_common():
        print(f"licence {name}: {count}")
    for kind, by in exceptions.items():
        for name, reason in by.items():
            print(f"excused {kind} {name}: {reason}")
    print(f"advisories: {said}")
    for problem in left:
        print(f"{problem.kind} {problem.where}: {problem.what}; mend it, or give the reason in {EXCEPTIONS}")
    for one in stale:
        print(f"{EXCEPTIONS}: {one} excuses nothing any more; remove it")
    return 1 if left or stale else 0


if __name__ == "__main__":
    sys.exit(main())
