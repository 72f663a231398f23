"""Airflow over its REST API: trigger, unpause, watch. Airflow itself is never imported."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, stop_after_delay, wait_fixed

from lumbung.ops.runs import PERSON
from lumbung.settings import Settings, settings

PATIENCE_SECONDS = 120


class AirflowError(RuntimeError):
    """Airflow refused or could not be reached; the message says what to do next."""


class Airflow:
    """A logged-in client; everything it triggers is recorded under the account it logs in with.

    Args:
        actor: who typed the command, recorded beside that account; None when nobody did.
        config: the profile whose Airflow is meant.
        user: account name; its password is read from `secrets/airflow_password` for the default account.
        password: the password of another account.

    Raises:
        AirflowError: not reachable within 20 s, or the login is refused.
    """

    def __init__(
        self,
        actor: str | None = None,
        config: Settings | None = None,
        user: str | None = None,
        password: str | None = None,
    ) -> None:
        config = config or settings()
        self.actor = actor
        self._config = config
        self.user = user or config.airflow_user
        self._client = httpx.Client(base_url=config.airflow_url, timeout=30)
        token = self._login(password or config.secret("airflow_password"))
        self._client.headers["Authorization"] = f"Bearer {token}"

    def _login(self, password: str) -> str:
        try:
            for attempt in Retrying(
                retry=retry_if_exception_type(httpx.TransportError),
                stop=stop_after_delay(20),
                wait=wait_fixed(1),
                reraise=True,
            ):
                with attempt:
                    answer = self._client.post("/auth/token", json={"username": self.user, "password": password})
        except httpx.TransportError as error:
            raise AirflowError(
                f"Airflow tidak menjawab di {self._config.airflow_url}: {error}. "
                "Periksa `make status`; log: logs/airflow-api.log."
            ) from error
        if answer.status_code != 201:
            raise AirflowError(f"Airflow menolak akun {self.user!r} ({answer.status_code}).")
        return str(answer.json()["access_token"])

    def _call(self, method: str, path: str, **kwargs: Any) -> Any:
        # A question may be repeated while Airflow is being restarted; a command may not.
        patience = stop_after_delay(PATIENCE_SECONDS) if method == "GET" else stop_after_attempt(1)
        retrying = Retrying(
            retry=retry_if_exception_type(httpx.TransportError), stop=patience, wait=wait_fixed(1), reraise=True
        )
        try:
            answer = retrying(self._client.request, method, f"/api/v2{path}", **kwargs)
        except httpx.TransportError as error:
            raise AirflowError(
                f"Airflow tidak menjawab ({method} {path}): {error}. Periksa `make status`; run yang sudah dipicu "
                "berjalan terus setelah Airflow kembali."
            ) from error
        if answer.is_error:
            raise AirflowError(f"Airflow menolak {method} {path}: {answer.status_code} {answer.text[:500]}")
        return answer.json() if answer.content else None

    def unpause(self, dag_id: str) -> None:
        """Lets the DAG run. A DAG just added is not known at once: waits up to 60 s for it."""
        for attempt in Retrying(
            retry=retry_if_exception_type(AirflowError), stop=stop_after_delay(60), wait=wait_fixed(1), reraise=True
        ):
            with attempt:
                self._call("PATCH", f"/dags/{dag_id}", json={"is_paused": False})

    def trigger(self, dag_id: str, run_id: str, conf: Mapping[str, Any]) -> None:
        """Starts one run named `run_id`; parameters are checked by the DAG's JSON schema."""
        self.unpause(dag_id)
        named = {} if self.actor is None else {PERSON: self.actor}
        self._call(
            "POST",
            f"/dags/{dag_id}/dagRuns",
            json={"dag_run_id": run_id, "logical_date": None, "conf": {**conf, **named}},
        )

    def state(self, dag_id: str, run_id: str) -> str:
        """queued, running, success or failed."""
        return str(self._call("GET", f"/dags/{dag_id}/dagRuns/{run_id}")["state"])

    def active(self, dag_id: str) -> bool:
        """Whether a run of the DAG is queued or running."""
        answer = self._call("GET", f"/dags/{dag_id}/dagRuns", params={"state": ["queued", "running"], "limit": 1})
        return bool(answer["total_entries"])

    def newest(self, dag_id: str) -> tuple[str, str] | None:
        """Id and state of the DAG's newest run; None when it never ran."""
        answer = self._call("GET", f"/dags/{dag_id}/dagRuns", params={"order_by": "-run_after", "limit": 1})
        return next(((str(run["dag_run_id"]), str(run["state"])) for run in answer["dag_runs"]), None)

    def repeated(self, dag_id: str, run_id: str) -> list[str]:
        """One line for every task whose last attempt failed and that waits for the next one, with where its log is."""
        answer = self._call("GET", f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances")
        place = f"{self._config.airflow_url}/dags/{dag_id}/runs/{run_id}/tasks"
        return [
            f"{item['task_id']}: percobaan {item['try_number']} dari {item['max_tries'] + 1} gagal, akan diulang; "
            f"log: {place}/{item['task_id']}"
            for item in answer["task_instances"]
            if item["state"] == "up_for_retry"
        ]
