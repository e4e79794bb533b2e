"""What can be judged on arrival, from the event alone: form, time, parties, sender, static guards of the contract.

The one rule: the first test that fails gives the code, in the order of the contract's table of refusals (§4);
whatever needs to know what happened before is left to the aggregate.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache, lru_cache
from typing import Any, Final

from hub.canonical.catalogue import Catalogue, EventType, Field
from hub.canonical.check import check, check_secrecy
from hub.canonical.event import HUB, SHANGHAI, Event
from hub.canonical.party import CITY, CITY_BRIGADE, CITY_SCOPE, Directory, Kind
from hub.canonical.refused import Refused
from hub.reference import Reference
from hub.rules.sender import may_send

#: How far a time may lie in the future: clocks of two systems differ (a choice of the contract).
SKEW: Final = timedelta(minutes=10)


def admit(event: Event, now: datetime, reference: Reference) -> None:
    """Raise `Refused` with the contract's code if *event* can never be accepted as it stands."""
    event_type = Catalogue.load().get(event.type)
    if event_type is None or HUB in reference.events[event.type].senders:
        raise Refused(
            "INVALID_FIELD",
            f"不接收事件类型 {event.type},请查事件目录",
            pointer="/type",
            detail_en=f"{event.type} is not an event type a party may send: see the catalogue",
        )
    check(event_type, event.data)
    check_window(event, reference)
    check_secrecy(event.data)
    _check_times(event_type, event, now)
    _check_known(event_type, event, reference.directory)
    _check_permitted(event, reference)
    _check_entrusted(event, reference.directory)
    guard = _GUARDS.get(event.type)
    if guard is not None:
        guard(event, reference)


def check_window(event: Event, reference: Reference) -> None:
    """Raise `Refused` INVALID_FIELD for an inspection on site whose window holds no working day of the calendar known here."""
    data = event.data
    if (
        event.type not in ("inspection.plan.submitted", "inspection.plan.amended")
        or data["mode"] != "ONSITE"
        or data["type"] == "CASE"
    ):
        return
    window = data["window"]
    first, last = date.fromisoformat(window["from"]), date.fromisoformat(window["to"])
    if not reference.calendar.has_working_day(first, last):
        raise Refused(
            "INVALID_FIELD",
            "检查窗口内没有工作日,请另定窗口",
            pointer="/window",
            detail_en="the window holds no working day: choose another",
        )


def _check_times(event_type: EventType, event: Event, now: datetime) -> None:
    latest = _latest(now)
    for name in _times(event_type):
        if event.data.get(name, "") > latest:
            raise Refused(
                "FUTURE_TIME",
                "时间晚于接收时间十分钟以上,请核对系统时钟",
                pointer=f"/{name}",
                detail_en="lies more than ten minutes in the future: check the clock",
            )


@lru_cache(maxsize=64)  # what the broker appended at once has one acceptance time
def _latest(now: datetime) -> str:
    """The latest time that may be said at *now*. All are written in one form, so their texts stand in their order."""
    return (now.astimezone(SHANGHAI) + SKEW).isoformat(timespec="seconds")


@cache
def _times(event_type: EventType) -> tuple[str, ...]:
    """Names of the fields that are instants."""
    return tuple(field.name for field in event_type.fields if field.form == "dt" and not field.many)


@dataclass(frozen=True, slots=True)
class _Place:
    """A field that is a party, or holds some."""

    name: str
    many: bool
    inside: tuple[_Place, ...]  #: empty: it is a party itself


@cache
def _party_places(event_type: EventType) -> tuple[_Place, ...]:
    return _places(event_type.fields)


def _places(fields: tuple[Field, ...]) -> tuple[_Place, ...]:
    inside = ((field, _places(field.record.fields) if field.record else ()) for field in fields)
    return tuple(_Place(field.name, field.many, inner) for field, inner in inside if inner or field.form == "party")


def _parties(places: tuple[_Place, ...], value: Mapping[str, Any], pointer: str) -> Iterator[tuple[str, str]]:
    """Pointer and code of each party that *value* names."""
    for place in places:
        if place.name not in value:
            continue
        here = f"{pointer}/{place.name}"
        found = value[place.name]
        for at, one in [(f"{here}/{n}", each) for n, each in enumerate(found)] if place.many else [(here, found)]:
            if place.inside:
                yield from _parties(place.inside, one, at)
            else:
                yield at, one


def _check_known(event_type: EventType, event: Event, directory: Directory) -> None:
    if not _exists(event.party, event, directory):
        raise Refused(
            "UNKNOWN_PARTY",
            f"发送方 {event.party} 不在机构名录中,请核对机构代码",
            detail_en=f"the sender {event.party} is not in the directory of parties: check the code",
        )
    for pointer, code in _parties(_party_places(event_type), event.data, ""):
        if not _exists(code, event, directory):
            raise Refused(
                "UNKNOWN_PARTY",
                f"机构代码 {code} 不在机构名录中,请核对",
                pointer=pointer,
                detail_en=f"{code} is not in the directory of parties: check the code",
            )


def _exists(code: str, event: Event, directory: Directory) -> bool:
    """A body that has been dissolved can do nothing more; what it did before stands."""
    party = directory.get(code)
    return party is not None and party.exists_on(event.time)


def not_permitted(detail: str, detail_en: str, pointer: str = "") -> Refused:
    """A `Refused` NOT_PERMITTED."""
    return Refused("NOT_PERMITTED", detail, pointer=pointer, detail_en=detail_en)


def _check_permitted(event: Event, reference: Reference) -> None:
    directory, data = reference.directory, event.data
    for name in ("principal", "agency", "toOrgan"):
        code = data.get(name)
        if code is not None and not directory.is_organ(code):
            raise not_permitted(
                f"{code} 不是行政机关,不得作为主管机关,请填写委托机关",
                f"{code} is not an organ and cannot be principal (Administrative Penalty Law art. 20): name the organ it acts for",
                f"/{name}",
            )
    for role in reference.events[event.type].senders:
        if may_send(role, event, directory):
            break
    else:
        raise not_permitted(
            f"{event.party} 无权报送此类事件,请由事件目录所列的一方报送",
            f"{event.party} may not send this event: send it through the party that the catalogue names",
        )
    permitted = _PERMITTED.get(event.type)
    if permitted is not None:
        permitted(event, directory)


def _check_entrusted(event: Event, directory: Directory) -> None:
    principal, handler = event.data.get("principal"), event.data.get("handler")
    if principal is None or handler is None:
        return
    if handler not in (directory.handler_of(principal), principal, CITY_BRIGADE):
        raise Refused(
            "NOT_ENTRUSTED",
            f"{principal} 未委托 {handler} 办理,请改为受委托组织",
            pointer="/handler",
            detail_en=f"{principal} has not entrusted {handler}: name the entrusted body",
        )


# ---- permission that depends on the event's own words


def _approved_by_head(event: Event, directory: Directory) -> None:
    if event.data["approver"]["post"] not in ("HEAD", "ACTING_HEAD"):
        raise not_permitted(
            "移送须由正职负责人或者主持工作的负责人批准,请报批后重新发送",
            "a transfer needs the approval of the head or acting head (Order 310 art. 5): ask for it, then send again",
            "/approver/post",
        )


_EXTENSION_POSTS: Final = {"COUNTY_30": "COUNTY_POLICE_HEAD", "UPPER_60": "UPPER_POLICE_HEAD"}


def _approved_by_police_head(event: Event, directory: Directory) -> None:
    if event.data["approver"]["post"] != _EXTENSION_POSTS[event.data["stage"]]:
        raise not_permitted(
            "延长审查期限的批准人职务不符,请报有权负责人批准",
            "this extension needs the approval of another post: ask COUNTY_POLICE_HEAD for 30 days, UPPER_POLICE_HEAD for 60",
            "/approver/post",
        )


def _another_police(event: Event, directory: Directory) -> None:
    target = event.data["toPolice"]
    if directory.kind(target) is not Kind.POLICE or target == event.party:
        raise not_permitted(
            "只能转送其他公安机关,请核对 toPolice",
            "a lead is forwarded to another police organ: name that one",
            "/toPolice",
        )


_SENDER_KINDS: Final = {"POLICE": Kind.POLICE, "PROCURATORATE": Kind.JCY, "COURT": Kind.COURT}


def _fitting_kind(event: Event, directory: Directory) -> None:
    if directory.kind(event.party) is not _SENDER_KINDS[event.data["fromKind"]]:
        raise not_permitted(
            "fromKind 与发送方不符,请核对", "fromKind does not fit the sender: give the sender's own kind", "/fromKind"
        )


def _another_organ(event: Event, directory: Directory) -> None:
    target = event.data["toOrgan"]
    if event.party in (target, directory.handler_of(target)):
        raise not_permitted(
            "只能转送其他行政机关,请核对 toOrgan",
            "a referral is redirected to another organ: name that one",
            "/toOrgan",
        )


def _supervision_body(event: Event, directory: Directory) -> None:
    target = event.data["toBody"]
    if directory.kind(target) not in (Kind.JW, Kind.JCY):
        raise not_permitted(
            "职务犯罪线索只能移送监察机关或者检察院,请核对 toBody",
            "a duty crime goes to the supervision organ or a procuratorate: name one of them",
            "/toBody",
        )


def _party_to_dispute(event: Event, directory: Directory) -> None:
    if event.party not in event.data["parties"]:
        raise not_permitted(
            "只有争议一方可以提出,请核对 parties",
            "a dispute is raised by one of its parties: add the sender, or let a party raise it",
            "/parties",
        )


_Guard = Callable[[Event, Reference], None]

_PERMITTED: Final[Mapping[str, Callable[[Event, Directory], None]]] = {
    "matter.transfer.approved": _approved_by_head,
    "matter.lead.transferred": _approved_by_head,
    "matter.filing.extended": _approved_by_police_head,
    "matter.lead.forwarded": _another_police,
    "matter.referral.sent": _fitting_kind,
    "matter.referral.redirected": _another_organ,
    "matter.dutycrime.reported": _supervision_body,
    "matter.dispute.raised": _party_to_dispute,
}


# ---- guards that need nothing but the event


def _case_filed(event: Event, reference: Reference) -> None:
    data = event.data
    if (data["crossDivision"] or data["majorComplex"]) and reference.directory[data["principal"]].level != CITY:
        raise Refused(
            "WRONG_LEVEL",
            "跨区域、重大复杂案件由市级主管机关立案,请移交市级主管机关",
            pointer="/principal",
            detail_en="a cross-division or major case is filed by a city organ: hand it over to that",
        )


def _lead_transferred(event: Event, reference: Reference) -> None:
    data = event.data
    if data["toPolice"] != reference.directory.police_of(data["principal"], data["divisionCode"]):
        raise Refused(
            "WRONG_LEVEL",
            "涉嫌犯罪案件应移送同级公安机关,请核对 toPolice",
            pointer="/toPolice",
            detail_en="a lead goes to the police of the same level (Order 310 art. 3): name that one",
        )
    articles = [charge["article"] for charge in data["suspectedCharges"]]
    if any(reference.charges.is_duty_crime(article) for article in articles):
        raise Refused(
            "DUTY_CRIME_NOT_POLICE",
            "职务犯罪线索应移送监察机关,请改用 matter.dutycrime.reported",
            pointer="/suspectedCharges",
            detail_en="a duty crime goes to the supervision organ: send matter.dutycrime.reported",
        )
    require_materials(event, reference, reference.charges.required_by(articles))


def require_materials(event: Event, reference: Reference, besides: Iterable[str] = ()) -> None:
    """Raise `Refused` MISSING_MATERIAL naming each kind that the table of documents, or *besides*, asks for and is not there."""
    day = date.fromisoformat(event.time[:10])
    required = [*reference.documents.required_of(event.type, event.data, day), *besides]
    present = {material["kind"] for material in event.data["materials"]}
    missing = [kind for kind in required if kind not in present]
    if missing:
        raise Refused(
            "MISSING_MATERIAL",
            f"缺少材料: {', '.join(missing)},请补齐后重新发送",
            pointer="/materials",
            detail_en=f"missing: {', '.join(missing)}; add them and send again",
        )


def _lead_receipted(event: Event, reference: Reference) -> None:
    if event.data["outcome"] == "REJECTED_INCOMPLETE":
        raise Refused(
            "REJECTED_INCOMPLETE_FORBIDDEN",
            "不得以材料不全为由不接受移送,请先签收再要求补正",
            pointer="/outcome",
            detail_en="the police may not reject for incomplete materials (Order 159 art. 180): receipt first, then require a supplement",
        )


def _rulingreview_requested(event: Event, reference: Reference) -> None:
    if event.data["court"] != f"{CITY_SCOPE}-FY":
        raise Refused(
            "WRONG_LEVEL",
            "应向上一级人民法院申请复议,请核对 court",
            pointer="/court",
            detail_en="a review goes to the court one level up: name that one",
        )


def _assistance_requested(event: Event, reference: Reference) -> None:
    data = event.data
    if (
        reference.directory.kind(event.party) is Kind.POLICE
        and "personalDataScope" in data
        and not data.get("approvalDoc")
    ):
        raise Refused(
            "MISSING_MATERIAL",
            "调取个人信息须附批准文书,请填写 approvalDoc(数据安全法第三十五条)",
            pointer="/approvalDoc",
            detail_en="personal data need the approval document (Data Security Law art. 35): give approvalDoc",
        )


_GUARDS: Final[Mapping[str, _Guard]] = {
    "matter.case.filed": _case_filed,
    "matter.lead.transferred": _lead_transferred,
    "matter.lead.receipted": _lead_receipted,
    "matter.rulingreview.requested": _rulingreview_requested,
    "matter.assistance.requested": _assistance_requested,
}
