"""Events of 0.5 to 64 KiB through reading, translating, encoding, deciding and delivering, and what is too large refused.

The one rule: the growing part is text and materials that the hub must look at; a cost above one per byte would be a mistake.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from hub import reference
from hub.agents import deliver
from hub.agents.aggregate import AggregateAgent
from hub.agents.install import Lookups, agent
from hub.engine.batch import Batch
from hub.engine.record import Outgoing, Record
from hub.engine.state import State
from hub.rules.matter import MATTER
from hub.wire import avro, envelope
from tests.agents.records import NOW, TOPICS, as_record, sent
from tests.bench.scale.curve import Curve, microseconds
from tests.bench.scale.kept import write

KIB: Final = (0.5, 2, 8, 32, 64)
_ASKED: Final = 50
_EMPTY: Final = 500  #: bytes of a lead with next to nothing in it, about


def lead_of(kib: float) -> Record:
    """A lead transferred with facts of so many KiB; the smallest is as it is."""
    data = {
        "correlationId": "MT-XS-1",
        "leadId": "XS-1",
        "transferredAt": "2026-03-02T08:00:00+08:00",
        "principal": "GY-YJJ",
        "handler": "GY-ZD-DD2",
        "toPolice": "GY-GAJ",
        "approver": {"post": "HEAD", "approvedAt": "2026-03-02T07:00:00+08:00"},
        "divisionCode": "520115",
        "suspectedCharges": [{"name": "危险作业罪", "article": "134-1"}],
        "economicCrime": False,
        "subjects": [{"subjectType": "ENT", "name": "示例企业", "uscc": "91520115MA6XY0038H"}],
        "facts": "现场存在重大事故隐患" + "涉" * max(0, int(kib * 1024 - _EMPTY) // 3),
        "materials": [{"kind": kind} for kind in ("TRANSFER_LETTER", "REPORT", "ITEM_LIST")],
    }
    return sent("GY-YJJ", "matter.lead.transferred", data, "XS-1")


def batch(handle: Callable[[Batch], None], *records: Record) -> list[Outgoing]:
    """What an agent writes for *records*, with a state of its own."""
    made = Batch(records=records, now=NOW, shard=0, state=State())
    with made:
        handle(made)
    return made.sent


def measure() -> dict[str, Any]:
    """Each stage against the bytes of the record."""
    here = Lookups(TOPICS, reference.load())
    _, translate = agent("translate", here)
    matters = AggregateAgent("matters", MATTER, TOPICS, here.reference)
    stages: dict[str, list[tuple[float, float]]] = {}
    for kib in KIB:
        record = lead_of(kib)
        fact = as_record(batch(translate, record)[0])
        event = envelope.from_record(fact.key, fact.value, fact.headers)
        outgoing = next(one for one in batch(matters.handle, fact) if one.topic == TOPICS.outgoing.name)
        size = len(record.value or b"") / 1024
        for name, doing in {
            "translate": lambda record=record: batch(translate, record),
            "encode": lambda event=event: avro.encode(event.type, event.data),
            "decide": lambda fact=fact: batch(matters.handle, fact),
            "deliver": lambda outgoing=outgoing: list(deliver.copies(as_record(outgoing), TOPICS)),
        }.items():
            stages.setdefault(name, []).append((round(size, 2), _each(doing)))
    return write("size", [Curve(name, "µs", "KiB of the record", 1, tuple(points)) for name, points in stages.items()])


def _each(doing: Callable[[], object]) -> float:
    def often() -> None:
        for _ in range(_ASKED):
            doing()

    return microseconds(often, _ASKED)
