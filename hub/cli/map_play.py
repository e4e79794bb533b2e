"""The page of `hub map play`: a mapping and a sample, tried at every change.

One rule: only the page that this process served may ask. It listens on this machine alone, every question carries a token
that no other page knows, and the name of the host is checked, or a page of the web could reach it by a name of its own.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import asdict
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

import orjson

from connectors.mapping import MappingInvalid, journey
from connectors.protocol import NotUnderstood
from hub.cli.exits import Exit, Failed
from hub.cli.language import say
from hub.cli.map_source import Written, compiled, faults, told

_PAGE: Final = Path(__file__).with_name("map_play.html")
_LARGEST: Final = 4 * 1024 * 1024
_RECORDS: Final = 20


def tried(path: Path, mapping: str, sample: bytes) -> dict[str, Any]:
    """What *sample* becomes under the text *mapping*: faults, and the journey of each record."""
    try:
        written = compiled(path, mapping)
    except (MappingInvalid, OSError) as error:
        told_faults = faults(error, path) if isinstance(error, MappingInvalid) else [(0, str(error))]
        return {"faults": [_placed(path, *each) for each in told_faults], "records": []}
    found: list[dict[str, Any]] = []
    wrong: list[str] = []
    try:
        rows = written.format.decode(sample)
    except NotUnderstood as error:
        return {"faults": [told(error)], "records": []}
    for row in rows[:_RECORDS]:
        try:
            if row.error is not None or row.record is None:
                raise row.error or NotUnderstood("")
            found += _events(written, row.number, row.record)
        except NotUnderstood as error:
            wrong.append(f"{row.number}: {told(error)}")
    return {"faults": wrong, "records": found}


def _placed(path: Path, line: int, what: str) -> str:
    """A fault with its place, as an editor takes it; line 0 is the whole file."""
    return f"{path.name}:{line} {what}" if line else f"{path.name} {what}"


def _events(written: Written, number: int, record: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Every event of *record* with its own legs; what belongs to none of them stands with the first."""
    legs = journey.journey(written.dialect, record)
    return [
        {
            "number": number,
            "type": draft.type,
            "data": draft.data,
            "legs": [asdict(leg) for leg in legs if leg.event == draft.type or (not leg.event and not index)],
        }
        for index, draft in enumerate(written.dialect.read(record))
    ]


class Server(ThreadingHTTPServer):
    """One mapping on one port of this machine."""

    daemon_threads = True

    def __init__(self, path: Path, sample: str, port: int, *, write: bool) -> None:
        super().__init__(("127.0.0.1", port), _Asked)
        self.path, self.sample, self.write = path, sample, write
        self.token = secrets.token_urlsafe(24)

    @property
    def address(self) -> str:
        """Where the page is."""
        return f"http://127.0.0.1:{self.server_address[1]}/"

    @property
    def hosts(self) -> frozenset[str]:
        """The names by which it may be asked."""
        return frozenset(f"{name}:{self.server_address[1]}" for name in ("127.0.0.1", "localhost"))


def served(path: Path, sample: bytes, *, port: int, write: bool) -> Server:
    """The server, listening. *port* 0 is any."""
    try:
        return Server(path, sample.decode(_charset(sample), "replace"), port, write=write)
    except OSError as error:
        raise Failed(Exit.UNREACHABLE, say(f"端口 {port} 不可用: {error}", f"port {port}: {error}")) from None


def _charset(sample: bytes) -> str:
    try:
        sample.decode("utf-8-sig")
    except UnicodeDecodeError:
        return "gb18030"
    return "utf-8-sig"


class _Asked(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        """The page."""
        if not self._admitted() or self.path != "/":
            return self._answer(HTTPStatus.NOT_FOUND, b"", "text/plain")
        nonce = secrets.token_urlsafe(12)
        start = {
            "file": str(self.server.path), "mapping": self.server.path.read_text("utf-8"), "sample": self.server.sample,
            "token": self.server.token, "write": self.server.write,
        }  # fmt: skip
        # `</script>` inside a sample must not end the script
        text = orjson.dumps(start).decode().replace("<", "\\u003c")
        page = _PAGE.read_text("utf-8").replace("@NONCE@", nonce).replace("@START@", text)
        policy = f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'unsafe-inline'; connect-src 'self'"
        return self._answer(HTTPStatus.OK, page.encode(), "text/html; charset=utf-8", policy)

    def do_POST(self) -> None:
        """``/try`` and ``/save``."""
        length = int(self.headers.get("content-length") or 0)
        token = self.headers.get("x-play-token") or ""
        if not self._admitted() or not secrets.compare_digest(token.encode(), self.server.token.encode()):
            return self._answer(HTTPStatus.FORBIDDEN, b"{}", "application/json")
        if length > _LARGEST:
            return self._answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, b"{}", "application/json")
        try:
            asked = orjson.loads(self.rfile.read(length))
            mapping = str(asked["mapping"])
        except (orjson.JSONDecodeError, KeyError, TypeError):
            return self._answer(HTTPStatus.BAD_REQUEST, b"{}", "application/json")
        match self.path:
            case "/try":
                result = tried(
                    self.server.path, mapping, _bytes(mapping, self.server.path, str(asked.get("sample", "")))
                )
            case "/save" if self.server.write:
                result = {"said": _saved(self.server.path, mapping)}
            case _:
                return self._answer(HTTPStatus.NOT_FOUND, b"{}", "application/json")
        return self._answer(HTTPStatus.OK, orjson.dumps(result), "application/json")

    def _admitted(self) -> bool:
        return self.headers.get("host", "") in self.server.hosts

    def _answer(self, status: HTTPStatus, body: bytes, kind: str, policy: str = "default-src 'none'") -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.send_header("content-security-policy", policy)
        self.send_header("cache-control", "no-store")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        """Nothing: what is typed is nobody's business."""


def _bytes(mapping: str, path: Path, sample: str) -> bytes:
    """The text of the page as the system would send it."""
    try:
        declared = compiled(path, mapping).document["format"]
    except MappingInvalid:
        return sample.encode()
    charset = declared.get("charset", "gb18030") if declared["kind"] == "csv" else "utf-8"
    if declared["kind"] == "xml" and "encoding=" in sample[:100]:
        charset = declared.get("encoding", "utf-8")
    return sample.encode(charset, "replace")


def _saved(path: Path, mapping: str) -> str:
    try:
        compiled(path, mapping)
    except MappingInvalid as error:
        first = _placed(path, *faults(error, path)[0])
        return say(f"未保存: {first}", f"not saved: {first}")
    beside = path.with_suffix(".yaml.part")
    beside.write_text(mapping, "utf-8")
    beside.replace(path)
    return say("已保存", "saved")
