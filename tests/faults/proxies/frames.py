"""A proxy that knows Kafka's frames and can hold one up: the slow packet, or the long pause, that comes at a bad moment.

One rule: a held frame is late, never lost and never out of turn. What its connection sends after it waits behind it, and it
reaches the broker on the connection it was sent on, whether or not the client still waits for the answer.
"""

from __future__ import annotations

import asyncio
import struct
from contextlib import suppress
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Self

from hub.local.ports import LOOPBACK

_CHUNK = 65_536
#: After a late frame, the broker's time to act on it.
_ACTED_ON_SECONDS = 1.0


class Api(IntEnum):
    """The requests a test may want to hold up, by Kafka's API key."""

    PRODUCE = 0
    HEARTBEAT = 12
    END_TXN = 26
    TXN_OFFSET_COMMIT = 28


ABORT, COMMIT = 0, 1


@dataclass(slots=True)
class Hold:
    """One frame that was, or will be, held up."""

    api: Api
    #: Of EndTxn only: which end it asks for.
    result: int | None = None
    caught: asyncio.Event = field(default_factory=asyncio.Event)
    released: asyncio.Event = field(default_factory=asyncio.Event)
    #: Set once the frame has been passed on.
    passed: asyncio.Event = field(default_factory=asyncio.Event)

    def wants(self, frame: bytes) -> bool:
        (api,) = struct.unpack_from(">h", frame, 4)
        return api == self.api and (self.result is None or frame[-1] == self.result)

    async def release(self) -> None:
        """Let the frame go now and give the broker time to act on it."""
        await asyncio.wait_for(self.caught.wait(), 1)
        self.released.set()
        await self.passed.wait()
        await asyncio.sleep(_ACTED_ON_SECONDS)


class FrameProxy:
    """Passes everything on from *listen* to *upstream*, except what it is told to hold."""

    def __init__(self, listen: int, upstream: int) -> None:
        self._listen = listen
        self._upstream = upstream
        self._armed: Hold | None = None
        self._server: asyncio.Server | None = None
        self._serving: set[asyncio.Task[None]] = set()

    def hold(self, api: Api, result: int | None = None) -> Hold:
        """Hold up the next such frame of any connection until it is released."""
        self._armed = Hold(api, result)
        return self._armed

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, LOOPBACK, self._listen)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)

    async def _accept(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        try:
            await self._serve(client, to_client)
        except asyncio.CancelledError:
            pass  # the proxy ends
        finally:
            self._serving.discard(task)
            to_client.close()

    async def _serve(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        try:
            upstream, to_upstream = await asyncio.open_connection(LOOPBACK, self._upstream)
        except OSError:  # the broker is down; so is then the way to it
            return
        back = asyncio.create_task(_pass_back(upstream, to_client))
        held = None
        try:
            while True:
                head = await client.readexactly(4)
                frame = head + await client.readexactly(*struct.unpack(">i", head))
                if self._armed is not None and self._armed.wants(frame):
                    held, self._armed = self._armed, None
                    held.caught.set()
                    await held.released.wait()
                    to_upstream.write(frame)
                    await to_upstream.drain()
                    held.passed.set()
                else:
                    to_upstream.write(frame)
                    await to_upstream.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            if held is not None:  # the client has long gone; without it the broker still acts on what came late
                await asyncio.wait({back}, timeout=_ACTED_ON_SECONDS)
        finally:
            to_upstream.close()
            back.cancel()


async def _pass_back(upstream: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while chunk := await upstream.read(_CHUNK):
            if not to_client.is_closing():
                to_client.write(chunk)
    to_client.close()
