"""The common procedure of every aggregate: repeats, timers, parking, once-only facts, refusal.

The one rule: what an aggregate knows lies in its state, what it looks up in the reference, and the moment is an argument;
the same facts in the same order always give the same steps.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from hub.canonical.event import Event
from hub.canonical.refused import Refused
from hub.reference import Reference
from hub.rules import schedule
from hub.rules.ledger import Ledger, Step
from hub.rules.state import Common, Parked

S = TypeVar("S", bound=Common)

CALENDAR_LOADED = "clock.calendar.loaded"


@dataclass(frozen=True, slots=True, order=True)
class Timer:
    """Something that falls due by itself. Ordered by time, then by name, so that ties always fire alike."""

    at: datetime
    name: str
    subject: str = ""


class Aggregate(ABC, Generic[S]):
    """Base of the three aggregates: ``decide(state, event, now) -> (state', steps)`` and ``tick(state, now)``.

    A state handed in is owned by the call: use what comes back.
    """

    name: str  #: first word of its event types
    state_type: type[S]

    # ---- what an aggregate must say about itself

    @abstractmethod
    def missing(self, state: S, event: Event) -> str:
        """What must be known before *event* can be judged, "" if nothing (column "needs")."""

    @abstractmethod
    def permit(self, state: S, event: Event, reference: Reference) -> None:
        """Raise `Refused` ``NOT_PERMITTED`` if the sender is not the party the entity names."""

    @abstractmethod
    def apply(self, state: S, event: Event, ledger: Ledger) -> None:
        """Change *state* by *event*, emitting what follows. Raise `Refused` before the first change, or never."""

    @abstractmethod
    def parties(self, state: S, role: str, event_type: str, data: Mapping[str, Any]) -> Iterable[str]:
        """Who *role* of the column "to" stands for."""

    def arrival(self, state: S, event: Event, ledger: Ledger) -> None:
        """Raise `Refused` for what is wrong whatever happened before, yet emits as it is refused; called before parking."""

    def contradicted(self, state: S, event: Event, ledger: Ledger) -> bool:
        """Does *event* contradict what is known? Then say so by an event; it is not applied."""
        return False

    def mark(self, state: S, event: Event, mark: str) -> str:
        """Name under which a once-only *event* is remembered, for procedures that may start over."""
        return mark

    def entity(self, event: Event) -> str:
        """What `once` counts by: the row's first field, the aggregate itself where it has no other."""
        return event.key

    def timers(self, state: S, reference: Reference) -> Iterable[Timer]:
        """What falls due besides clocks and parking."""
        return ()

    def fire(self, state: S, timer: Timer, ledger: Ledger) -> None:
        """Let a timer of `timers` happen."""

    def settle(self, state: S, ledger: Ledger) -> None:
        """Recompute what follows from all facts together; called after every accepted event and on every tick."""

    def repeated(self, state: S, event: Event, ledger: Ledger) -> None:
        """A once-only fact came again with another legal time."""
        ledger.emit(
            f"{self.name}.conflict.detected",
            {
                self._key_field: state.key,
                "code": "REPEATED_DIFFERENT",
                "entity": self.entity(event),
                "eventId": event.id,
                "type": event.type,
            },
        )

    _key_field = "correlationId"

    # ---- the procedure

    def decide(self, state: S | None, event: Event, now: datetime, reference: Reference) -> tuple[S, list[Step]]:
        """Judge one admitted *event*. Same id: no effect. Early: parked. Wrong: refused, and nothing changes."""
        state = state if state is not None else self.state_type(key=event.key, realm=event.realm)
        last, now = self._forward(state, now)
        ledger = self._ledger(state, now, reference)
        self._fire_until(state, last, now, ledger)
        if event.id in state.seen:
            return state, ledger.steps
        state.seen[event.id] = None
        ledger.now = now
        if event.type == CALENDAR_LOADED:
            schedule.recalculate(ledger)
        elif not self._arrives(state, event, ledger):
            pass
        elif needs := self.missing(state, event):
            self._park(state, event, needs, ledger)
        elif self._judge(state, event, ledger):
            self._release(state, ledger)
        return state, ledger.steps

    def tick(self, state: S, now: datetime, reference: Reference) -> tuple[S, list[Step]]:
        """Let everything that is due by *now* happen, in the order of its time."""
        last, now = self._forward(state, now)
        ledger = self._ledger(state, now, reference)
        self._fire_until(state, last, now, ledger)
        ledger.now = now
        self.settle(state, ledger)
        return state, ledger.steps

    def due(self, state: S, reference: Reference) -> datetime | None:
        """When the next timer of this aggregate falls due."""
        first = min(self._timers(state, reference), default=None)
        return first.at if first else None

    def _forward(self, state: S, now: datetime) -> tuple[datetime, datetime]:
        last = datetime.fromisoformat(state.now) if state.now else now
        now = max(last, now)
        state.now = now.isoformat()
        return last, now

    def _ledger(self, state: S, now: datetime, reference: Reference) -> Ledger:
        return Ledger(state, now, reference, lambda role, event_type, data: self.parties(state, role, event_type, data))

    def _timers(self, state: S, reference: Reference) -> Iterable[Timer]:
        wait = timedelta(days=reference.policy["parkDays"])
        for parked in state.parked:
            yield Timer(datetime.fromisoformat(parked.since) + wait, "parked", parked.event.id)
        for at, name, subject in schedule.timers(state, reference):
            yield Timer(at, name, subject)
        yield from self.timers(state, reference)

    def _fire_until(self, state: S, last: datetime, now: datetime, ledger: Ledger) -> None:
        while (timer := min(self._timers(state, ledger.reference), default=None)) is not None and timer.at <= now:
            # As if it had fired on time: a worker that was down decides the same. But not before the fact that set it was known.
            ledger.now = max(timer.at, last)
            if timer.name == "parked":
                self._orphan(state, timer.subject, ledger)
            else:
                if not schedule.fire(ledger, timer.name, timer.subject, timer.at):
                    self.fire(state, timer, ledger)
                self.settle(state, ledger)  # a missed clock has consequences too, at the moment it was missed

    def _park(self, state: S, event: Event, needs: str, ledger: Ledger) -> None:
        """Let *event* wait with its aggregate; one too many is refused, so that nobody can make a state grow without end."""
        most = ledger.reference.policy["parkEvents"]
        if len(state.parked) >= most:
            ledger.refuse(
                event,
                Refused(
                    "ORPHAN",
                    f"该事项已有 {most} 件提前到达的事件在等待,不再接收;请先报送 {needs},再重新发送本件",
                    detail_en=f"{most} early events wait here already and no more are kept: send {needs} first, then this again",
                ),
            )
            return
        state.parked.append(Parked(event, ledger.now.isoformat()))
        ledger.cause = event
        ledger.emit(
            f"{self.name}.event.parked",
            {self._key_field: state.key, "eventId": event.id, "type": event.type, "needs": needs},
        )
        ledger.cause = None

    def _orphan(self, state: S, event_id: str, ledger: Ledger) -> None:
        parked = next(entry for entry in state.parked if entry.event.id == event_id)
        state.parked.remove(parked)
        needs = self.missing(state, parked.event)
        ledger.refuse(
            parked.event,
            Refused(
                "ORPHAN",
                f"等待 {needs} 超过规定天数,请先报送该事项后重新发送",
                detail_en=f"waited too long for {needs}: send that first, then this again",
            ),
        )

    def _arrives(self, state: S, event: Event, ledger: Ledger) -> bool:
        ledger.cause = event
        try:
            self.arrival(state, event, ledger)
        except Refused as refused:
            ledger.refuse(event, refused)
            return False
        finally:
            ledger.cause = None
        return True

    def _judge(self, state: S, event: Event, ledger: Ledger) -> bool:
        """Accept or refuse; True if the state may have moved."""
        try:
            self.permit(state, event, ledger.reference)
            mark = self._mark(state, event, ledger.reference)
            if mark and mark in state.happened:
                if state.happened[mark] != event.time:
                    ledger.cause = event
                    self.repeated(state, event, ledger)
                    ledger.cause = None
                return False
            if self._contradicts(state, event, ledger):
                return False
            sequence, place = state.sequence, len(ledger.steps)
            try:
                ledger.accept(event, lambda: self.apply(state, event, ledger))
            except Refused:
                state.sequence = sequence
                del ledger.steps[place:]
                raise
        except Refused as refused:
            ledger.refuse(event, refused)
            return False
        if mark:
            state.happened[mark] = event.time
        ledger.cause = event
        self.settle(state, ledger)
        ledger.cause = None
        return True

    def _contradicts(self, state: S, event: Event, ledger: Ledger) -> bool:
        ledger.cause = event
        contradicted = self.contradicted(state, event, ledger)
        ledger.cause = None
        return contradicted

    def _mark(self, state: S, event: Event, reference: Reference) -> str:
        once = reference.events[event.type].once
        if not once:
            return ""
        qualifier = (
            "" if once == "entity" else event.party if once in ("police", "organ") else str(event.data.get(once, ""))
        )
        return self.mark(state, event, f"{event.type}|{self.entity(event)}|{qualifier}")

    def _release(self, state: S, ledger: Ledger) -> None:
        """Try the parked again, in the order of their legal times, until nothing moves."""
        moved = True
        while moved:
            moved = False
            for parked in sorted(state.parked, key=lambda entry: (entry.event.time, entry.event.id)):
                if self.missing(state, parked.event):
                    continue
                state.parked.remove(parked)
                if self._judge(state, parked.event, ledger):
                    moved = True
                    break
