"""Conditions of the contract that tie fields of one event together and need nothing else to be judged.

The one rule: a condition here is pure form. What needs a calendar, a sender or a state is a rule's business.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from hub.canonical.refused import Refused

#: Looks at one object's fields, each already of the right form, and raises `Refused`.
Condition = Callable[[Mapping[str, Any]], None]

#: A CASE inspection answers one of these; PLAN and RANDOM belong to the annual plan.
CASE_TRIGGERS: Final = ("COMPLAINT", "ASSIGNED", "MONITORING", "EMERGENCY", "REQUEST")
#: Who may set the seal for the joint conference, which has none of its own 代章.
MINUTE_SEALS: Final = ("GY-ZHZFJ", "GY-SFJ")


def invalid(pointer: str, detail: str, detail_en: str) -> Refused:
    """The refusal of everything that is wrong by form."""
    return Refused("INVALID_FIELD", detail, pointer=pointer, detail_en=detail_en)


def _plan(data: Mapping[str, Any]) -> None:
    if "uscc" not in data["subject"]:
        raise invalid(
            "/subject/uscc", "计划须写明统一社会信用代码", "the USCC of its subject is the key of a plan: give it"
        )
    if data["type"] == "CASE" and data.get("trigger") not in CASE_TRIGGERS:
        raise invalid(
            "/trigger",
            "个案检查须写明启动事由：" + "、".join(CASE_TRIGGERS),
            "a CASE plan has a trigger: give one of " + ", ".join(CASE_TRIGGERS),
        )
    if data["state"] == "APPROVED" and "approvedAt" not in data:
        raise invalid("/approvedAt", "已批准的计划须写明批准时间", "an APPROVED plan says when: give approvedAt")


def _code(data: Mapping[str, Any]) -> None:
    if ("jointId" in data) == ("planId" in data):
        raise invalid(
            "/jointId",
            "联合检查编号与计划编号须且只须填写一个",
            "a code is for a joint or for a plan: give exactly one of jointId and planId",
        )


def _visit(data: Mapping[str, Any]) -> None:
    if data["purpose"] == "INVESTIGATION" and "caseNo" not in data:
        raise invalid("/caseNo", "办案取证入企须写明案号", "an INVESTIGATION visit belongs to a case: give caseNo")


def _ruling(data: Mapping[str, Any]) -> None:
    if data["kind"] == "ALLOW" and "executor" not in data:
        raise invalid(
            "/executor", "准予执行的裁定须写明执行主体", "a ruling that ALLOWs says who executes: give executor"
        )


def _minute(data: Mapping[str, Any]) -> None:
    if data["sealedBy"] not in MINUTE_SEALS:
        raise invalid(
            "/sealedBy",
            "会议纪要须由 " + " 或 ".join(MINUTE_SEALS) + " 代章",
            "the joint conference has no seal of its own: have it sealed by " + " or ".join(MINUTE_SEALS),
        )
    names = [task["taskId"] for task in data["tasks"]]
    if len(set(names)) < len(names):
        raise invalid(
            "/tasks", "同一纪要中任务编号重复，请分别编号", "two tasks of a minute bear one number: number each apart"
        )


def _window(data: Mapping[str, Any]) -> None:
    if data["from"] > data["to"]:
        raise invalid("/from", "起始日期晚于截止日期，请核对", "from is after to: check both")


#: By event type: conditions across its top-level fields.
OF_EVENTS: Final[Mapping[str, Condition]] = {
    "inspection.plan.submitted": _plan,
    "inspection.plan.amended": _plan,
    "inspection.code.requested": _code,
    "inspection.visit.recorded": _visit,
    "matter.ruling.made": _ruling,
    "matter.minute.issued": _minute,
}

#: By block: conditions that hold wherever the block stands.
OF_BLOCKS: Final[Mapping[str, Condition]] = {"Window": _window}

#: By block: the fewest that a list of them may hold. Two officers at least (行政处罚法 42, 310 art 5).
FEWEST: Final[Mapping[str, int]] = {"Officer": 2}
