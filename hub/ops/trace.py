"""The way of one event through the hub, read from the logs it passed.

The one rule: the trace shows what the logs hold and nothing else; it never shows an event's data.
"""

from __future__ import annotations

from dataclasses import dataclass

from hub.engine.record import Record
from hub.ops.scan import header_text, records
from hub.topics import Topics

#: Stations in the order of the data's way.
STATIONS = ("received", "translated", "refused", "decided", "routed", "delivered")


@dataclass(frozen=True, slots=True)
class Hop:
    """One record of the way: where it stands, and when the broker took it."""

    station: str
    topic: str
    partition: int
    offset: int
    at_ms: int  #: milliseconds since 1970
    event_id: str
    type: str
    party: str  #: who wrote it, or for a delivery who gets it
    cause: str
    note: str  #: code of a refusal, projection of a delivery


async def read_trace(bootstrap: str, topics: Topics, event_id: str, *, since_ms: int | None = None) -> list[Hop]:
    """Every hop of *event_id*, of what followed from it, and of the record it came in, in order of time."""
    names = [
        topic.name for topic in topics.all() if not topic.name.endswith(".state") and topic.name != topics.audit.name
    ]
    wanted = {event_id}
    hops: list[Hop] = []
    origins: set[str] = set()
    seen = [record async for record in records(bootstrap, names, since_ms=since_ms)]
    grew = True
    while grew:  # effects of effects: until no further event names a known one as its cause
        grew = False
        for record in seen:
            identity, cause = header_text(record.headers, "ce_id"), header_text(record.headers, "ce_causationid")
            if identity not in wanted and cause in wanted:
                wanted.add(identity)
                grew = True
    for record in seen:
        ids = {header_text(record.headers, "ce_id"), header_text(record.headers, "hub_event_id")}
        if ids & wanted:
            hops.append(_hop(topics, record))
            if header_text(record.headers, "ce_id") == event_id and (
                origin := header_text(record.headers, "hub_origin")
            ):
                origins.add(origin)
    here = {(hop.topic, hop.partition, hop.offset) for hop in hops}
    for record in seen:
        place = (record.topic, record.partition, record.offset)
        if "/".join(map(str, place)) in origins and place not in here:
            hops.append(_hop(topics, record))
    return sorted(hops, key=lambda hop: (hop.at_ms, STATIONS.index(hop.station), hop.topic, hop.offset))


def _hop(topics: Topics, record: Record) -> Hop:
    headers, name = record.headers, record.topic
    party = header_text(headers, "ce_fromparty")
    note = ""
    if name in {topic.name for topic in topics.all_ingress()}:
        station, party = "received", topics.party_of(name)
    elif name == topics.outgoing.name:
        station, note = "routed", header_text(headers, "hub_recipients")
    elif header_text(headers, "__dlq.errors.message"):
        station, note = "refused", header_text(headers, "__dlq.errors.message").partition(" ")[0]
    elif header_text(headers, "ce_projection"):
        station, party, note = "delivered", topics.party_of(name), header_text(headers, "ce_projection")
    elif party == "HUB":
        station = "decided"
    else:
        station = "translated"
    kind = header_text(headers, "ce_type").removeprefix("cn.guiyang.hub.").removesuffix(".v1")
    return Hop(
        station,
        name,
        record.partition,
        record.offset,
        record.timestamp_ms,
        header_text(headers, "ce_id"),
        kind,
        party,
        header_text(headers, "ce_causationid"),
        note,
    )
