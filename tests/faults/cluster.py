"""A cluster whose brokers can be killed, paused and brought back one by one.

One rule: the cluster is Kafka as it runs elsewhere. Three brokers keep three replicas, of which two must acknowledge, also
of offsets and transactions; none may lead that lacks what was acknowledged.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from hub.local.kafka import LocalKafka, Quorum, new_cluster_id
from hub.local.ports import LOOPBACK, next_free
from hub.local.topics import load_topics
from hub.ops.cluster import apply, read_cluster
from hub.ops.plan import plan
from hub.settings import Settings

#: Below the ports the system hands out: while a broker is down, its port must not become some client's own end of a
#: connection, and a client that tries a free port of its own range again and again can even meet itself.
_LOWEST_PORT, _HIGHEST_PORT = 12_000, 31_000


@dataclass(frozen=True, slots=True)
class Link:
    """The way to one broker that a proxy is to serve: listen on *listen*, pass on to *upstream*."""

    listen: int
    upstream: int


class Cluster:
    """One or three brokers, each a controller too, numbered from 0.

    *proxied*: each broker gets a second listener that tells its clients to come through a proxy. Whoever asks for it runs
    a proxy on every one of `links`; clients bootstrapped from `proxied_bootstrap` then meet nothing else.
    """

    def __init__(
        self,
        brokers: Literal[1, 3],
        directory: Path,
        *,
        proxied: bool = False,
        properties: Mapping[str, str] | None = None,
        heap_mb: int = 320,
    ) -> None:
        ports = iter(_ports(4 * brokers))
        nodes = range(1, brokers + 1)
        quorum = Quorum(new_cluster_id(), {node: next(ports) for node in nodes})
        self._ports = [next(ports) for _ in nodes]
        #: One per broker, with *proxied*.
        self.links = [Link(next(ports), next(ports)) for _ in nodes] if proxied else []
        self._brokers = [
            LocalKafka(
                directory / f"broker-{index}",
                port=port,
                heap_mb=heap_mb,
                node_id=index + 1,
                quorum=quorum,
                properties=_replication(brokers) | self._listeners(index, quorum) | dict(properties or {}),
            )
            for index, port in enumerate(self._ports)
        ]
        self._paused: set[int] = set()

    @property
    def bootstrap(self) -> str:
        """The brokers' own addresses."""
        return ",".join(f"{LOOPBACK}:{port}" for port in self._ports)

    @property
    def proxied_bootstrap(self) -> str:
        """The proxies' addresses."""
        return ",".join(f"{LOOPBACK}:{link.listen}" for link in self.links)

    def __len__(self) -> int:
        return len(self._brokers)

    async def kill(self, index: int) -> None:
        """kill -9."""
        self._paused.discard(index)
        await self._brokers[index].kill()

    async def start(self, *indexes: int) -> None:
        """Start again what was killed; returns when all of *indexes* serve. Those that need each other go in one call."""
        await asyncio.gather(*(self._brokers[index].start() for index in indexes))

    def pause(self, index: int) -> None:
        """SIGSTOP: it keeps its connections and answers nothing."""
        os.kill(self._brokers[index].pid, signal.SIGSTOP)
        self._paused.add(index)

    def resume(self, index: int) -> None:
        os.kill(self._brokers[index].pid, signal.SIGCONT)
        self._paused.discard(index)

    def pid(self, index: int) -> int:
        return self._brokers[index].pid

    def logs(self, index: int) -> Path:
        """The broker's log file."""
        return self._brokers[index].log

    def records(self, index: int) -> Path:
        """Where the broker keeps the topics."""
        return self._brokers[index].data_dir / "log"

    async def apply_topics(self) -> None:
        """Make the topics of `topics.yaml`: as in production on three brokers, as in `hub dev` on one."""
        topics = load_topics(Settings(), "local" if len(self) == 1 else None)
        await apply(self.bootstrap, plan(topics.all(), await read_cluster(self.bootstrap), internal=topics.internal))

    async def __aenter__(self) -> Self:
        try:
            await self.start(*range(len(self)))
        except BaseException:
            await self._end()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._end()

    async def _end(self) -> None:
        # A kill: with one broker gone the others could not end cleanly, and nothing here outlives the run.
        await asyncio.gather(*(broker.kill() for broker in self._brokers))

    def _listeners(self, index: int, quorum: Quorum) -> dict[str, str]:
        if not self.links:
            return {}
        own, link = f"PLAINTEXT://{LOOPBACK}:{self._ports[index]}", self.links[index]
        controller = f"CONTROLLER://{LOOPBACK}:{quorum.controllers[index + 1]}"
        return {
            "listeners": f"{own},PROXIED://{LOOPBACK}:{link.upstream},{controller}",
            "advertised.listeners": f"{own},PROXIED://{LOOPBACK}:{link.listen}",
            "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,PROXIED:PLAINTEXT",
            "inter.broker.listener.name": "PLAINTEXT",
        }


def _replication(brokers: int) -> dict[str, str]:
    if brokers == 1:
        return {}
    return {
        "default.replication.factor": "3",
        "min.insync.replicas": "2",
        "offsets.topic.replication.factor": "3",
        "transaction.state.log.replication.factor": "3",
        "transaction.state.log.min.isr": "2",
        "share.coordinator.state.topic.replication.factor": "3",
        "share.coordinator.state.topic.min.isr": "2",
        "unclean.leader.election.enable": "false",
        # A dead follower leaves the replicas in sync after this; until then acks=all waits for it. 30 s by default.
        "replica.lag.time.max.ms": "6000",
        # A leader that is found dead is replaced within broker.session.timeout.ms, given that the controllers agree.
        "controller.quorum.election.timeout.ms": "1000",
        "controller.quorum.fetch.timeout.ms": "2000",
    }


def _ports(count: int) -> list[int]:
    """*count* free ports from a random place on, so that runs side by side do not take each other's."""
    ports: list[int] = []
    port = random.randrange(_LOWEST_PORT, _HIGHEST_PORT)
    while len(ports) < count:
        ports.append(port := next_free(port + 1))
    return ports
