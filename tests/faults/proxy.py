"""A TCP proxy that misbehaves on purpose, seeded, between a client and its server."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Final, Literal

HOST: Final = "127.0.0.1"
PIECE: Final = 16_384
Trouble = Literal["latency", "slow", "cut", "reset", "half-open"]
TROUBLES: Final[tuple[Trouble, ...]] = ("latency", "slow", "cut", "reset", "half-open")


@dataclass
class Weather:
    """What the proxy does. `after` bytes towards the client all is well; only the first `connections` are hit.

    latency: each piece waits up to `seconds`. slow: `rate` bytes a second. cut: the connection is closed in the middle
    of a message. reset: the same by RST. half-open: the connection stays and nothing comes any more.
    """

    trouble: Trouble
    after: int
    connections: int
    seconds: float = 0.02
    rate: int = 200_000
    seed: int = 0

    @staticmethod
    def drawn(chance: Random, trouble: Trouble, most: int) -> Weather:
        """Weather by chance: trouble begins after up to `most` bytes, for the first one to three connections."""
        return Weather(
            trouble,
            after=chance.randint(0, most),
            connections=chance.randint(1, 3),
            seconds=chance.uniform(0.001, 0.03),
            rate=chance.randint(50_000, 500_000),
            seed=chance.getrandbits(32),
        )


@dataclass
class Proxy:
    """A proxy in a thread of its own before `target`. `struck`: how many connections met the trouble.

    As long as it is `calm` everything goes through and nothing is counted, for connections that are kept open.
    """

    target: int
    weather: Weather
    port: int = 0
    calm: bool = False
    struck: int = 0
    _seen: int = 0
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def serve(self, listener: socket.socket, ended: asyncio.Event) -> None:
        """Take connections until `ended`."""
        server = await asyncio.start_server(self._connection, sock=listener)
        async with server:
            await ended.wait()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        with contextlib.suppress(OSError, asyncio.CancelledError):
            far_reader, far_writer = await asyncio.open_connection(HOST, self.target)
            up = asyncio.create_task(self._pass(reader, far_writer))
            down = asyncio.create_task(self._down(far_reader, writer))
            try:
                await asyncio.wait({up, down}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for half in (up, down):
                    half.cancel()
                await asyncio.gather(up, down, return_exceptions=True)
                far_writer.close()
        writer.close()  # also when the server takes no connections
        self._tasks.discard(task)

    @staticmethod
    async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while piece := await reader.read(PIECE):
            writer.write(piece)
            await writer.drain()

    async def _down(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """From the server to the client; on a connection that is hit once `after` bytes have gone through."""
        left = self.weather.after
        chance: Random | None = None
        counted = struck = False
        while piece := await reader.read(PIECE):
            if self.calm:
                writer.write(piece)
                await writer.drain()
                continue
            if not counted:
                counted = True
                self._seen += 1
                chance = Random(self.weather.seed + self._seen) if self._seen <= self.weather.connections else None
            if chance is not None and left < len(piece):
                if not struck:
                    struck = True
                    self.struck += 1
                match self.weather.trouble:
                    case "latency":
                        await asyncio.sleep(chance.uniform(0, self.weather.seconds))
                    case "slow":
                        await asyncio.sleep(len(piece) / self.weather.rate)
                    case "cut":
                        writer.write(piece[:left])
                        await writer.drain()
                        return
                    case "reset":
                        linger = struct.pack("ii", 1, 0)  # close without linger: RST
                        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                        writer.transport.abort()
                        return
                    case "half-open":
                        await asyncio.Event().wait()
            left = max(0, left - len(piece))
            writer.write(piece)
            await writer.drain()


@contextmanager
def proxied(target: int, weather: Weather, calm: bool = False) -> Iterator[Proxy]:
    """A running proxy before port `target` of this machine; `calm` until it is told otherwise."""
    proxy = Proxy(target, weather, calm=calm)
    listener = socket.create_server((HOST, 0))
    proxy.port = listener.getsockname()[1]
    loop = asyncio.new_event_loop()
    ended = asyncio.Event()
    thread = threading.Thread(target=loop.run_until_complete, args=(proxy.serve(listener, ended),), daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join(10)
        if not thread.is_alive():
            loop.close()
