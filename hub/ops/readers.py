"""Who reads what inside the hub: consumer group → topics, in the order of the data's way."""

from __future__ import annotations

from collections.abc import Mapping

from connectors import registry
from hub.topics import Topics

#: Agent of each aggregate.
AGENTS: Mapping[str, str] = {"inspections": "inspection", "matters": "matter", "complaints": "complaint"}


def hub_readers(topics: Topics) -> dict[str, tuple[str, ...]]:
    """The hub's own groups."""
    ingress = tuple(topic.name for topic in topics.all_ingress())
    return {
        "hub.translate": (*ingress, topics.control.name),
        **{f"hub.{agent}": (topics.aggregate(aggregate).name,) for agent, aggregate in AGENTS.items()},
        "hub.deliver": (topics.outgoing.name,),
    }


def party_readers(topics: Topics) -> dict[str, tuple[str, ...]]:
    """The groups in which the connectors read deliveries for those who exchange files."""
    systems = [found for name in registry.names() if "file" in (found := registry.system(name)).kinds]
    return {
        f"{system.owner.lower()}.files": tuple(
            topics.delivery(party).name for party in topics.parties() if system.speaks_for(party)
        )
        for system in systems
    }
