"""May this penalty be decided now? The guards of a decision 处罚决定, in the contract's order (§7.2).

The one rule: what the law wants before a decision must lie before it by legal time, not only have arrived before it.
"""

from __future__ import annotations

from typing import Final

from hub.canonical.refused import Refused
from hub.rules import schedule
from hub.rules.matter.scene import Guard, Scene
from hub.rules.matter.state import Case, facts, first, known
from hub.rules.matter.track import Track, track

#: 处罚法51: the most a simple procedure may fine, in 分.
SIMPLE_LIMIT_PERSON: Final = 20_000
SIMPLE_LIMIT_OTHERS: Final = 300_000


def _case(scene: Scene) -> Case:
    return scene.matter.cases[scene.data["caseNo"]]


def _not_in_lieu(scene: Scene) -> None:
    if {"FINE", "CONFISCATE"} & set(scene.data["kinds"]) and track(scene.matter) is Track.OPEN:
        raise _in_lieu("/kinds")


def _in_lieu(pointer: str) -> Refused:
    return Refused(
        "PENALTY_IN_LIEU",
        "案件已涉嫌犯罪,刑事程序未终结前不得以罚代刑;请等待公安机关处理结果或退卷",
        pointer=pointer,
        detail_en="the criminal track is open: no penalty in lieu of the transfer (Order 310 art. 11); wait for the police or the returned file",
    )


def _not_after_conviction(scene: Scene) -> None:
    if "FINE" in scene.data["kinds"] and track(scene.matter) is Track.CONVICTED:
        raise Refused(
            "FINE_AFTER_CONVICTION",
            "已被判处刑罚,不得再处罚款;请改用其他处罚种类",
            pointer="/kinds",
            detail_en="convicted: no fine on top of the sentence (Administrative Penalty Law art. 35); choose another kind of penalty",
        )


def _notified(scene: Scene) -> None:
    notice = first(scene.matter, "notice.served", scene.data["caseNo"])
    if _case(scene).procedure == "ORDINARY" and (notice is None or notice.time > scene.event.time):
        raise Refused(
            "NOTICE_MISSING",
            "作出决定前未告知当事人,请先报送 matter.notice.served",
            detail_en="the party was not notified before the decision (art. 62): send matter.notice.served first",
        )


def _reviewed(scene: Scene) -> None:
    if not _case(scene).mandatory_review:
        return
    reviews = [
        fact for fact in facts(scene.matter, "legality.reviewed", scene.data["caseNo"]) if fact.time <= scene.event.time
    ]
    newest = max(
        reviews, key=lambda fact: (fact.time, fact.note["result"]), default=None
    )  # of one instant RETURN counts
    if newest is None or newest.note["result"] != "PASS":
        raise Refused(
            "REVIEW_MISSING",
            "应当法制审核而未通过,请在审核通过后再作出决定",
            detail_en="the mandatory legality review has not passed (art. 58): decide after a PASS",
        )


def _discussed(scene: Scene) -> None:
    if _case(scene).major and not scene.data.get("collectiveDiscussion"):
        raise Refused(
            "DISCUSSION_MISSING",
            "重大复杂案件须经负责人集体讨论决定,请讨论后填写 collectiveDiscussion",
            pointer="/collectiveDiscussion",
            detail_en="a major case is decided after collective discussion (art. 57): discuss it, then give collectiveDiscussion",
        )


def _hearing_over(scene: Scene) -> None:
    number, decided_at = scene.data["caseNo"], scene.event.time
    held = first(scene.matter, "hearing.held", number)
    if held is not None and held.time <= decided_at:
        return
    period = schedule.governing(scene.matter, "P03", number)
    if known(scene.matter, "hearing.requested", number) or (
        period is not None and not schedule.expired(period, decided_at)
    ):
        raise Refused(
            "TOO_EARLY",
            "听证权利期限未满或者听证尚未举行,请待听证结束或期限届满后再决定",
            pointer="/decidedAt",
            detail_en="the hearing right still runs or the hearing has not been held (art. 64): decide afterwards",
        )


def _within_simple_limit(scene: Scene) -> None:
    case = _case(scene)
    limit = SIMPLE_LIMIT_PERSON if case.person else SIMPLE_LIMIT_OTHERS
    if case.procedure == "SIMPLE" and scene.data.get("fineFen", 0) > limit:
        raise Refused(
            "SIMPLE_LIMIT",
            "罚款数额超过当场处罚上限,请改用普通程序",
            pointer="/fineFen",
            detail_en="the fine exceeds the ceiling of the simple procedure (art. 51): use the ordinary procedure",
        )


DECISION_GUARDS: Final[tuple[Guard, ...]] = (
    _not_in_lieu,
    _not_after_conviction,
    _notified,
    _reviewed,
    _discussed,
    _hearing_over,
    _within_simple_limit,
)


def closes_in_lieu(scene: Scene) -> None:
    """结案: an executed penalty closes no case whose criminal track is open."""
    if scene.data["closeReason"] == "PENALTY_EXECUTED" and track(scene.matter) is Track.OPEN:
        raise _in_lieu("/closeReason")


def extension_in_time(clock: str) -> Guard:
    """An extension is decided before the period it extends is over."""

    def guard(scene: Scene) -> None:
        if not schedule.find(scene.matter, clock, scene.about):
            raise Refused(
                "EXTENSION_NOT_ALLOWED",
                "该案没有可延长的期限,请核对案号及已报送的事项",
                detail_en=f"this case has no period {clock} to extend: check the case and what was sent of it",
            )
        if schedule.late(scene.matter, clock, scene.about, scene.event.time):
            raise Refused(
                "TOO_LATE",
                "期限届满后不得再延长,请尽快作出处理",
                detail_en="the period was over when the extension was decided: go on without it",
            )

    return guard
