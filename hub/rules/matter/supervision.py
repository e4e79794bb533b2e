"""When the police will not file: reconsideration 复议 and filing supervision 立案监督 (310 art 9; 高检规则560–564).

The one rule: a right that is used after its last reading has run out is refused; an answer that was given in fact is never
lost, whatever arrived first.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from hub.canonical.refused import Refused
from hub.rules import schedule
from hub.rules.matter.lead import in_force
from hub.rules.matter.police import filed
from hub.rules.matter.scene import Ends, Guard, KnownEnd, Rule, Scene, Starts, begin, field_is
from hub.rules.matter.state import Fact, Lead, facts, first


def _lead(scene: Scene) -> Lead:
    return scene.matter.leads[scene.about]


def _in_time(*rights: str) -> Guard:
    """The right of *rights* that began last has not run out."""

    def guard(scene: Scene) -> None:
        runs = [row for clock in rights if (row := schedule.governing(scene.matter, clock, scene.about)) is not None]
        newest = max(runs, key=lambda row: row.started_at, default=None)
        if newest is not None and schedule.late(scene.matter, newest.clock, scene.about, scene.event.time):
            raise Refused(
                "TOO_LATE",
                "法定期限已过,该权利不得再行使;有新证据的,请重新移送",
                detail_en=f"the period {newest.clock} for this right is over (Order 310 art. 9): transfer anew if there is new evidence",
            )

    return guard


def _right_level(scene: Scene) -> None:
    if scene.data["procuratorate"] != _lead(scene).jcy:
        raise Refused(
            "WRONG_LEVEL",
            f"应向与公安机关同级的检察院建议,请改送 {_lead(scene).jcy}",
            pointer="/procuratorate",
            detail_en=f"the suggestion goes to the procuratorate of the police's level: send it to {_lead(scene).jcy}",
        )


def _dossier_to_procuratorate(scene: Scene) -> None:
    scene.ledger.copy(_lead(scene).dossier, ((scene.data["procuratorate"], "FULL"),))


def _reconsidered(scene: Scene) -> None:
    if scene.data["outcome"] == "UPHELD":
        _right_of_supervision(scene)
    elif in_force(scene.matter, scene.about) is None:
        # It counts as the filing 立案 of that decision: what needs a filed lead finds one.
        note = {"noticeServedAt": scene.data["noticeServedAt"]}
        scene.matter.facts.append(Fact("matter.lead.filed", scene.about, scene.event.time, scene.event.party, note))
        filed(scene)


def _right_of_supervision(scene: Scene) -> None:
    served_at, filing = scene.data["noticeServedAt"], in_force(scene.matter, scene.about)
    if not begin(scene, "F13", scene.about, served_at):
        return
    suggested = _answered_by("supervision.suggested")(scene, served_at)
    if suggested:
        schedule.end(scene.ledger, "F13", scene.about, suggested)
    if filing is not None and filing.time > scene.event.time:
        schedule.void(scene.ledger, "F13", scene.about, filing.time)


def _answered_by(*names: str) -> KnownEnd:
    """The first of the named facts after the start."""

    def earliest(scene: Scene, started_at: str) -> str:
        times = [
            fact.time for name in names for fact in facts(scene.matter, name, scene.about) if fact.time >= started_at
        ]
        return min(times, default="")

    return earliest


def _filing_in_force(scene: Scene, started_at: str) -> str:
    """An order that crosses with the filing itself is complied with."""
    filing = in_force(scene.matter, scene.about)
    return filing.time if filing else ""


def _investigation_supervised(scene: Scene) -> None:
    filing = in_force(scene.matter, scene.about)
    if filing is None or filing.time < scene.event.time:
        return
    if begin(scene, "F18", scene.about, filing.time) and (
        concluded := first(scene.matter, "lead.concluded", scene.about)
    ):
        schedule.end(scene.ledger, "F18", scene.about, concluded.time)


SUPERVISION: Final[Mapping[str, Rule]] = {
    "matter.reconsideration.requested": Rule(
        needs="lead.declined", guards=(_in_time("F11"),), acts=(Ends("F11"), Starts("F12"))
    ),
    "matter.reconsideration.decided": Rule(
        needs="reconsideration.requested",
        keep=("outcome", "noticeServedAt"),
        acts=(Ends("F12"), _reconsidered),
    ),
    "matter.supervision.suggested": Rule(
        needs="lead.declined",
        guards=(_right_level, _in_time("F13", "F11")),
        acts=(Ends("F11"), Ends("F13"), _dossier_to_procuratorate),
    ),
    "matter.reasons.required": Rule(
        needs="lead",
        keep=("kind",),
        acts=(
            Starts(
                "F14",
                when=field_is("kind", "NOT_FILED"),
                ended=_answered_by("reasons.given", "lead.filed"),
                by_sender="jcy",
            ),
            Starts(
                "F17",
                when=field_is("kind", "SILENCE"),
                ended=_answered_by("reasons.given", "lead.filed", "lead.declined"),
                by_sender="jcy",
            ),
        ),
    ),
    "matter.reasons.given": Rule(needs="reasons.required", acts=(Ends("F14"), Ends("F17"))),
    "matter.reasons.accepted": Rule(needs="reasons.given", acts=(Starts("F15", by_sender="jcy"),)),
    "matter.supervision.answered": Rule(needs="reasons.accepted", acts=(Ends("F15"),)),
    "matter.filing.ordered": Rule(
        needs="lead.declined",
        acts=(Starts("F16", ended=_filing_in_force, by_sender="jcy"), _investigation_supervised),
    ),
}
