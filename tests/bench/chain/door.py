"""The gateway's door as a sender with kept-alive connections uses it, at the least cost to the machine it shares.

The one rule: the moment of an answer is taken when its last byte is read, before anything is done with it.
"""

from __future__ import annotations

import asyncio
import re
import time
from typing import Final, NamedTuple, cast

_length: Final = re.compile(rb"content-length: *(\d+)", re.IGNORECASE).search


class Answer(NamedTuple):
    status: int
    body: bytes
    at_ns: int  #: on the monotonic clock


class _Line(asyncio.Protocol):
    """One connection with one request under way at a time."""

    def __init__(self) -> None:
        self._got = b""
        self._waiting: asyncio.Future[Answer] | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # of a stream, whatever loop it is of

    def connection_lost(self, exc: Exception | None) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(exc or ConnectionResetError("the gateway closed the connection"))

    def data_received(self, data: bytes) -> None:
        now = time.monotonic_ns()
        self._got += data
        head, found, body = self._got.partition(b"\r\n\r\n")
        length = _length(head)
        if not found or length is None or len(body) < int(length[1]):
            return
        self._got = b""
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(Answer(int(head[9:12]), body, now))

    async def ask(self, request: bytes) -> Answer:
        assert self._transport is not None
        self._waiting = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._waiting

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


class Door:
    """As many connections as are needed at once, each kept for the next request, and no more than *most*."""

    def __init__(self, gateway: str, most: int = 128) -> None:
        self._room = asyncio.Semaphore(most)
        host, _, port = gateway.removeprefix("http://").partition(":")
        self._host, self._port = host, int(port)
        self._idle: list[_Line] = []
        self._all: list[_Line] = []

    async def post(self, request: bytes) -> Answer:
        """What the gateway says to *request*."""
        async with self._room:
            line = self._idle.pop() if self._idle else await self._open()
            answer = await line.ask(request)
            self._idle.append(line)
            return answer

    def close(self) -> None:
        for line in self._all:
            line.close()

    async def _open(self) -> _Line:
        _, line = await asyncio.get_running_loop().create_connection(_Line, self._host, self._port)
        self._all.append(line)
        return line
