"""From the file of receivers to connectors, one for each party: where journal, keys and connections meet.

The one rule: every receiver has a reader of its own in the log, so that none can hold up another even while it starts.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from connectors.protocol import Closing, Connector
from connectors.webhook import keyring
from connectors.webhook.journal import Journal
from connectors.webhook.posting import Poster
from connectors.webhook.receivers import Receiver
from connectors.webhook.sink import WebhookSink
from connectors.webhook.verifying import KeyUnusable

KIND: Final = "webhook"


@dataclass(frozen=True, slots=True)
class Place:
    """Where this machine keeps what belongs to webhooks, under the state directory."""

    state_dir: Path

    @property
    def journal(self) -> Path:
        """What waits and what is parked."""
        return self.state_dir / "webhooks.sqlite"

    def keys(self, party: str) -> Path:
        """The keys by which *party* knows us."""
        return self.state_dir / "webhook-keys" / f"{party}.json"

    def signing(self, party: str, now: datetime) -> Sequence[str]:
        """The keys that sign now; read anew each time, so that a change needs no restart. Raise `KeyUnusable`."""
        found = [each.key for each in keyring.in_force(keyring.read(self.keys(party)), now)]
        if not found:
            raise KeyUnusable(f"no key of {party} is in force: hub connector signing {party} --change")
        return found


def poster_for(receiver: Receiver, *, dev: bool) -> Poster:
    """The way to *receiver*."""
    return Poster(receiver.target, receiver.networks, receiver.trust, dev=dev)


def webhook_connectors(
    receivers: Mapping[str, Receiver], journal: Journal, place: Place, now: Callable[[], datetime], *, dev: bool
) -> dict[str, Connector]:
    """A connector for each receiver, named ``<party>.webhook``."""
    return {
        f"{party}.{KIND}": Connector(
            name=f"{party}.{KIND}",
            party=party,
            dialect=receiver.dialect,
            format=receiver.format,
            sinks={party: _sink(receiver, journal, place, now, dev=dev)},
            kind=KIND,
        )
        for party, receiver in receivers.items()
    }


async def sinks_closed(connectors: Mapping[str, Connector]) -> None:
    """Close the connections of every sink among *connectors* that holds one."""
    for connector in connectors.values():
        for sink in connector.sinks.values():
            if isinstance(sink, Closing):
                await sink.close()


def _sink(receiver: Receiver, journal: Journal, place: Place, now: Callable[[], datetime], *, dev: bool) -> WebhookSink:
    party = receiver.party
    return WebhookSink(
        party, receiver.format, poster_for(receiver, dev=dev), journal,
        lambda at: place.signing(party, at), now, lambda: random.uniform(-1, 1),  # noqa: S311 - spreads load, hides nothing
    )  # fmt: skip
