"""Relief 救济 and enforceability 可执行性: the party's periods to seek relief, and the organ's window to go to court after them.

The one rule: the window E01 belongs to the suit period that runs before it: it starts, ends and is restored with that period.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Final

from hub.canonical.periods import parse_time
from hub.canonical.refused import Refused
from hub.rules import schedule
from hub.rules.ledger import Ledger
from hub.rules.matter.roles import organ_of
from hub.rules.matter.scene import Rule, Scene, begin
from hub.rules.matter.state import Decision, Fact, Matter, facts
from hub.rules.state import Row

#: Periods to sue, any of which may run: six months, fifteen days under the land law, fifteen days after reconsideration.
SUITS: Final = ("P12", "P12a", "P12b")
ONE_DAY: Final = timedelta(days=1)


def decision_of(scene: Scene) -> Decision:
    """The decision the event names."""
    return scene.matter.decisions[scene.data["decisionNo"]]


# ---- what follows from service, performance, revocation


def on_served(scene: Scene) -> None:
    """送达: payment, reconsideration and suit begin to run."""
    decision, served_at = decision_of(scene), scene.event.time
    if "FINE" in decision.kinds:
        begin(scene, "P06", decision.no, served_at)
    begin(scene, "P11", decision.no, served_at)
    _open_suit(scene, decision, "P12a" if scene.data["lawRoute"] == "LAND83" else "P12", served_at)
    if decision.revoked:
        on_revoked(scene)


def on_performed(scene: Scene) -> None:
    """履行: nothing is left to enforce."""
    schedule.end(scene.ledger, "P06", scene.data["decisionNo"], scene.event.time)
    _close_window(scene, decision_of(scene))


def on_revoked(scene: Scene) -> None:
    """撤销: nothing is left to serve, to pay or to enforce."""
    for clock in ("P05", "P06"):
        schedule.void(scene.ledger, clock, scene.data["decisionNo"], scene.event.time)
    _close_window(scene, decision_of(scene))


def _open_suit(scene: Scene, decision: Decision, clock: str, at: str) -> None:
    """Start the suit period *clock* and, on its last day, the window E01 (强制法53)."""
    decision.suit, decision.suit_at = clock, at
    begin(scene, clock, decision.no, at)
    suit = schedule.governing(scene.matter, clock, decision.no)
    assert suit is not None
    last, reference = date.fromisoformat(suit.due_at), scene.ledger.reference
    rule = reference.clocks["E01"].on(suit.due_at)
    due = schedule.compute_due(reference.calendar, last, rule.span, rule.unit)
    begin(
        scene,
        "E01",
        decision.no,
        f"{last.isoformat()}T00:00:00+08:00",
        opens_at=last + ONE_DAY,
        latest_demand_at=schedule.latest_demand(reference, due),
        follows=suit.clock_id,
    )
    if decision.performed or decision.revoked:
        _close_window(scene, decision)


def _close_window(scene: Scene, decision: Decision) -> None:
    schedule.void(scene.ledger, "E01", decision.no, scene.event.time)
    for demand in demands(scene.matter, decision):
        schedule.void(scene.ledger, "E02", demand.note["demandNo"], scene.event.time)


# ---- relief


def _reliefs(matter: Matter, decision: Decision) -> Iterator[tuple[str, str]]:
    """(kind, opened at) of the reliefs still open."""
    for kind in ("RECONSIDERATION", "LITIGATION"):
        opened = [fact.time for fact in facts(matter, "relief.opened", decision.no) if fact.note["kind"] == kind]
        closed = [fact.time for fact in facts(matter, "relief.closed", decision.no) if fact.note["kind"] == kind]
        if opened and (not closed or max(opened) > max(closed)):
            yield kind, max(opened)


def _opened(scene: Scene) -> None:
    decision = decision_of(scene)
    if (scene.data["kind"], scene.event.time) not in _reliefs(scene.matter, decision):
        return  # told again after it was closed
    if scene.data["kind"] == "RECONSIDERATION":
        schedule.end(scene.ledger, "P11", decision.no, scene.event.time)
    elif "RECONSIDERATION" not in dict(_reliefs(scene.matter, decision)):  # which had ended every period to sue
        schedule.end(scene.ledger, decision.suit, decision.no, scene.event.time)
    for clock in ("P11", *SUITS):
        schedule.void(scene.ledger, clock, decision.no, scene.event.time)
    _close_window(scene, decision)


def _closed(scene: Scene) -> None:
    decision, outcome, kind = decision_of(scene), scene.data["outcome"], scene.data["kind"]
    if outcome == "WITHDRAWN":
        _run_again(scene, decision)
    elif kind == "LITIGATION":
        decision.judged = True
        decision.revoked = decision.revoked or outcome == "REVOKED"
    elif outcome == "REVOKED":
        decision.revoked = True
    else:
        _after_reconsideration(scene, decision)
    if decision.revoked:
        on_revoked(scene)


def _run_again(scene: Scene, decision: Decision) -> None:
    """The relief was withdrawn 撤回: the period that ran before it, and its window, as first computed."""
    used = schedule.governing(scene.matter, "E01", decision.no)
    if decision.judged or any(True for _ in _reliefs(scene.matter, decision)) or (used and used.state != "VOID"):
        return
    _open_suit(scene, decision, decision.suit, decision.suit_at)


def _after_reconsideration(scene: Scene, decision: Decision) -> None:
    if decision.judged:
        return
    _open_suit(scene, decision, "P12b", scene.event.time)
    sued = [at for kind, at in _reliefs(scene.matter, decision) if kind == "LITIGATION"]
    if sued:  # the suit was known before the outcome it is about
        schedule.end(scene.ledger, "P12b", decision.no, min(sued))
        _close_window(scene, decision)


# ---- enforceability


def window(matter: Matter, decision: Decision) -> Row | None:
    """The running, used or missed window E01 of *decision*; None if it is not enforceable by this route."""
    if decision.judged or decision.revoked or decision.performed or any(True for _ in _reliefs(matter, decision)):
        return None
    row = schedule.governing(matter, "E01", decision.no)
    return row if row is not None and row.state != "VOID" else None


def enforceable(scene: Scene) -> None:
    """Refuse what is not enforceable by this route."""
    if window(scene.matter, decision_of(scene)) is None:
        raise Refused(
            "NOT_ENFORCEABLE",
            "该决定目前不能申请法院强制执行(救济程序中、已撤销、已裁判或已履行),请核对;救济程序中的,请待其终结",
            pointer="/decisionNo",
            detail_en="this decision cannot be enforced by this route, as relief is open, or it was revoked, judged or performed: wait for the relief to end, if it is that",
        )


def demands(matter: Matter, decision: Decision) -> Iterator[Fact]:
    """Demands 催告 served about *decision*."""
    return facts(matter, "demand.served", decision.no)


def standing_demands(matter: Matter, decision: Decision) -> Iterator[tuple[Fact, Row]]:
    """Demands whose waiting period has not become void, with it."""
    for demand in demands(matter, decision):
        row = schedule.governing(matter, "E02", demand.note["demandNo"])
        if row is not None and row.state != "VOID":
            yield demand, row


# ---- the alarm


def alarms(matter: Matter) -> Iterator[tuple[Decision, Row]]:
    """Windows whose alarm E01_UNREACHABLE would sound if their last useful day passed now."""
    for decision in matter.decisions.values():
        row = schedule.governing(matter, "E01", decision.no)
        if row is None or row.state != "RUNNING" or row.clock_id in decision.alarmed:
            continue
        if not any(demand.time[:10] <= row.latest_demand_at for demand, _ in standing_demands(matter, decision)):
            yield decision, row


def alarm_time(row: Row) -> str:
    """When the day after the last useful demand begins."""
    return f"{date.fromisoformat(row.latest_demand_at) + ONE_DAY}T00:00:00+08:00"


def sound_alarms(matter: Matter, ledger: Ledger) -> None:
    """Sound every alarm that is due, once per window."""
    for decision, row in list(alarms(matter)):
        if parse_time(alarm_time(row)) <= ledger.now:
            decision.alarmed.append(row.clock_id)
            ledger.emit(
                "matter.alarm.raised",
                {
                    "correlationId": matter.key,
                    "code": "E01_UNREACHABLE",
                    "entity": decision.no,
                    "latestDemandAt": row.latest_demand_at,
                },
                told={"organ": organ_of(matter, decision.no, "decisionNo") or ()},
            )


RELIEF: Final[Mapping[str, Rule]] = {
    "matter.relief.opened": Rule(needs="decision.served", keep=("kind", "body"), change=_opened),
    "matter.relief.closed": Rule(needs="relief.opened", keep=("kind", "outcome"), change=_closed),
}
