"""Parked deliveries, sent again by a person's word: under the same id, with the same bytes, oldest first.

The one rule: what is not accepted stays parked, and the first refusal ends the round, so that the order is kept.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from connectors.webhook.journal import Entry, Journal
from connectors.webhook.posting import Poster
from connectors.webhook.retrying import Answer, judge
from connectors.webhook.sink import attempt


async def resend(
    entries: Iterable[Entry],
    journal: Journal,
    poster: Poster,
    keys: Callable[[datetime], Sequence[str]],
    now: Callable[[], datetime],
) -> AsyncIterator[tuple[Entry, Answer]]:
    """Try each of *entries* once. Raise `KeyUnusable` if nothing can be signed."""
    for entry in entries:
        answer = await attempt(entry, poster, keys(now()), now())
        verdict = judge(answer, entry.tries + 1, now(), 0.0)
        if verdict.kind == "delivered":
            journal.sent(entry.party, entry.id, now())
        else:
            journal.keep(replace(entry, tries=entry.tries + 1, reason=answer.reason, last=now()))
        if verdict.kind == "gone":
            journal.shut(entry.party, answer.reason, now())
        yield entry, answer
        if verdict.kind != "delivered":
            return
