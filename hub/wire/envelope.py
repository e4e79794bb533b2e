"""An event and its CloudEvents 1.0 envelope: Kafka headers around Avro, or one JSON object.

The one rule: the envelope adds nothing of its own and hides nothing. What a header says and what the data say about the
key must be the same, and no header or key ever holds personal data.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache, lru_cache
from typing import Any, Final

import orjson

from hub.canonical.catalogue import Catalogue, EventType, Field
from hub.canonical.event import SHANGHAI, Event, full_type, short_type
from hub.wire.avro import decode, decode_foreign
from hub.wire.strictjson import LARGEST_JSON, read_json
from hub.wire.unreadable import Unreadable

#: Kafka headers as clients give and take them. Of a name that comes twice the last counts.
Headers = Sequence[tuple[str, bytes]]

AVRO: Final = "application/avro"
JSON: Final = "application/cloudevents+json"
JSON_BATCH: Final = "application/cloudevents-batch+json"

#: Header of the internal outgoing topic: who gets a copy, and how much of it.
RECIPIENTS: Final = "hub_recipients"
TRACEPARENT: Final = "traceparent"

#: Between a realm and a key in the key of a Kafka record.
_REALM_MARK: Final = "~"
_SEQUENCE_DIGITS: Final = 12

_SPEC: Final = (("ce_specversion", b"1.0"), ("content-type", AVRO.encode()))
#: The least secret classification that a projection leaves.
_AFTER: Final[Mapping[str, str]] = {
    "WORK": "confidential",
    "SUPER": "confidential",
    "OPEN": "internal",
    "STUB": "internal",
}
_RANK: Final = ("public", "internal", "confidential", "restricted")


# ---- Kafka, binary mode


def to_headers(event: Event, *, projection: str = "", traceparent: str = "") -> tuple[tuple[str, bytes], ...]:
    """Headers of *event*; *projection* for the copy of a party, *traceparent* as it came."""
    key = event.key.encode()
    headers = [
        *_SPEC,
        ("ce_id", event.id.encode()),
        ("ce_source", _source(event.party, event.system)),
        ("ce_type", _type(event.type)),
        ("ce_time", event.time.encode()),
        ("ce_subject", key),
        ("ce_correlationid", key),
        ("ce_recordedtime", _instant(event.recorded)),
        ("ce_fromparty", event.party.encode()),
        ("ce_dataclassification", _classified(event.type, projection)),
    ]
    if event.cause:
        headers.append(("ce_causationid", event.cause.encode()))
    if event.sequence:
        headers.append(("ce_sequence", b"%0*d" % (_SEQUENCE_DIGITS, event.sequence)))
    if projection:
        headers.append(("ce_projection", projection.encode()))
    if event.basis:
        headers.append(("ce_legalbasis", event.basis.encode()))
    if event.realm:
        headers.append(("ce_realm", event.realm.encode()))
    if traceparent:
        headers.append((TRACEPARENT, traceparent.encode()))
    return tuple(headers)


def from_record(
    key: bytes | None,
    value: bytes | None,
    headers: Headers,
    *,
    foreign: bool = False,
    party: str = "",
    recorded: datetime | None = None,
) -> Event:
    """The event of a Kafka record in binary or structured mode.

    *foreign* bytes are walked before they are decoded. Who sent an event and when it was accepted are not for the
    sender to say: *party* and *recorded*, if given, stand above what the record tells.
    """
    if value is None:
        raise Unreadable("记录没有内容", "the record has no value")
    found = dict(headers)
    if is_structured(found.get("content-type", b"").decode("latin-1")):
        event = from_structured(read_json(value), party=party, recorded=recorded)
    else:
        attributes = _attributes(found)
        event_type, data = decode_foreign(value) if foreign else decode(value)
        if short_type(attributes.get("type", event_type)) != event_type:
            raise Unreadable("标头的事件类型与内容不符", "ce_type is not the type of the value", pointer="/type")
        attributes["type"] = event_type
        event = _event(attributes, data, party, recorded)
    if key is not None and key != kafka_key(event):
        raise Unreadable("记录主键与事件不符", "the key of the record is not the key of the event")
    return event


def kafka_key(event: Event) -> bytes:
    """Key of the Kafka record: the aggregate's key, after the realm's name if it is not the real one."""
    if event.realm or _REALM_MARK in event.key:
        return f"{event.realm}{_REALM_MARK}{event.key}".encode()
    return event.key.encode()


def is_structured(content_type: str) -> bool:
    """True if *content_type* says that the whole event stands in the value."""
    return content_type[:23].lower() == "application/cloudevents"


def header(headers: Headers, name: str) -> str:
    """The last header of that name as text, or an empty string."""
    for each, raw in reversed(headers):
        if each == name:
            return _text(raw)
    return ""


# ---- JSON


def to_json(event: Event, *, projection: str = "") -> bytes:
    """*event* as CloudEvents JSON, `JSON`."""
    return orjson.dumps(to_structured(event, projection=projection))


def to_json_batch(events: Iterable[Event]) -> bytes:
    """*events* as CloudEvents JSON batch, `JSON_BATCH`."""
    return orjson.dumps([to_structured(event) for event in events])


def to_structured(event: Event, *, projection: str = "") -> dict[str, Any]:
    """*event* as the object of structured mode."""
    content: dict[str, Any] = {name[3:]: raw.decode() for name, raw in to_headers(event, projection=projection)[2:]}
    return {"specversion": "1.0", **content, "datacontenttype": "application/json", "data": dict(event.data)}


def from_json(text: bytes, *, party: str = "", recorded: datetime | None = None) -> Event:
    """The event of CloudEvents JSON."""
    return from_structured(read_json(text), party=party, recorded=recorded)


def read_batch(text: bytes, *, largest: int = 16 * LARGEST_JSON) -> list[Any]:
    """The objects of a CloudEvents JSON batch, each to be given to `from_structured`: one may be refused alone."""
    objects = read_json(text, largest=largest)
    if not isinstance(objects, list):
        raise Unreadable("批量须为 JSON 数组", "a batch is a JSON array")
    return objects


def from_structured(content: Any, *, party: str = "", recorded: datetime | None = None) -> Event:
    """The event of one object of structured mode, as `from_record` takes it."""
    attributes, data = _structured(content)
    return _event(attributes, data, party, recorded)


# ---- recipients


def encode_recipients(recipients: Iterable[tuple[str, str]]) -> bytes:
    """``PARTY:PROJECTION,…`` of pairs."""
    return ",".join(f"{party}:{projection}" for party, projection in recipients).encode()


# The same few hundred combinations come again and again.
@lru_cache(maxsize=4096)
def decode_recipients(value: bytes) -> tuple[tuple[str, str], ...]:
    """Pairs of party and projection."""
    pairs = tuple(part.partition(":") for part in _text(value).split(",") if part)
    if not all(party and projection for party, _, projection in pairs):
        raise Unreadable("收件方标头格式不符", f"the header {RECIPIENTS} is PARTY:PROJECTION,…")
    return tuple((party, projection) for party, _, projection in pairs)


# ---- inside


def classification(event_type: str, projection: str = "") -> str:
    """The CloudEvents ``dataclassification`` of an event of this type as a projection leaves it."""
    letters = _letters(Catalogue.load()[event_type].fields)
    whole = "restricted" if letters & {"s", "i"} else "confidential" if letters else "internal"
    return min(whole, _AFTER.get(projection, whole), key=_RANK.index)


@cache
def _classified(event_type: str, projection: str) -> bytes:
    return classification(event_type, projection).encode()


def _letters(fields: Sequence[Field]) -> frozenset[str]:
    inside = (f.classes | f.person_classes | (_letters(f.record.fields) if f.record else frozenset()) for f in fields)
    return frozenset[str]().union(*inside)


@lru_cache(maxsize=4096)
def _source(party: str, system: str) -> bytes:
    return f"urn:guiyang:{party}:{system}".encode()


@cache
def _type(name: str) -> bytes:
    return full_type(name).encode()


# The records that a broker took in at once have one acceptance time.
@lru_cache(maxsize=256)
def _instant(moment: datetime) -> bytes:
    return (moment if moment.tzinfo is SHANGHAI else moment.astimezone(SHANGHAI)).isoformat().encode()


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise Unreadable("标头不是 UTF-8", "a header is not UTF-8") from None


def _attributes(found: Mapping[str, bytes]) -> dict[str, str]:
    try:
        return {name[3:]: raw.decode() for name, raw in found.items() if name[:3] == "ce_"}
    except UnicodeDecodeError:
        raise Unreadable("标头不是 UTF-8", "a header is not UTF-8") from None


def _structured(content: Any) -> tuple[dict[str, str], dict[str, Any]]:
    if not isinstance(content, dict):
        raise Unreadable("事件须为 JSON 对象", "an event is a JSON object")
    if "data_base64" in content:
        raise Unreadable("结构化模式的 data 须为 JSON", "data in structured mode is JSON, not data_base64")
    data = content.get("data")
    if not isinstance(data, dict):
        raise Unreadable("data 须为 JSON 对象", "data is a JSON object", pointer="/data")
    attributes: dict[str, str] = {}
    for name, value in content.items():
        if name == "data":
            continue
        if not isinstance(value, str) and not (name == "sequence" and type(value) is int):
            raise Unreadable("上下文属性须为字符串", "context attributes are strings", pointer=f"/{name[:20]}")
        attributes[name] = str(value)
    return attributes, data


def _event(attributes: Mapping[str, str], data: dict[str, Any], party: str, recorded: datetime | None) -> Event:
    get = attributes.get
    event_type = _known(attributes)
    sender, system = _sender(get("source", ""))
    key = event_type.key_of(data)
    subject = get("subject") or key
    # A copy for a party may have lost the field that holds the key; every whole event has it.
    if subject != key and (key or "projection" not in attributes):
        raise Unreadable("subject 与数据中的关联主键不符", "subject is not the key in the data", pointer="/subject")
    sequence = get("sequence") or "0"
    if not sequence.isdecimal() or len(sequence) > _SEQUENCE_DIGITS + 6:
        raise Unreadable("sequence 须为整数", "sequence is an integer", pointer="/sequence")
    return Event(
        id=attributes["id"],
        type=event_type.name,
        party=party or get("fromparty") or sender,
        key=subject,
        time=event_type.legal_time(data) or get("time", ""),
        recorded=_moment(get("recordedtime", "")) if recorded is None else recorded,
        data=data,
        cause=get("causationid", ""),
        sequence=int(sequence),
        system=system,
        realm=get("realm", ""),
        basis=get("legalbasis", ""),
    )


def _known(attributes: Mapping[str, str]) -> EventType:
    if attributes.get("specversion") != "1.0":
        raise Unreadable("specversion 须为 1.0", "specversion is 1.0", pointer="/specversion")
    if not attributes.get("id"):
        raise Unreadable("缺少事件编号 id", "the event has no id", pointer="/id")
    event_type = Catalogue.load().get(short_type(attributes.get("type", "")))
    if event_type is None:
        raise Unreadable("目录中没有此事件类型", "the catalogue has no such event type", pointer="/type")
    return event_type


@lru_cache(maxsize=4096)
def _sender(source: str) -> tuple[str, str]:
    urn, space, party, system = [*source.split(":", 3), "", "", ""][:4]
    if (urn, space) != ("urn", "guiyang") or not party or not system:
        raise Unreadable(
            "source 须为 urn:guiyang:<单位代码>:<系统>", "source is urn:guiyang:<party>:<system>", pointer="/source"
        )
    return party, system


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise ValueError
        return moment.astimezone(SHANGHAI)
    except (ValueError, OverflowError):
        raise Unreadable(
            "缺少受理时间 recordedtime", "recordedtime is missing or no instant", pointer="/recordedtime"
        ) from None
