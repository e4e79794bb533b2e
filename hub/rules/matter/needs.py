"""What must be known before an event can be judged: the catalogue's column "needs".

The one rule: an event that is only early is never refused; the word returned here names what it waits for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from hub.canonical.event import Event
from hub.rules import schedule
from hub.rules.matter.state import Matter, about, facts, known, latest

Known = Callable[[Matter, Event], bool]


def _about(name: str) -> Known:
    return lambda matter, event: known(matter, name, about(event))


def _same(name: str, field: str) -> Known:
    """``matter.<name>`` is known with the same *field* (kind of review, kind of relief)."""
    return lambda matter, event: any(
        fact.note.get(field) == event.data[field] for fact in facts(matter, name, about(event))
    )


def _receipted(matter: Matter, event: Event) -> bool:
    lead = matter.leads.get(about(event))
    if lead is None:
        return False
    named = (fact.time for fact in facts(matter, "lead.forwarded", lead.id) if fact.note["toPolice"] == lead.police)
    since = max(named, default="")
    return any(fact.party == lead.police and fact.time >= since for fact in facts(matter, "lead.receipted", lead.id))


def _decision_served(matter: Matter, event: Event) -> bool:
    return known(matter, "decision.served", event.data["decisionNo"])


def _refusal_served(matter: Matter, event: Event) -> bool:
    ruling = latest(matter, "ruling.made", about(event))
    return ruling is not None and ruling.note["kind"] == "REFUSE" and known(matter, "ruling.served", about(event))


def _task_set(matter: Matter, event: Event) -> bool:
    dispute = matter.disputes.get(about(event))
    return dispute is not None and event.data["taskId"] in dispute.tasks


#: Each word of the column; those not here mean "that event is known about the same entity".
NEEDS: Final[Mapping[str, Known]] = {
    "case": lambda matter, event: event.data["caseNo"] in matter.cases,
    "decision.made": lambda matter, event: event.data["decisionNo"] in matter.decisions,
    "decision.served": _decision_served,
    "notice.served": lambda matter, event: known(matter, "notice.served", event.data["caseNo"]),
    "relief.opened": _same("relief.opened", "kind"),
    "suspicion.reported": lambda matter, event: event.data["reportId"] in matter.reports,
    "lead": lambda matter, event: event.data["leadId"] in matter.leads,
    "lead.receipted": _receipted,
    "referral": lambda matter, event: event.data["referralId"] in matter.referrals,
    "application": lambda matter, event: event.data["applicationId"] in matter.applications,
    "rulingreview.requested": _same("rulingreview.requested", "kind"),
    "minute.issued": _task_set,
}

#: Needs that depend on what the event says.
_CHOSEN: Final[Mapping[tuple[str, str], tuple[str, Known]]] = {
    ("matter.rulingreview.requested", "NOT_ACCEPTED"): ("application.rejected", _about("application.rejected")),
    ("matter.rulingreview.requested", "REFUSED"): ("ruling.served", _refusal_served),
}

#: Sent by the police alone: a police not yet named waits for the forwarding that names it (contract §7.4).
POLICE_ONLY: Final = frozenset(
    f"matter.{name}"
    for name in (
        "lead.receipted",
        "supplement.required",
        "lead.forwarded",
        "lead.disclaimed",
        "filing.extended",
        "lead.filed",
        "lead.declined",
        "file.returned",
        "filing.withdrawn",
        "reconsideration.decided",
        "reasons.given",
    )
)


def missing(matter: Matter, event: Event, needs: str) -> str:
    """What *event* still waits for, "" if nothing."""
    if not needs:
        return ""
    if chosen := _CHOSEN.get((event.type, str(event.data.get("kind", "")))):
        word, judge = chosen
        return "" if judge(matter, event) else word
    lead = matter.leads.get(about(event))
    if lead is not None and event.type in POLICE_ONLY and event.party not in lead.polices:
        return "lead.forwarded"
    if not any(NEEDS.get(word, _about(word))(matter, event) for word in needs.split("/")):
        former = lead is not None and event.type in POLICE_ONLY and event.party != lead.police
        return "" if former else needs  # a former police is told so at once, not when its successor has receipted
    return _pending_reconsideration(matter, event)


def _pending_reconsideration(matter: Matter, event: Event) -> str:
    """310 art 9: while the reconsideration is pending, suggesting supervision after the first period waits for its outcome."""
    if event.type != "matter.supervision.suggested" or not schedule.late(matter, "F11", about(event), event.time):
        return ""
    asked, decided = (
        latest(matter, "reconsideration.requested", about(event)),
        latest(matter, "reconsideration.decided", about(event)),
    )
    return "reconsideration.decided" if asked and not (decided and decided.time >= asked.time) else ""
