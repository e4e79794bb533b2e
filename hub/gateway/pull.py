"""Deliveries out: `GET /v1/deliveries` and its acknowledgement.

The one rule: a party reads its own delivery topic, whatever the request says; nothing is acknowledged by reading.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from aiokafka.errors import KafkaError
from pydantic import BaseModel, ConfigDict, ValidationError

from hub.canonical.refused import Refused
from hub.gateway import dialects
from hub.gateway.cursor import Cursors
from hub.gateway.dev import realm_of
from hub.gateway.http import Request, Response
from hub.gateway.metrics import Metrics
from hub.gateway.problem import Problem, retry_after
from hub.gateway.readers import Found, Reader, Readers
from hub.gateway.settings import Limits
from hub.log import get_logger
from hub.wire import envelope
from hub.wire.strictjson import read_json

log = get_logger(__name__)

_PARAMETERS = frozenset(("after", "dialect", "limit", "wait"))
_DEFAULT_LIMIT = 100
#: Instead of a cursor: behind everything that is there now.
LATEST = "latest"
#: Instead of a cursor: before everything that is still kept.
EARLIEST = "earliest"


class Acknowledgement(BaseModel):
    """Up to where a party has kept what it was handed."""

    model_config = ConfigDict(extra="forbid")

    cursor: str


@dataclass(frozen=True)
class Pull:
    """What handing out deliveries needs."""

    readers: Readers
    cursors: Cursors
    limits: Limits
    metrics: Metrics
    dev: bool = False

    async def deliveries(self, request: Request) -> Response:
        """``GET /v1/deliveries?after=CURSOR&limit=N&wait=SECONDS&dialect=NAME``."""
        request.only(_PARAMETERS)
        limits = self.limits
        limit = _number(request.query, "limit", _DEFAULT_LIMIT, 1, limits.deliveries_per_answer)
        wait = _number(request.query, "wait", 0, 0, limits.poll_seconds)
        dialect = _dialect(request)
        realm = realm_of(request, dev=self.dev).encode()
        try:
            found, stopped = await self._read(request, limit, wait, realm)
        except KafkaError as error:
            log.warning("deliveries.unreadable", error_type=type(error).__name__)
            raise retry_after("HUB-1502", 2) from None
        self.metrics.count("hub_deliveries_handed_total", len(found), party=request.party)
        request.told["deliveries"] = len(found)
        answer = {
            "deliveries": [said for record in found if (said := _as_json(record, dialect)) is not None],
            "cursor": self.cursors.write(request.party, stopped),
        }
        return Response(200, orjson.dumps(answer))

    async def _read(
        self, request: Request, limit: int, wait: float, realm: bytes
    ) -> tuple[list[Found], dict[int, int]]:
        def wanted(record: Found) -> bool:
            return dict(record.headers).get("ce_realm", b"") == realm

        until = asyncio.get_running_loop().time() + wait
        async with self.readers.of(request.party) as reader:
            offsets = await self._start(request, reader)
            found, stopped = await reader.read(offsets, await reader.ends(), limit, wanted)
        # What was passed over (other realms') is behind us for good: only what comes now is waited for.
        while wait and not found and await self.readers.wait(request.party, stopped, until):
            async with self.readers.of(request.party) as reader:
                found, stopped = await reader.read(stopped, await reader.ends(), limit, wanted)
        return found, stopped

    async def acknowledge(self, request: Request) -> Response:
        """``POST /v1/deliveries/ack``."""
        raw = await request.body(self.limits.event_bytes)
        try:
            said = Acknowledgement.model_validate(read_json(raw))
        except ValidationError:
            raise Problem("HUB-1403", '请发送 {"cursor": "…"}', 'send {"cursor": "…"}') from None
        offsets = self.cursors.read(request.party, said.cursor)
        try:
            async with self.readers.of(request.party) as reader:
                stands = await reader.acknowledge(offsets)
        except KafkaError as error:
            log.warning("acknowledgement.unwritten", error_type=type(error).__name__)
            raise retry_after("HUB-1502", 2) from None
        return Response(200, orjson.dumps({"cursor": self.cursors.write(request.party, stands)}))

    async def _start(self, request: Request, reader: Reader) -> dict[int, int]:
        after = request.query.get("after", "")
        if after == LATEST:
            return await reader.ends()
        if after == EARLIEST:
            return await reader.oldest()
        if not after:
            return await reader.acknowledged()
        offsets = self.cursors.read(request.party, after)
        # A topic that has more partitions by now: the new ones from their beginning.
        return {place.partition: offsets.get(place.partition, 0) for place in reader.places}


def _number(query: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    text = query.get(name, "")
    if not text:
        return default
    if not text.isascii() or not text.isdigit() or len(text) > 6 or int(text) < least:
        raise Problem("HUB-1403", f"{name} 须为 {least}–{most} 的整数", f"{name} is an integer from {least} to {most}")
    return min(int(text), most)


def _dialect(request: Request) -> str:
    """The dialect in which the party wants its deliveries; empty: as the contract has them."""
    wanted = request.query.get("dialect", "")
    if wanted and wanted not in dialects.of_party(request.party):
        raise Problem("HUB-1403", f"本单位没有方言 {wanted[:32]}", f"this party has no dialect {wanted[:32]}")
    return wanted


def _as_json(record: Found, dialect: str) -> dict[str, Any] | None:
    """A delivery as CloudEvents JSON, its data in *dialect* if there is one; None: the dialect leaves such events out."""
    try:
        event = envelope.from_record(record.key, record.value, record.headers)
        said = envelope.to_structured(event, projection=envelope.header(record.headers, "ce_projection"))
        if not dialect:
            return said
        written = dialects.write(dialect, event)
        del said["data"]
        return None if written is None else said | written
    except Refused:
        # Ours to repair, but not ours to hide: handed on as it is, and the reader goes on.
        log.error("delivery.unreadable", topic=record.topic, partition=record.partition, offset=record.offset)
        said = {name[3:]: value.decode("utf-8", "replace") for name, value in record.headers if name.startswith("ce_")}
        return said | {"data_base64": base64.b64encode(record.value or b"").decode()}
