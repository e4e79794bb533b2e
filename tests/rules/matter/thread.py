"""One matter told in short sentences: each method sends one well-formed fact, with the least a sender must say."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from hub import reference
from hub.canonical.catalogue import Catalogue
from hub.canonical.event import SHANGHAI, Event
from hub.rules.ledger import Refusal, Routed, Step
from hub.rules.matter import Matter
from hub.rules.pipeline import World
from hub.rules.state import Row

ENT = {"subjectType": "ENT", "name": "测试企业", "uscc": "91520115MA6XY0038H"}
OFFICERS = [{"name": "执法人员甲", "certNo": "ZF-001"}, {"name": "执法人员乙", "certNo": "ZF-002"}]
PAPERS = [{"kind": kind} for kind in ("TRANSFER_LETTER", "REPORT", "ITEM_LIST")]
COURT_PAPERS = [{"kind": kind} for kind in ("APPLICATION", "DECISION", "OPINION", "DEMAND", "OBJECT_STATE")]

YJJ, DD2, GAJ, JCY, COURT = "GY-YJJ", "GY-ZD-DD2", "GY-GAJ", "GY-JCY", "GSH-FY"

#: What each fact says unless told otherwise, besides its legal time.
SAID: Mapping[str, Mapping[str, Any]] = {
    "case.filed": {"caseNo": "C", "principal": YJJ, "itemCode": "Q", "causeText": "涉嫌违法", "source": "INSPECTION", "procedure": "ORDINARY", "reviewClass": "ORDINARY", "crossDivision": False, "majorComplex": False, "divisionCode": "520115", "subject": ENT, "officers": OFFICERS},
    "evidence.held": {"caseNo": "C", "items": [{"name": "雷管", "qty": 1}]},
    "evidence.disposed": {"caseNo": "C", "disposal": "RETURN"},
    "seizure.imposed": {"caseNo": "C", "items": [{"name": "雷管", "qty": 1}]},
    "seizure.extended": {"caseNo": "C", "approver": {"post": "HEAD"}},
    "seizure.decided": {"caseNo": "C", "outcome": "RELEASE"},
    "investigation.extended": {"caseNo": "C", "approver": {"post": "HEAD"}},
    "investigation.ended": {"caseNo": "C"},
    "legality.reviewed": {"caseNo": "C", "result": "PASS", "reviewer": {"party": YJJ}},
    "notice.served": {"caseNo": "C", "hearingOffered": False},
    "hearing.requested": {"caseNo": "C"},
    "hearing.held": {"caseNo": "C"},
    "decision.made": {"caseNo": "C", "decisionNo": "D", "kinds": ["FINE"], "fineFen": 500000, "basis": ["处罚法"]},
    "decision.served": {"caseNo": "C", "decisionNo": "D", "serviceMode": "DIRECT", "lawRoute": "ORDINARY"},
    "decision.published": {"caseNo": "C", "decisionNo": "D"},
    "decision.changed": {"caseNo": "C", "decisionNo": "D", "change": "CHANGED", "reason": "更正"},
    "publication.withdrawn": {"caseNo": "C", "decisionNo": "D", "reason": "变更"},
    "obligation.performed": {"caseNo": "C", "decisionNo": "D", "full": True},
    "case.closed": {"caseNo": "C", "closeReason": "PENALTY_EXECUTED"},
    "relief.opened": {"decisionNo": "D", "kind": "RECONSIDERATION", "body": "GY-SFJ"},
    "relief.closed": {"decisionNo": "D", "kind": "RECONSIDERATION", "outcome": "UPHELD"},
    "suspicion.reported": {"reportId": "R", "principal": YJJ, "team": OFFICERS},
    "transfer.approved": {"reportId": "R", "approver": {"post": "HEAD"}},
    "transfer.refused": {"reportId": "R", "reasons": "未达标准"},
    "lead.transferred": {"leadId": "L", "principal": YJJ, "toPolice": GAJ, "divisionCode": "520115", "suspectedCharges": [{"name": "危险作业罪", "article": "134-1"}], "economicCrime": False, "subjects": [ENT], "facts": "涉嫌犯罪", "materials": PAPERS},
    "lead.receipted": {"leadId": "L", "receiptId": "H", "outcome": "RECEIVED"},
    "supplement.required": {"leadId": "L", "missing": ["检验报告"]},
    "supplement.supplied": {"leadId": "L", "materials": [{"kind": "TEST_REPORT"}]},
    "lead.forwarded": {"leadId": "L", "toPolice": "GSH-GAFJ", "reasons": "管辖"},
    "lead.disclaimed": {"leadId": "L", "reasons": "不属职责"},
    "filing.extended": {"leadId": "L", "stage": "COUNTY_30", "approver": {"post": "COUNTY_POLICE_HEAD"}},
    "lead.filed": {"leadId": "L", "policeDocNo": "立字1号"},
    "lead.declined": {"leadId": "L", "policeDocNo": "不立字1号", "reasons": "轻微"},
    "file.returned": {"leadId": "L"},
    "filing.withdrawn": {"leadId": "L", "reasons": "撤案"},
    "handover.completed": {"leadId": "L", "items": ["雷管"]},
    "reconsideration.requested": {"leadId": "L", "grounds": "证据充分"},
    "reconsideration.decided": {"leadId": "L", "outcome": "UPHELD"},
    "supervision.suggested": {"leadId": "L", "procuratorate": JCY, "grounds": "建议"},
    "reasons.required": {"leadId": "L", "kind": "NOT_FILED"},
    "reasons.given": {"leadId": "L", "reasons": "轻微"},
    "reasons.accepted": {"leadId": "L"},
    "supervision.answered": {"leadId": "L", "answer": "理由成立"},
    "filing.ordered": {"leadId": "L", "docNo": "通立1号"},
    "lead.concluded": {"leadId": "L", "outcome": "CONVICTED"},
    "dutycrime.reported": {"leadId": "DC", "principal": YJJ, "toBody": "GY-JW", "facts": "受贿线索", "subjects": [{"subjectType": "PERSON", "name": "丙"}]},
    "prosecution.declined": {"nonProsecutionNo": "N"},
    "opinion.registered": {"nonProsecutionNo": "N"},
    "appeal.filed": {"nonProsecutionNo": "N", "kind": "APPEAL"},
    "appeal.closed": {"nonProsecutionNo": "N"},
    "opinion.terminated": {"nonProsecutionNo": "N", "reasons": "终结"},
    "referral.sent": {"referralId": "F", "fromKind": "POLICE", "toOrgan": "HX-ZHZFJ", "basisDoc": "移送函", "subject": ENT, "facts": "轻微", "ccJustice": False, "limitationCheck": "WITHIN"},
    "referral.acknowledged": {"referralId": "F"},
    "referral.redirected": {"referralId": "F", "toOrgan": "HX-STHJJ", "reasons": "领域"},
    "referral.replied": {"referralId": "F", "accepted": True},
    "demand.served": {"decisionNo": "D", "demandNo": "M", "mode": "DIRECT"},
    "application.filed": {"applicationId": "A", "principal": YJJ, "court": COURT, "venueBasis": "APPLICANT", "decisionNo": "D", "lawBasis": "GENERAL", "object": "FINE", "materials": COURT_PAPERS, "headSigned": True, "sealed": True},
    "application.receipted": {"applicationId": "A"},
    "application.accepted": {"applicationId": "A", "courtNo": "行审1号"},
    "application.rejected": {"applicationId": "A", "rulingNo": "R1", "reasons": "材料"},
    "doubt.raised": {"applicationId": "A"},
    "ruling.made": {"applicationId": "A", "rulingNo": "R2", "kind": "REFUSE"},
    "ruling.served": {"applicationId": "A", "rulingNo": "R2"},
    "rulingreview.requested": {"applicationId": "A", "kind": "REFUSED", "court": "GY-FY"},
    "rulingreview.decided": {"applicationId": "A", "kind": "REFUSED", "outcome": "UPHELD"},
    "execution.opened": {"applicationId": "A"},
    "execution.concluded": {"applicationId": "A", "outcome": "EXECUTED"},
    "assistance.requested": {"requestId": "Q", "requestee": "GY-STHJJ", "kind": "DATA", "basis": "处罚法26", "urgency": "NORMAL", "scope": "监测数据"},
    "assistance.answered": {"requestId": "Q", "accepted": True},
    "dispute.raised": {"disputeId": "S", "parties": [YJJ, "GY-SWJ"], "issue": "管辖"},
    "minute.issued": {"disputeId": "S", "minuteNo": "纪要1号", "sealedBy": "GY-SFJ", "tasks": [{"taskId": "T1", "task": "明确", "dueDate": "2026-09-30", "standard": "书面", "unit": YJJ}]},
    "task.reported": {"disputeId": "S", "taskId": "T1", "report": "已落实"},
    "access.requested": {"requestId": "X", "purpose": "查询", "searchBy": "CASE"},
}  # fmt: skip


def moment(text: str) -> str:
    """``07-06 09:00`` (of 2026) or ``2025-07-06 09:00`` as a datetime of the contract."""
    day, clock = text.split()
    return f"{day if len(day) > 5 else '2026-' + day}T{clock}:00+08:00"


def fact(at: str, name: str, party: str, number: str, said: Mapping[str, Any], key: str = "MT") -> Event:
    """The fact ``matter.<name>`` that *party* says happened at *at*."""
    event_type, time = f"matter.{name}", moment(at)
    data: dict[str, Any] = {"correlationId": key, **SAID[name], **said}
    kind = Catalogue.load()[event_type]
    for field in kind.fields:
        if field.form == "dt" and field.mandatory and field.name not in data:
            data[field.name] = time
    if name == "lead.transferred":
        data.setdefault("approver", {"post": "HEAD", "approvedAt": time})
    return Event(number, event_type, party, key, str(data[kind.legal_time_field]), datetime.fromisoformat(time), data)


class Thread:
    """A world in which one matter happens."""

    def __init__(self, **policy: Any) -> None:
        self.world = World(reference.load().with_policy(policy))
        self.steps: list[Step] = []  #: of the last call
        self.all: list[Step] = []
        self._count = 0

    def send(self, at: str, name: str, party: str, *, seen: str = "", event_id: str = "", **said: Any) -> list[str]:
        """Send a fact dated *at*, accepted at *seen* or at once; gives the refusal codes of what came of it."""
        self._count += 1
        event = fact(at, name, party, event_id or f"e{self._count}", said)
        return self.take(event, seen or at)

    def take(self, event: Event, seen: str) -> list[str]:
        """Let *event* arrive at *seen*."""
        return self._add(self.world.accept(event, datetime.fromisoformat(moment(seen))))

    def wait(self, until: str) -> list[str]:
        """Let time pass."""
        return self._add(self.world.tick(datetime.fromisoformat(moment(until))))

    def _add(self, steps: list[Step]) -> list[str]:
        self.steps = steps
        self.all += steps
        return [step.refused.code for step in steps if isinstance(step, Refusal)]

    @property
    def matter(self) -> Matter:
        state = self.world.states["matter", "MT"]
        assert isinstance(state, Matter)
        return state

    def made(self, name: str, *, ever: bool = False) -> list[dict[str, Any]]:
        """Data of the hub's own events of that name, of the last call or ever."""
        return [
            dict(step.event.data)
            for step in (self.all if ever else self.steps)
            if isinstance(step, Routed) and step.decision and step.event.type == name
        ]

    def told(self, name: str) -> dict[str, str]:
        """Who got which projection of ``name`` in the last call."""
        return {
            party: projection
            for step in self.steps
            if isinstance(step, Routed) and step.event.type == name
            for party, projection in step.recipients
        }

    def clock(self, name: str, reading: str = "") -> Row:
        """The newest row of a clock, governing unless *reading* is named."""
        rows = [
            row
            for row in self.matter.clocks
            if row.clock == name and (row.reading == reading if reading else row.governing)
        ]
        return rows[-1]

    def clocks(self) -> dict[str, str]:
        """State of the newest governing row of every clock."""
        return {row.clock: row.state for row in self.matter.clocks if row.governing}

    @property
    def lead(self) -> tuple[str, str]:
        """State and sub of the lead."""
        lead = self.matter.leads["L"]
        return lead.state, lead.sub

    # ---- beginnings

    def receipted(self, **said: Any) -> Thread:
        """A lead that the city police have receipted on Monday 07-06 at 11:00."""
        assert self.send("07-06 10:00", "lead.transferred", YJJ, **said) == []
        assert self.send("07-06 11:00", "lead.receipted", GAJ) == []
        return self

    def declined(self, **said: Any) -> Thread:
        """A lead that the police declined on 07-08."""
        self.receipted(**said)
        assert self.send("07-08 10:00", "lead.declined", GAJ) == []
        return self

    def served(self, route: str = "ORDINARY", **said: Any) -> Thread:
        """A fine decided and served on 2026-01-15."""
        assert self.send("2025-11-03 10:00", "case.filed", DD2) == []
        assert self.send("2025-12-01 10:00", "notice.served", DD2) == []
        assert self.send("01-08 10:00", "decision.made", YJJ, **said) == []
        assert self.send("01-15 10:00", "decision.served", DD2, lawRoute=route) == []
        return self

    def applied(self) -> Thread:
        """An application that reached the court on 09-01."""
        self.served()
        assert self.send("07-20 10:00", "demand.served", DD2) == []
        assert self.send("08-31 10:00", "application.filed", YJJ) == []
        assert self.send("09-01 10:00", "application.receipted", COURT) == []
        return self


__all__ = ["COURT", "DD2", "GAJ", "JCY", "SHANGHAI", "YJJ", "Thread", "fact", "moment"]
