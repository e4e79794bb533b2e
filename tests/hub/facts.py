"""Facts for a running hub: valid ones, dated today, under ids of their own."""

from __future__ import annotations

import itertools
from datetime import date, datetime, timedelta
from typing import Any

from hub.canonical.event import SHANGHAI
from hub.canonical.identifiers import uscc_check_char
from hub.reference import load

_count = itertools.count(1)


def fresh_uscc() -> str:
    """A well-formed 统一社会信用代码 that no other test uses."""
    body = f"91520102MA{next(_count):07}"
    return body + uscc_check_char(body)


def working_day(count: int) -> date:
    """The *count*-th working day from today on."""
    calendar = load().calendar
    return calendar.add_working_days(calendar.roll(datetime.now(SHANGHAI).date()), count)


def moment(minutes_ago: float = 0) -> str:
    """A legal time so many minutes ago."""
    return (datetime.now(SHANGHAI) - timedelta(minutes=minutes_ago)).isoformat(timespec="seconds")


def plan(plan_id: str, uscc: str, agency: str = "GY-YJJ", *, item: str = "Y1") -> dict[str, Any]:
    """A plan for the next days, as CloudEvents JSON without envelope."""
    return {
        "id": plan_id,
        "type": "inspection.plan.submitted",
        "data": {
            "planId": plan_id,
            "submittedAt": moment(1),
            "version": 1,
            "agency": agency,
            "type": "DAILY",
            "subject": {"subjectType": "ENT", "name": "示例企业", "uscc": uscc},
            "siteCode": "S1",
            "items": [{"catalogue": "QZ", "code": item, "tier": "CITY"}],
            "window": {"from": working_day(1).isoformat(), "to": working_day(5).isoformat()},
            "mode": "ONSITE",
            "state": "APPROVED",
            "approvedAt": moment(1),
            "unannounced": False,
        },
    }


def lead(lead_id: str, **changes: Any) -> dict[str, Any]:
    """A complete lead from GY-YJJ to the city's police."""
    data = {
        "correlationId": f"MT-{lead_id}",
        "leadId": lead_id,
        "transferredAt": moment(2),
        "principal": "GY-YJJ",
        "handler": "GY-ZD-DD2",
        "toPolice": "GY-GAJ",
        "approver": {"post": "HEAD", "approvedAt": moment(60)},
        "divisionCode": "520115",
        "suspectedCharges": [{"name": "危险作业罪", "article": "134-1"}],
        "economicCrime": False,
        "subjects": [{"subjectType": "ENT", "name": "示例企业", "uscc": fresh_uscc()}],
        "facts": "现场存在重大事故隐患",
        "materials": [{"kind": kind} for kind in ("TRANSFER_LETTER", "REPORT", "ITEM_LIST")],
    }
    return {"id": lead_id, "type": "matter.lead.transferred", "data": data | changes}
