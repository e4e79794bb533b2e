"""Non-litigation enforcement 非诉执行: demand 催告, application 申请, and what the court does with it (强制法 53–60).

The one rule: what never belongs in court is told so at once and shown its way; what does, goes to one court, in its window.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from hub.canonical.event import Event
from hub.canonical.party import CITY_SCOPE, Directory, Kind
from hub.canonical.refused import Refused
from hub.reference import Reference
from hub.rules import schedule
from hub.rules.admit import require_materials
from hub.rules.ledger import Ledger
from hub.rules.matter.relief import decision_of, enforceable, standing_demands, window
from hub.rules.matter.roles import Organ, declared_organ, organ_of
from hub.rules.matter.scene import Ends, Guard, Rule, Scene, Starts, Voids, begin, field_is
from hub.rules.matter.state import Application, Matter, first, latest
from hub.rules.state import Common, Row

#: Demolition that another law keeps from the court: (task, basis).
NOT_FOR_COURT: Final[Mapping[str, tuple[str, str]]] = {
    "PLANNING_LAW": ("GOV_ORDERED_DEMOLITION", "城乡规划法68; 法释〔2013〕5号"),
    "WATER_LAW": ("OWN_POWER_REMOVAL", "水法65"),
}


# ---- on arrival


def on_arrival(event: Event, ledger: Ledger) -> None:
    """Route, venue and materials of an application, tested before it may wait for anything."""
    _for_court(event, ledger)
    _right_court(event, ledger.reference)
    _complete(event, ledger.reference)


def _for_court(event: Event, ledger: Ledger) -> None:
    data = event.data
    if data["object"] != "DEMOLISH" or data["lawBasis"] not in NOT_FOR_COURT:
        return
    task, basis = NOT_FOR_COURT[data["lawBasis"]]
    directory = ledger.reference.directory
    own_power = task == "OWN_POWER_REMOVAL"
    to_party = data["principal"] if own_power else directory.government_of(data["principal"])
    fields = {"correlationId": event.key, "applicationId": data["applicationId"], "decisionNo": data["decisionNo"]}
    ledger.emit(
        "matter.route.redirected",
        {**fields, "toParty": to_party, "task": task, "basis": basis},
        told={"organ": _organ(ledger.state, data, directory)},
    )
    if own_power:
        detail, detail_en = (
            "水法规定的强制拆除,请由本机关自行实施",
            "remove it by the organ's own power (Water Law art. 65)",
        )
    else:
        detail, detail_en = (
            f"违法建筑的强制拆除,请报 {to_party} 责成有关部门实施",
            f"ask {to_party} to order the demolition (Planning Law art. 68)",
        )
    raise Refused(
        "ROUTE_NOT_COURT",
        f"不属法院受理范围,请另行办理: {detail}",
        pointer="/lawBasis",
        detail_en=f"not for the court, go another way: {detail_en}",
    )


def _organ(matter: Common, data: Mapping[str, Any], directory: Directory) -> Organ:
    """Principal and handler of the decision if it is known; else as the application says."""
    known = organ_of(matter, str(data["decisionNo"])) if isinstance(matter, Matter) else None
    return known if known and known[0] == data["principal"] else declared_organ(data, directory)


def _right_court(event: Event, reference: Reference) -> None:
    data, basis = event.data, event.data["venueBasis"]
    if data["object"] in ("DEMOLISH", "RESTORE") and basis == "APPLICANT":
        raise _wrong_venue(
            "拆除、恢复原状由不动产所在地法院管辖,请改用 IMMOVABLE 并填写 immovableDivision",
            "demolition and restoration go to the court of the immovable: give IMMOVABLE and immovableDivision",
            "/venueBasis",
        )
    court = _court(event, reference)
    if court is None:
        raise _wrong_venue(
            "无法确定管辖法院,请核对 venueBasis 与 immovableDivision",
            "no court follows from venueBasis and immovableDivision: check them",
            "/venueBasis",
        )
    if data["court"] != court:
        raise _wrong_venue(f"管辖法院为 {court},请向该院申请", f"the competent court is {court}: apply there", "/court")


def _court(event: Event, reference: Reference) -> str | None:
    data, policy, directory = event.data, reference.policy, reference.directory
    principal = directory[data["principal"]]
    match data["venueBasis"]:
        case "CENTRALISED":
            central: str | None = policy["centralCourt"].get(principal.code)
            return central
        case "IMMOVABLE":
            scope = directory.scope_of_division(data.get("immovableDivision", ""))
            return directory.court_of_scope(scope) if scope != CITY_SCOPE else None
    if principal.scope == CITY_SCOPE:
        court: str = policy["courtOfCity"]
        return court
    zone = principal.kind is Kind.COMMITTEE
    return directory.court_of_scope(policy["zoneDivision"].get(principal.scope) if zone else principal.scope)


def _wrong_venue(detail: str, detail_en: str, pointer: str) -> Refused:
    return Refused("WRONG_VENUE", detail, pointer=pointer, detail_en=detail_en)


def _complete(event: Event, reference: Reference) -> None:
    require_materials(event, reference)
    for name, title, title_en in (
        ("headSigned", "负责人签名", "the head's signature"),
        ("sealed", "机关印章", "the organ's seal"),
    ):
        if not event.data[name]:
            raise Refused(
                "MISSING_MATERIAL",
                f"申请书缺少{title},请补正后重新发送",
                pointer=f"/{name}",
                detail_en=f"the application lacks {title_en}: add it and send again",
            )


# ---- against the state


def _window(scene: Scene) -> Row:
    row = window(scene.matter, decision_of(scene))
    assert row is not None  # `enforceable` stands before
    return row


def _suit_period_over(scene: Scene) -> None:
    row = _window(scene)
    if scene.event.time[:10] < row.opens_at:
        raise _too_early(
            f"起诉期限尚未届满,{row.opens_at} 起方可办理,请届时重新发送",
            f"the suit period still runs: wait until {row.opens_at}",
        )


def _demand_timely(scene: Scene) -> None:
    if not scene.ledger.reference.policy["demandBeforeSuitExpiry"]:
        _suit_period_over(scene)


def _not_too_late(scene: Scene) -> None:
    row = _window(scene)
    if schedule.expired(row, scene.event.time) and not scene.data.get("lateReason"):
        raise Refused(
            "TOO_LATE",
            f"申请期限已于 {row.due_at} 届满;有正当理由的请填写 lateReason",
            pointer="/filedAt",
            detail_en=f"the window closed on {row.due_at} (art. 53): give lateReason if there is a good one",
        )


def _demand_waited(scene: Scene) -> None:
    day = scene.event.time[:10]
    if not any(row.due_at < day for _, row in standing_demands(scene.matter, decision_of(scene))):
        raise _too_early(
            "催告书送达满十个工作日后方可申请,请届时重新发送",
            "ten working days must have passed since a demand was served (art. 54): apply after that",
        )


def _too_early(detail: str, detail_en: str) -> Refused:
    return Refused("TOO_EARLY", detail, detail_en=detail_en)


def _wait_for_party(scene: Scene) -> None:
    """E02 belongs to the demand: a second demand waits for itself."""
    number = scene.data["demandNo"]
    if not schedule.find(scene.matter, "E02", number):
        begin(scene, "E02", number, scene.event.time)


def _filed(scene: Scene) -> None:
    data = scene.data
    scene.matter.applications[scene.about] = Application(
        scene.about, data["decisionNo"], data["court"], data.get("immovableDivision", "")
    )


def _window_used(scene: Scene) -> None:
    schedule.end(scene.ledger, "E01", scene.data["decisionNo"], scene.event.time)


# ---- the court


def _hear_both(scene: Scene) -> None:
    """强制法58: with doubts the court has thirty days from acceptance."""
    accepted, ruling = (
        latest(scene.matter, "application.accepted", scene.about),
        first(scene.matter, "ruling.made", scene.about),
    )
    if accepted is not None and begin(scene, "E06", scene.about, accepted.time) and ruling is not None:
        schedule.end(scene.ledger, "E06", scene.about, ruling.time)


def _refused(scene: Scene) -> bool:
    ruling = latest(scene.matter, "ruling.made", scene.about)
    return ruling is not None and bool(ruling.note["kind"] == "REFUSE")


def _urgent(scene: Scene) -> bool:
    data = scene.data
    return data["kind"] == "ALLOW" and bool(data.get("urgent")) and bool(data.get("presidentApproved"))


def _review_in_time(scene: Scene) -> None:
    if schedule.late(
        scene.matter, "E04" if scene.data["kind"] == "NOT_ACCEPTED" else "E08", scene.about, scene.event.time
    ):
        raise Refused(
            "TOO_LATE",
            "申请复议的十五日期限已过,请按原裁定办理",
            pointer="/requestedAt",
            detail_en="the fifteen days to ask for review are over (art. 56, 58): go by the ruling",
        )


def _asked(scene: Scene) -> None:
    scene.matter.applications[scene.about].upper[scene.data["kind"]] = scene.data["court"]


_DEMAND: Final[tuple[Guard, ...]] = (enforceable, _demand_timely)
_APPLICATION: Final[tuple[Guard, ...]] = (enforceable, _suit_period_over, _not_too_late, _demand_waited)
_NOT_ACCEPTED, _REFUSED = field_is("kind", "NOT_ACCEPTED"), field_is("kind", "REFUSED")

COURT: Final[Mapping[str, Rule]] = {
    "matter.demand.served": Rule(needs="decision.served", keep=("demandNo",), guards=_DEMAND, acts=(_wait_for_party,)),
    "matter.application.filed": Rule(needs="decision.served", guards=_APPLICATION, change=_filed, acts=(_window_used,)),
    "matter.application.receipted": Rule(needs="application", acts=(Starts("E03"),)),
    "matter.application.accepted": Rule(needs="application.receipted", acts=(Ends("E03"), Starts("E05"))),
    "matter.application.rejected": Rule(
        needs="application.receipted", acts=(Ends("E03"), Starts("E04", at="servedAt"))
    ),
    "matter.doubt.raised": Rule(needs="application.accepted", acts=(Voids("E05"), _hear_both)),
    "matter.ruling.made": Rule(
        needs="application.accepted",
        keep=("kind", "executor"),
        acts=(Ends("E05"), Ends("E06"), Starts("E07", when=field_is("kind", "REFUSE")), Starts("E09", when=_urgent)),
    ),
    "matter.ruling.served": Rule(needs="ruling.made", acts=(Ends("E07", when=_refused), Starts("E08", when=_refused))),
    "matter.rulingreview.requested": Rule(
        needs="application.rejected/ruling.served",
        keep=("kind",),
        guards=(_review_in_time,),
        change=_asked,
        acts=(
            Ends("E04", when=_NOT_ACCEPTED),
            Starts("E04b", when=_NOT_ACCEPTED),
            Ends("E08", when=_REFUSED),
            Starts("E08b", when=_REFUSED),
        ),
    ),
    "matter.rulingreview.decided": Rule(
        needs="rulingreview.requested", acts=(Ends("E04b", when=_NOT_ACCEPTED), Ends("E08b", when=_REFUSED))
    ),
    "matter.execution.opened": Rule(needs="ruling.made", acts=(Ends("E09"),)),
    "matter.execution.concluded": Rule(needs="execution.opened"),
}
