"""When a broker may be called ready. One rule: what a first client would stumble over is met here, before it comes.

A fresh broker answers metadata long before it can coordinate: the first consumer of a group would see
`GroupCoordinatorNotAvailableError`. Asking for the coordinators makes the broker create their topics.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError
from aiokafka.protocol.commit import OffsetFetchRequest
from aiokafka.protocol.coordination import FindCoordinatorRequest

_PAUSE_SECONDS = 0.02
_GROUP, _TRANSACTION = 0, 1
_PROBE = "hub.ready"
_client: Any = AIOKafkaClient  # the client's own annotations are incomplete


async def until_served(bootstrap: str) -> None:
    """Return once *bootstrap* has a controller and coordinates groups and transactions."""
    noisy = logging.getLogger("aiokafka")
    level = noisy.level
    noisy.setLevel(logging.CRITICAL)  # a refusal is an answer here, not an error to report
    try:
        client = await _connected(bootstrap)
        try:
            await _coordinated(client, _GROUP)
            await _coordinated(client, _TRANSACTION)
            await _offsets_loaded(client)
        finally:
            await client.close()
    finally:
        noisy.setLevel(level)


async def _connected(bootstrap: str) -> Any:
    while True:
        client = _client(bootstrap_servers=bootstrap, client_id=_PROBE)
        try:
            await client.bootstrap()
        except (KafkaError, OSError):
            await client.close()
        else:
            if client.cluster.controller is not None:
                return client
            await client.close()
        await asyncio.sleep(_PAUSE_SECONDS)


async def _coordinated(client: Any, kind: int) -> None:
    while True:
        answer = await client.send(client.get_random_node(), FindCoordinatorRequest(_PROBE, kind))
        if not answer.error_code:
            return
        await asyncio.sleep(_PAUSE_SECONDS)


async def _offsets_loaded(client: Any) -> None:
    while True:
        answer = await client.send(client.get_random_node(), OffsetFetchRequest(_PROBE, None))
        if not getattr(answer, "error_code", 0):
            return
        await asyncio.sleep(_PAUSE_SECONDS)
        await (
            client.force_metadata_update()
        )  # the coordinator may be a broker that was not yet known at the first question
