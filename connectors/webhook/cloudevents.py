"""The canonical event as CloudEvents JSON, for a receiver without a dialect, or only the notice that there is one.

The one rule: a notice carries ids, type, time and classification, never a field of the event: who is handed personal data
fetches it with its own credential.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson

from connectors.protocol import Draft, Envelope, NotUnderstood, Record, Row
from hub.canonical.event import HUB, full_type, short_type
from hub.wire.envelope import JSON, classification

_SEQUENCE_DIGITS: Final = 12


class _OneEvent:
    """A format of one CloudEvent per body."""

    extension = "json"
    content_type = JSON

    def decode(self, value: bytes) -> list[Row]:
        """One object."""
        try:
            found = orjson.loads(value)
        except orjson.JSONDecodeError:
            raise NotUnderstood("不是 JSON", detail_en="not JSON") from None
        if not isinstance(found, dict):
            raise NotUnderstood("须为 JSON 对象", detail_en="an object is needed")
        return [Row(1, found)]

    def encode(self, records: Sequence[Record]) -> bytes:
        """A webhook carries one."""
        [record] = records
        return orjson.dumps(record)


class CloudEvents:
    """Says events as the gateway does. With *link* only the notice: the content lies there (attribute ``dataref``)."""

    name = "cloudevents"
    format = _OneEvent()

    def __init__(self, link: str = "") -> None:
        self._link = link

    def read(self, record: Record) -> Sequence[Draft]:
        """The event of its own words; a notice says none."""
        kind, data, identity = record.get("type"), record.get("data"), record.get("id")
        if not isinstance(kind, str) or not isinstance(data, dict) or not isinstance(identity, str):
            raise NotUnderstood("须有 id、type 和 data", source="data", detail_en="id, type and data are needed")
        return (Draft(short_type(kind), data, identity, str(record.get("fromparty", ""))),)

    def write(self, event_type: str, data: Mapping[str, Any], envelope: Envelope) -> Record | None:
        """Attributes as on the wire of Kafka and of the gateway."""
        told: dict[str, Any] = {
            "specversion": "1.0",
            "id": envelope.id,
            "source": f"urn:guiyang:{envelope.party or HUB}:hub",
            "type": full_type(event_type),
            "time": envelope.time,
            "subject": envelope.key,
            "correlationid": envelope.key,
            "fromparty": envelope.party,
            "dataclassification": classification(event_type),
            "sequence": f"{envelope.sequence:0{_SEQUENCE_DIGITS}}" if envelope.sequence else "",
        }
        told = {name: text for name, text in told.items() if text}
        if self._link:
            return {**told, "dataref": self._link}
        return {**told, "datacontenttype": "application/json", "data": dict(data)}
