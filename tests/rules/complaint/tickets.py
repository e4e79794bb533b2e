"""A ticket on its way, and shorthand to look at what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from hub import reference
from hub.canonical.catalogue import Catalogue
from hub.canonical.event import Event
from hub.rules.ledger import Refusal, Routed, Step
from hub.rules.pipeline import World


class Tickets:
    """A world with complaints; every step made is kept."""

    def __init__(self, policy: Mapping[str, Any] | None = None) -> None:
        self.world = World(reference.load().with_policy(policy or {}))
        self.steps: list[Step] = []
        self._count = 0

    def receive(self, at: str, party: str = "GY-12345", key: str = "CP", **data: Any) -> None:
        """A ticket comes in; *data* over a plain hotline complaint about safety in 观山湖."""
        plain = {
            "complaintNo": f"NO-{key}", "channel": "12345", "kind": "投诉", "content": "反映问题", "address": "某街道1号",
            "divisionCode": "520115", "itemSector": "YJJ", "anonymous": False, "confidential": False,
        }  # fmt: skip
        self.send(at, "complaint.ticket.received", party, key=key, **{**plain, **data})

    def send(self, at: str, event_type: str, party: str, *, key: str = "CP", legal: str = "", **data: Any) -> None:
        """*event_type* happens at *legal* (default: at once) and arrives *at*, both ``MM-DD HH:MM`` of 2026."""
        name = Catalogue.load()[event_type].legal_time_field
        time = _written(legal or at)
        self._count += 1
        whole = {"complaintId": key, name: time, **{field: value for field, value in data.items() if value is not None}}
        self.steps += self.world.accept(
            Event(f"e{self._count}", event_type, party, key, time, moment(at), whole), moment(at)
        )

    def tick(self, at: str) -> None:
        """Time passes."""
        self.steps += self.world.tick(moment(at))

    def clocks(self, key: str = "CP") -> dict[str, tuple[str, str]]:
        """clock → (state, dueAt) of its newest run."""
        return {row.clock: (row.state, row.due_at) for row in self.world.states["complaint", key].clocks}

    def made(self, event_type: str) -> list[Mapping[str, Any]]:
        """Data of the events *event_type* that the hub made."""
        return [step.event.data for step in self._routed() if step.decision and step.event.type == event_type]

    def receivers(self, event_type: str) -> dict[str, str]:
        """party → projection of the last *event_type*."""
        return dict([step.recipients for step in self._routed() if step.event.type == event_type][-1])

    def codes(self) -> list[str]:
        """Codes of what was refused."""
        return [step.refused.code for step in self.steps if isinstance(step, Refusal)]

    def _routed(self) -> list[Routed]:
        return [step for step in self.steps if isinstance(step, Routed)]


def moment(text: str) -> datetime:
    """``MM-DD HH:MM`` of 2026."""
    return datetime.fromisoformat(_written(text))


def _written(text: str) -> str:
    return f"2026-{text.replace(' ', 'T')}:00+08:00"
