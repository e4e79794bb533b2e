"""One request and one answer, without a framework: what the hot path needs and nothing more.

The one rule: a body is read only after every limit that needs no body has held.
"""

from __future__ import annotations

import uuid
import zlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl

from uvicorn._types import ASGIReceiveCallable, ASGISendCallable, HTTPScope

from hub.gateway.problem import CONTENT_TYPE, Problem

JSON: Final = b"application/json"
_GZIP: Final = 31  # zlib's window bits for exactly one gzip member


class ClientGone(Exception):
    """The peer left before its request was whole: there is nobody to answer."""


class Request:
    """What was asked. Header names are lower case; a header that may come once only is refused when it comes twice."""

    __slots__ = ("_query", "_receive", "headers", "id", "method", "party", "path", "scope", "told")

    def __init__(self, scope: HTTPScope, receive: ASGIReceiveCallable) -> None:
        self.scope = scope
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.headers: dict[bytes, bytes] = {}
        for name, value in scope["headers"]:
            if name in self.headers and name in _ONCE:
                raise Problem(
                    "HUB-1001", f"请求头 {name.decode('latin-1')} 重复", f"header {name.decode('latin-1')} came twice"
                )
            self.headers[name] = value
        self.id = str(uuid.uuid4())
        self.party = ""
        self.told: dict[str, Any] = {}  #: what the log says of this request beside the usual
        self._receive = receive
        self._query: dict[str, str] | None = None

    def header(self, name: bytes) -> str:
        """Value of a header, "" if absent."""
        return self.headers.get(name, b"").decode("latin-1").strip()

    @property
    def content_type(self) -> str:
        """Media type without parameters, lower case."""
        return self.header(b"content-type").partition(";")[0].strip().lower()

    @property
    def query(self) -> Mapping[str, str]:
        """Parameters of the URL; one that comes twice is refused."""
        if self._query is None:
            pairs = parse_qsl(self.scope["query_string"].decode("latin-1"), keep_blank_values=True)
            self._query = dict(pairs)
            if len(self._query) != len(pairs):
                raise Problem("HUB-1403", "参数重复", "a parameter came twice")
        return self._query

    def only(self, known: Collection[str]) -> None:
        """Refuse a parameter that is not *known*: one misspelt would silently change what is done."""
        unknown = sorted(self.query.keys() - known)
        if unknown:
            raise Problem("HUB-1403", f"未知参数 {unknown[0][:20]}", f"unknown parameter {unknown[0][:20]}")

    async def body(self, most: int) -> bytes:
        """The body as sent, at most *most* bytes of it; a declared length is believed when it is too long."""
        declared = self.header(b"content-length")
        if declared and int(declared) > most:
            raise _too_large(most)
        chunks: list[bytes] = []
        size, more = 0, True
        while more:
            message = await self._receive()
            if message["type"] != "http.request":
                raise ClientGone
            chunk = message.get("body", b"")
            size += len(chunk)
            if size > most:
                raise _too_large(most)
            chunks.append(chunk)
            more = message.get("more_body", False)
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    def inflated(self, raw: bytes, most: int, ratio: int) -> bytes:
        """*raw* without its content encoding: none, or one layer of gzip."""
        encoding = self.header(b"content-encoding").lower()
        if encoding in ("", "identity"):
            return raw
        if encoding != "gzip":
            raise Problem("HUB-1008")
        return inflate(raw, most, ratio)


_ONCE: Final = frozenset(
    (
        b"authorization",
        b"idempotency-key",
        b"content-type",
        b"content-encoding",
        b"content-length",
        b"host",
        b"hub-realm",
        b"hub-time",
    )
)


def inflate(raw: bytes, most: int, ratio: int) -> bytes:
    """One gzip member, inflated no further than the limits: what the header says of its size is not believed."""
    cap = min(most, ratio * len(raw))
    stream = zlib.decompressobj(_GZIP)
    try:
        data = stream.decompress(raw, cap + 1)
    except zlib.error:
        raise Problem("HUB-1001", "gzip 内容损坏", "the gzip body is damaged") from None
    if len(data) > cap:
        raise Problem("HUB-1006")
    if not stream.eof or stream.unused_data:
        raise Problem("HUB-1001", "gzip 内容不完整或不止一层", "the gzip body is cut off or holds more than one member")
    return data


def _too_large(most: int) -> Problem:
    return Problem("HUB-1005", f"请求体不得超过 {most} 字节", f"the body may have at most {most} bytes")


@dataclass(frozen=True, slots=True)
class Response:
    """What is answered."""

    status: int
    body: bytes
    content_type: bytes = JSON
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, problem: Problem, request_id: str) -> Response:
        """A problem as an answer."""
        return cls(problem.status, problem.body(request_id), CONTENT_TYPE, problem.headers)

    async def send(self, send: ASGISendCallable, request_id: str) -> None:
        """Send it."""
        headers = [
            (b"content-type", self.content_type),
            (b"content-length", b"%d" % len(self.body)),
            (b"x-request-id", request_id.encode()),
            (b"cache-control", b"no-store"),
            (b"x-content-type-options", b"nosniff"),
            *((name.encode(), value.encode("latin-1")) for name, value in self.headers.items()),
        ]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.body, "more_body": False})
