"""The misbehaving proxy does what its name says, after the byte at which it was told to."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from tests.faults.proxy import PIECE, Trouble, Weather, proxied

CONTENT = bytes(range(256)) * 400


@pytest.fixture
def server() -> Iterator[int]:
    """A server that sends CONTENT to whoever connects and closes."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        ended = threading.Event()

        def serve() -> None:
            while not ended.is_set():
                try:
                    peer, _ = listener.accept()
                except OSError:
                    return
                with peer:
                    peer.sendall(CONTENT)

        threading.Thread(target=serve, daemon=True).start()
        yield listener.getsockname()[1]
        ended.set()
        listener.shutdown(socket.SHUT_RDWR)


def received(port: int, seconds: float = 5) -> bytes:
    """Everything that comes until the other side closes or says nothing for `seconds`."""
    with socket.create_connection(("127.0.0.1", port), timeout=seconds) as client:
        found = b""
        while piece := client.recv(PIECE):
            found += piece
        return found


@pytest.mark.parametrize("trouble", ["latency", "slow"])
def test_a_bad_way_brings_everything_later(server: int, trouble: Trouble) -> None:
    with proxied(server, Weather(trouble, after=0, connections=1, seconds=0.01, rate=1_000_000)) as proxy:
        began = time.monotonic()
        assert received(proxy.port) == CONTENT
        if trouble == "slow":
            assert time.monotonic() - began >= len(CONTENT) / 1_000_000
        assert proxy.struck == 1


@pytest.mark.parametrize("after", [0, 1, 50_000])
def test_a_cut_comes_after_its_byte_and_only_for_the_first_connections(server: int, after: int) -> None:
    with proxied(server, Weather("cut", after=after, connections=2)) as proxy:
        assert received(proxy.port) == CONTENT[:after]
        assert received(proxy.port) == CONTENT[:after]
        assert received(proxy.port) == CONTENT
        assert proxy.struck == 2


def test_a_reset_is_seen_as_one(server: int) -> None:
    with proxied(server, Weather("reset", after=1_000, connections=1)) as proxy, pytest.raises(ConnectionResetError):
        received(proxy.port)


def test_a_half_open_connection_stays_and_says_nothing(server: int) -> None:
    with proxied(server, Weather("half-open", after=0, connections=1)) as proxy, pytest.raises(TimeoutError):
        received(proxy.port, 0.3)


def test_no_trouble_before_enough_has_gone_through(server: int) -> None:
    with proxied(server, Weather("cut", after=len(CONTENT), connections=1)) as proxy:
        assert received(proxy.port) == CONTENT
        assert proxy.struck == 0


def test_while_it_is_calm_nothing_is_counted(server: int) -> None:
    with proxied(server, Weather("cut", after=1, connections=1), calm=True) as proxy:
        assert received(proxy.port) == CONTENT
        assert proxy.struck == 0
        proxy.calm = False
        assert received(proxy.port) == CONTENT[:1]
        assert received(proxy.port) == CONTENT
        assert proxy.struck == 1
