"""May this come in? What can be said at the door, without a state: the same tests the hub makes again behind it.

The one rule: judging sends nothing and remembers nothing; the same bytes at the same moment get the same verdict.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from connectors.protocol import Draft
from hub.canonical.catalogue import Catalogue
from hub.canonical.event import HUB, Event, derived_id, own_event_id, record_event_id
from hub.canonical.refused import Refused
from hub.gateway import cloudevent
from hub.gateway.publish import Header, Written
from hub.reference import Reference
from hub.rules.admit import admit
from hub.topics import Topics
from hub.wire.strictjson import read_json

CANONICAL: Final = "canonical"
_STRUCTURED: Final = b"application/cloudevents+json; charset=UTF-8"


@dataclass(frozen=True, slots=True)
class Asked:
    """All that is known about a request besides its content."""

    party: str
    route: str
    key: str
    recorded: datetime  #: acceptance time
    timestamp_ms: int  #: of the Kafka record; a realm's virtual years would fall under its topic's retention
    realm: str = ""
    trace: tuple[tuple[str, bytes], ...] = ()


@dataclass(slots=True)
class Verdict:
    """What is accepted and refused of one request, and what is to be written."""

    accepted: list[dict[str, Any]] = field(default_factory=list)
    refused: list[dict[str, Any]] = field(default_factory=list)
    refusals: list[tuple[Refused, str]] = field(
        default_factory=list
    )  #: the same with their pointers, for a single event
    records: list[Written] = field(default_factory=list)

    def refuse(self, own_id: str, refused: Refused, pointer: str) -> None:
        """Note one refusal; *pointer* leads into the sender's document."""
        self.refused.append(
            {
                "id": own_id or None,
                "code": refused.code,
                "detail": refused.detail,
                "detail_en": refused.detail_en,
                "pointer": pointer,
            }
        )
        self.refusals.append((refused, pointer))

    def body(self) -> Mapping[str, Any]:
        """As answered."""
        return {"accepted": self.accepted, "refused": self.refused}


class Judge:
    """Judges by reference data and the list of topics."""

    def __init__(self, topics: Topics, reference: Reference, largest_event: int) -> None:
        self._topics = topics
        self._reference = reference
        self._largest = largest_event

    def events(self, asked: Asked, raws: Sequence[bytes], *, batch: bool) -> Verdict:
        """Judge canonical events, each as its own bytes."""
        verdict = Verdict()
        topic = self._topics.ingress(asked.party, CANONICAL).name
        before, after = _headers(asked, asked.party, _STRUCTURED)
        for index, raw in enumerate(raws):
            content: Any = None
            try:
                content = read_json(raw, largest=self._largest)
                sent = cloudevent.read(content)
                if sent.party and sent.party != asked.party:
                    raise Refused(
                        "NOT_PERMITTED",
                        "source 不是本凭据的单位,请核对",
                        pointer="/source",
                        detail_en="source is not the party of the credential: check it",
                    )
                own_id = sent.id or derived_id(asked.party, asked.route, asked.key, str(index))
                event_id = own_event_id(asked.party, own_id)
                event = self._event(asked, event_id, sent.type, sent.data, asked.party)
                if sent.subject and sent.subject != event.key:
                    raise Refused(
                        "INVALID_FIELD",
                        "subject 与数据中的关联主键不符,请改为一致",
                        pointer="/subject",
                        detail_en="subject is not the key in the data: make them agree",
                    )
                self._admit(event)
                whole = cloudevent.completed(raw, content, asked.party, own_id)
                if len(whole) > self._largest:
                    raise Refused(
                        "INVALID_FIELD",
                        "事件过大,请补全 id、source 后缩减",
                        detail_en="too large with its attributes completed: give id and source, then shorten it",
                    )
            except Refused as refused:
                verdict.refuse(_own_id(content), refused, f"/{index}{refused.pointer}" if batch else refused.pointer)
                continue
            verdict.accepted.append({"id": sent.id or None, "eventId": event_id})
            key = f"{asked.realm}~{event.key}" if asked.realm else event.key
            headers = (before, ("ce_id", event_id.encode()), *after)
            verdict.records.append(Written(topic, key.encode(), whole, headers, asked.timestamp_ms))
        return verdict

    def record(
        self, asked: Asked, dialect: str, raw: bytes, content_type: str, drafts: Sequence[Draft] | None
    ) -> Verdict:
        """Judge a record, or a batch of them, in a dialect; the bytes go on as they are if any event in them may come in.

        *drafts* is what its connector reads in it; None if the dialect has no connector, so that only translating will tell.
        """
        verdict = Verdict()
        topic = self._topics.ingress(asked.party, dialect).name
        record_id = derived_id(asked.party, asked.route, asked.key, "0")
        if drafts is None:
            verdict.accepted.append({"id": None, "eventId": record_event_id(asked.party, record_id, 0)})
        else:
            self._drafts(verdict, asked, topic, record_id, drafts)
        if verdict.accepted:
            before, after = _headers(asked, asked.party, content_type.encode("latin-1"))
            headers = (before, ("ce_id", record_id.encode()), *after)
            verdict.records.append(Written(topic, record_id.encode(), raw, headers, asked.timestamp_ms))
        return verdict

    def _drafts(self, verdict: Verdict, asked: Asked, topic: str, record_id: str, drafts: Sequence[Draft]) -> None:
        for index, draft in enumerate(drafts):
            event_id = (
                own_event_id(asked.party, draft.own_id)
                if draft.own_id
                else record_event_id(asked.party, record_id, index)
            )
            # As the agent behind the door: a record in a foreign name is refused whole.
            party = self._speaker(topic, asked.party, draft)
            try:
                self._admit(self._event(asked, event_id, draft.type, draft.data, party))
            except Refused as refused:
                verdict.refuse(draft.own_id, refused, f"/{index}{refused.pointer}")
            else:
                verdict.accepted.append({"id": draft.own_id or None, "eventId": event_id})

    def _speaker(self, topic: str, party: str, draft: Draft) -> str:
        """The party an event is from: the credential's, or one it may speak for."""
        named = draft.party
        if not named or named == party:
            return party
        if not self._topics.may_speak(topic, named, draft.type):
            raise Refused(
                "NOT_PERMITTED",
                f"{party} 无权以 {named[:32]} 的名义报送,请由该单位报送",
                pointer="/source",
                detail_en=f"{party} may not speak for {named[:32]}: let that party send it",
            )
        return named

    def _event(self, asked: Asked, event_id: str, name: str, data: dict[str, Any], party: str) -> Event:
        event_type = Catalogue.load().get(name)
        if event_type is None or HUB in self._reference.events[name].senders:
            raise Refused(
                "INVALID_FIELD",
                "不接收此事件类型,请查事件目录",
                pointer="/type",
                detail_en="not an event type a party may send: see the catalogue",
            )
        return Event(
            id=event_id,
            type=name,
            party=party,
            key=event_type.key_of(data),
            time=event_type.legal_time(data),
            recorded=asked.recorded,
            data=data,
            system=CANONICAL,
            realm=asked.realm,
        )

    def _admit(self, event: Event) -> None:
        try:
            admit(event, event.recorded, self._reference)
        except Refused as refused:
            pointer = f"/data{refused.pointer}"
            raise Refused(refused.code, refused.detail, pointer=pointer, detail_en=refused.detail_en) from None


def _own_id(content: Any) -> str:
    """The sender's id of a document that is refused, if it can be told."""
    own_id = content.get("id", "") if type(content) is dict else ""
    return own_id[:256] if type(own_id) is str else ""


def _headers(asked: Asked, party: str, content_type: bytes) -> tuple[Header, tuple[Header, ...]]:
    """What all records of a request say alike: the header before each one's own id, and those after it."""
    after = [
        ("ce_recordedtime", asked.recorded.isoformat(timespec="milliseconds").encode()),
        ("ce_fromparty", party.encode()),
    ]
    if asked.realm:
        after.append(("ce_realm", asked.realm.encode()))
    return ("content-type", content_type), (*after, *asked.trace)
