"""What one matter 事项 remembers: its cases, leads, referrals, court applications and talks, and every fact about them.

The one rule: identity (who is principal, who handles, which police) stands in a small struct, history stands in `Fact`s;
whatever follows from history is asked anew from the facts by their legal times, so that the order of arrival cannot matter.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from hub.canonical.event import Event
from hub.rules.state import Common

#: Fields that may name what an event is about, the most particular first.
ABOUT = (
    "applicationId",
    "decisionNo",
    "leadId",
    "reportId",
    "referralId",
    "nonProsecutionNo",
    "disputeId",
    "requestId",
    "caseNo",
)

#: The catalogue's first field of an event, by which `once` counts: a decision's events are counted by their case.
COUNTED = (
    "applicationId",
    "leadId",
    "reportId",
    "referralId",
    "nonProsecutionNo",
    "disputeId",
    "requestId",
    "caseNo",
    "decisionNo",
)


class Fact(msgspec.Struct):
    """An accepted event: what is needed of it later."""

    type: str
    about: str  #: id of the entity, see `ABOUT`
    time: str  #: legal time
    party: str
    note: dict[str, Any] = {}  #: the fields worth keeping; never personal data


class Case(msgspec.Struct):
    """案件"""

    no: str
    principal: str
    handler: str
    filed_at: str
    procedure: str
    mandatory_review: bool
    major: bool
    person: bool  #: the subject is a natural person
    division: str


class Decision(msgspec.Struct, omit_defaults=True):
    """处罚决定"""

    no: str
    case: str
    kinds: list[str]
    suit: str = ""  #: P12, P12a or P12b: the suit period that ran last
    suit_at: str = ""  #: its start
    judged: bool = False  #: a court has judged on it: enforced as a judgment (行诉法95)
    revoked: bool = False
    performed: bool = False
    alarmed: list[str] = []  #: ids of the E01 clocks whose alarm has sounded


class Report(msgspec.Struct, omit_defaults=True):
    """涉嫌犯罪报告: the suspicion reported to the head."""

    id: str
    principal: str
    handler: str
    reported_at: str
    lead: str = ""  #: the lead it led to


class Lead(msgspec.Struct, omit_defaults=True):
    """涉嫌犯罪线索: a case transferred to the police."""

    id: str
    principal: str
    handler: str
    transferred_at: str
    approved_at: str
    economic: bool
    items: list[str]  #: names of the things to hand over
    dossier: Event  #: as transferred: copied in full to the police and procuratorate who must act
    polices: list[str]  #: every police it was sent to, the current last
    jcys: list[str]  #: the procuratorate of each
    report: str = ""
    state: str = ""
    sub: str = ""

    @property
    def police(self) -> str:
        """The current police."""
        return self.polices[-1]

    @property
    def jcy(self) -> str:
        """The procuratorate of the current police."""
        return self.jcys[-1]


class Referral(msgspec.Struct):
    """反向移送: a case sent back from police, procuratorate or court."""

    id: str
    sender: str
    from_kind: str
    organs: list[str]  #: every organ it was sent to, the current last
    handlers: list[str]
    issued_at: str
    dossier: Event

    @property
    def organ(self) -> str:
        """The current organ."""
        return self.organs[-1]

    @property
    def handler(self) -> str:
        """The body that handles for it."""
        return self.handlers[-1]


class Application(msgspec.Struct, omit_defaults=True):
    """申请强制执行"""

    id: str
    decision: str
    court: str
    division: str = ""  #: division of the immovable, if named
    upper: dict[str, str] = {}  #: kind of review → court asked


class NonProsecution(msgspec.Struct):
    """不起诉决定"""

    no: str
    jcy: str


class Assistance(msgspec.Struct):
    """协助请求"""

    id: str
    requester: str
    requestee: str


class Dispute(msgspec.Struct, omit_defaults=True):
    """管辖争议"""

    id: str
    parties: list[str]
    tasks: dict[str, str] = {}  #: taskId → unit


class Matter(Common, kw_only=True, omit_defaults=True):
    """One correlationId."""

    cases: dict[str, Case] = msgspec.field(default_factory=dict)
    decisions: dict[str, Decision] = msgspec.field(default_factory=dict)
    reports: dict[str, Report] = msgspec.field(default_factory=dict)
    leads: dict[str, Lead] = msgspec.field(default_factory=dict)
    referrals: dict[str, Referral] = msgspec.field(default_factory=dict)
    applications: dict[str, Application] = msgspec.field(default_factory=dict)
    non_prosecutions: dict[str, NonProsecution] = msgspec.field(default_factory=dict)
    assistances: dict[str, Assistance] = msgspec.field(default_factory=dict)
    disputes: dict[str, Dispute] = msgspec.field(default_factory=dict)
    facts: list[Fact] = msgspec.field(default_factory=list)


def about(event: Event) -> str:
    """Id of the entity that *event* is about."""
    return str(next((event.data[name] for name in ABOUT if name in event.data), ""))


def facts(matter: Matter, name: str, entity: str) -> Iterator[Fact]:
    """Facts of type ``matter.<name>`` about *entity*, in order of arrival."""
    event_type = f"matter.{name}"
    return (fact for fact in matter.facts if fact.type == event_type and fact.about == entity)


def first(matter: Matter, name: str, entity: str) -> Fact | None:
    """The fact with the earliest legal time, None if unknown."""
    return min(facts(matter, name, entity), key=lambda fact: fact.time, default=None)


def latest(matter: Matter, name: str, entity: str) -> Fact | None:
    """The fact with the latest legal time, None if unknown."""
    return max(facts(matter, name, entity), key=lambda fact: fact.time, default=None)


def known(matter: Matter, name: str, entity: str) -> bool:
    """Has ``matter.<name>`` been accepted about *entity*?"""
    return any(True for _ in facts(matter, name, entity))
