"""Remove a profile's state, or everything that was generated. The services must be stopped. Standard library only."""

import argparse
import os
import shutil
import sys
from pathlib import Path

GENERATED = Path(__file__).resolve().parents[1] / ".lumbung"
KEPT_BY_STATE = ("env", "jars", "tools")


def main() -> int:
    """Exit code 0: removed; 1: something still runs there, or the name is no profile's."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("state", "all"))
    everything = parser.parse_args().what == "all"
    profile = os.environ.get("LUMBUNG_PROFILE") or "demo"
    if profile in KEPT_BY_STATE or "/" in profile or profile.startswith("."):
        print(f"error: {profile!r} is no profile", file=sys.stderr)
        return 1
    folder = GENERATED if everything else GENERATED / profile
    users = _processes_in(folder)
    if users:
        shown = ", ".join(f"{pid} ({name})" for pid, name in users)
        print(f"error: {folder} is still in use by {shown}; run `make stop` first", file=sys.stderr)
        return 1
    shutil.rmtree(folder, ignore_errors=True)
    if folder.exists():
        print(f"error: {folder} could not be removed wholly; it may belong to another user", file=sys.stderr)
        return 1
    print(f"removed {folder}")
    return 0


def _processes_in(folder: Path) -> list[tuple[int, str]]:
    """Processes that work in `folder`, by their working directory."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            place = (entry / "cwd").readlink()
            name = (entry / "comm").read_text().strip()
        except OSError:
            continue
        if place.is_relative_to(folder):
            found.append((int(entry.name), name))
    return found


if __name__ == "__main__":
    sys.exit(main())
