"""The load: real facts about enterprises, matters and complaints, and what has to come of each.

One rule: a thread is one key's story; its next fact is sent when the one before was accepted. So the order of one sender's
facts about one key is known, and what must come out follows from the contract's table of events, not from a run of the rules.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from hub.canonical.event import SHANGHAI
from tests.hub.facts import datetime, lead, moment, plan, uscc_check_char

ACCEPTED: Final = "receipt.ingress.accepted"
REFUSED: Final = "receipt.ingress.refused"


@dataclass(frozen=True)
class Fact:
    """One event as its sender has it. *must*: (receiver, type, id|cause|key) that has to come of it."""

    party: str
    id: str
    key: str
    seq: int
    type: str
    data: dict[str, Any]
    must: tuple[tuple[str, str, str], ...]
    dead: bool = False  #: refused by its aggregate: a dead letter has to come of it

    def sent(self) -> dict[str, Any]:
        """The line of the sender's journal."""
        return {
            "event": "sent", "party": self.party, "id": self.id, "key": self.key, "seq": self.seq, "type": self.type,
            "must": self.must, "dead": self.dead,
        }  # fmt: skip

    def cloudevent(self) -> dict[str, Any]:
        return {
            "specversion": "1.0",
            "id": self.id,
            "source": f"urn:guiyang:{self.party}:faults",
            "type": self.type,
            "data": self.data,
        }


@dataclass
class Thread:
    """Facts about one key, in their order. *door*: gateway, kafka or file."""

    door: str
    facts: list[Fact]
    next: int = 0
    repeat: bool = False  #: send the last fact once more, under the same id, by another request
    done: bool = field(default=False, init=False)


class Load:
    """*count* facts, the same for the same seed."""

    def __init__(self, seed: int, count: int, run: str) -> None:
        self._chance = random.Random(f"load-{seed}")
        self._count = count
        self._run = run
        self._number = 0

    def threads(self) -> Iterator[Thread]:
        made = 0
        while made < self._count:
            self._number += 1
            thread = self._thread()
            made += len(thread.facts)
            yield thread

    def _thread(self) -> Thread:
        draw = self._chance.random()
        if draw < 0.35:
            return Thread(self._door(), self._enterprise())
        if draw < 0.60:
            return Thread("gateway", self._matter(), repeat=self._chance.random() < 0.1)
        if draw < 0.85:
            return Thread(self._door(), self._complaint(), repeat=self._chance.random() < 0.1)
        if draw < 0.97:
            return Thread("file", self._filed_plan())
        return Thread("gateway", self._refused())

    def _door(self) -> str:
        return "kafka" if self._chance.random() < 0.25 else "gateway"

    def _name(self, what: str) -> str:
        return f"{what}-{self._run}-{self._number}"

    def _uscc(self) -> str:
        body = f"91520102M{self._number:08}"
        return body + uscc_check_char(body)

    def _enterprise(self) -> list[Fact]:
        uscc, name = self._uscc(), self._name("P")
        facts = []
        for version in range(1, self._chance.randint(2, 4)):
            event = plan(name, uscc)
            data = event["data"] | ({"version": version, "amendedAt": moment()} if version > 1 else {})
            kind = "inspection.plan.amended" if version > 1 else "inspection.plan.submitted"
            must = _answered("GY-YJJ", ("GY-YJJ", "GY-ZD-DD2"), "inspection.plan.decided", "cause")
            facts.append(Fact("GY-YJJ", f"{name}-v{version}", uscc, version, kind, data, must))
        return facts

    def _matter(self) -> list[Fact]:
        name = self._name("L")
        event = lead(name)
        data, key = (
            event["data"] | {"subjects": [{"subjectType": "ENT", "name": "示例企业", "uscc": self._uscc()}]},
            f"MT-{name}",
        )
        common = {"correlationId": key, "leadId": name}
        organs = ("GY-YJJ", "GY-ZD-DD2")
        return [
            Fact("GY-YJJ", name, key, 1, event["type"], data,
                 _answered("GY-YJJ", ("GY-GAJ", "GY-ZD-DD2", "GY-JCY", "GY-SFJ"), event["type"], "id")),
            Fact("GY-GAJ", f"{name}-r", key, 1, "matter.lead.receipted",
                 common | {"receiptId": f"HZ-{name}", "receivedAt": moment(1), "outcome": "RECEIVED"},
                 _answered("GY-GAJ", organs, "matter.lead.receipted", "id")),
            Fact("GY-GAJ", f"{name}-f", key, 2, "matter.lead.filed",
                 common | {"decidedAt": moment(), "noticeServedAt": moment(), "policeDocNo": f"D-{name}"},
                 _answered("GY-GAJ", (*organs, "GY-JCY"), "matter.lead.filed", "id")),
        ]  # fmt: skip

    def _complaint(self) -> list[Fact]:
        name = self._name("T")
        old = self._chance.random() < 0.3  # its periods are over: they are missed by timers, as soon as it is there
        received = (datetime.now(SHANGHAI) - timedelta(days=60)).isoformat(timespec="seconds") if old else moment(40)
        ticket = {
            "complaintId": name, "complaintNo": name, "receivedAt": received, "channel": "12345", "kind": "投诉",
            "content": "夜间装卸噪声扰民", "address": "示例路1号", "divisionCode": "520115", "itemSector": "YJJ", "itemTier": "CITY",
            "anonymous": False, "confidential": False,
        }  # fmt: skip
        missed = (("GY-YJJ", "clock.missed", "key"), ("GY-GOV", "clock.missed", "key")) if old else ()
        return [
            Fact("GY-12345", name, name, 1, "complaint.ticket.received", ticket,
                 (*_answered("GY-12345", ("GY-YJJ", "GSH-GOV", "GY-ZD-DD2"), "complaint.ticket.assigned", "cause"), *missed)),
            Fact("GY-YJJ", f"{name}-a", name, 1, "complaint.ticket.accepted", {"complaintId": name, "acceptedAt": moment(5)},
                 _answered("GY-YJJ", ("GY-12345",), "complaint.ticket.accepted", "id")),
            Fact("GY-YJJ", f"{name}-w", name, 2, "complaint.ticket.answered",
                 {"complaintId": name, "answeredAt": moment(1), "result": "已处理"},
                 _answered("GY-YJJ", ("GY-12345", "GSH-GOV"), "complaint.ticket.answered", "id")),
        ]  # fmt: skip

    def _filed_plan(self) -> list[Fact]:
        uscc, name = self._uscc(), self._name("R")
        data = plan(name, uscc, "GY-RSJ", item="R1")["data"]
        must = _answered("GY-RSJ", ("GY-RSJ", "GY-ZD-DD4"), "inspection.plan.decided", "cause")
        return [Fact("GY-RSJ", name, uscc, 1, "inspection.plan.submitted", data, must)]

    def _refused(self) -> list[Fact]:
        """A plan whose window has passed: the door cannot know, the aggregate refuses it."""
        uscc, name = self._uscc(), self._name("X")
        data = plan(name, uscc)["data"] | {"window": {"from": "2026-01-05", "to": "2026-01-09"}}
        return [
            Fact("GY-YJJ", name, uscc, 1, "inspection.plan.submitted", data, (("GY-YJJ", REFUSED, "cause"),), dead=True)
        ]


def _answered(sender: str, parties: tuple[str, ...], kind: str, link: str) -> tuple[tuple[str, str, str], ...]:
    return ((sender, ACCEPTED, "cause"), *((party, kind, link) for party in parties))
