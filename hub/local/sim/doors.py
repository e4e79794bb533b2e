"""The doors of the hub as a bureau's system meets them: HTTP with retries, and the drop folder.

The one rule: nothing but what the public doors offer; what the hub answers is told to the journal, and nothing is sent twice under
another key.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx
import orjson

from connectors import registry
from connectors.filedrop.folders import Folders
from connectors.protocol import NotUnderstood
from connectors.registry import System
from hub.canonical.event import short_type
from hub.local.sim.actor import Heard
from hub.local.sim.journal import Journal
from hub.local.sim.letter import Letter

_AGAIN: Final = (408, 409, 429, 500, 502, 503, 504)
_LONGEST_PAUSE: Final = 10.0
_POLL_SECONDS: Final = 20
_LOOK_SECONDS: Final = 0.3
#: A gateway that is started again is back sooner; whoever insists longer never ends.
_INSISTS_SECONDS: Final = 90.0
#: Receives what a system was delivered.
Hear = Callable[[Heard], None]


class GatewayGone(ConnectionError):
    """The gateway has not taken or answered a request for so long that it will not."""


@dataclass(slots=True)
class HttpDoor:
    """The gateway, as one system."""

    http: httpx.AsyncClient
    system: System
    tokens: Mapping[str, str]
    journal: Journal

    async def send(self, letters: Sequence[Letter]) -> None:
        """Post *letters* as one document, and note what was refused at the door."""
        body = self.system.format.encode([letter.record for letter in letters])
        name = self.system.dialect.name
        key = hashlib.sha256(b"|".join([letters[0].own_id.encode(), body])).hexdigest()
        headers = self._as(self.system.owner) | {
            "content-type": self.system.content_types[0], "idempotency-key": f"sim-{key[:48]}",
        }  # fmt: skip
        answer = await self._insisting("POST", f"/v1/records/{name}", content=body, headers=headers)
        if answer.status_code == httpx.codes.ACCEPTED:
            self._note(letters, answer.json().get("refused", ()))
            return
        problem = answer.json()
        refused = problem.get("refused") or [{"id": each.own_id, "code": problem["code"]} for each in letters]
        self._note(letters, refused)

    def _note(self, letters: Sequence[Letter], refused: Sequence[Mapping[str, Any]]) -> None:
        ids = {letter.own_id: letter.event_id for letter in letters}
        for each in refused:
            self.journal.refuse(ids.get(str(each.get("id")), letters[0].event_id), str(each["code"]))

    async def latest(self, party: str) -> str:
        """The place behind everything that is there now."""
        answer = await self._insisting(
            "GET", "/v1/deliveries", headers=self._as(party), params={"after": "latest", "limit": "1"}
        )
        return str(answer.raise_for_status().json()["cursor"])

    async def listen(self, party: str, cursor: str, hear: Hear) -> None:
        """Pull the deliveries of *party* in its own words, for ever; acknowledge what was heard."""
        params = {"dialect": self.system.dialect.name, "limit": "200", "wait": str(_POLL_SECONDS)}
        while True:
            answer = await self._insisting(
                "GET", "/v1/deliveries", headers=self._as(party), params=params | {"after": cursor}
            )
            found = answer.raise_for_status().json()
            for said in found["deliveries"]:
                for heard in _read(self.system, party, said["id"], _content(said), short_type(said["type"])):
                    hear(heard)
            if found["cursor"] != cursor:
                cursor = found["cursor"]
                await self._insisting("POST", "/v1/deliveries/ack", headers=self._as(party), json={"cursor": cursor})

    async def _insisting(self, method: str, path: str, **request: Any) -> httpx.Response:
        """The answer to the same request, asked again while the gateway says to come back or cannot be reached.

        Raise `GatewayGone` in the end.
        """
        pause, until = 0.5, time.monotonic() + _INSISTS_SECONDS
        while True:
            try:
                answer = await self.http.request(method, path, **request)
                if answer.status_code not in _AGAIN:
                    return answer
                pause = float(answer.headers.get("retry-after") or pause)
            except httpx.TransportError:
                pause = min(pause * 2, _LONGEST_PAUSE)
            if time.monotonic() > until:
                raise GatewayGone(f"{method} {path}")
            self.journal.of(self.system.dialect.name).waited += 1
            await asyncio.sleep(pause)

    def _as(self, party: str) -> dict[str, str]:
        return {"authorization": f"Bearer {self.tokens[party]}"}


@dataclass(slots=True)
class FileDoor:
    """The drop folder, as one system."""

    root: Path
    system: System
    journal: Journal
    run: str  #: tells the files of this run
    count: int = 0
    waiting: dict[str, dict[int, Letter]] = field(default_factory=dict)  #: file -> row -> letter
    seen: set[Path] = field(default_factory=set)

    @property
    def _own(self) -> Folders:
        return Folders(self.root / self.system.owner)

    def drop(self, letters: Sequence[Letter]) -> None:
        """One file: written under another name, then renamed."""
        self.count += 1
        body = self.system.format.encode([letter.record for letter in letters])
        inbox = self._own.inbox
        inbox.mkdir(parents=True, exist_ok=True)
        name = f"sim-{self.run}-{self.system.dialect.name}-{self.count:04}.{self.system.format.extension}"
        numbers = [row.number for row in self.system.format.decode(body)]
        self.waiting[name] = dict(zip(numbers, letters, strict=False))
        part = inbox / f"{name}.part"
        part.write_bytes(body)
        part.rename(inbox / name)

    def mark(self, parties: Sequence[str]) -> None:
        """What lies in the outboxes now was there before us."""
        for party in parties:
            self.seen.update(self._files(party))

    async def listen(self, parties: Sequence[str], hear: Hear) -> None:
        """Take what appears in the outboxes, and the reports on our own files, for ever."""
        while True:
            for party in parties:
                for path in await asyncio.to_thread(self._fresh, party):
                    for heard in _read(self.system, party, path.stem.partition("-")[2], path.read_bytes(), ""):
                        hear(heard)
            self._reports()
            await asyncio.sleep(_LOOK_SECONDS)

    def _fresh(self, party: str) -> list[Path]:
        found = sorted(path for path in self._files(party) if path not in self.seen)
        self.seen.update(found)
        return found

    def _files(self, party: str) -> list[Path]:
        outbox = Folders(self.root / party).outbox
        if not outbox.is_dir():
            return []
        with os.scandir(outbox) as entries:
            return [Path(each.path) for each in entries if each.is_file() and not each.name.startswith(".")]

    def _reports(self) -> None:
        """What became of our files: gone from the inbox, with a report in ``err/`` on the rows that were not taken."""
        for name, rows in list(self.waiting.items()):
            report = self._own.err / f"{name}.reason.json"
            settled = (self._own.done / name).exists() or (self._own.err / name).exists()
            if report.exists():
                told = orjson.loads(report.read_bytes())
                for row in told.get("rows", ()):
                    # A file of which nothing could be read has one reason for all.
                    for letter in [rows[row["row"]]] if row.get("row") in rows else rows.values():
                        self.journal.refuse(letter.event_id, str(row["code"]))
            if settled:
                del self.waiting[name]


def _content(said: Mapping[str, Any]) -> bytes:
    if "data_base64" in said:
        return base64.b64decode(said["data_base64"])
    return orjson.dumps(said.get("data"))


def _read(system: System, party: str, event_id: str, content: bytes, event: str) -> list[Heard]:
    """A delivery back from the system's own words. One that its dialect cannot read is still received."""
    try:
        drafts = registry.read(system.dialect.name, content)
    except NotUnderstood:
        return [Heard(event_id, party, event, {})]
    return [Heard(event_id, party, draft.type, draft.data) for draft in drafts]


def client(address: str) -> httpx.AsyncClient:
    """A client for *address* with as many connections as there are systems that wait."""
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=100)
    return httpx.AsyncClient(base_url=address, timeout=_POLL_SECONDS + 40, trust_env=False, limits=limits)
