"""A clock that nobody started, for those who ask what would be.

The one rule: it is started by the same rule as a real one, in an empty state that nobody keeps.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

from hub.canonical.event import SHANGHAI
from hub.cli.exits import Exit, Failed
from hub.cli.language import say
from hub.reference import ClockRule, Reference
from hub.rules import schedule
from hub.rules.ledger import Ledger
from hub.rules.state import Common

ENTITY: Final = "-"
#: Any party of the hub: only parties of the hub are warned, and the answer shows the warnings.
_SOMEBODY: Final = "GY-ZHZFJ"

#: Where the policy gives one length for every clock of a kind (contract §6.6); that of C03 depends on the ticket.
_LENGTHS: Final = {"R01": ("sla", "R01"), "A01": ("sla", "A01"), "C03r": ("sla", "C03r"), "I01": ("lateEntryDays",)}


def length(rule: ClockRule, policy: Mapping[str, Any]) -> int:
    """How many units a clock of *rule* lasts, 0 if only an event can tell."""
    found: Any = policy if rule.name in _LENGTHS else rule.span
    for name in _LENGTHS.get(rule.name, ()):
        found = found[name]
    return int(found)


def imagined(
    reference: Reference, clock: str, start: datetime, *, span: int | None = None, due: date | None = None
) -> Ledger:
    """A ledger in which *clock* was started at *start*."""
    span = span or length(reference.clocks[clock], reference.policy)
    ledger = Ledger(Common(key="-"), start, reference, lambda role, event_type, data: ())
    schedule.start(ledger, clock, ENTITY, start, obligor=_SOMEBODY, obligee=_SOMEBODY, span=span, due=due)
    return ledger


def moment(text: str) -> datetime:
    """A time as a person writes it, of Guiyang unless it says otherwise; exit 2 if it is none."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise Failed(Exit.USAGE, say(f"时间写法有误: {text}", f"not a time: {text}")) from None
    if not 1900 <= found.year <= 2199:
        raise Failed(Exit.USAGE, say("年份超出范围", "no such year"))
    return found.replace(tzinfo=SHANGHAI) if found.tzinfo is None else found.astimezone(SHANGHAI)
