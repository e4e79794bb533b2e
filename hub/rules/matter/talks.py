"""Between organs: assistance 协助, disputes of competence 争议 before the joint conference 联席会议, and looking into a matter.

The one rule: whoever is not part of a matter learns nothing of it, not even by asking.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from hub.rules import schedule
from hub.rules.matter.roles import insiders
from hub.rules.matter.scene import Ends, Rule, Scene, begin
from hub.rules.matter.state import Assistance, Dispute


def _requested(scene: Scene) -> None:
    scene.matter.assistances[scene.about] = Assistance(scene.about, scene.event.party, scene.data["requestee"])


def _answer_due(scene: Scene) -> None:
    sla = scene.ledger.reference.policy["sla"]
    begin(
        scene,
        "A01",
        scene.about,
        scene.event.time,
        span=sla["A01urgent" if scene.data["urgency"] == "URGENT" else "A01"],
    )


def _raised(scene: Scene) -> None:
    scene.matter.disputes[scene.about] = Dispute(scene.about, list(scene.data["parties"]))


def _issued(scene: Scene) -> None:
    scene.matter.disputes[scene.about].tasks = {task["taskId"]: task["unit"] for task in scene.data["tasks"]}


def _tasks_due(scene: Scene) -> None:
    for task in scene.data["tasks"]:
        name = task["taskId"]
        if schedule.find(scene.matter, "D01", name):
            name = _full_name(scene, name)
        one = Scene(scene.matter, scene.event, scene.ledger, name, {**scene.cast, "unit": (task["unit"],)})
        begin(one, "D01", name, scene.event.time, due=task["dueDate"])


def _full_name(scene: Scene, task: str) -> str:
    """Minutes number their tasks from one: a second dispute of the matter may well have a task of the same number."""
    return f"{scene.about}/{task}"


def _task_done(scene: Scene) -> None:
    task = scene.data["taskId"]
    full = _full_name(scene, task)
    schedule.end(scene.ledger, "D01", full if schedule.find(scene.matter, "D01", full) else task, scene.event.time)


def _answer_access(scene: Scene) -> None:
    requester = scene.event.party
    granted = requester in insiders(scene.matter)
    scene.ledger.emit(
        f"matter.access.{'granted' if granted else 'denied'}",
        {
            "correlationId": scene.matter.key,
            "requestId": scene.about,
            "requester": requester,
            "reason": None if granted else "NOT_A_PARTY",
        },
    )


TALKS: Final[Mapping[str, Rule]] = {
    "matter.assistance.requested": Rule(change=_requested, acts=(_answer_due,)),
    "matter.assistance.answered": Rule(needs="assistance.requested", acts=(Ends("A01"),)),
    "matter.dispute.raised": Rule(change=_raised),
    "matter.minute.issued": Rule(needs="dispute.raised", change=_issued, acts=(_tasks_due,)),
    "matter.task.reported": Rule(needs="minute.issued", acts=(_task_done,)),
    "matter.access.requested": Rule(acts=(_answer_access,)),
    # 职务犯罪线索: passed to one body and remembered by nobody else (310 art 19)
    "matter.dutycrime.reported": Rule(),
}
