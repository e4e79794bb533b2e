"""What one party may do on the bus, and the ACLs of Kafka that follow.

The one rule: rights come from `topics.yaml` alone; nothing is granted anywhere else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Acl:
    """One right of one party, in Kafka's words."""

    principal: str
    operation: Literal["READ", "WRITE", "DESCRIBE"]
    resource: Literal["TOPIC", "GROUP"]
    name: str
    pattern: Literal["LITERAL", "PREFIXED"] = "LITERAL"


@dataclass(frozen=True, slots=True)
class Rights:
    """What one party may do on the bus."""

    party: str
    dialects: tuple[str, ...]
    produces: tuple[str, ...]
    consumes: tuple[str, ...]
    acts_for: tuple[str, ...]
    conveys: frozenset[str]  #: events of others that its records may carry; it reads nothing of theirs for that
    quota: Mapping[str, int]
    system: str | None

    @property
    def principal(self) -> str:
        return f"User:{self.party.lower()}"

    def acls(self) -> tuple[Acl, ...]:
        """The ACLs that grant these rights: its topics, and consumer groups under its own name."""
        who = self.principal
        topics = sorted({*self.produces, *self.consumes})
        return (
            *(Acl(who, "WRITE", "TOPIC", name) for name in self.produces),
            *(Acl(who, "READ", "TOPIC", name) for name in self.consumes),
            *(Acl(who, "DESCRIBE", "TOPIC", name) for name in topics),
            Acl(who, "READ", "GROUP", f"{self.party.lower()}.", "PREFIXED"),
        )
