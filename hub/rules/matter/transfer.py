"""From suspicion to transfer 移送: report to the head, approval, and the dossier that goes to the police (310 art 5, 6).

The one rule: a report leads to one lead. The lead itself proves the approval, so the three may arrive in any order.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from hub.canonical.refused import Refused
from hub.rules import schedule
from hub.rules.matter.pauses import cases_rest
from hub.rules.matter.roles import declared_organ
from hub.rules.matter.scene import Ends, Rule, Scene, Starts, Voids, begin
from hub.rules.matter.state import Lead, Matter, Report, latest

#: Later than any legal time.
_ALWAYS: Final = "9999"


# ---- reports


def _reported(scene: Scene) -> None:
    principal, handler = declared_organ(scene.data, scene.ledger.reference.directory)
    report = Report(scene.about, principal, handler, scene.event.time)
    scene.matter.reports[report.id] = report
    leads = [lead for lead in scene.matter.leads.values() if not lead.report and _fits(report, lead)]
    if leads:
        _pair(report, min(leads, key=lambda lead: (lead.transferred_at, lead.id)))


def _fits(report: Report, lead: Lead) -> bool:
    return report.principal == lead.principal and report.reported_at <= lead.transferred_at


def _pair(report: Report, lead: Lead) -> None:
    report.lead, lead.report = lead.id, report.id


def _lead_approved_at(scene: Scene, started_at: str) -> str:
    lead = scene.matter.leads.get(scene.matter.reports[scene.about].lead)
    return lead.approved_at if lead else ""


def _to_be_transferred(scene: Scene) -> bool:
    report = scene.matter.reports[scene.about]
    return not report.lead and not _refused_report(scene.matter, report, _ALWAYS)


def _stands(scene: Scene) -> bool:
    return not _to_be_transferred(scene)


# ---- leads


def _approved(scene: Scene) -> None:
    approved_at = scene.data["approver"].get("approvedAt")
    if approved_at is None or approved_at > scene.event.time:
        raise Refused(
            "NOT_APPROVED",
            "移送前须经正职负责人批准,请填写不晚于移送时间的 approver.approvedAt",
            pointer="/approver/approvedAt",
            detail_en="a transfer follows the head's approval: give approver.approvedAt, not later than transferredAt",
        )
    if _refused(scene.matter, scene.data["principal"], scene.event.time):
        raise Refused(
            "NOT_APPROVED",
            "负责人已决定不批准移送,不得移送;情况变化的请重新报告并报批",
            detail_en="the head has refused the transfer: report and ask for approval again if the facts changed",
        )


def _refused(matter: Matter, principal: str, at: str) -> bool:
    """Is the principal's last word before *at* a refusal? A later report or approval reopens the question."""
    reports = [
        report
        for report in matter.reports.values()
        if report.principal == principal and not report.lead and report.reported_at <= at
    ]
    return bool(reports) and all(_refused_report(matter, report, at) for report in reports)


def _refused_report(matter: Matter, report: Report, at: str) -> bool:
    refusal, approval = latest(matter, "transfer.refused", report.id), latest(matter, "transfer.approved", report.id)
    if refusal is None or refusal.time > at:
        return False
    return approval is None or approval.time <= refusal.time


def _transferred(scene: Scene) -> None:
    data, directory = scene.data, scene.ledger.reference.directory
    principal, handler = declared_organ(data, directory)
    accepted = scene.ledger.cause
    assert accepted is not None
    lead = Lead(
        id=scene.about,
        principal=principal,
        handler=handler,
        transferred_at=scene.event.time,
        approved_at=data["approver"]["approvedAt"],
        economic=data["economicCrime"],
        items=[item["name"] for item in data.get("itemList", ())],
        dossier=accepted,
        polices=[data["toPolice"]],
        jcys=[directory.procuratorate_of(data["toPolice"]) or ""],
    )
    scene.matter.leads[lead.id] = lead
    reports = [
        report
        for report in scene.matter.reports.values()
        if not report.lead and _fits(report, lead) and not _refused_report(scene.matter, report, lead.transferred_at)
    ]
    if reports:
        _pair(min(reports, key=lambda report: (report.reported_at, report.id)), lead)


def _in_due_time(scene: Scene) -> None:
    """F01 and F02 belong to the report; a lead without one proves its approval and its transfer at once."""
    lead = scene.matter.leads[scene.about]
    entity = lead.report or lead.id
    if not schedule.find(scene.matter, "F02", entity):
        begin(scene, "F02", entity, lead.approved_at)
    for row in (*schedule.run(scene.matter, "F01", lead.report), *schedule.run(scene.matter, "F02", entity)):
        if not row.overdue:  # what is taken back goes to those who were told
            row.procuratorate = lead.jcy
        if row.clock == "F02":
            row.obligee, row.told_obligee = lead.police, (lead.police,)  # the report could only guess a zone's police
    schedule.end(scene.ledger, "F01", lead.report, lead.approved_at)
    schedule.end(scene.ledger, "F02", entity, lead.transferred_at)


TRANSFER: Final[Mapping[str, Rule]] = {
    "matter.suspicion.reported": Rule(change=_reported, acts=(Starts("F01", ended=_lead_approved_at),)),
    "matter.transfer.approved": Rule(
        needs="suspicion.reported", acts=(Ends("F01"), Starts("F02", when=_to_be_transferred))
    ),
    "matter.transfer.refused": Rule(needs="suspicion.reported", acts=(Ends("F01"), Voids("F02", when=_stands))),
    "matter.lead.transferred": Rule(guards=(_approved,), change=_transferred, acts=(_in_due_time, cases_rest)),
}
