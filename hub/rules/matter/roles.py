"""Who is who in a matter: who owes and is owed a clock, who may send an event, who is told of it.

The one rule: principal, handler and police are those of the entity the event is about, as known when it is judged; nobody
gets a role because an event claims it, except in the first event about an entity (contract §2, §9).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from hub.canonical.event import Event
from hub.canonical.party import Directory
from hub.reference import Reference
from hub.rules.matter.scene import Cast
from hub.rules.matter.state import ABOUT, Case, Dispute, Lead, Matter, Report, about, facts

CONFERENCE: Final = "GY-LXHY"
CITY_JCY: Final = "GY-JCY"
UPPER_COURT: Final = "GY-FY"

#: Events that bring an entity into being: their data say who is principal and handler.
FIRST: Final = frozenset(
    ("matter.case.filed", "matter.suspicion.reported", "matter.lead.transferred", "matter.dutycrime.reported")
)

Organ = tuple[str, str]  #: principal and handler


def case_of(matter: Matter, entity: str) -> Case | None:
    """The case of a case, decision or application."""
    application = matter.applications.get(entity)
    decision = matter.decisions.get(application.decision if application else entity)
    return matter.cases.get(decision.case if decision else entity)


def organ_of(matter: Matter, entity: str, field: str = "") -> Organ | None:
    """Principal and handler of the entity; for a referral the organ it lies with.

    *field* is the name under which an event names it: a lead and another organ's case may bear the same number.
    """
    if field in ("", "referralId") and (referral := matter.referrals.get(entity)):
        return referral.organ, referral.handler
    owner: Case | Lead | Report | None = None
    if field in ("", "leadId"):
        owner = matter.leads.get(entity)
    if field in ("", "reportId"):
        owner = owner or matter.reports.get(entity)
    if field in ("", "caseNo", "decisionNo", "applicationId"):
        owner = owner or case_of(matter, entity)
    return (owner.principal, owner.handler) if owner else None


def _named(data: Mapping[str, Any]) -> tuple[str, str]:
    """The entity that an event is about, and the field that names it ("" if the hub names it by ``entity``)."""
    field = next((name for name in ABOUT if name in data), "")
    return str(data[field] if field else data.get("entity", "")), field


def declared_organ(data: Mapping[str, Any], directory: Directory) -> Organ:
    """Principal and handler as the first event about an entity says."""
    principal = str(data["principal"])
    return principal, str(data.get("handler") or directory.handler_of(principal))


# ---- clocks


def cast(matter: Matter, event: Event, reference: Reference) -> Cast:
    """Roles in the entity that *event* is about."""
    entity = about(event)
    roles: dict[str, tuple[str, ...]] = {"conference": (CONFERENCE,), "upper": (UPPER_COURT,)}
    organ = organ_of(matter, *_named(event.data))
    if organ:
        roles["principal"] = roles["toOrgan"] = tuple(dict.fromkeys(organ))
    if lead := matter.leads.get(entity):
        roles["police"], roles["jcy"] = (lead.police,), (lead.jcy,)
        roles["procuratorate"] = roles["jcy"]
    elif report := matter.reports.get(entity):
        police = police_of(matter, report, reference)
        roles["police"] = (police,)
        roles["procuratorate"] = (reference.directory.procuratorate_of(police) or "",)
    elif application := matter.applications.get(entity):
        roles["court"] = (application.court,)
    elif referral := matter.referrals.get(entity):
        roles["sender"] = (referral.sender,)
    elif non_prosecution := matter.non_prosecutions.get(entity):
        roles["jcy"] = (non_prosecution.jcy,)
    elif assistance := matter.assistances.get(entity):
        roles["requester"], roles["requestee"] = (assistance.requester,), (assistance.requestee,)
    return roles


def police_of(matter: Matter, report: Report, reference: Reference) -> str:
    """The police a report would go to: its lead's, else the same-level police; a zone's by the case's or the policy's division."""
    lead = matter.leads.get(report.lead)
    if lead is not None:
        return lead.polices[0]
    directory = reference.directory
    own = [case for case in matter.cases.values() if case.principal == report.principal]
    first = min(own, key=lambda case: (case.filed_at, case.no), default=None)
    police = directory.police_of(report.principal, first.division if first else "")
    return police or f"{reference.policy['zoneDivision'].get(directory[report.principal].scope, '')}-GAFJ"


# ---- senders


def senders(matter: Matter, event: Event, role: str, directory: Directory) -> Iterable[str] | None:
    """Who *role* of the column "from" is, by the entity; None where the entity names nobody and the kind suffices."""
    entity = about(event)
    match role:
        case "PRINCIPAL" | "HANDLER":
            return _organ_senders(matter, event, role, directory)
        case "POLICE":
            lead = matter.leads.get(entity)
            return (lead.police,) if lead else None
        case "JCY":
            return _jcy_senders(matter, entity)
        case "COURT":
            return _court_senders(matter, event)
        case "GOV":
            return _executing_governments(matter, entity, directory)
        case "TOORGAN":
            referral = matter.referrals.get(entity)
            return (referral.organ, referral.handler) if referral else ()
        case "REQUESTEE":
            assistance = matter.assistances.get(entity)
            return (assistance.requestee,) if assistance else ()
        case "UNIT":
            dispute = matter.disputes.get(entity)
            unit = dispute.tasks.get(event.data["taskId"]) if dispute else None
            return (unit,) if unit else ()
    return None


def _organ_senders(matter: Matter, event: Event, role: str, directory: Directory) -> Iterable[str] | None:
    if event.type == "matter.dispute.raised":
        return None
    organ = declared_organ(event.data, directory) if event.type in FIRST else _owner(matter, event)
    if organ is None:
        return ()
    return (organ[0],) if role == "PRINCIPAL" else (organ[1],)


def _owner(matter: Matter, event: Event) -> Organ | None:
    """What the event makes is not known yet (a decision, an application): its principal is that of what it is made about."""
    named = (organ_of(matter, str(event.data[name]), name) for name in ABOUT if name in event.data)
    return next((organ for organ in named if organ), None)


def _jcy_senders(matter: Matter, entity: str) -> Iterable[str] | None:
    if lead := matter.leads.get(entity):
        return lead.jcy, CITY_JCY
    non_prosecution = matter.non_prosecutions.get(entity)
    return (non_prosecution.jcy, CITY_JCY) if non_prosecution else None


def _court_senders(matter: Matter, event: Event) -> Iterable[str] | None:
    entity = about(event)
    if application := matter.applications.get(entity):
        if event.type == "matter.rulingreview.decided":
            return (application.upper.get(event.data["kind"], ""),)
        return (application.court,)
    if event.type == "matter.relief.opened":
        return (event.data["body"],)
    if entity in matter.decisions:
        bodies = [fact.note["body"] for fact in facts(matter, "relief.opened", entity)]
        courts = [application.court for application in matter.applications.values() if application.decision == entity]
        return bodies if event.type == "matter.relief.closed" else bodies + courts
    return None


def _executing_governments(matter: Matter, entity: str, directory: Directory) -> Iterable[str]:
    """裁执分离: if the court let a government carry it out, that of the principal's place or of the immovable's."""
    if not any(fact.note.get("executor") == "GOV" for fact in facts(matter, "ruling.made", entity)):
        return ()
    organ, application = organ_of(matter, entity), matter.applications[entity]
    own = directory.government_of(organ[0]) if organ else None
    scope = directory.scope_of_division(application.division)
    return [code for code in (own, f"{scope}-GOV" if scope else None) if code]


# ---- receivers


def receivers(matter: Matter, role: str, event_type: str, data: Mapping[str, Any]) -> Iterable[str]:
    """Who *role* of the column "to" stands for."""
    entity, field = _named(data)
    match role:
        case "organ":
            return organ_of(matter, entity, field) or ()
        case "police" | "jcy":
            return _investigators(matter, role, event_type, entity, data)
        case "concerned":
            return concerned(matter, entity)
        case "handler":
            organ = organ_of(matter, entity, field)
            return (organ[1],) if organ else ()
        case "sender":
            referral = matter.referrals.get(entity)
            return (referral.sender,) if referral else ()
        case "requester" if "requester" not in data:
            assistance = matter.assistances.get(entity)
            return (assistance.requester,) if assistance else ()
        case "court" if "court" not in data:
            application = matter.applications.get(entity)
            return (application.court,) if application else ()
        case "upper":
            return (data["court"],)
        case "units":
            return [task["unit"] for task in data["tasks"]]
        case "disputants":
            return matter.disputes.get(entity, Dispute(entity, [])).parties
    return (data[role],)


def _investigators(matter: Matter, role: str, event_type: str, entity: str, data: Mapping[str, Any]) -> Iterable[str]:
    lead = matter.leads.get(entity)
    if lead is None or (
        role == "jcy" and event_type == "matter.lead.transferred" and data.get("procuratorateCopy") is False
    ):
        return ()
    return (lead.police,) if role == "police" else (lead.jcy,)


def concerned(matter: Matter, entity: str, field: str = "") -> Iterable[str]:
    """Principal, handler and police of the entity."""
    lead = matter.leads.get(entity) if field in ("", "leadId") else None
    return (*(organ_of(matter, entity, field) or ()), *((lead.police,) if lead else ()))


def insiders(matter: Matter) -> set[str]:
    """All who may look into the matter (contract §9, Access): principals, handlers, present and former police, their
    procuratorates, the courts, and both sides of every referral."""
    found: set[str] = set()
    owners: list[Case | Lead | Report] = [*matter.cases.values(), *matter.leads.values(), *matter.reports.values()]
    for owner in owners:
        found |= {owner.principal, owner.handler}
    for lead in matter.leads.values():
        found |= {*lead.polices, *lead.jcys}
    for application in matter.applications.values():
        found |= {application.court, *application.upper.values()}
    for referral in matter.referrals.values():
        found |= {referral.sender, *referral.organs, *referral.handlers}
    # the principal of a duty crime asks about its own report; the body it went to is no party of the matter
    found |= {fact.party for fact in matter.facts if fact.type == "matter.dutycrime.reported"}
    return found | {non_prosecution.jcy for non_prosecution in matter.non_prosecutions.values()}
