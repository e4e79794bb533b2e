"""The case 案件 from filing 立案 to closing 结案, with evidence, seizure, notice, hearing, decision, service and publication.

The one rule: the handler works, the principal signs (行政处罚法20); one matter has one principal (25).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from hub.canonical.refused import Refused
from hub.rules import schedule
from hub.rules.matter.pauses import cases_rest
from hub.rules.matter.penalty import DECISION_GUARDS, closes_in_lieu, extension_in_time
from hub.rules.matter.relief import on_performed, on_revoked, on_served
from hub.rules.matter.roles import declared_organ
from hub.rules.matter.scene import Ends, Extends, Rule, Scene, Starts, Voids, begin
from hub.rules.matter.state import Case, Decision, Matter, facts, first

#: Bureaus of human resources: their labour inspection has a period of its own (劳动保障监察条例17).
LABOUR: Final = "RSJ"


def other_principal(matter: Matter, principal: str) -> Case | None:
    """The earliest case of the matter that another principal filed."""
    others = [case for case in matter.cases.values() if case.principal != principal]
    return min(others, key=lambda case: case.filed_at, default=None)


def _one_principal(scene: Scene) -> None:
    other = other_principal(scene.matter, scene.data["principal"])
    if other is not None:
        raise Refused(
            "DUPLICATE_JURISDICTION",
            f"该事项已由 {other.principal} 立案,请移交其办理或提请指定管辖",
            pointer="/principal",
            detail_en=f"{other.principal} has already filed this matter (art. 25): hand it over or raise a dispute",
        )


def _filed(scene: Scene) -> None:
    data = scene.data
    principal, handler = declared_organ(data, scene.ledger.reference.directory)
    scene.matter.cases[scene.about] = Case(
        no=scene.about,
        principal=principal,
        handler=handler,
        filed_at=scene.event.time,
        procedure=data["procedure"],
        mandatory_review=data["reviewClass"] == "MANDATORY_58",
        major=data["majorComplex"],
        person=data["subject"]["subjectType"] == "PERSON",
        division=data["divisionCode"],
    )


def _labour(scene: Scene) -> bool:
    principal = scene.matter.cases[scene.about].principal
    return scene.ledger.reference.directory[principal].org == LABOUR


def _decided(scene: Scene) -> None:
    scene.matter.decisions[scene.about] = Decision(scene.about, scene.data["caseNo"], list(scene.data["kinds"]))


def _case_period_over(scene: Scene) -> None:
    schedule.end(scene.ledger, "P01", scene.data["caseNo"], scene.event.time)


# ---- publication


def _withdraw_publication(scene: Scene) -> None:
    """P08: a published decision that was changed is taken down, once for each publication (行政处罚法48)."""
    published = first(scene.matter, "decision.published", scene.about)
    if published is None or schedule.find(scene.matter, "P08", scene.about):
        return
    changes = [
        fact.time for fact in facts(scene.matter, "decision.changed", scene.about) if fact.time >= published.time
    ]
    if changes and begin(scene, "P08", scene.about, min(changes)):
        withdrawn = first(scene.matter, "publication.withdrawn", scene.about)
        if withdrawn is not None:
            schedule.end(scene.ledger, "P08", scene.about, withdrawn.time)


def _changed(scene: Scene) -> None:
    if scene.data["change"] == "REVOKED":
        scene.matter.decisions[scene.about].revoked = True
        on_revoked(scene)


def _performed(scene: Scene) -> None:
    if scene.data["full"]:
        scene.matter.decisions[scene.about].performed = True
        on_performed(scene)


CASE: Final[Mapping[str, Rule]] = {
    "matter.case.filed": Rule(
        guards=(_one_principal,), change=_filed, acts=(Starts("P01"), Starts("P14", when=_labour), cases_rest)
    ),
    "matter.evidence.held": Rule(needs="case", acts=(Starts("P02"),)),
    "matter.evidence.disposed": Rule(needs="evidence.held", acts=(Ends("P02"),)),
    "matter.seizure.imposed": Rule(needs="case", acts=(Starts("P13"),)),
    "matter.seizure.extended": Rule(
        needs="seizure.imposed", guards=(extension_in_time("P13"),), acts=(Extends("P13"),)
    ),
    "matter.seizure.decided": Rule(needs="seizure.imposed", acts=(Ends("P13"),)),
    "matter.investigation.extended": Rule(needs="case", guards=(extension_in_time("P14"),), acts=(Extends("P14"),)),
    "matter.investigation.ended": Rule(needs="case", acts=(Ends("P14"),)),
    "matter.legality.reviewed": Rule(needs="case", keep=("result",)),
    "matter.notice.served": Rule(
        needs="case", acts=(Starts("P03", when=lambda scene: bool(scene.data["hearingOffered"])),)
    ),
    "matter.hearing.requested": Rule(needs="notice.served", acts=(Ends("P03"),)),
    "matter.hearing.held": Rule(needs="hearing.requested"),
    "matter.decision.made": Rule(
        needs="case", guards=DECISION_GUARDS, change=_decided, acts=(_case_period_over, Starts("P05"))
    ),
    "matter.decision.served": Rule(needs="decision.made", acts=(Ends("P05"), on_served)),
    "matter.decision.published": Rule(needs="decision.made", acts=(_withdraw_publication,)),
    "matter.decision.changed": Rule(
        needs="decision.made", keep=("change",), change=_changed, acts=(_withdraw_publication,)
    ),
    "matter.publication.withdrawn": Rule(needs="decision.changed", acts=(Ends("P08"),)),
    "matter.obligation.performed": Rule(needs="decision.served", change=_performed),
    "matter.case.closed": Rule(needs="case", guards=(closes_in_lieu,), acts=(Ends("P01"), Voids("P14"))),
}
