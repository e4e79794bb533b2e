"""One enterprise with many plans: what an event costs when so many have been closed, and when so many are open.

The one rule: an event is what the agent makes of it: the state read from bytes, decided, written to bytes and asked when it is due.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any, Final

from hub import reference
from hub.canonical.event import SHANGHAI, Event
from hub.rules import state as states
from hub.rules.inspection import INSPECTION, Enterprise
from tests.bench.scale.curve import Curve, microseconds
from tests.bench.scale.kept import write

NOW: Final = datetime(2026, 3, 2, 9, tzinfo=SHANGHAI)
USCC: Final = "91520102MA6TE5T17M"
AGENCIES: Final = ("GY-YJJ", "GY-NYNCJ", "GY-RSJ", "GY-ZRGHJ", "GY-SWJ")
_SAID: Final = "2026-03-01T09:00:00+08:00"
_ASKED: Final = 20


def submitted(number: int, first: date) -> Event:
    """Plan *number*, of one item, for five days from *first*."""
    agency = AGENCIES[number % len(AGENCIES)]
    data = {
        "planId": f"JH-2026-{number:07}",
        "submittedAt": _SAID,
        "version": 1,
        "agency": agency,
        "type": "DAILY",
        "subject": {"subjectType": "ENT", "name": "示例企业", "uscc": USCC},
        "siteCode": f"S{number % 3}",
        "items": [{"catalogue": "AQSC", "code": f"AQ-{100 + number % 80}", "tier": "CITY"}],
        "window": {"from": first.isoformat(), "to": (first + timedelta(days=4)).isoformat()},
        "mode": "ONSITE",
        "state": "APPROVED",
        "approvedAt": _SAID,
        "unannounced": False,
    }
    return Event(f"plan-{number}", "inspection.plan.submitted", agency, USCC, _SAID, NOW, data)


def cancelled(number: int) -> Event:
    """The end of plan *number*."""
    agency = AGENCIES[number % len(AGENCIES)]
    data = {"uscc": USCC, "planId": f"JH-2026-{number:07}", "cancelledAt": _SAID}
    return Event(f"end-{number}", "inspection.plan.cancelled", agency, USCC, _SAID, NOW, data)


def enterprise(number: int, *, closed: bool) -> bytes:
    """An enterprise that has had *number* plans, as its state is kept."""
    here = reference.load()
    state: Enterprise | None = None
    for count in range(number):
        first = date(2026, 3, 3) + timedelta(
            days=count % 300
        )  # one a day: open ones meet as many, however many there are
        state, _ = INSPECTION.decide(state, submitted(count, first), NOW, here)
        if closed:
            state, _ = INSPECTION.decide(state, cancelled(count), NOW, here)
    assert state is not None
    assert all(bool(plan.closed) == closed for plan in state.plans.values())
    return states.encode(state)


def one_event(raw: bytes) -> Callable[[], Any]:
    """A further plan, as often as is measured."""
    here = reference.load()
    event = submitted(9_999_999, date(2026, 6, 1))

    def doing() -> None:
        for _ in range(_ASKED):
            state, _steps = INSPECTION.decide(states.decode(raw, Enterprise), event, NOW, here)
            states.encode(state)
            INSPECTION.due(state, here)

    return doing


def measure() -> dict[str, Any]:
    """Both curves, and the bytes of the state, which are what a change writes."""
    found: dict[str, list[tuple[float, float]]] = {"closed": [], "open": [], "bytes": []}
    for number in (10, 30, 100, 300, 1_000):
        raw = enterprise(number, closed=True)
        found["closed"].append((number, microseconds(one_event(raw), _ASKED)))
        found["bytes"].append((number, len(raw)))
    for number in (10, 30, 100, 300):
        found["open"].append((number, microseconds(one_event(enterprise(number, closed=False)), _ASKED)))
    return write(
        "plans",
        (
            Curve("an event of an enterprise with closed plans", "µs", "closed plans", 1, tuple(found["closed"])),
            Curve("an event of an enterprise with open plans", "µs", "open plans", 1, tuple(found["open"])),
            Curve("its state", "bytes", "closed plans", 1, tuple(found["bytes"])),
        ),
    )
