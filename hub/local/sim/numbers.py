"""Numbers of plans, cases and documents, shaped as offices shape them.

The one rule: every number carries the mark of its thread, so it is never another's and always seen to be simulated.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

#: Field -> its number around the mark. 案号 and 文号 as courts and offices write them.
_FORMS: Final[Mapping[str, str]] = {
    "correlationId": "XT-{}",
    "complaintId": "TS-{}",
    "complaintNo": "12345-{}",
    "planId": "JH-{}",
    "visitId": "RQ-{}",
    "resultId": "JG-{}",
    "caseNo": "筑综执立〔2026〕{}号",
    "decisionNo": "筑综执罚决〔2026〕{}号",
    "demandNo": "筑综执催〔2026〕{}号",
    "policeDocNo": "筑公立字〔2026〕{}号",
    "courtNo": "(2026)黔0115行审{}号",
    "rulingNo": "(2026)黔0115行审{}号",
    "leadId": "XS-{}",
    "receiptId": "HZ-{}",
    "reportId": "BG-{}",
    "applicationId": "SQ-{}",
    "referralId": "FX-{}",
}


def number(field: str, mark: str) -> str:
    """A number for *field*."""
    return _FORMS.get(field, "BH-{}").format(mark)
