"""Nothing of Lumbung runs as root: started as root, it goes on as the system user `lumbung` with a clean environment.

The standard library only: `runtime/install.py` uses this before any environment exists.
"""

import os
import pwd
import shutil
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

USER = "lumbung"
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
KEPT = ("TERM", "CI", "COLUMNS", "NO_COLOR", "LUMBUNG_PROFILE", "LUMBUNG_TRACE", "LUMBUNG_JAVA_HOME")
KEPT_BEGINNINGS = ("LUMBUNG__", "LUMBUNG_TEST_", "LUMBUNG_HISTORIES")  # settings; what tests are asked for
ACTOR = "LUMBUNG_ACTOR"  # who called: set where root is left behind, never taken over from whoever calls
STATE_MASK = 0o077
_LOGIN_UID = Path("/proc/self/loginuid")
_NO_LOGIN = 2**32 - 1


class NotTraversable(Exception):
    """The repository, or the profile's state, lies in a folder that the user who runs it cannot enter."""


def is_root() -> bool:
    """Whether this process is root."""
    return os.geteuid() == 0


def caller() -> str:
    """The account of the person who called, as the system knows it, whatever the environment says of LUMBUNG_ACTOR.

    Root came by sudo (which names the account) or by a login (which the kernel keeps, also through `su`); without
    either, and for everybody else without a login, it is the account of this process.
    """
    if is_root():
        named = os.environ.get("SUDO_USER", "")
        with suppress(KeyError):
            return pwd.getpwnam(named).pw_name
    with suppress(OSError, ValueError):
        login = int(_LOGIN_UID.read_text())
        if login != _NO_LOGIN:
            return _account(login)
    return _account(os.getuid())


def _account(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def ensure_user() -> pwd.struct_passwd:
    """The system user, created if needed (root only)."""
    try:
        return pwd.getpwnam(USER)
    except KeyError:
        subprocess.run(
            ["/usr/sbin/useradd", "--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent",
             "--shell", "/usr/sbin/nologin", USER],
            check=True,
        )  # fmt: skip
        return pwd.getpwnam(USER)


def closed_folder(path: Path, user: pwd.struct_passwd) -> Path | None:
    """The first folder above (or at) `path` that `user` cannot enter, None if all can be entered."""
    groups = os.getgrouplist(user.pw_name, user.pw_gid)
    for folder in [*reversed(path.resolve().parents), path.resolve()]:
        status = folder.stat()
        if status.st_uid == user.pw_uid:
            bit = 0o100
        elif status.st_gid in groups:
            bit = 0o010
        else:
            bit = 0o001
        if not status.st_mode & bit:
            return folder
    return None


def check_traversable(root: Path) -> None:
    """Raise NotTraversable with the remedy when `lumbung` could not read the repository."""
    folder = closed_folder(root, ensure_user())
    if folder is not None:
        raise NotTraversable(
            f"user `{USER}`, who runs the services, cannot enter {folder} (mode {folder.stat().st_mode & 0o777:o}). "
            f"Remedy: move the project to a folder that everybody can enter, for example\n"
            f"    cp -a {root} /opt/{root.name} && cd /opt/{root.name} && make demo\n"
            f"or start as an ordinary user who owns the project's folder."
        )


def prepare_state(root: Path, profile: str) -> Path:
    """The profile's folder, owned by the user that runs it (root only changes the owner).

    Raises NotTraversable when the state belongs to somebody else.
    """
    state = root / ".lumbung" / profile
    try:
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
        (state / "home").mkdir(mode=0o700, exist_ok=True)
    except PermissionError:
        owner = pwd.getpwuid((state if state.exists() else root).stat().st_uid).pw_name
        raise NotTraversable(
            f"{state} belongs to user `{owner}`, you are `{pwd.getpwuid(os.geteuid()).pw_name}`; "
            f"start as `{owner}` or as root"
        ) from None
    if is_root():
        user = ensure_user()
        for folder in (state, state / "home"):
            os.chown(folder, user.pw_uid, user.pw_gid)
    return state


def clean_environment(root: Path, profile: str) -> dict[str, str]:
    """The environment of everything that runs: nothing inherited but what is named here."""
    kept = {key: os.environ[key] for key in KEPT if key in os.environ}
    kept |= {key: value for key, value in os.environ.items() if key.startswith(KEPT_BEGINNINGS)}
    return {
        **kept,
        "PATH": PATH,
        "HOME": str(root / ".lumbung" / profile / "home"),
        "LANG": "C.UTF-8",
        "LUMBUNG_PROFILE": profile,
        "PYTHONUNBUFFERED": "1",
    }


def dropping(command: Sequence[str]) -> list[str]:
    """`command` for running as the system user; unchanged when we are not root."""
    if not is_root():
        return list(command)
    user = ensure_user()
    setpriv = shutil.which("setpriv", path=PATH)
    if setpriv is None:
        raise FileNotFoundError("setpriv is missing; install util-linux")
    return [
        setpriv, f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups", "--no-new-privs", "--", *command
    ]  # fmt: skip


def continue_as_user(root: Path, profile: str, command: Sequence[str]) -> None:
    """Replace this root process by `command` as the system user, which learns who called; returns if we are not."""
    if not is_root():
        return
    check_traversable(root)
    prepare_state(root, profile)
    os.umask(STATE_MASK)
    os.chdir(root)
    argv = dropping(command)
    os.execve(argv[0], argv, {**clean_environment(root, profile), ACTOR: caller()})  # noqa: S606 - a fixed list, no shell
