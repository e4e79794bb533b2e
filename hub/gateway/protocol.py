"""The limits that hold before a request exists: size and time of its head, pace of its body, number of connections.

The one rule: a peer that has not yet sent a whole head costs a bounded number of bytes and seconds. uvicorn's parser is
strict about smuggling but has no limits of its own, so they are counted here, around it.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from enum import Enum
from typing import Any, ClassVar, Final

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from hub.gateway.problem import CONTENT_TYPE, Problem
from hub.gateway.settings import Limits

#: Where the application finds the connection of a request.
EXTENSION: Final = "hub.connection"

#: Bytes of a refused body that are read and forgotten, so that the peer hears the answer; then the connection goes.
_MOST_FORGOTTEN: Final = 16 * 1024 * 1024
#: Request line and line ends beside what the limits count.
_SLACK: Final = 1024


class _Phase(Enum):
    IDLE = 0
    HEAD = 1
    BODY = 2


class GuardedHttp(HttpToolsProtocol):
    """uvicorn's HTTP/1.1 protocol with our limits. Use a subclass from `guarded`."""

    limits: ClassVar[Limits]
    per_party: ClassVar[Counter[str]]

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._party = ""
        self._breach: Problem | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._enter(_Phase.HEAD)
        if len(self.connections) > self.limits.connections:
            self._say(Problem("HUB-1009", headers={"retry-after": "5"}))
            return
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._party:
            self.per_party[self._party] -= 1
        super().connection_lost(exc)

    def claim(self, party: str) -> None:
        """Count this connection to *party*; `Problem` if it has too many."""
        if self._party == party:
            return
        if self.per_party[party] >= self.limits.connections_per_party:
            raise Problem("HUB-1009", headers={"retry-after": "5", "connection": "close"})
        if self._party:
            self.per_party[self._party] -= 1
        self._party = party
        self.per_party[party] += 1

    # ---- bytes

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        if self._phase is _Phase.IDLE:
            self._enter(_Phase.HEAD)
        self._received += len(data)
        super().data_received(data)
        if self.transport.is_closing():
            return
        limits = self.limits
        if self._phase is _Phase.HEAD and self._received > limits.header_bytes + limits.url_bytes + _SLACK:
            # The parser hands a header over when it is whole: an endless one would grow inside it.
            self._say(Problem("HUB-1003"))
            return
        if self._phase is not _Phase.IDLE and self._timer is None:
            self._watch()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if self._phase is not _Phase.HEAD:  # of a request that came behind another one
            self._enter(_Phase.HEAD)
        self.scope["extensions"] = {EXTENSION: self}  # type: ignore[dict-item]

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        if len(self.url) > self.limits.url_bytes:
            self._refuse(Problem("HUB-1002"))

    def on_header(self, name: bytes, value: bytes) -> None:
        super().on_header(name, value)
        self._head += len(name) + len(value) + 4
        if self._head > self.limits.header_bytes or len(self.headers) > self.limits.header_fields:
            self._refuse(Problem("HUB-1003"))

    def on_headers_complete(self) -> None:
        names = [name for name, _ in self.headers]
        if (
            (b"content-length" in names and b"transfer-encoding" in names)
            or names.count(b"host") > 1
            or names.count(b"content-length") > 1
        ):
            # The parser refuses most of these; the rule must not hang on a flag of its build.
            self._refuse(Problem("HUB-1001"))
        self._enter(_Phase.BODY)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._body += len(body)
        super().on_body(body)
        if self.cycle.response_complete and self._body > _MOST_FORGOTTEN:
            self.transport.close()

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._enter(_Phase.IDLE)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def send_400_response(self, msg: str) -> None:
        self._say(self._breach or Problem("HUB-1001"))

    # ---- time

    def _enter(self, phase: _Phase) -> None:
        self._phase = phase
        self._since = self.loop.time()
        self._received = self._head = self._body = 0

    def _watch(self) -> None:
        limits = self.limits
        if self._phase is _Phase.HEAD:
            pause = self._since + limits.header_seconds - self.loop.time()
        else:
            pause = min(limits.body_rate_grace_seconds, limits.body_seconds)
        self._timer = self.loop.call_later(max(pause, 0.0), self._look)

    def _look(self) -> None:
        self._timer = None
        if self.transport.is_closing() or self._phase is _Phase.IDLE:
            return
        limits, age = self.limits, self.loop.time() - self._since
        if self._phase is _Phase.HEAD:
            late = age >= limits.header_seconds
        else:
            slow = age >= limits.body_rate_grace_seconds and self._body < age * limits.body_bytes_per_second
            late = slow or age >= limits.body_seconds
        if late:
            self._say(Problem("HUB-1004"))
        else:
            self._watch()

    # ---- answers without a request

    def _refuse(self, problem: Problem) -> None:
        """End parsing with *problem*: the parser turns what a callback raises into its own error."""
        self._breach = problem
        raise httptools.HttpParserError(problem.code)

    def _say(self, problem: Problem) -> None:
        """Answer *problem* and close, unless an answer is already on its way."""
        if self.cycle is None or self.cycle.response_complete or not self.cycle.response_started:
            body = problem.body()
            head = [b"content-type: " + CONTENT_TYPE, b"content-length: %d" % len(body), b"connection: close"]
            head += [f"{name}: {value}".encode() for name, value in problem.headers.items()]
            self.transport.write(STATUS_LINE[problem.status] + b"\r\n".join(head) + b"\r\n\r\n" + body)
        self.transport.close()


def guarded(limits: Limits) -> type[GuardedHttp]:
    """The protocol class of one server."""
    members: dict[str, Any] = {"limits": limits, "per_party": Counter()}
    return type("GuardedHttp", (GuardedHttp,), members)
