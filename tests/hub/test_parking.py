"""Early events: they wait with their aggregate in the order of their legal times, visibly, within limits, and survive a kill."""

from __future__ import annotations

import os
import signal
from typing import Any

from hub.reference import load
from tests.hub.conftest import RunningHub
from tests.hub.facts import lead, moment
from tests.hub.test_operating import until
from tests.rules.matter.thread import GAJ, YJJ, Thread


def receipt(lead_id: str, minutes_ago: float = 1) -> dict[str, Any]:
    data = {"correlationId": f"MT-{lead_id}", "leadId": lead_id, "receiptId": f"HZ-{lead_id}"}
    data |= {"receivedAt": moment(minutes_ago), "outcome": "RECEIVED"}
    return {"id": f"receipt-{lead_id}", "type": "matter.lead.receipted", "data": data}


def filed(lead_id: str) -> dict[str, Any]:
    data = {"correlationId": f"MT-{lead_id}", "leadId": lead_id, "decidedAt": moment(0.5)}
    data |= {"noticeServedAt": moment(0.4), "policeDocNo": f"立字{lead_id}号"}
    return {"id": f"filed-{lead_id}", "type": "matter.lead.filed", "data": data}


def post(hub: RunningHub, party: str, event: dict[str, Any]) -> str:
    answer = hub.post(party, event)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["accepted"][0]["eventId"])


def waiting(hub: RunningHub, key: str) -> list[dict[str, Any]]:
    return [one for one in hub.items("event", "parked") if one["key"] == key]


def test_one_early_event_too_many_is_refused_and_the_others_go_on_waiting() -> None:
    thread = Thread(parkEvents=3)
    codes = [thread.send("07-06 10:00", "lead.receipted", GAJ, leadId=f"L{n}") for n in range(4)]

    assert codes == [[], [], [], ["ORPHAN"]]
    assert len(thread.matter.parked) == 3
    assert thread.steps[-1].refused.detail  # type: ignore[union-attr]
    assert len(thread.made("matter.event.parked", ever=True)) == 3


def test_what_was_refused_for_want_of_room_may_come_again_under_a_new_id_once_there_is_room() -> None:
    thread = Thread(parkEvents=1)
    thread.send("07-06 10:30", "lead.receipted", GAJ, leadId="OTHER")
    assert thread.send("07-06 11:00", "lead.receipted", GAJ, event_id="first") == ["ORPHAN"]
    thread.send("07-06 10:00", "lead.transferred", YJJ, seen="07-06 11:30", leadId="OTHER")

    thread.send("07-06 10:00", "lead.transferred", YJJ, seen="07-06 11:40")
    assert thread.send("07-06 11:00", "lead.receipted", GAJ, seen="07-06 11:50", event_id="again") == []
    assert thread.lead == ("ACCEPTED", "")


def test_a_retry_never_turns_the_order_of_an_aggregate_round() -> None:
    """Filing and receipt come before the lead, the later one first: they count in the order of their legal times."""
    thread = Thread()
    thread.send("07-06 12:00", "lead.filed", GAJ, seen="07-06 12:20")
    thread.send("07-06 11:00", "lead.receipted", GAJ, seen="07-06 12:25")
    thread.send("07-06 10:00", "lead.transferred", YJJ, seen="07-06 12:30")

    facts = [step.event for step in thread.steps if getattr(step, "decision", None) is False]
    assert [event.type.removeprefix("matter.") for event in facts] == [
        "lead.transferred",
        "lead.receipted",
        "lead.filed",
    ]
    assert sorted({event.sequence for event in facts}) == [event.sequence for event in facts]


def test_the_limits_are_policy() -> None:
    assert {"parkDays": 7, "parkEvents": 200}.items() <= load().policy.items()


def test_early_events_wait_visibly_survive_a_kill_and_are_decided_in_order(running_hub: RunningHub) -> None:
    late = post(running_hub, "GY-GAJ", filed("park-1"))
    early = post(running_hub, "GY-GAJ", receipt("park-1"))

    found = until(lambda: found if len(found := waiting(running_hub, "MT-park-1")) == 2 else None)
    assert {"matter.lead.filed": late, "matter.lead.receipted": early} == {
        one["type"]: one["event_id"] for one in found
    }
    assert all(one["needs"] and one["until"] > one["since"] for one in found)
    hops = running_hub.items("event", "trace", early)
    assert "matter.event.parked" in {hop["type"] for hop in hops}

    killed = running_hub.dev["processes"]["worker-matters"]
    os.kill(killed, signal.SIGKILL)
    until(lambda: running_hub.dev["processes"]["worker-matters"] != killed)
    transferred = post(running_hub, "GY-YJJ", lead("park-1"))

    def decided() -> Any:
        steps = [one for one in running_hub.items("lead", "list") if one["lead_id"] == "park-1"]
        return steps and steps[0]["state"] == "FILED" and steps

    until(decided, seconds=60)
    assert waiting(running_hub, "MT-park-1") == []
    delivered = [one["id"] for one in running_hub.deliveries("GY-YJJ", 1) if one["id"] in {transferred, early, late}]
    assert delivered == [early, late]  # each once, in the order of their legal times; the lead is its own
