"""Reverse referral 反向移送: from police, procuratorate and court to the competent organ; the procuratorate's review before it.

The one rule: a referral lies with one organ at a time. Redirecting it passes the duty on, never the time already used
by a procuratorate's two months.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from hub.canonical.refused import Refused
from hub.rules import schedule
from hub.rules.matter.scene import Ends, Rule, Scene, Starts, begin
from hub.rules.matter.state import NonProsecution, Referral, facts, first

JUSTICE: Final = "GY-SFJ"


def _referral(scene: Scene) -> Referral:
    return scene.matter.referrals[scene.about]


def _sent(scene: Scene) -> None:
    data, accepted = scene.data, scene.ledger.cause
    assert accepted is not None
    organ = data["toOrgan"]
    scene.matter.referrals[scene.about] = Referral(
        id=scene.about,
        sender=scene.event.party,
        from_kind=data["fromKind"],
        organs=[organ],
        handlers=[scene.ledger.reference.directory.handler_of(organ)],
        issued_at=data["issuedAt"],
        dossier=accepted,
    )


def _answer_due(scene: Scene) -> None:
    """The organ must acknowledge in time, or answer the procuratorate's opinion in two months."""
    if _referral(scene).from_kind == "PROCURATORATE":
        begin(scene, "R06", scene.about, scene.event.time)
    else:
        begin(scene, "R01", scene.about, scene.event.time, span=scene.ledger.reference.policy["sla"]["R01"])


def _opinion_issued(scene: Scene) -> None:
    """检察意见 ends the review R04 of the procuratorate that issued it."""
    referral = _referral(scene)
    if referral.from_kind != "PROCURATORATE":
        return
    for non_prosecution in scene.matter.non_prosecutions.values():
        registered = first(scene.matter, "opinion.registered", non_prosecution.no)
        if (
            non_prosecution.jcy == referral.sender
            and registered is not None
            and registered.time[:10] <= referral.issued_at[:10]
        ):
            schedule.end(scene.ledger, "R04", non_prosecution.no, referral.issued_at)


def _copy_to_justice(scene: Scene) -> None:
    referral = _referral(scene)
    if scene.data["ccJustice"] and JUSTICE not in (referral.organ, referral.handler):
        scene.ledger.copy(referral.dossier, ((JUSTICE, "SUPER"),))


def _warn_of_limitation(scene: Scene) -> None:
    if scene.data["limitationCheck"] == "EXPIRED":
        scene.ledger.emit(
            "matter.alarm.raised", {"correlationId": scene.matter.key, "code": "LIMITATION_RISK", "entity": scene.about}
        )


def _another_organ(scene: Scene) -> None:
    referral, target = _referral(scene), scene.data["toOrgan"]
    if target == referral.organ:
        raise Refused(
            "NOT_PERMITTED",
            "该移送已在此机关,请转送其他行政机关",
            pointer="/toOrgan",
            detail_en="the referral already lies there: redirect it to another organ",
        )


def _redirected(scene: Scene) -> None:
    referral, organ = _referral(scene), scene.data["toOrgan"]
    referral.organs.append(organ)
    referral.handlers.append(scene.ledger.reference.directory.handler_of(organ))


def _duty_passes_on(scene: Scene) -> None:
    referral = _referral(scene)
    told = tuple(dict.fromkeys((referral.organ, referral.handler)))
    if referral.from_kind == "PROCURATORATE":
        for row in schedule.run(scene.matter, "R06", scene.about):
            if row.state == "RUNNING":
                row.obligor, row.told_obligor = referral.organ, told
        return
    schedule.void(scene.ledger, "R01", scene.about, scene.event.time)
    if first(scene.matter, "referral.replied", scene.about) is None:
        begin(scene, "R01", scene.about, scene.event.time, span=scene.ledger.reference.policy["sla"]["R01"])


def _dossier_to_new_organ(scene: Scene) -> None:
    referral = _referral(scene)
    handler = ((referral.handler, "WORK"),) if referral.handler != referral.organ else ()
    scene.ledger.copy(referral.dossier, ((referral.organ, "FULL"), *handler))


# ---- inside the procuratorate


def _declined(scene: Scene) -> None:
    scene.matter.non_prosecutions[scene.about] = NonProsecution(scene.about, scene.event.party)


def _opinion_already_issued(scene: Scene, registered_at: str) -> str:
    sender = scene.matter.non_prosecutions[scene.about].jcy
    issued = [
        referral.issued_at
        for referral in scene.matter.referrals.values()
        if referral.from_kind == "PROCURATORATE"
        and referral.sender == sender
        and referral.issued_at[:10] >= registered_at[:10]
    ]
    return min(issued, default="")


def _review_rests(scene: Scene) -> None:
    """R04 rests from an appeal to the next closing by legal time: a closing does not say which appeal it closes."""
    turns = sorted(
        (fact.time, name == "appeal.closed")
        for name in ("appeal.filed", "appeal.closed")
        for fact in facts(scene.matter, name, scene.about)
    )
    rests: list[tuple[str, str]] = []
    for time, closes in turns:
        resting = bool(rests) and not rests[-1][1]
        if closes and resting:
            rests[-1] = (rests[-1][0], time)
        elif not closes and not resting:
            rests.append((time, ""))
    schedule.rest(scene.ledger, "R04", scene.about, rests)


REFERRAL: Final[Mapping[str, Rule]] = {
    "matter.prosecution.declined": Rule(change=_declined, acts=(Starts("R03"),)),
    "matter.opinion.registered": Rule(
        needs="prosecution.declined", acts=(Ends("R03"), Starts("R04", ended=_opinion_already_issued))
    ),
    "matter.appeal.filed": Rule(needs="opinion.registered", keep=("kind",), acts=(_review_rests,)),
    "matter.appeal.closed": Rule(needs="appeal.filed", acts=(_review_rests,)),
    "matter.opinion.terminated": Rule(needs="opinion.registered", acts=(Ends("R04"),)),
    "matter.referral.sent": Rule(
        change=_sent, acts=(_answer_due, _opinion_issued, _copy_to_justice, _warn_of_limitation)
    ),
    "matter.referral.acknowledged": Rule(needs="referral", acts=(Ends("R01"),)),
    "matter.referral.redirected": Rule(
        needs="referral",
        keep=("toOrgan",),
        guards=(_another_organ,),
        change=_redirected,
        acts=(_duty_passes_on, _dossier_to_new_organ),
    ),
    "matter.referral.replied": Rule(needs="referral", acts=(Ends("R01"), Ends("R06"))),
}
