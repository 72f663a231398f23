"""The departments behind HTTP as one real server: `python -m simulator.service --state DIR --port N`.

Each department has its own path (`/harga_pangan/…`), its own kind of login and its own envelope; what it serves comes
from its database (`simulator.desk`).
"""

from __future__ import annotations

import argparse
from typing import Any
from urllib.parse import parse_qsl

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route as StarletteRoute

from simulator.desk import Asked, Desk
from simulator.server import SimulatorError, State
from simulator.systems import systems
from simulator.trouble import CUT


class _Cut(Response):
    """Half of an answer, then nothing: the connection is closed though more was promised."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": self.body[: len(self.body) // 2], "more_body": True})
        raise ConnectionAbortedError("cut on purpose")


def application(state: State) -> Starlette:
    """All departments behind HTTP under their paths, and `/sehat` for the supervisor."""
    desks = {system.code: Desk(state, system) for system in systems().values() if system.kind == "http"}

    async def serve(request: Request) -> Response:
        desk = desks.get(request.path_params["system"])
        if desk is None:
            return Response(status_code=404)
        body = await request.body()
        asked = Asked(
            method=request.method,
            path="/" + request.path_params.get("path", ""),
            query=dict(request.query_params),
            form=dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)),
            headers=request.headers,
            body=body,
        )
        reply, trouble = await run_in_threadpool(desk.answer, asked)
        content = reply.content()
        kind = "text/xml; charset=utf-8" if content.startswith(b"<?xml") else "application/json"
        answer = _Cut if trouble is not None and trouble.kind == CUT else Response
        return answer(content, reply.status, {"content-type": kind, **reply.headers})

    async def alive(request: Request) -> Response:
        return Response("ok")

    return Starlette(
        routes=[
            StarletteRoute("/sehat", alive),
            StarletteRoute("/{system}", serve, methods=["GET", "POST"]),
            StarletteRoute("/{system}/{path:path}", serve, methods=["GET", "POST"]),
        ]
    )


def main() -> None:
    """Serve on the loopback address until terminated."""
    parser = argparse.ArgumentParser(prog="python -m simulator.service", description=__doc__)
    parser.add_argument("--state", metavar="DIR", help="folder keadaan profil")
    parser.add_argument("--port", type=int, required=True)
    options = parser.parse_args()
    try:
        app = application(State.find(options.state))
    except SimulatorError as error:
        parser.exit(1, f"{error}\n")
    uvicorn.run(app, host="127.0.0.1", port=options.port, log_level="warning", access_log=False, server_header=False)


if __name__ == "__main__":
    main()
