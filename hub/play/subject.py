"""What an event is about, in one id. The one rule: the most particular id of its data, else its key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

#: Most particular first. A clock names its entity, whatever that is.
NAMES: Final = (
    "entity", "taskId", "planId", "visitId", "resultId", "jointId", "leadId", "reportId", "applicationId", "referralId",
    "nonProsecutionNo", "disputeId", "requestId", "decisionNo", "caseNo", "complaintId", "correlationId", "uscc",
)  # fmt: skip


def subject(data: Mapping[str, Any]) -> str:
    """Id of what *data* are about, "" if they name nothing."""
    inside = data.get("subject")
    named = {**inside, **data} if isinstance(inside, Mapping) else data
    return str(next((named[name] for name in NAMES if named.get(name)), ""))
