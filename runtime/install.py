"""Install what the services need: distribution packages, two environments from hashed locks, jars by Maven.

Started by the distribution's own Python before any environment exists, so the standard library only. Every step is
skipped when what it comes from (lock, pom, sources) has not changed. Run again it takes under a second.
"""

import argparse
import ctypes.util
import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from runtime import privilege  # noqa: E402 - the repository's root must be on the path first

INSTALLED = ROOT / ".lumbung"
TOOLS = INSTALLED / "tools"
ENVIRONMENTS = ("platform", "portal")
BENCH = "bench"
"""The environment of the peers that `make bench` measures against; nothing of the product runs in it."""
MARKER = ".installed-from"
PYTHON = (3, 11)
JAVAS = ("17", "21")


class InstallFailure(Exception):
    """A step of the installation failed; the message names it, its log and the next step."""


def say(line: str) -> None:
    """One line of progress with the seconds since the start."""
    print(f"{time.monotonic() - STARTED:6.1f}s  {line}", flush=True)


STARTED = time.monotonic()


def _has_java(program: str) -> Callable[[], bool]:
    def found() -> bool:
        homes = [Path(place) for place in (os.environ.get("LUMBUNG_JAVA_HOME", ""),) if place]
        path = shutil.which(program, path=privilege.PATH)
        homes += [Path(path).resolve().parents[1]] if path else []
        homes += sorted(Path("/usr/lib/jvm").glob("java-*-openjdk-*"))
        return any((home / "bin" / program).exists() and _java_version(home) in JAVAS for home in homes)

    return found


def _java_version(home: Path) -> str:
    try:
        lines = (home / "release").read_text().splitlines()
    except OSError:
        return ""
    found = [line.split("=", 1)[1].strip('"') for line in lines if line.startswith("JAVA_VERSION=")]
    return found[0].split(".")[0] if found else ""


def _has(program: str) -> Callable[[], bool]:
    return lambda: shutil.which(program, path=privilege.PATH) is not None


def _has_venv() -> bool:
    command = [str(python()), "-c", "import venv, ensurepip"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


NEEDS: tuple[tuple[str, Callable[[], bool]], ...] = (
    ("python3-venv", _has_venv),
    ("openjdk-17-jdk-headless", lambda: _has_java("java")() and _has_java("javac")()),
    ("maven", _has("mvn")),
    ("util-linux", _has("setpriv")),
    ("passwd", _has("useradd")),
    ("make", _has("make")),
    ("git", _has("git")),
    ("libmagic1", lambda: ctypes.util.find_library("magic") is not None),  # CKAN looks into uploads with it
)


def python() -> Path:
    """The distribution's Python: the system user must be able to run it, so not one under a home folder."""
    for name in ("python3", "python3.13", "python3.12", "python3.11"):
        found = shutil.which(name, path=privilege.PATH)
        if found is None:
            continue
        code = "import sys; print('%d %d' % sys.version_info[:2])"
        result = subprocess.run([found, "-I", "-c", code], capture_output=True, text=True, check=False)
        if result.returncode == 0 and tuple(map(int, result.stdout.split())) >= PYTHON:
            return Path(found)
    raise InstallFailure("Python 3.11 or newer is missing under /usr; install it (Debian 12, Ubuntu 24.04: python3)")


def install_packages() -> None:
    """Distribution packages: by apt-get as root, else the one line to type."""
    missing = [package for package, there in NEEDS if not there()]
    if not missing:
        return
    line = f"apt-get install -y --no-install-recommends {' '.join(missing)}"
    if not privilege.is_root():
        raise InstallFailure(f"missing on this machine: {', '.join(missing)}. Type:\n    sudo {line}\nand start again.")
    if shutil.which("apt-get", path=privilege.PATH) is None:
        raise InstallFailure(
            f"missing on this machine: {', '.join(missing)}; there is no apt-get: install them by hand"
        )
    say(f"distribution packages: {', '.join(missing)}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    logged(["apt-get", "update", "-q"], "apt-get update", environment)
    logged(line.split(), "apt-get install", environment)
    still = [package for package, there in NEEDS if not there()]
    if still:
        raise InstallFailure(f"still missing after apt-get: {', '.join(still)}; see {INSTALLED / 'install.log'}")


def logged(command: list[str], what: str, environment: dict[str, str] | None = None, cwd: Path | None = None) -> None:
    """Run a step with its output in `.lumbung/install.log`. Raises InstallFailure with the last lines."""
    INSTALLED.mkdir(exist_ok=True)
    log = INSTALLED / "install.log"
    with log.open("ab") as stream:
        start = stream.tell()
        result = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=stream, stderr=subprocess.STDOUT, env=environment, cwd=cwd,
            check=False,
        )  # fmt: skip
    if result.returncode != 0:
        with log.open("rb") as stream:
            stream.seek(start)
            last = stream.read().decode("utf-8", "replace").splitlines()[-15:]
        lines = "\n".join("    " + line for line in last)
        raise InstallFailure(f"{what} failed (exit code {result.returncode}); log {log}, last lines:\n{lines}")


def digest(parts: Iterable[Path | str]) -> str:
    """SHA-256 over files' contents and texts."""
    total = hashlib.sha256()
    for part in parts:
        total.update(part.read_bytes() if isinstance(part, Path) else part.encode())
    return total.hexdigest()


def is_current(folder: Path, wanted: str) -> bool:
    """Whether `folder` was made from what `wanted` stands for."""
    marker = folder / MARKER
    return marker.exists() and marker.read_text() == wanted


def install_tools() -> None:
    """`uv`, by pip from its own hashed lock, in `.lumbung/tools`."""
    lock = ROOT / "requirements" / "tools.txt"
    wanted = digest([lock, str(python())])
    if is_current(TOOLS, wanted):
        return
    say("uv")
    shutil.rmtree(TOOLS, ignore_errors=True)
    logged([str(python()), "-m", "venv", str(TOOLS)], "the tools' environment")
    pip = [str(TOOLS / "bin" / "python"), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    logged([*pip, "--require-hashes", "--no-deps", "-r", str(lock)], "pip install uv")
    (TOOLS / MARKER).write_text(wanted)


def install_environment(name: str) -> None:
    """One environment, exactly as its lock says; made anew when the lock changed."""
    lock = ROOT / "requirements" / f"{name}.txt"
    folder = INSTALLED / "env" / name
    wanted = digest([lock, str(python())])
    if is_current(folder, wanted):
        return
    say(f"environment {name} from {lock.relative_to(ROOT)}")
    uv = str(TOOLS / "bin" / "uv")
    shutil.rmtree(folder, ignore_errors=True)
    logged([uv, "venv", "-q", "--python", str(python()), str(folder)], f"environment {name}")
    command = [uv, "pip", "install", "-q", "--python", str(folder / "bin" / "python"), "--compile-bytecode"]
    # --no-deps: the lock is complete, and the packages that it overrides away would be asked for otherwise
    command += ["--require-hashes", "--no-deps", "-r", str(lock)]
    logged(command, f"the packages of environment {name}")
    (folder / MARKER).write_text(wanted)


def install_jars() -> None:
    """Jars by Maven from the pinned poms: the engine's (with our two classes) and Solr's."""
    jars = INSTALLED / "jars"
    pom = ROOT / "runtime" / "pom.xml"
    found = sorted((INSTALLED / "env" / "platform").glob("lib/python3*/site-packages/pyspark/jars"))
    if not found:
        raise InstallFailure(
            "pyspark's jars are not in the environment platform; run `make clean-all`, then `make demo`"
        )
    sources = sorted((ROOT / "runtime" / "java").rglob("*.java"))
    wanted = digest([pom, *sources, str(found[0])])
    maven = ["mvn", "-B", "-q", "-ntp"]
    if not is_current(jars / "platform", wanted):
        say("jars of the engine and the metastore")
        shutil.rmtree(jars / "platform", ignore_errors=True)
        properties = [f"-Djars={jars / 'platform'}", f"-Dpyspark.jars={found[0]}"]
        logged([*maven, "-f", str(pom), "package", *properties], "Maven (runtime/pom.xml)")
        shutil.rmtree(jars / "platform" / "build", ignore_errors=True)
        (jars / "platform" / MARKER).write_text(wanted)
    pom = ROOT / "runtime" / "portal" / "pom.xml"
    wanted = digest([pom])
    if pom.exists() and not is_current(jars / "solr", wanted):
        say("jars of Solr")
        shutil.rmtree(jars / "solr", ignore_errors=True)
        goal = "org.apache.maven.plugins:maven-dependency-plugin:3.9.0:copy-dependencies"
        command = [*maven, "-f", str(pom), goal, f"-DoutputDirectory={jars / 'solr'}", "-DincludeScope=runtime"]
        logged(command, "Maven (runtime/portal/pom.xml)")
        (jars / "solr" / MARKER).write_text(wanted)


def compile_sources() -> None:
    """Compile our own modules: the system user cannot write beside sources that root owns."""
    folders = [str(ROOT / name) for name in ("lumbung", "runtime", "simulator", "dags") if (ROOT / name).is_dir()]
    interpreter = str(INSTALLED / "env" / "platform" / "bin" / "python")
    subprocess.run([interpreter, "-m", "compileall", "-q", *folders], check=False, stdin=subprocess.DEVNULL)


def compile_locks() -> None:
    """Resolve requirements/*.in anew into hashed locks that name no registry and hold for Python 3.11 and newer."""
    folder = ROOT / "requirements"
    for name in ("tools", *ENVIRONMENTS, BENCH):
        say(f"lock {name}")
        command = [str(TOOLS / "bin" / "uv"), "pip", "compile", "-q", "--upgrade", "--universal", "--generate-hashes"]
        command += ["--python-version", ".".join(map(str, PYTHON)), "--no-emit-index-url", "--no-header"]
        if (folder / f"{name}.overrides.txt").exists():
            command += ["--override", f"{name}.overrides.txt"]
        logged([*command, f"{name}.in", "-o", f"{name}.txt"], f"the lock of {name}", cwd=folder)


def main() -> int:
    """Exit code 0: everything is there; 1: a step failed, the reason is on stderr."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lock", action="store_true", help="compile the locks anew instead of installing from them")
    parser.add_argument("--bench", action="store_true", help="install the environment of the benchmarks' peers, too")
    asked = parser.parse_args()
    os.umask(0o022)  # what is installed is read by the system user; state has a mask of its own
    try:
        install_packages()
        if privilege.is_root():
            privilege.check_traversable(ROOT)
        install_tools()
        if asked.lock:
            compile_locks()
            return 0
        for name in (*ENVIRONMENTS, BENCH) if asked.bench else ENVIRONMENTS:
            install_environment(name)
        install_jars()
        compile_sources()
    except (InstallFailure, privilege.NotTraversable) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    say("installed: packages, environments, jars")
    return 0


if __name__ == "__main__":
    sys.exit(main())
