"""What the police do with a lead: receipt 回执, supplement 补正, forwarding 转送, verdict 立案/不予立案, handover, conclusion.

The one rule: each police starts its own clocks by its own receipt, and the verdict ends them; a verdict counts from the day it
was decided, the rights it opens from the day its notice was served.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from hub.canonical.event import Event
from hub.canonical.refused import Refused
from hub.rules import schedule
from hub.rules.matter.lead import in_force
from hub.rules.matter.pauses import cases_rest
from hub.rules.matter.scene import Ends, Rule, Scene, Starts, Voids, begin, extended_span
from hub.rules.matter.state import Fact, Lead, Matter, about, facts, first, latest

#: Clocks that can only be ended by something that happens to the lead before its conclusion.
_OF_A_LEAD: Final = ("F04", "F05", "F06", "F08", "F08b", "F10", "F11", "F12", "F13", "F14", "F15", "F16", "F17")


def _lead(scene: Scene) -> Lead:
    return scene.matter.leads[scene.about]


def not_stale(matter: Matter, event: Event) -> None:
    """Nothing happens to a lead after its conclusion; what happened before it may still be told."""
    concluded = first(matter, "lead.concluded", about(event))
    if concluded is not None and event.time > concluded.time and event.type != concluded.type:
        raise Refused(
            "STALE_TARGET",
            "该移送案件已办结,请另行移送",
            pointer="/leadId",
            detail_en="the lead is concluded: transfer a new one",
        )


def _economic(scene: Scene) -> bool:
    return _lead(scene).economic


def _review(scene: Scene) -> None:
    begin(scene, "F08", scene.about, scene.event.time, kind="soft" if _economic(scene) else "")


def _forwarded(scene: Scene) -> None:
    lead, target = _lead(scene), scene.data["toPolice"]
    lead.polices.append(target)
    lead.jcys.append(scene.ledger.reference.directory.procuratorate_of(target) or "")


def _dossier_to_new_police(scene: Scene) -> None:
    lead = _lead(scene)
    scene.ledger.copy(lead.dossier, ((lead.police, "FULL"),))


# ---- extension


def _extendable(scene: Scene) -> None:
    row = schedule.governing(scene.matter, "F08b", scene.about)
    if row is not None and schedule.expired(row, scene.event.time):
        raise Refused(
            "TOO_LATE",
            "审查期限已满,不得再延长,请尽快决定是否立案",
            pointer="/extendedAt",
            detail_en="the review period was over when the extension was decided: decide on filing",
        )
    first_step = scene.data["stage"] == "COUNTY_30"
    if row is None or (not first_step and row.span < extended_span(scene, row, "COUNTY_30")):
        raise Refused(
            "EXTENSION_NOT_ALLOWED",
            "只有经济犯罪案件可以延长,延长至六十日的,请先报送延长至三十日的批准",
            pointer="/stage",
            detail_en="only an economic crime is extended, to 60 days only after 30 (art. 16 of the 2017 rules): send COUNTY_30 first",
        )


def _extend(scene: Scene) -> None:
    row = schedule.governing(scene.matter, "F08b", scene.about)
    if row is not None and (span := extended_span(scene, row, scene.data["stage"])) > row.span:
        schedule.extend(scene.ledger, "F08b", scene.about, span, scene.event.time)


# ---- verdicts

#: A verdict on the lead: the review is over, asking for more and forwarding are moot.
_VERDICT: Final = (Ends("F08"), Ends("F08b"), Voids("F04"), Voids("F06"))


def _notice_served(scene: Scene) -> None:
    """F09 begins with the decision and ends with its notice, which the same event tells."""
    if begin(scene, "F09", scene.about, scene.event.time):
        schedule.end(scene.ledger, "F09", scene.about, scene.data["noticeServedAt"])


def filed(scene: Scene) -> None:
    """立案, by the police's own decision or on reconsideration: what it ends and begins."""
    decided_at = scene.event.time
    for clock in ("F14", "F16", "F17"):
        schedule.end(scene.ledger, clock, scene.about, decided_at)
    refusal = latest(scene.matter, "lead.declined", scene.about)
    if refusal is None or refusal.time < decided_at:
        for clock in ("F11", "F13"):
            schedule.void(scene.ledger, clock, scene.about, scene.event.time)
    _notice_served(scene)
    if in_force(scene.matter, scene.about) is None:  # withdrawn since, by legal time
        return
    notice_at = scene.data["noticeServedAt"]
    if begin(scene, "F10", scene.about, notice_at) and (complete_at := handed_over(scene, notice_at)[1]):
        schedule.end(scene.ledger, "F10", scene.about, complete_at)
    order = first(scene.matter, "filing.ordered", scene.about)
    if order is not None and order.time <= decided_at:
        begin(scene, "F18", scene.about, decided_at)


def _withdrawn_by_then(scene: Scene) -> bool:
    return in_force(scene.matter, scene.about) is None


def _filed_after(scene: Scene) -> str:
    filing = in_force(scene.matter, scene.about)
    return filing.time if filing is not None and filing.time > scene.event.time else ""


def _right_of_reconsideration(scene: Scene) -> None:
    if begin(scene, "F11", scene.about, scene.data["noticeServedAt"]) and _filed_after(scene):
        schedule.void(scene.ledger, "F11", scene.about, _filed_after(scene))


# ---- handover


def handed_over(scene: Scene, at: str) -> tuple[list[str], str]:
    """Names still missing of the item list, and when the handover was complete by legal times ("" if it is not).

    What was handed over before a filing was withdrawn went back with it: only the round of *at* counts.
    """
    here = _withdrawn_before(scene.matter, scene.about, at)
    events = sorted(
        (
            fact
            for fact in facts(scene.matter, "handover.completed", scene.about)
            if _withdrawn_before(scene.matter, scene.about, fact.time) == here
        ),
        key=_by_time,
    )
    wanted = dict.fromkeys(_lead(scene).items)
    for fact in events:
        for name in fact.note["items"]:
            wanted.pop(name, None)
        if not wanted:
            return [], fact.time
    return list(wanted), ""


def _withdrawn_before(matter: Matter, lead_id: str, time: str) -> int:
    """How often a filing had been withdrawn before *time*."""
    return sum(fact.time < time for fact in facts(matter, "filing.withdrawn", lead_id))


def _by_time(fact: Fact) -> str:
    return fact.time


def _assess(scene: Scene) -> None:
    missing, complete_at = handed_over(scene, scene.event.time)
    fields: dict[str, Any] = {
        "correlationId": scene.matter.key,
        "leadId": scene.about,
        "complete": not missing,
        "missing": missing,
    }
    scene.ledger.emit("matter.handover.assessed", fields)
    if complete_at and (period := _handover_period(scene, complete_at)):
        schedule.end(scene.ledger, "F10", scene.about, complete_at, clock_id=period)


def _handover_period(scene: Scene, at: str) -> str:
    """The period F10 of the filing that stood at *at*: a handover may be heard of when a later filing's runs, "" if it has not begun."""
    here = _withdrawn_before(scene.matter, scene.about, at)
    own = [
        row.clock_id
        for row in schedule.find(scene.matter, "F10", scene.about)
        if _withdrawn_before(scene.matter, scene.about, row.started_at) == here
    ]
    return own[-1] if own else ""


def nothing_left_to_do(scene: Scene) -> None:
    """After its conclusion 办结 no clock of a lead runs, not even one whose start is heard of later."""
    concluded = first(scene.matter, "lead.concluded", scene.about)
    if concluded is not None:
        for clock in _OF_A_LEAD:
            schedule.void(scene.ledger, clock, scene.about, concluded.time)


POLICE: Final[Mapping[str, Rule]] = {
    "matter.lead.receipted": Rule(
        needs="lead",
        acts=(Starts("F04"), Starts("F06"), _review, Starts("F08b", when=_economic)),
    ),
    # 转送 leaves the first notice standing; that of the new police takes its place
    "matter.supplement.required": Rule(needs="lead.receipted", acts=(Ends("F04"), Voids("F05"), Starts("F05"))),
    "matter.supplement.supplied": Rule(needs="supplement.required", acts=(Ends("F05"),)),
    "matter.lead.forwarded": Rule(
        needs="lead.receipted",
        keep=("toPolice",),
        change=_forwarded,
        acts=(Ends("F06"), Voids("F04"), Voids("F08"), Voids("F08b"), _dossier_to_new_police),
    ),
    "matter.lead.disclaimed": Rule(needs="lead.receipted", acts=_VERDICT),
    "matter.filing.extended": Rule(needs="lead.receipted", guards=(_extendable,), acts=(_extend,)),
    "matter.lead.filed": Rule(needs="lead.receipted", keep=("noticeServedAt",), acts=(*_VERDICT, filed)),
    "matter.lead.declined": Rule(
        needs="lead.receipted",
        acts=(*_VERDICT, Ends("F17"), _notice_served, _right_of_reconsideration),
    ),
    "matter.file.returned": Rule(needs="lead.declined/lead.disclaimed", acts=(cases_rest,)),
    "matter.filing.withdrawn": Rule(
        needs="lead.filed",
        acts=(Voids("F10", when=_withdrawn_by_then), Voids("F18", when=_withdrawn_by_then)),
    ),
    "matter.handover.completed": Rule(needs="lead.filed", keep=("items",), acts=(_assess,)),
    "matter.lead.concluded": Rule(needs="lead.filed", keep=("outcome",), acts=(Ends("F18"),)),
}
