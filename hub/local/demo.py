"""`make demo`: the whole hub, a sample day through its doors, and in the evening what came of it.

The one rule: the summary is counted from the topics, as a party or an operator would see them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import httpx

from hub.canonical.event import SHANGHAI
from hub.local.discovery import Running
from hub.local.sample_day import Day, Street, read_day, sent_by
from hub.ops.dead_letters import letters
from hub.ops.settled import settled
from hub.play.judge import Failure, judge
from hub.play.live import clock_tables, read_outcome
from hub.play.outcome import Outcome
from hub.play.scenario import Scenario
from hub.play.tail import Tail
from hub.reference import Reference
from hub.topics import Topics
from hub.wire import envelope

_PATIENCE_SECONDS: Final = 60.0
Say = Callable[[str], None]


@dataclass(slots=True)
class Evening:
    """What came of the day."""

    sent: Counter[str] = field(default_factory=Counter)  #: system → facts sent
    accepted: Counter[str] = field(default_factory=Counter)  #: system → receipts of acceptance
    received: Counter[str] = field(default_factory=Counter)  #: party → deliveries
    refused: list[tuple[str, str]] = field(default_factory=list)  #: (fact, code)
    plans: int = 0
    visits: int = 0
    leads_sent: int = 0
    receipts_back: int = 0
    clocks: Counter[str] = field(default_factory=Counter)  #: state → governing rows
    dead_letters: int = 0
    files_out: int = 0
    failures: list[Failure] = field(default_factory=list)


async def play_day(running: Running, topics: Topics, reference: Reference, drop: Path, say: Say) -> Evening:
    """Send the sample day through the doors of *running*, wait until all has arrived, and count."""
    day = read_day(datetime.now(SHANGHAI), reference.calendar)
    tail = Tail(running.bootstrap, topics, timeout_seconds=_PATIENCE_SECONDS, real=True)
    await tail.open()
    try:
        async with httpx.AsyncClient(base_url=running.gateway, timeout=_PATIENCE_SECONDS, trust_env=False) as http:
            street = Street(running, topics, drop, http)
            for act in day.acts:
                say(f"  {act.name} · {len(act.facts)} 件 facts")
                await street.send(act)
                await street.files_taken(_PATIENCE_SECONDS)
                await settled(running.bootstrap, topics, timeout_seconds=_PATIENCE_SECONDS)
        await settled(running.bootstrap, topics, timeout_seconds=_PATIENCE_SECONDS, edges=True)
        await tail.delivered()
    finally:
        await tail.close()
    outcome = read_outcome(tail.told[""], topics, street.ids, street.turned)
    evening = await _count(running, topics, day, outcome)
    evening.accepted = _accepted(tail, topics)
    evening.files_out = street.files_out()
    return evening


async def _count(running: Running, topics: Topics, day: Day, outcome: Outcome) -> Evening:
    evening = Evening()
    evening.sent.update(system for system, _ in sent_by(day))
    evening.refused = [(turned.id, turned.code) for turned in outcome.refused]
    evening.plans, evening.visits = _visits(outcome)
    seen = {(str(one.data.get("leadId")), one.event) for one in outcome.emitted if one.to}
    evening.leads_sent = sum(event == "matter.lead.transferred" for _, event in seen)
    evening.receipts_back = sum(event == "matter.lead.receipted" for _, event in seen)
    evening.received.update(one.to for one in outcome.emitted if one.to)
    rows = (await clock_tables(running.bootstrap, topics)).get("", [])
    evening.clocks.update(str(row["state"]) for row in rows if row["governing"])
    evening.dead_letters = len([letter async for letter in letters(running.bootstrap, topics, topics.parties())])
    scenario = Scenario("sample day", "", {}, (), day.expect, day.never, (), day.refused)
    evening.failures = judge(scenario, outcome)
    return evening


def _visits(outcome: Outcome) -> tuple[int, int]:
    """Plans, and the visits that are left of them: the last decision on each plan tells."""
    last: dict[str, Mapping[str, Any]] = {}
    for one in outcome.emitted:
        if one.event == "inspection.plan.decided" and not one.to:
            last[str(one.data["planId"])] = one.data
    visits = {
        str(data.get("jointId") or data["planId"]) for data in last.values() if data["decision"] in ("SINGLE", "JOINED")
    }
    return len(last), len(visits)


def _accepted(tail: Tail, topics: Topics) -> Counter[str]:
    """Receipts of acceptance on each party's topic."""
    found: Counter[str] = Counter()
    for record in tail.told[""]:
        if envelope.header(record.headers, "ce_projection") and envelope.header(record.headers, "ce_type").endswith(
            "receipt.ingress.accepted.v1"
        ):
            found[topics.party_of(record.topic)] += 1
    return found
