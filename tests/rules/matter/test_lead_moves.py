"""Every state of a lead × every event about it: moved, left as it is, parked, in conflict or refused."""

from __future__ import annotations

import pytest

from hub.rules.matter.lead import MOVES, State, Sub, place
from hub.rules.matter.state import Fact
from tests.rules.matter.thread import DD2, GAJ, JCY, YJJ, Thread

#: How to bring the lead L into each state; the last fact is of 07-10 at the latest.
ROADS: dict[str, list[tuple[str, str, str, dict[str, str]]]] = {
    "": [],
    "TRANSFERRED": [("07-06 10:00", "lead.transferred", YJJ, {})],
    "ACCEPTED": [("07-06 10:00", "lead.transferred", YJJ, {}), ("07-06 11:00", "lead.receipted", GAJ, {})],
}
ROADS["DISCLAIMED"] = [*ROADS["ACCEPTED"], ("07-07 10:00", "lead.disclaimed", GAJ, {})]
ROADS["FILED"] = [*ROADS["ACCEPTED"], ("07-07 10:00", "lead.filed", GAJ, {})]
ROADS["DECLINED"] = [*ROADS["ACCEPTED"], ("07-07 10:00", "lead.declined", GAJ, {})]
ROADS["FORWARDED"] = [*ROADS["ACCEPTED"], ("07-06 12:00", "lead.forwarded", GAJ, {})]
ROADS["RECONSIDERING"] = [*ROADS["DECLINED"], ("07-08 10:00", "reconsideration.requested", YJJ, {})]
ROADS["WITHDRAWN"] = [*ROADS["FILED"], ("07-08 10:00", "filing.withdrawn", GAJ, {})]
ROADS["CONCLUDED"] = [*ROADS["FILED"], ("07-09 10:00", "lead.concluded", GAJ, {})]

#: Sender of each event about a lead, and what it says.
EVENTS: dict[str, tuple[str, dict[str, str]]] = {
    "lead.receipted": (GAJ, {}),
    "supplement.required": (GAJ, {}),
    "supplement.supplied": (DD2, {}),
    "lead.forwarded": (GAJ, {}),
    "lead.disclaimed": (GAJ, {}),
    "lead.filed": (GAJ, {}),
    "lead.declined": (GAJ, {}),
    "file.returned": (GAJ, {}),
    "filing.withdrawn": (GAJ, {}),
    "handover.completed": (DD2, {}),
    "reconsideration.requested": (YJJ, {}),
    "reconsideration.decided": (GAJ, {"outcome": "UPHELD"}),
    "supervision.suggested": (YJJ, {}),
    "reasons.required": (JCY, {}),
    "reasons.given": (GAJ, {}),
    "reasons.accepted": (JCY, {}),
    "supervision.answered": (JCY, {}),
    "filing.ordered": (JCY, {}),
    "lead.concluded": (GAJ, {}),
}

#: (state, event) → what becomes of it: the new state (with /sub), "=" stays, "parked", a code, "conflict" or "again" (said twice).
OUTCOMES = {
    "lead.receipted": "parked ACCEPTED again again again again NOT_PERMITTED again again STALE_TARGET",
    "supplement.required": "parked parked ACCEPTED/SUPPLEMENT_REQUIRED = = = NOT_PERMITTED = = STALE_TARGET",
    "supplement.supplied": "parked parked parked parked parked parked parked parked parked parked",
    "lead.forwarded": "parked parked FORWARDED FORWARDED FORWARDED FORWARDED NOT_PERMITTED FORWARDED FORWARDED STALE_TARGET",
    "lead.disclaimed": "parked parked DISCLAIMED again conflict DISCLAIMED NOT_PERMITTED DISCLAIMED DISCLAIMED STALE_TARGET",
    "lead.filed": "parked parked FILED FILED again FILED NOT_PERMITTED FILED FILED STALE_TARGET",
    "lead.declined": "parked parked DECLINED DECLINED conflict again NOT_PERMITTED again DECLINED STALE_TARGET",
    "file.returned": "parked parked parked = parked = NOT_PERMITTED = parked parked",
    "filing.withdrawn": "parked parked parked parked WITHDRAWN parked NOT_PERMITTED parked again STALE_TARGET",
    "handover.completed": "parked parked parked parked = parked parked parked = STALE_TARGET",
    "reconsideration.requested": "parked parked parked parked parked RECONSIDERING parked again parked parked",
    "reconsideration.decided": "parked parked parked parked parked parked NOT_PERMITTED DECLINED/UPHELD parked parked",
    "supervision.suggested": "parked parked parked parked parked DECLINED/SUPERVISION_SUGGESTED parked RECONSIDERING/SUPERVISION_SUGGESTED parked parked",
    "reasons.required": "parked TRANSFERRED/REASONS_REQUIRED ACCEPTED/REASONS_REQUIRED = = DECLINED/REASONS_REQUIRED FORWARDED/REASONS_REQUIRED RECONSIDERING/REASONS_REQUIRED = STALE_TARGET",
    "reasons.given": "parked parked parked parked parked parked NOT_PERMITTED parked parked parked",
    "reasons.accepted": "parked parked parked parked parked parked parked parked parked parked",
    "supervision.answered": "parked parked parked parked parked parked parked parked parked parked",
    "filing.ordered": "parked parked parked parked parked DECLINED/FILING_ORDERED parked RECONSIDERING/FILING_ORDERED parked parked",
    "lead.concluded": "parked parked parked parked CONCLUDED parked parked parked CONCLUDED again",
}
STATES = (
    "",
    "TRANSFERRED",
    "ACCEPTED",
    "DISCLAIMED",
    "FILED",
    "DECLINED",
    "FORWARDED",
    "RECONSIDERING",
    "WITHDRAWN",
    "CONCLUDED",
)
CASES = [
    (state, name, outcome) for name, row in OUTCOMES.items() for state, outcome in zip(STATES, row.split(), strict=True)
]


def travelled(state: str) -> Thread:
    thread = Thread()
    for at, name, party, said in ROADS[state]:
        assert thread.send(at, name, party, **said) == []
    return thread


@pytest.mark.parametrize(("state", "name", "outcome"), CASES)
def test_every_state_and_every_event(state: str, name: str, outcome: str) -> None:
    thread = travelled(state)
    party, said = EVENTS[name]
    codes = thread.send("07-10 10:00" if state != "DECLINED" else "07-09 10:00", name, party, **said)
    conflicts = [conflict["code"] for conflict in thread.made("matter.conflict.detected")]
    advanced = thread.made("matter.lead.advanced")
    match outcome:
        case "parked":
            assert thread.made("matter.event.parked")
            assert codes == []
        case "conflict":
            assert conflicts == ["CONTRADICTION"]
        case "again":
            assert conflicts == ["REPEATED_DIFFERENT"]
        case "=":
            assert codes == conflicts == []
            assert thread.steps
        case _ if outcome.partition("/")[0] in STATES:
            assert ([(move["state"], move.get("sub", "")) for move in advanced]) == [
                (outcome.partition("/")[0], outcome.partition("/")[2])
            ]
            return
        case _:
            assert codes == [outcome]
    assert advanced == []
    if state:
        assert thread.lead[0] == state


@pytest.mark.parametrize("state", [state for state in STATES if state])
def test_roads_lead_where_they_say(state: str) -> None:
    assert travelled(state).lead == (state, "")


def test_moves_of_one_instant_are_ordered_by_the_procedure() -> None:
    names = ("lead.filed", "lead.receipted", "lead.transferred")
    assert place(Fact(f"matter.{name}", "L", "2026-07-06T10:00:00+08:00", GAJ) for name in names) == (
        State.FILED,
        Sub.NONE,
    )


def test_nothing_leads_out_of_the_conclusion() -> None:
    assert not [move for state, move in MOVES if state is State.CONCLUDED]
