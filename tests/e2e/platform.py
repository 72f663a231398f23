"""The running platform as its users meet it: the command line, HiveServer2, the portal, the departments' databases."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import psycopg

from lumbung.declarations import load
from lumbung.settings import Settings, settings

ROOT = Path(__file__).resolve().parents[2]


class Platform:
    """One running profile."""

    def __init__(self) -> None:
        self.settings: Settings = settings()
        self.portal = httpx.Client(base_url=self.settings.ckan_url, timeout=60)

    def call(self, *arguments: str, ok: bool = True, timeout: int = 900) -> subprocess.CompletedProcess[str]:
        """Runs `lumbung ARGUMENTS`; with `ok` a non-zero exit is an assertion error that shows what was printed."""
        result = subprocess.run(
            [sys.executable, "-m", "lumbung.cli", *arguments],
            cwd=ROOT,
            env={**os.environ, "LUMBUNG_PROFILE": self.settings.profile},
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        if ok:
            assert result.returncode == 0, f"lumbung {' '.join(arguments)}\n{result.stdout}\n{result.stderr}"
        return result

    def run_together(self, *systems: str) -> None:
        """`lumbung run` of several systems side by side; each must succeed."""
        self.call("run", *systems, timeout=2400)

    def shell(self, commands: list[str], values: dict[str, str] | None = None) -> str:
        """Runs lines of a document in a shell, `values` put in for their placeholders; what they print together."""
        assert commands
        printed = []
        for command in commands:
            for placeholder, value in (values or {}).items():
                command = command.replace(placeholder, value)
            result = subprocess.run(
                ["bash", "-c", command],
                cwd=ROOT,
                env={**os.environ, "LUMBUNG_PROFILE": self.settings.profile},
                capture_output=True,
                text=True,
                timeout=2400,
                check=False,
            )
            assert result.returncode == 0, f"{command}\n{result.stdout}\n{result.stderr}"
            printed.append(result.stdout)
        return "\n".join(printed)

    def json(self, *arguments: str) -> Any:
        """The JSON that `lumbung ARGUMENTS --json` prints."""
        return json.loads(self.call(*arguments, "--json").stdout)

    def simulate(self, *arguments: str) -> str:
        """Runs the simulator of this profile."""
        return self.call("simulate", *arguments).stdout

    def source(self, system: str, statement: str, *values: object, admin: bool = False) -> list[tuple[Any, ...]]:
        """Runs SQL in a department's database, by the read-only account or the administrator's; gives the rows."""
        url = self.settings.source_admin_url(system) if admin else self.settings.source_url(system)
        with psycopg.connect(url) as connection:
            cursor = connection.execute(statement, values or None)  # type: ignore[arg-type]
            return cursor.fetchall() if cursor.description else []

    def warehouse(self, statement: str) -> list[dict[str, Any]]:
        """Runs SQL through HiveServer2 with SQLAlchemy and the engineer's account."""
        from sqlalchemy import text

        from lumbung.warehouse.hive import engine

        with engine().connect() as connection:
            return [dict(row) for row in connection.execute(text(statement)).mappings()]

    def manifest(self) -> dict[str, Any]:
        """What the simulator broke on purpose."""
        content = json.loads((self.settings.state / "simulator" / "manifest.json").read_text(encoding="utf-8"))
        return dict(content)

    def refused(self, system: str) -> list[dict[str, Any]]:
        """Open refused rows of a system."""
        return list(self.json("quarantine", system))

    def published(self) -> list[dict[str, Any]]:
        """The public datasets that are there. Only those of systems that the profile does not carry may be missing."""
        carried, declared = self.settings.systems, load()
        shown = self.json("summary")["publications"]
        missing = {row["url"].rpartition("/")[2] for row in shown if row["resource_id"] is None}
        for mart in declared.marts.values():
            of = {name.partition("__")[0] for name in mart.inputs if "__" in name}
            if not carried or of <= set(carried):
                assert not missing & {publication.slug for publication in mart.publications}, mart.name
        return [row for row in shown if row["resource_id"] is not None]

    def action(self, name: str, **parameters: Any) -> Any:
        """An action of the portal's API, anonymously."""
        answer = self.portal.get(f"/api/3/action/{name}", params=parameters)
        answer.raise_for_status()
        return answer.json()["result"]

    def public_csv(self, resource: str) -> list[dict[str, str]]:
        """The rows of a resource's newest file, as anyone downloads it."""
        answer = self.portal.get(f"/lumbung/berkas/{resource}/terbaru.csv")
        answer.raise_for_status()
        return list(csv.DictReader(io.StringIO(answer.text)))
