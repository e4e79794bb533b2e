"""What must hold for every order of arrival: the same clocks, the same lead, nothing twice."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.canonical.event import Event
from hub.rules.ledger import Routed
from hub.rules.matter import MATTER, Matter
from hub.rules.matter.track import track
from hub.rules.state import decode, encode
from tests.rules.matter.thread import COURT, DD2, GAJ, JCY, YJJ, Thread, fact

#: Threads of facts in their legal order; all arrive within the days an early one may wait.
STORIES: dict[str, list[tuple[str, str, str, dict[str, Any]]]] = {
    "declined, reconsidered, supervised": [
        ("06-15 09:00", "suspicion.reported", DD2, {}),
        ("06-15 09:30", "transfer.approved", YJJ, {}),
        (
            "06-15 10:00",
            "lead.transferred",
            YJJ,
            {"approver": {"post": "HEAD", "approvedAt": "2026-06-15T09:30:00+08:00"}},
        ),
        ("06-15 11:00", "lead.receipted", GAJ, {}),
        ("06-15 12:00", "supplement.required", GAJ, {}),
        ("06-16 12:00", "supplement.supplied", DD2, {}),
        ("06-17 17:00", "lead.declined", GAJ, {}),
        ("06-18 16:00", "reconsideration.requested", YJJ, {}),
        ("06-25 10:00", "reconsideration.decided", GAJ, {}),
        ("06-29 16:00", "supervision.suggested", YJJ, {}),
        ("07-06 09:00", "reasons.required", JCY, {}),
        ("07-13 16:00", "reasons.given", GAJ, {}),
        ("07-20 10:00", "filing.ordered", JCY, {}),
        ("08-03 15:00", "lead.filed", GAJ, {}),
        ("08-04 15:00", "handover.completed", DD2, {}),
        ("09-03 15:00", "lead.concluded", GAJ, {"outcome": "TO_PROSECUTION"}),
    ],
    "forwarded and filed": [
        (
            "07-06 10:00",
            "lead.transferred",
            YJJ,
            {"economicCrime": True, "itemList": [{"name": "雷管", "qty": 1, "unit": "件"}]},
        ),
        ("07-06 11:00", "lead.receipted", GAJ, {}),
        ("07-06 12:00", "lead.forwarded", GAJ, {}),
        ("07-07 10:00", "lead.receipted", "GSH-GAFJ", {}),
        ("07-08 10:00", "filing.extended", "GSH-GAFJ", {}),
        ("07-20 10:00", "lead.filed", "GSH-GAFJ", {}),
        ("07-21 10:00", "handover.completed", DD2, {}),
        ("07-22 10:00", "filing.withdrawn", "GSH-GAFJ", {}),
    ],
    "case rests and runs on": [
        ("03-02 10:00", "case.filed", DD2, {}),
        ("03-03 10:00", "notice.served", DD2, {}),
        ("04-01 10:00", "lead.transferred", YJJ, {}),
        ("04-01 11:00", "lead.receipted", GAJ, {}),
        ("04-03 10:00", "lead.disclaimed", GAJ, {}),
        ("05-12 10:00", "file.returned", GAJ, {}),
        ("05-13 10:00", "evidence.held", DD2, {}),
        ("05-14 10:00", "evidence.disposed", DD2, {}),
    ],
    "relief and its end": [
        ("01-05 10:00", "case.filed", DD2, {"procedure": "SIMPLE", "reviewClass": "SIMPLE"}),
        ("01-08 10:00", "decision.made", YJJ, {"fineFen": 1}),
        ("01-09 10:00", "decision.published", YJJ, {}),
        ("01-15 10:00", "decision.served", DD2, {}),
        ("02-24 10:00", "relief.opened", "GY-SFJ", {}),
        ("04-20 10:00", "relief.closed", "GY-SFJ", {"outcome": "CHANGED"}),
        ("04-27 10:00", "relief.opened", "NM-FY", {"kind": "LITIGATION", "body": "NM-FY"}),
        ("04-28 10:00", "decision.changed", YJJ, {}),
        ("04-29 10:00", "publication.withdrawn", YJJ, {}),
    ],
    "opinion of the procuratorate": [
        ("08-14 16:00", "prosecution.declined", JCY, {}),
        ("08-19 09:00", "opinion.registered", JCY, {}),
        ("08-21 09:00", "appeal.filed", JCY, {}),
        ("08-25 09:00", "appeal.closed", JCY, {}),
        ("09-02 10:00", "referral.sent", JCY, {"fromKind": "PROCURATORATE", "toOrgan": YJJ}),
        ("09-07 10:00", "case.filed", DD2, {}),
        ("09-20 10:00", "referral.replied", YJJ, {}),
    ],
    "two leads, both come back": [
        ("03-02 10:00", "case.filed", DD2, {}),
        ("03-03 10:00", "seizure.imposed", DD2, {}),
        ("03-10 10:00", "lead.transferred", YJJ, {}),
        ("03-10 11:00", "lead.receipted", GAJ, {}),
        ("03-12 10:00", "lead.transferred", YJJ, {"leadId": "L2", "economicCrime": True}),
        ("03-12 11:00", "lead.receipted", GAJ, {"leadId": "L2"}),
        ("03-13 10:00", "lead.disclaimed", GAJ, {}),
        ("03-14 10:00", "lead.declined", GAJ, {"leadId": "L2"}),
        ("03-30 10:00", "seizure.extended", YJJ, {}),
        ("04-01 10:00", "file.returned", GAJ, {}),
        ("04-20 10:00", "file.returned", GAJ, {"leadId": "L2"}),
        ("04-27 10:00", "seizure.decided", YJJ, {}),
    ],
    "filed, withdrawn, filed again": [
        ("07-06 10:00", "lead.transferred", YJJ, {"itemList": [{"name": "雷管", "qty": 1, "unit": "件"}]}),
        ("07-06 11:00", "lead.receipted", GAJ, {}),
        ("07-07 10:00", "lead.filed", GAJ, {}),
        ("07-08 10:00", "handover.completed", DD2, {}),
        ("07-09 10:00", "filing.withdrawn", GAJ, {}),
        ("07-13 10:00", "lead.filed", GAJ, {}),
        ("07-14 10:00", "handover.completed", DD2, {}),
        ("08-14 10:00", "lead.concluded", GAJ, {}),
    ],
    "sent back the other way, and talked about": [
        ("04-29 10:00", "referral.sent", "HX-GAFJ", {}),
        ("04-30 09:00", "referral.acknowledged", "GY-ZD-HX", {}),
        ("04-30 10:00", "referral.redirected", "HX-ZHZFJ", {}),
        ("05-04 09:00", "assistance.requested", "HX-STHJJ", {"urgency": "URGENT"}),
        ("05-06 09:00", "assistance.answered", "GY-STHJJ", {}),
        ("05-07 09:00", "dispute.raised", "GY-SWJ", {}),
        ("05-08 09:00", "minute.issued", "GY-SFJ", {}),
        ("05-12 09:00", "task.reported", YJJ, {}),
    ],
}
SEEN = "12-01 10:00"


def events(story: str) -> list[Event]:
    return [
        fact(at, name, party, f"{story}-{number}", said)
        for number, (at, name, party, said) in enumerate(STORIES[story])
    ]


#: What the contract itself makes depend on arrival; these arrive as they happened, everything else in any order.
IN_ORDER = (
    # several ends of one clock: the first accepted counts (§10) — F08, F14, F10, and the suit period of a relief
    ("lead.declined", "lead.filed"),
    ("reasons.required", "reasons.given", "lead.filed"),
    ("handover.completed",),
    ("relief.opened",),
    # a right that has run out is refused (§6.2): only the pending reconsideration keeps the suggestion in time
    ("reconsideration.requested", "supervision.suggested"),
    # a second filing is a conflict as long as the withdrawal between the two is unknown (§7.4)
    ("lead.filed", "filing.withdrawn"),
    # a referral lies with one organ at a time, and only that one may send (§2)
    ("referral.acknowledged", "referral.redirected"),
)


def allowed(order: list[Event]) -> list[Event]:
    """*order* with the facts that end the same clocks put into their legal order among themselves."""
    result, before = list(order), None
    while result != before:
        before = list(result)
        for names in IN_ORDER:
            places = [place for place, event in enumerate(result) if event.type.removeprefix("matter.") in names]
            for place, event in zip(
                places, sorted((result[place] for place in places), key=lambda event: event.time), strict=True
            ):
                result[place] = event
    return result


def table(thread: Thread) -> set[tuple[Any, ...]]:
    """The table of clocks, in any order. F02 belongs to the report, or to the lead if that came first."""
    return {
        (
            row.clock,
            "" if row.clock == "F02" else row.entity,
            row.started_at,
            row.due_at,
            row.reading,
            row.governing,
            row.state,
            row.obligor,
            row.obligee,
            row.ended_at,
        )
        for row in thread.matter.clocks
    }


def standing(thread: Thread) -> set[tuple[str, ...]]:
    """Where every lead and referral stands, and the criminal track."""
    matter = thread.matter
    leads = {(lead.id, lead.state, lead.sub, lead.police) for lead in matter.leads.values()}
    referrals = {(referral.id, referral.organ) for referral in matter.referrals.values()}
    return {*leads, *referrals, (track(matter).value,)}


def arrived(order: list[Event]) -> Thread:
    thread = Thread()
    for event in order:
        assert thread.take(event, SEEN) == [], event.type
    thread.wait("12-01 11:00")
    return thread


@pytest.mark.parametrize("story", STORIES)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_order_and_any_repetition_end_alike(story: str, data: st.DataObject) -> None:
    told = events(story)
    order = allowed(data.draw(st.permutations(told)))
    again = data.draw(st.lists(st.sampled_from(told), max_size=4))
    expected, shuffled = arrived(told), arrived([*order, *again])
    assert table(shuffled) == table(expected)
    assert not shuffled.matter.parked
    assert standing(shuffled) == standing(expected)


@pytest.mark.parametrize("story", STORIES)
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_clock_is_open_twice_and_every_repetition_is_silent(story: str, data: st.DataObject) -> None:
    thread = Thread()
    for event in data.draw(st.permutations(events(story))):
        thread.take(event, SEEN)
        thread.wait(SEEN)  # what it started may be long overdue
        running = [
            (row.clock, row.entity, row.reading)
            for row in thread.matter.clocks
            if row.state in ("RUNNING", "SUSPENDED")
        ]
        assert len(running) == len(set(running))
        before = encode(thread.matter)
        thread.take(event, SEEN)
        assert thread.steps == []
        assert encode(thread.matter) == before


@pytest.mark.parametrize("story", STORIES)
def test_replay_of_a_log_emits_nothing_new(story: str) -> None:
    thread = arrived(events(story))
    thread.wait("12-31 10:00")
    for event in events(story):
        thread.take(event, "12-31 11:00")
        assert thread.steps == []


@pytest.mark.parametrize("story", STORIES)
def test_state_is_a_value_and_ids_follow_from_the_cause(story: str) -> None:
    reference, now = Thread().world.reference, events(story)[0].recorded.replace(month=12)
    kept: Matter | None = None
    carried: Matter | None = None
    for event in events(story):
        kept, first = MATTER.decide(kept, event, now, reference)
        carried, second = MATTER.decide(decode(encode(carried), Matter) if carried else None, event, now, reference)
        assert first == second
        assert encode(kept) == encode(carried)
    assert kept is not None
    made = [step.event.id for step in first if isinstance(step, Routed)]
    assert len(made) == len(set(made))


def test_the_court_may_answer_in_any_order() -> None:
    thread = Thread().applied()
    for at, name in (
        ("09-14 10:00", "ruling.made"),
        ("09-18 10:00", "ruling.served"),
        ("09-04 10:00", "application.accepted"),
    ):
        thread.send(at, name, COURT, seen="09-18 10:00")
    states = thread.clocks()
    assert {clock: states[clock] for clock in ("E03", "E05", "E07", "E08")} == {
        "E03": "MET",
        "E05": "MET",
        "E07": "MET",
        "E08": "RUNNING",
    }
