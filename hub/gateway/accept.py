"""Facts and records in: `POST /v1/events` and `POST /v1/records/{dialect}`, each request done once.

The one rule: the order of steps. Reserve the key, judge, write to the log, keep the answer, answer. Whatever fails
before the log leaves no trace; whatever fails after it is asked again and makes the same events.
"""

from __future__ import annotations

import hashlib
import re
import sqlite3
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import msgspec
import orjson

from hub.canonical.refused import Refused
from hub.gateway import cloudevent, dialects
from hub.gateway.dev import Control, World, require_operator, world_of
from hub.gateway.http import Request, Response
from hub.gateway.idempotency import Finished, InFlight, Keys, Mismatch, Reserved, Scope
from hub.gateway.judge import Asked, Judge
from hub.gateway.judge import Verdict as Judged
from hub.gateway.metrics import Metrics
from hub.gateway.problem import Problem, retry_after
from hub.gateway.publish import Place, Publisher, Unacknowledged, Written
from hub.gateway.settings import Limits
from hub.gateway.throttle import Rate
from hub.log import get_logger
from hub.topics import Topics, UnknownTopic

log = get_logger(__name__)

EVENTS: Final = "/v1/events"
RECORDS: Final = "/v1/records/"

_is_key: Final = re.compile(r"[A-Za-z0-9_-]{16,255}").fullmatch
_PARAMETERS: Final = frozenset(("dryRun",))
_is_dialect: Final = re.compile(r"[a-z0-9-]{1,32}").fullmatch
_is_traceparent: Final = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}").fullmatch
_is_tracestate: Final = re.compile(r"[\x20-\x7e]{1,512}").fullmatch
_RETRY_SECONDS: Final = 2


@dataclass(frozen=True)
class Acceptance:
    """What accepting needs. *clock* gives the acceptance time."""

    topics: Topics
    limits: Limits
    judge: Judge
    keys: Keys
    publisher: Publisher
    rate: Rate
    metrics: Metrics
    clock: Callable[[], datetime]
    dev: bool = False

    async def events(self, request: Request) -> Response:
        """``POST /v1/events``."""
        key, world = self._key(request), self._world(request)
        batch = request.content_type == cloudevent.BATCH
        if not batch and request.content_type != cloudevent.STRUCTURED:
            raise Problem(
                "HUB-1007",
                f"请用 {cloudevent.STRUCTURED} 或 {cloudevent.BATCH}",
                f"use {cloudevent.STRUCTURED} or {cloudevent.BATCH}",
            )
        limits = self.limits
        most = limits.batch_bytes if batch else limits.event_bytes
        raw = await request.body(most)
        content = request.inflated(raw, most, limits.inflated_ratio)
        raws = _elements(content, limits.batch_events) if batch else [content]
        self.rate.take(request.party, len(raws))
        asked = self._asked(request, EVENTS, key, world)
        return await self._once(
            request, asked, raw, lambda asked: self.judge.events(asked, raws, batch=batch), batch=batch
        )

    async def records(self, request: Request) -> Response:
        """``POST /v1/records/{dialect}``."""
        dialect = request.path.removeprefix(RECORDS)
        try:
            if not _is_dialect(dialect):
                raise UnknownTopic
            self.topics.ingress(request.party, dialect)
        except UnknownTopic:
            raise Problem("HUB-1010", "本单位没有这种方言", "this party has no such dialect") from None
        key, world = self._key(request), self._world(request)
        spoken = dialects.content_types(dialect)
        if not request.content_type or (spoken and request.content_type not in spoken):
            raise Problem(
                "HUB-1007",
                f"请用 {', '.join(spoken) or 'Content-Type'}",
                f"use {', '.join(spoken) or 'a Content-Type'}",
            )
        raw = await request.body(self.limits.record_bytes)
        content = request.inflated(raw, self.limits.record_bytes, self.limits.inflated_ratio)
        if not content:
            raise Problem("HUB-1305")
        self.rate.take(request.party, 1)
        asked = self._asked(request, request.path, key, world)
        content_type = request.header(b"content-type")

        def judge(asked: Asked) -> Judged:
            try:
                drafts = dialects.read(dialect, content, content_type)
                return self.judge.record(asked, dialect, content, content_type, drafts)
            except Refused as refused:
                raise Problem.of(refused, refused.pointer) from None

        return await self._once(request, asked, raw, judge, batch=True)

    async def control(self, request: Request) -> Response:
        """``POST /v1/dev/control``: an operator's word, in development only. The same word twice does no harm."""
        require_operator(request, dev=self.dev)
        raw = await request.body(self.limits.event_bytes)
        word = Control.read(request.inflated(raw, self.limits.event_bytes, self.limits.inflated_ratio))
        headers = (("content-type", b"application/json"), ("ce_realm", word.realm.encode()))
        written = Written(
            self.topics.control.name, None, word.model_dump_json().encode(), headers, time.time_ns() // 1_000_000
        )
        try:
            places = await self.publisher.publish([written])
        except Unacknowledged:
            raise retry_after("HUB-1501", _RETRY_SECONDS) from None
        return Response(202, b'{"accepted":true}', headers={"hub-offsets": _told(places)})

    # ---- steps

    def _key(self, request: Request) -> str:
        request.only(_PARAMETERS)
        key = request.header(b"idempotency-key")
        if not key:
            raise Problem("HUB-1201")
        if not _is_key(key):
            raise Problem("HUB-1202")
        return key

    def _world(self, request: Request) -> World:
        return world_of(request, dev=self.dev, now=self.clock())

    def _asked(self, request: Request, route: str, key: str, world: World) -> Asked:
        trace = []
        traceparent, tracestate = request.header(b"traceparent"), request.header(b"tracestate")
        if _is_traceparent(traceparent):
            trace.append(("traceparent", traceparent.encode()))
            if _is_tracestate(tracestate):
                trace.append(("tracestate", tracestate.encode()))
        # A realm is another world: the same key there is another request.
        route = f"{route}~{world.realm}" if world.realm else route
        return Asked(
            request.party, route, key, world.now, _milliseconds(world, self.clock()), world.realm, tuple(trace)
        )

    async def _once(
        self, request: Request, asked: Asked, raw: bytes, judge: Callable[[Asked], Judged], *, batch: bool
    ) -> Response:
        if request.query.get("dryRun", "0") not in ("0", "false"):
            return Response(202, orjson.dumps(self._accepted(judge(asked), asked, batch=batch).body()))
        scope = Scope(asked.party, asked.route, asked.key)
        recorded = asked.recorded.isoformat(timespec="milliseconds")
        try:
            verdict = await self.keys.reserve(scope, _fingerprint(request, raw), recorded)
        except sqlite3.Error as error:
            log.error("keys.failed", error_type=type(error).__name__)
            raise retry_after("HUB-1502", _RETRY_SECONDS) from None
        match verdict:
            case Finished(status, body):
                request.told["replayed"] = True
                return Response(status, body, headers={"idempotency-replayed": "true"})
            case InFlight():
                raise retry_after("HUB-1204", 1)
            case Mismatch():
                raise Problem("HUB-1203")
            case Reserved():
                return await self._carry_out(request, scope, verdict, asked, judge, batch=batch)

    async def _carry_out(
        self,
        request: Request,
        scope: Scope,
        reserved: Reserved,
        asked: Asked,
        judge: Callable[[Asked], Judged],
        *,
        batch: bool,
    ) -> Response:
        if reserved.again:
            # As the first attempt judged it: at its moment, so that the same events go out.
            recorded = datetime.fromisoformat(reserved.recorded).astimezone(asked.recorded.tzinfo)
            asked = replace(asked, recorded=recorded)
        try:
            judged = self._accepted(judge(asked), asked, batch=batch)
        except BaseException:
            await (self.keys.doubt if reserved.again else self.keys.release)(scope)
            raise
        try:
            places = await self._publish(judged.records)
        except BaseException as error:
            await self.keys.doubt(scope)
            if isinstance(error, Unacknowledged):
                log.warning("publish.unacknowledged", request_id=request.id, reason=str(error))
                raise retry_after("HUB-1501", _RETRY_SECONDS) from None
            raise
        body = orjson.dumps(judged.body())
        try:
            await self.keys.finish(scope, 202, body)
        except sqlite3.Error as error:
            # The events are there: that is the answer. A retry makes the same ones again.
            log.error("keys.failed", error_type=type(error).__name__)
        self.metrics.count(
            "hub_events_received_total", len(judged.accepted), party=asked.party, connector="gateway", kind="event"
        )
        request.told |= {"accepted": len(judged.accepted), "refused": len(judged.refused)}
        return Response(202, body, headers={"hub-offsets": _told(places)} if self.dev else {})

    async def _publish(self, records: Sequence[Written]) -> list[Place]:
        began = time.perf_counter()
        places = await self.publisher.publish(records)
        self.metrics.time("hub_publish_seconds", time.perf_counter() - began)
        self.metrics.count("hub_events_published_total", len(records), topic=records[0].topic)
        return places

    def _accepted(self, judged: Judged, asked: Asked, *, batch: bool) -> Judged:
        """*judged* if anything of it may come in, else the `Problem` that says why not."""
        for each in judged.refused:
            self.metrics.count("hub_events_refused_total", party=asked.party, code=each["code"])
        if judged.accepted:
            return judged
        if batch:
            raise Problem("HUB-1306", more=dict(judged.body()))
        raise Problem.of(*judged.refusals[0])


def _elements(raw: bytes, most: int) -> list[bytes]:
    """The events of a batch as they were sent, byte for byte."""
    try:
        elements = msgspec.json.decode(raw, type=list[msgspec.Raw])
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise Problem("HUB-1301", "批次须为合法的 JSON 数组", "a batch is a valid JSON array") from None
    if not elements:
        raise Problem("HUB-1305")
    if len(elements) > most:
        raise Problem("HUB-1304", f"一批最多 {most} 个事件", f"at most {most} events in one batch")
    return [bytes(each) for each in elements]


def _fingerprint(request: Request, raw: bytes) -> bytes:
    digest = hashlib.sha256()
    for part in (
        request.method.encode(),
        request.path.encode(),
        request.header(b"content-type").encode(),
        request.header(b"content-encoding").encode(),
    ):
        digest.update(len(part).to_bytes(4, "big") + part)
    digest.update(raw)
    return digest.digest()


def _milliseconds(world: World, now: datetime) -> int:
    return int((now if world.realm else world.now).timestamp() * 1000)


def _told(places: Sequence[Place]) -> str:
    return ",".join(f"{place.topic}:{place.partition}:{place.offset}" for place in places)
