"""Where a lead 涉嫌犯罪线索 stands: everything that decides where it may go is in the table of moves.

The one rule: a lead's state is what its facts, put in the order of their legal times, lead to. So a fact that arrives late
takes its place, and only a change of the outcome is announced.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final

from hub.rules.ledger import Ledger
from hub.rules.matter.state import Fact, Lead, Matter


class State(StrEnum):
    """State of a lead, in the words of the catalogue."""

    NONE = ""
    TRANSFERRED = "TRANSFERRED"  # 已移送
    ACCEPTED = "ACCEPTED"  # 已签收
    FORWARDED = "FORWARDED"  # 已转送
    DISCLAIMED = "DISCLAIMED"  # 不属职责范围
    FILED = "FILED"  # 已立案
    DECLINED = "DECLINED"  # 不予立案
    RECONSIDERING = "RECONSIDERING"  # 复议中
    WITHDRAWN = "WITHDRAWN"  # 已撤案
    CONCLUDED = "CONCLUDED"  # 已办结


class Sub(StrEnum):
    """What is going on inside a state."""

    NONE = ""
    SUPPLEMENT_REQUIRED = "SUPPLEMENT_REQUIRED"  # 要求补正
    SUPPLEMENTED = "SUPPLEMENTED"  # 已补正
    UPHELD = "UPHELD"  # 复议维持
    SUPERVISION_SUGGESTED = "SUPERVISION_SUGGESTED"  # 已建议立案监督
    REASONS_REQUIRED = "REASONS_REQUIRED"  # 要求说明理由
    FILING_ORDERED = "FILING_ORDERED"  # 通知立案


Place = tuple[State, Sub]

_UNDECIDED: Final = (State.TRANSFERRED, State.ACCEPTED, State.FORWARDED)
_ANSWERED: Final = (State.DISCLAIMED, State.DECLINED, State.RECONSIDERING, State.WITHDRAWN)
_REFUSED: Final = (State.DECLINED, State.RECONSIDERING)

#: (move, from, to, sub); a move is an event type, with its outcome where that decides; to None = the state stays.
#: In the order of the procedure, which also orders facts of the same instant.
_ROWS: Final[tuple[tuple[str, tuple[State, ...], State | None, Sub], ...]] = (
    ("lead.transferred", (State.NONE,), State.TRANSFERRED, Sub.NONE),
    ("lead.receipted", (State.TRANSFERRED, State.FORWARDED), State.ACCEPTED, Sub.NONE),
    ("supplement.required", (State.ACCEPTED,), None, Sub.SUPPLEMENT_REQUIRED),
    ("supplement.supplied", (State.ACCEPTED,), None, Sub.SUPPLEMENTED),
    ("lead.forwarded", (*_UNDECIDED, *_ANSWERED, State.FILED), State.FORWARDED, Sub.NONE),
    ("lead.disclaimed", (*_UNDECIDED, *_ANSWERED), State.DISCLAIMED, Sub.NONE),
    ("lead.declined", (*_UNDECIDED, *_ANSWERED), State.DECLINED, Sub.NONE),
    ("reconsideration.requested", (State.DECLINED,), State.RECONSIDERING, Sub.NONE),
    ("reconsideration.decided:UPHELD", _REFUSED, State.DECLINED, Sub.UPHELD),
    ("reconsideration.decided:FILED", (*_UNDECIDED, *_ANSWERED), State.FILED, Sub.NONE),
    ("supervision.suggested", _REFUSED, None, Sub.SUPERVISION_SUGGESTED),
    ("reasons.required", (*_UNDECIDED, *_REFUSED), None, Sub.REASONS_REQUIRED),
    ("filing.ordered", _REFUSED, None, Sub.FILING_ORDERED),
    ("lead.filed", (*_UNDECIDED, *_ANSWERED), State.FILED, Sub.NONE),
    ("filing.withdrawn", (State.FILED,), State.WITHDRAWN, Sub.NONE),
    ("lead.concluded", (*_UNDECIDED, *_ANSWERED, State.FILED), State.CONCLUDED, Sub.NONE),
)

_RANK: Final = {move: rank for rank, (move, *_) in enumerate(_ROWS)}

#: (state, move) → (state, sub); what is not here changes nothing.
MOVES: Final[Mapping[tuple[State, str], Place]] = {
    (state, move): (state if to is None else to, sub) for move, sources, to, sub in _ROWS for state in sources
}


def move_of(fact: Fact) -> str:
    """The move that a fact of a lead is."""
    name = fact.type.removeprefix("matter.")
    return f"{name}:{fact.note['outcome']}" if name == "reconsideration.decided" else name


def place(facts: Iterable[Fact]) -> Place:
    """State and sub that *facts* of one lead lead to, by their legal times."""
    moves = sorted((fact.time, _RANK[move], move) for fact in facts if (move := move_of(fact)) in _RANK)
    here: Place = (State.NONE, Sub.NONE)
    for _, _, move in moves:
        here = MOVES.get((here[0], move), here)
    return here


def advance(matter: Matter, lead: Lead, legal_at: str, ledger: Ledger) -> None:
    """Announce where *lead* stands now, if that is news."""
    state, sub = place(fact for fact in matter.facts if fact.about == lead.id)
    if (state, sub) == (lead.state, lead.sub):
        return
    lead.state, lead.sub = state.value, sub.value
    ledger.emit(
        "matter.lead.advanced",
        {
            "correlationId": matter.key,
            "leadId": lead.id,
            "state": lead.state,
            "sub": lead.sub or None,
            "principal": lead.principal,
            "handler": lead.handler,
            "police": lead.police,
            "legalAt": legal_at,
        },
    )


def in_force(matter: Matter, lead_id: str, at: str = "") -> Fact | None:
    """The filing 立案 that stands (at the legal time *at*, or by all that is known): the newest not followed by a withdrawal 撤案."""
    newest: Fact | None = None
    withdrawn = ""
    for fact in matter.facts:
        if fact.about != lead_id or (at and fact.time > at):
            continue
        if fact.type == "matter.lead.filed" and (newest is None or fact.time > newest.time):
            newest = fact
        elif fact.type == "matter.filing.withdrawn":
            withdrawn = max(withdrawn, fact.time)
    return newest if newest is not None and newest.time > withdrawn else None
