"""Load from one process: as much as is taken, or so much a second whatever becomes of it.

The one rule: at a steady rate a request's time runs from the moment it was meant to be sent. A sender that waits for the
answer before it sends the next would hide exactly the delays that are looked for.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from tests.bench.gateway.posts import Post

_HEAD_END = b"\r\n\r\n"
_LENGTH = b"content-length:"


@dataclass(slots=True)
class Outcome:
    """What became of a load."""

    seconds: float = 0.0
    accepted: int = 0  #: events
    refused: list[bytes] = field(default_factory=list)  #: answers that were no 202, or accepted less than was sent
    waits: list[float] = field(default_factory=list)  #: seconds, one per request

    def per_second(self) -> float:
        return self.accepted / self.seconds

    def wait_ms(self, share: float) -> float:
        """So long waited at most *share* of the requests."""
        ordered = sorted(self.waits)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000


class _Line(asyncio.Protocol):
    """One connection with at most one request under way. A client library would cost more than the gateway."""

    def __init__(self, answered: Callable[[_Line, bytes, bytes], None]) -> None:
        self._answered = answered
        self._came = b""
        self._transport: asyncio.Transport
        self.post: Post
        self.began = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def send(self, post: Post, began: float) -> None:
        self.post, self.began = post, began
        self._transport.write(post.raw)

    def data_received(self, data: bytes) -> None:
        self._came += data
        end = self._came.find(_HEAD_END)
        if end < 0:
            return
        head = self._came[:end].lower()
        at = head.index(_LENGTH) + len(_LENGTH)
        whole = end + len(_HEAD_END) + int(head[at:].split(b"\r\n", 1)[0])
        if len(self._came) < whole:
            return
        body, self._came = self._came[end + len(_HEAD_END) : whole], self._came[whole:]
        self._answered(self, head, body)

    def connection_lost(self, _: Exception | None) -> None:
        self._answered(self, b"closed", b"")

    def close(self) -> None:
        self._answered = lambda *_: None
        self._transport.close()


class _Load:
    """The connections of one load, and its outcome."""

    def __init__(self, posts: Sequence[Post], free: Callable[[_Line], None]) -> None:
        self.outcome = Outcome()
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._left = len(posts)
        self._free = free
        self._lines: list[_Line] = []

    async def open(self, host: str, port: int, connections: int) -> list[_Line]:
        loop = asyncio.get_running_loop()
        for _ in range(connections):
            _, line = await loop.create_connection(lambda: _Line(self._answered), host, port)
            self._lines.append(line)
        return list(self._lines)

    def _answered(self, line: _Line, head: bytes, body: bytes) -> None:
        outcome = self.outcome
        outcome.waits.append(asyncio.get_running_loop().time() - line.began)
        accepted = body.count(b'"eventId":')
        outcome.accepted += accepted
        if b" 202 " not in head[:16] or accepted != line.post.events:
            outcome.refused.append(head + body)
        self._left -= 1
        if not self._left or head == b"closed":
            if not self.done.done():
                self.done.set_result(None)
        else:
            self._free(line)

    async def finished(self, began: float) -> Outcome:
        await self.done
        self.outcome.seconds = asyncio.get_running_loop().time() - began
        for line in self._lines:
            line.close()
        return self.outcome


async def flat_out(host: str, port: int, posts: Sequence[Post], connections: int) -> Outcome:
    """All of *posts*, each connection sending its next request as soon as the one before is answered."""
    clock = asyncio.get_running_loop().time
    waiting: Iterator[Post] = iter(posts)

    def following(line: _Line) -> None:
        post = next(waiting, None)
        if post is not None:
            line.send(post, clock())

    load = _Load(posts, following)
    lines = await load.open(host, port, connections)
    began = clock()
    for line in lines:
        following(line)
    return await load.finished(began)


async def steady(host: str, port: int, posts: Sequence[Post], per_second: float, connections: int) -> Outcome:
    """All of *posts*, *per_second* events a second at even distances."""
    loop = asyncio.get_running_loop()
    due: deque[tuple[float, Post]] = deque()
    free: deque[_Line] = deque()

    def send() -> None:
        while free and due and due[0][0] <= loop.time():
            meant, post = due.popleft()
            free.popleft().send(post, meant)
        if due and free:
            loop.call_at(due[0][0], send)

    def freed(line: _Line) -> None:
        was_free = bool(free)
        free.append(line)
        if not was_free:  # otherwise the next moment to send is already in the loop's calendar
            send()

    load = _Load(posts, freed)
    lines = await load.open(host, port, connections)
    began = meant = loop.time() + 0.01
    for post in posts:
        due.append((meant, post))
        meant += post.events / per_second
    free.extend(lines)
    send()
    return await load.finished(began)
