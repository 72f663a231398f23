"""Who acts at the command line: the name that goes into the audit."""

from __future__ import annotations

import os
import pwd
from typing import Final

SERVICE_USER: Final = "lumbung"
"""As whom root goes on (`runtime.privilege.USER`); only then somebody else called than the process's own account."""


def actor() -> str:
    """`cli:<account>`: the login that called `bin/lumbung`, also after it dropped to the service's user.

    The environment of any other account says nothing: that account is what the system says.
    """
    account = _account()
    called = os.environ.get("LUMBUNG_ACTOR") if account == SERVICE_USER else None
    return f"cli:{called or account}"


def _account() -> str:
    uid = os.getuid()  # not getpass.getuser(), which believes the environment
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
