"""A party's deliveries → its own server, one after the other, by the retry table.

The one rule: `send` returns only when the receiver has accepted the delivery or it is parked with its bytes. Between those
it waits, and only this receiver's later deliveries wait with it.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from connectors.protocol import Format, Record, Unavailable
from connectors.webhook.journal import Entry, Journal
from connectors.webhook.posting import Poster
from connectors.webhook.retrying import Answer, judge
from connectors.webhook.signing import sign
from connectors.webhook.verifying import KeyUnusable
from hub.canonical.event import derived_id
from hub.log import get_logger

log = get_logger(__name__)

_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,128}")
_WATCH_SECONDS: Final = 2.0  #: how soon a person's word (send now, park, open) is heard


def webhook_id(key: str, party: str) -> str:
    """The id of a delivery to *party*: the same on every try, after every restart, for ever."""
    return f"{key}-{party}" if _ID.fullmatch(key) else derived_id(party, "webhook", key)


class WebhookSink:
    """Where one party takes its deliveries from. *keys* gives those in force or raises `KeyUnusable`; *jitter* is in [-1, 1]."""

    def __init__(
        self,
        party: str,
        form: Format,
        poster: Poster,
        journal: Journal,
        keys: Callable[[datetime], Sequence[str]],
        now: Callable[[], datetime],
        jitter: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._party, self._format, self._poster, self._journal = party, form, poster, journal
        self._keys, self._now, self._jitter, self._sleep = keys, now, jitter, sleep
        self._told = ""

    async def send(self, record: Record, *, key: str) -> None:
        """One try when it is due. Raise `Unavailable` after a try that failed: call again at once, and it waits in here."""
        identity = webhook_id(key, self._party)
        known = await asyncio.to_thread(self._journal.find, self._party, identity)
        closed = await asyncio.to_thread(self._journal.closed, self._party)
        if known is not None and known.state != "waiting":
            return
        if (
            known or closed
        ) and self._told != identity:  # after a restart: those who look must see that it waits, and why
            self._told = identity
            raise Unavailable(closed or (known.reason if known else ""), pause_seconds=0)
        known = await self._turn(identity)
        if known is not None and known.state != "waiting":
            return
        now = self._now()
        entry = known or Entry(
            self._party, identity, "waiting", 0, now, "", now, now, self._format.content_type,
            self._format.encode([record]),
        )  # fmt: skip
        try:
            keys = self._keys(now)
        except KeyUnusable as error:  # ours to repair: no try of the receiver's is used up by it
            raise Unavailable(str(error)) from None
        await self._settle(entry, await attempt(entry, self._poster, keys, now))

    async def close(self) -> None:
        """Close the connection."""
        await self._poster.close()

    async def _turn(self, identity: str) -> Entry | None:
        """Wait until this delivery may be tried, or a person has decided about it."""
        while True:
            known = await asyncio.to_thread(self._journal.find, self._party, identity)
            if known is not None and known.state != "waiting":
                return known
            closed = await asyncio.to_thread(self._journal.closed, self._party)
            if closed is None and (known is None or known.due <= self._now()):
                return known
            await self._sleep(_WATCH_SECONDS)

    async def _settle(self, entry: Entry, answer: Answer) -> None:
        now, tries = self._now(), entry.tries + 1
        verdict = judge(answer, tries, now, self._jitter())
        about = {"receiver": self._party, "webhook_id": entry.id, "status": answer.status, "tries": tries}
        if verdict.kind == "delivered":
            if entry.tries or entry.reason:
                await asyncio.to_thread(self._journal.forget, self._party, entry.id)
            self._told = ""
            log.info("webhook.delivered", **about, reply_sha256=answer.digest)
            return
        failed = replace(entry, tries=tries, reason=answer.reason, last=now, due=verdict.due or now)
        self._told = entry.id
        if verdict.kind == "parked":
            await asyncio.to_thread(self._journal.keep, replace(failed, state="parked"))
            log.error("webhook.parked", **about, reason=answer.reason)  # a person must look: hub connector parked
            return
        if verdict.kind == "gone":
            # Not a fault of this delivery: the try does not count, and nothing is passed over while the receiver is shut.
            await asyncio.to_thread(self._journal.keep, replace(failed, tries=entry.tries))
            await asyncio.to_thread(self._journal.shut, self._party, answer.reason, now)
            log.error("webhook.receiver_gone", **about)
        else:
            await asyncio.to_thread(self._journal.keep, failed)
        raise Unavailable(answer.reason, pause_seconds=0)


async def attempt(entry: Entry, poster: Poster, keys: Sequence[str], now: datetime) -> Answer:
    """One signed try of *entry*."""
    stamp = int(now.timestamp())
    return await poster.post(
        entry.body,
        {
            "content-type": entry.content_type,
            "user-agent": "enforcement-hub-webhook/1",
            "webhook-id": entry.id,
            "webhook-timestamp": str(stamp),
            "webhook-signature": sign(keys, entry.id, stamp, entry.body),
        },
    )
