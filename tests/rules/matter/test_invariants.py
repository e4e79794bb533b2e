"""What holds for any facts at all, in any order, true or not: the matter is thrown at random facts of random parties and days.

A clock's life is a word over what is said of it; every word must be one the contract allows (§6.2): started once, one
verdict at a time, and a verdict taken back aloud before another is given.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.canonical.event import Event
from hub.rules.ledger import Routed, Step
from hub.rules.matter import MATTER, Matter
from hub.rules.pipeline import World
from hub.rules.state import decode, encode
from tests.rules.matter.thread import COURT, DD2, GAJ, JCY, SAID, YJJ, Thread, fact

OTHER = "GSH-GAFJ"
#: Who usually says it; a stranger says it now and then.
SENDERS: dict[str, str] = {
    **dict.fromkeys(SAID, YJJ),
    **dict.fromkeys(
        (
            "lead.receipted", "supplement.required", "lead.forwarded", "lead.disclaimed", "filing.extended", "lead.filed",
            "lead.declined", "file.returned", "filing.withdrawn", "reconsideration.decided", "reasons.given", "lead.concluded",
        ),
        GAJ,
    ),
    **dict.fromkeys(
        (
            "reasons.required", "reasons.accepted", "supervision.answered", "filing.ordered", "prosecution.declined",
            "opinion.registered", "appeal.filed", "appeal.closed", "opinion.terminated",
        ),
        JCY,
    ),
    **{name: COURT for name in SAID if name.startswith(("application.", "ruling.", "execution.", "doubt."))},
    "application.filed": YJJ, "rulingreview.decided": "GY-FY", "referral.sent": "HX-GAFJ", "referral.acknowledged": "GY-ZD-HX",
    "referral.redirected": "HX-ZHZFJ", "referral.replied": "HX-STHJJ", "assistance.answered": "GY-STHJJ", "minute.issued": "GY-LXHY",
}  # fmt: skip
CHOICES: dict[str, list[dict[str, Any]]] = {
    "reconsideration.decided": [{"outcome": "UPHELD"}, {"outcome": "FILED"}],
    "reasons.required": [{"kind": "NOT_FILED"}, {"kind": "SILENCE"}],
    "lead.transferred": [{}, {"economicCrime": True}, {"leadId": "L2"}],
    "relief.opened": [{}, {"kind": "LITIGATION", "body": "NM-FY"}],
    "relief.closed": [{"outcome": out, "kind": kind} for out in ("UPHELD", "WITHDRAWN", "REVOKED") for kind in ("RECONSIDERATION", "LITIGATION")],
    "decision.changed": [{}, {"change": "REVOKED"}],
    "obligation.performed": [{}, {"full": False}],
    "decision.served": [{}, {"lawRoute": "LAND83"}],
    "ruling.made": [{}, {"kind": "ALLOW", "executor": "COURT", "urgent": True, "presidentApproved": True}],
    "filing.extended": [{}, {"stage": "UPPER_60", "approver": {"post": "UPPER_POLICE_HEAD"}}],
    "notice.served": [{}, {"hearingOffered": True}],
    "demand.served": [{}, {"demandNo": "M2"}],
    "decision.made": [{}, {"kinds": ["WARNING"]}],
}  # fmt: skip


@st.composite
def happenings(draw: st.DrawFn) -> list[tuple[Event, int]]:
    """Facts with the hours that pass before each arrives; many are late, some come twice, some are nonsense."""
    names = draw(st.lists(st.sampled_from(sorted(SAID)), min_size=5, max_size=25))
    if draw(st.booleans()):
        names = ["lead.transferred", "lead.receipted", *names]
    if draw(st.booleans()):
        names = ["case.filed", "notice.served", "decision.made", "decision.served", *names]
    told: list[tuple[Event, int]] = []
    for number, name in enumerate(names):
        day, hour = draw(st.integers(0, 60)), draw(st.integers(0, 23))
        at = f"{3 + day // 28:02}-{1 + day % 28:02} {hour:02}:00"
        party = draw(st.sampled_from([SENDERS[name]] * 5 + [DD2, OTHER, "GSH-JCY", "KY-ZHZFJ"]))
        said = draw(st.sampled_from(CHOICES.get(name, [{}])))
        told.append((fact(at, name, party, f"e{number}", said), draw(st.integers(0, 24 * 12))))
    again = draw(st.lists(st.sampled_from(told), max_size=4))
    return told + [(event, 1) for event, _ in again]


#: what was said last → what may be said next
NEXT: dict[str, set[str]] = {
    "": {"started"},
    "running": {"warned", "recalculated", "suspended", "met", "missed", "voided"},
    "suspended": {"resumed", "recalculated", "suspended", "met", "missed", "voided"},
    "missed": {"miss.withdrawn"},
    "withdrawn": {"met", "recalculated", "suspended", "voided"},
    "met": set(),  # the first accepted counts
    "voided": {"met", "missed"},
}
AFTER = {
    "started": "running",
    "warned": "running",
    "recalculated": "running",
    "resumed": "running",
    "suspended": "suspended",
    "met": "met",
    "missed": "missed",
    "miss.withdrawn": "withdrawn",
    "voided": "voided",
}


def lived(told: list[tuple[Event, int]], *, neighbour: bool = False) -> Thread:
    """The matter after *told*, alone in the world or with another one that hears the same."""
    thread = Thread()
    now = told[0][0].recorded.replace(month=3, day=1)
    for event, hours in told:
        now = max(now, event.recorded) + timedelta(hours=hours)
        if neighbour:
            data = {**event.data, "correlationId": "AA"}
            twin = msgspec.structs.replace(event, id=f"{event.id}-twin", key="AA", data=data)
            thread._add(thread.world.accept(twin, now))
        thread._add(thread.world.accept(event, now))
    thread._add(thread.world.tick(now + timedelta(days=400)))
    return thread


def lives(steps: list[Step]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for step in steps:
        if isinstance(step, Routed) and step.event.type.startswith("clock.") and step.event.key == "MT":
            found.setdefault(step.event.data["clockId"], []).append(step.event.type.removeprefix("clock."))
    return found


def _plain(step: Step) -> object:
    return step if isinstance(step, Routed) else (step.event, step.refused.code, step.refused.pointer)


def own(thread: Thread) -> list[tuple[str, str, object, object]]:
    """What was decided in the matter itself, and who was told."""
    return [
        (step.event.id, step.event.type, step.event.data, step.recipients)
        for step in thread.all
        if isinstance(step, Routed) and step.event.key == "MT"
    ]


@settings(max_examples=150, deadline=None)
@given(told=happenings())
def test_every_clock_lives_a_life_the_contract_allows(told: list[tuple[Event, int]]) -> None:
    thread = lived(told)
    for clock_id, words in lives(thread.all).items():
        place = ""
        for word in words:
            assert word in NEXT[place], (clock_id, words)
            place = AFTER[word]
        assert words.count("missed") - words.count("miss.withdrawn") in (0, 1)
        assert place in ("met", "missed", "voided", "suspended"), (clock_id, words)


@settings(max_examples=60, deadline=None)
@given(told=happenings())
def test_no_clock_is_open_twice_at_any_time_and_ids_are_never_made_twice(told: list[tuple[Event, int]]) -> None:
    thread = Thread()
    now = told[0][0].recorded
    for event, hours in told:
        now = max(now, event.recorded) + timedelta(hours=hours)
        thread._add(thread.world.accept(event, now))
        if ("matter", "MT") not in thread.world.states:
            continue
        rows = [row for row in thread.matter.clocks if row.state in ("RUNNING", "SUSPENDED")]
        assert len({(row.clock, row.entity, row.reading) for row in rows}) == len(rows)
    made = [step.event.id for step in thread.all if isinstance(step, Routed) and step.decision]
    assert len(made) == len(set(made))


@settings(max_examples=60, deadline=None)
@given(told=happenings())
def test_replay_says_nothing_and_changes_nothing(told: list[tuple[Event, int]]) -> None:
    thread = lived(told)
    if ("matter", "MT") not in thread.world.states:
        return
    before, now = encode(thread.matter), thread.matter.now
    for event, _ in told:
        thread._add(thread.world.accept(event, event.recorded.fromisoformat(now)))
        assert thread.steps == []
    assert encode(thread.matter) == before


@settings(max_examples=60, deadline=None)
@given(told=happenings())
def test_decisions_follow_from_the_facts_and_their_order_alone(told: list[tuple[Event, int]]) -> None:
    alone = own(lived(told))
    backwards = [
        (msgspec.structs.replace(event, data=dict(reversed(event.data.items()))), hours) for event, hours in told
    ]
    assert own(lived(backwards)) == alone  # not from the order of fields
    assert own(lived(told, neighbour=True)) == alone  # not from what another matter does
    assert own(lived(told)) == alone


@settings(max_examples=60, deadline=None)
@given(told=happenings())
def test_a_state_written_down_and_read_back_decides_the_same(told: list[tuple[Event, int]]) -> None:
    known = World(Thread().world.reference).reference
    kept: Matter | None = None
    carried: Matter | None = None
    now = told[0][0].recorded
    for event, hours in told:
        now = max(now, event.recorded) + timedelta(hours=hours)
        kept, first = MATTER.decide(kept, event, now, known)
        carried, second = MATTER.decide(decode(encode(carried), Matter) if carried else None, event, now, known)
        assert [_plain(step) for step in first] == [_plain(step) for step in second]
        assert encode(kept) == encode(carried)
