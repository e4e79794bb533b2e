"""What holds for any ticket in any order of arrival (hypothesis).

Exactly: facts about a ticket whose owner the ticket itself names end in the same owners and the same verdicts of the same
clocks, whatever the order in which they arrive and however often, as long as an end that competes with another for one
clock is not among them (the first accepted counts), and an extension arrives after the fact that started its clock
(what is not there cannot be extended, contract §7.4). A return ends whatever was done before it, whenever that is heard of.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub import reference
from hub.canonical.catalogue import Catalogue
from hub.canonical.event import Event
from hub.rules.complaint import COMPLAINT
from hub.rules.complaint.state import Ticket
from hub.rules.ledger import Routed, Step
from hub.rules.pipeline import World
from hub.rules.state import decode, encode

SETTINGS = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
REFERENCE = reference.load()
OPEN = ("RUNNING", "SUSPENDED")
#: Tuesday after 清明: everything that belongs to one ticket happens within the days an early fact may wait.
FIRST = datetime.fromisoformat("2026-04-07T09:00:00+08:00")

#: What an owner may do after the receipt, with what it says besides its time.
ACTS: dict[str, dict[str, Any]] = {
    "complaint.ticket.accepted": {},
    "complaint.mediation.ended": {"outcome": "FAILED"},
    "complaint.filing.decided": {"filed": False},
    "complaint.informant.told": {},
    "complaint.ticket.answered": {"result": "已办"},
    "complaint.ticket.rejected": {"reasons": "不属"},
    "complaint.ticket.extended": {"approver": {"post": "HEAD"}},
    "complaint.ticket.returned": {"reasons": "不属"},
}
#: Acts none of which competes with another for a clock, the acceptance and the answer excepted: an answer ends a running C01a.
FREE = (
    "complaint.ticket.accepted",
    "complaint.mediation.ended",
    "complaint.filing.decided",
    "complaint.informant.told",
    "complaint.ticket.answered",
)


def fact(event: str, party: str, at: datetime, said: dict[str, Any], number: str) -> Event:
    time = at.isoformat(timespec="seconds")
    data = {"complaintId": "CP", Catalogue.load()[event].legal_time_field: time, **said}
    return Event(number, event, party, "CP", time, at, data)


@st.composite
def receipt(draw: st.DrawFn) -> Event:
    said: dict[str, Any] = {
        "complaintNo": "NO", "content": "反映问题", "address": "某街道1号", "divisionCode": "520112",
        "confidential": False, "anonymous": draw(st.booleans()),
        "channel": draw(st.sampled_from(["12345", "12315", "PETITION", "MEDIA"])),
        "kind": draw(st.sampled_from(["投诉", "举报", "咨询", "求助"])),
        "itemSector": "WJW",
    }  # fmt: skip
    return fact("complaint.ticket.received", "GY-12345", FIRST, said, "received")


@st.composite
def acts(draw: st.DrawFn, names: Sequence[str]) -> list[Event]:
    """Some acts of the owners, each once, on the hours of the five days after the receipt."""
    chosen = draw(st.lists(st.sampled_from(list(names)), unique=True))
    return [
        fact(
            name,
            draw(st.sampled_from(["WD-WJW", "WD-GOV"])),
            FIRST + timedelta(hours=draw(st.integers(1, 120))),
            ACTS[name],
            name,
        )
        for name in chosen
    ]


class Counter:
    """A world in which one ticket's facts arrive on the sixth day, one minute after the other."""

    def __init__(self) -> None:
        self.world = World(REFERENCE)
        self.now = FIRST + timedelta(days=5, hours=1)
        self.steps: list[Step] = []

    def hear(self, events: Sequence[Event]) -> Counter:
        for event in events:
            self.now += timedelta(minutes=1)
            self.steps += self.world.accept(event, self.now)
            check_clocks(self.ticket)
        self.steps += self.world.tick(self.now)  # periods that were over when their start was heard of
        return self

    @property
    def ticket(self) -> Ticket:
        state = self.world.states["complaint", "CP"]
        assert isinstance(state, Ticket)
        return state

    def result(self) -> Any:
        """Owners, and the verdict of every clock: not when the first of several ends was dated."""
        ticket = self.ticket
        clocks = sorted((row.clock, row.due_at, row.state, row.obligor) for row in ticket.clocks)
        return ticket.owner_sector, ticket.owner_territory, ticket.accepted, ticket.filing_decided, clocks


def check_clocks(ticket: Ticket) -> None:
    """No clock is open twice."""
    running = [row.clock for row in ticket.clocks if row.governing and row.state in OPEN]
    assert len(running) == len(set(running))


@SETTINGS
@given(st.data())
def test_any_order_and_any_repetition_end_alike(data: st.DataObject) -> None:
    """Early facts wait; repeated ones, under the old id or a new one, do nothing."""
    events = [data.draw(receipt()), *data.draw(acts(FREE))]
    again = [
        Event(f"{event.id}-again", event.type, event.party, event.key, event.time, event.recorded, event.data)
        for event in data.draw(st.lists(st.sampled_from(events), max_size=3, unique_by=lambda event: event.id))
    ]
    other = data.draw(st.permutations([*events, *again, *data.draw(st.lists(st.sampled_from(events), max_size=3))]))

    straight = Counter().hear(sorted(events, key=lambda event: event.time))
    assert Counter().hear(other).result() == straight.result()


@SETTINGS
@given(st.data())
def test_a_replay_emits_nothing(data: st.DataObject) -> None:
    """Every fact once more, in another order, accepted or refused the first time: not one step."""
    events = data.draw(st.permutations([data.draw(receipt()), *data.draw(acts(list(ACTS)))]))
    counter = Counter().hear(events)
    before, made = encode(counter.ticket), len(counter.steps)
    counter.hear(data.draw(st.permutations(events)))

    assert counter.steps[made:] == []
    after = decode(encode(counter.ticket), Ticket)
    after.now = decode(before, Ticket).now
    assert encode(after) == before


@SETTINGS
@given(st.data())
def test_a_return_ends_all_that_came_before_it(data: st.DataObject) -> None:
    """Whatever the order: nothing runs any more, nobody but the territory owns the ticket, and each verdict is final."""
    first = data.draw(receipt().filter(lambda event: event.data["channel"] != "12315"))
    before = [event for event in data.draw(acts(FREE)) if event.time < "2026-04-08"]
    gone = fact(
        "complaint.ticket.returned", "WD-WJW", FIRST + timedelta(days=1), ACTS["complaint.ticket.returned"], "gone"
    )
    counter = Counter().hear([first, *data.draw(st.permutations([*before, gone]))])

    ticket = counter.ticket
    assert (ticket.owner_sector, ticket.obligor) == ("", "WD-GOV")
    assert not [row for row in ticket.clocks if row.state in OPEN]
    assert not ticket.accepted
    assert not ticket.filing_decided


@SETTINGS
@given(st.data())
def test_what_is_written_down_is_all_there_is(data: st.DataObject) -> None:
    """A state read back decides every next fact like the one that was never written down; the key's other aggregates do not matter."""
    events = data.draw(st.permutations([data.draw(receipt()), *data.draw(acts(list(ACTS)))]))
    place = data.draw(st.integers(0, len(events) - 1))
    whole = Counter().hear(events)
    state: Ticket | None = None
    steps: list[Step] = []
    now = FIRST + timedelta(days=5, hours=1)
    for number, event in enumerate(events):
        now += timedelta(minutes=1)
        state, made = COMPLAINT.decide(state, event, now, REFERENCE)
        steps += made
        if number == place:
            state = decode(encode(state), Ticket)
    assert state is not None
    state, made = COMPLAINT.tick(state, now, REFERENCE)
    steps += made
    assert [step.event for step in steps if isinstance(step, Routed)] == [
        step.event for step in whole.steps if isinstance(step, Routed)
    ]
    assert state == whole.ticket
