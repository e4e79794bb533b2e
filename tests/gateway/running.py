"""A gateway that runs beside a test, on a real broker and a real port."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import httpx
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError

from connectors import registry
from hub import reference
from hub.gateway.credentials import Tokens
from hub.gateway.server import Parts, Server, opened, server
from hub.gateway.settings import GatewaySettings, Limits
from hub.local.ports import free_ports
from hub.topics import Topics

#: Those that tests name, and whoever has a system.
PARTIES = tuple(
    dict.fromkeys(
        ["GY-YJJ", "GY-GAJ", "GY-ZHZFJ", "GY-ZD", "GY-RSJ", "GY-SWJ", "GY-FY", "GY-SFJ", "GY-WLJ"]
        + [registry.system(dialect).owner for dialect in registry.CONNECTORS]
    )
)
TOKENS = {party: f"token-of-{party}-0123456789" for party in PARTIES}

#: What tests of other things than limits run with.
WIDE = Limits(requests_per_party=500, connections_per_party=900, events_per_second=1e6, events_burst=1_000_000)


def headers(party: str = "GY-YJJ", key: str = "", **more: str) -> dict[str, str]:
    return {
        "Authorization": f"Bearer {TOKENS[party]}",
        "Idempotency-Key": key or secrets.token_hex(16),
        "Content-Type": "application/cloudevents+json",
        **{name.replace("_", "-"): value for name, value in more.items()},
    }


def case(own_id: str = "", **changes: Any) -> dict[str, Any]:
    """A case filed by GY-YJJ. *changes* are fields of its data; None leaves one out."""
    number = secrets.token_hex(6)
    content: dict[str, Any] = {"specversion": "1.0", "type": "matter.case.filed"}
    if own_id:
        content["id"] = own_id
    data = {
        "correlationId": f"C-{number}",
        "caseNo": f"筑应急立〔2026〕{number}号",
        "filedAt": "2026-03-02T09:00:00+08:00",
        "principal": "GY-YJJ",
        "itemCode": "330225001000",
        "causeText": "未按规定进行安全生产教育和培训",
        "source": "INSPECTION",
        "procedure": "ORDINARY",
        "reviewClass": "ORDINARY",
        "crossDivision": False,
        "majorComplex": False,
        "divisionCode": "520103",
        "subject": {"subjectType": "ENT", "name": "某某化工有限公司"},
        "officers": [{"name": "甲", "certNo": "1"}, {"name": "乙", "certNo": "2"}],
    } | changes
    return content | {"data": {name: value for name, value in data.items() if value is not None}}


class Running:
    """A gateway in a thread of its own."""

    def __init__(
        self,
        bootstrap: str,
        topics: Topics,
        state_dir: Path,
        limits: Limits = WIDE,
        *,
        dev: bool = True,
        **settings: Any,
    ) -> None:
        self.port = free_ports(1)[0]
        self.url = f"http://127.0.0.1:{self.port}"
        self.state_dir = state_dir
        self._parts = Parts(
            GatewaySettings(limits=limits, **settings),
            bootstrap,
            topics,
            reference.load(),
            Tokens(TOKENS),
            state_dir,
            dev,
        )
        self._server: Server | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Running:
        self._thread.start()
        wait_ready(self.url)
        return self

    def __exit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.stop()
        self._thread.join(20)
        assert not self._thread.is_alive()

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        async with opened(self._parts) as gateway:
            self._server = server(gateway, self._parts.settings, "127.0.0.1", self.port)
            await self._server.serve()

    def client(self, **options: Any) -> httpx.AsyncClient:
        limits = httpx.Limits(max_connections=200)
        return httpx.AsyncClient(base_url=self.url, timeout=30, trust_env=False, limits=limits, **options)

    def post(self, content: Any, **options: Any) -> httpx.Response:
        body = content if isinstance(content, bytes) else json.dumps(content, ensure_ascii=False).encode()
        return httpx.post(
            f"{self.url}/v1/events{options.pop('query', '')}",
            content=body,
            headers=options.pop("headers", None) or headers(),
            trust_env=False,
            **options,
        )


def wait_ready(url: str, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            if httpx.get(f"{url}/readyz", timeout=5, trust_env=False).status_code == 200:
                return
        except httpx.TransportError:
            pass
        assert time.monotonic() < deadline, "the gateway does not become ready"
        time.sleep(0.02)


class Process:
    """``hub serve gateway`` as an operator starts it."""

    def __init__(self, bootstrap: str, folder: Path, **environment: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        tokens = folder / "tokens.json"
        tokens.write_text(json.dumps(TOKENS))
        self.port = free_ports(1)[0]
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / "gateway.log"
        self.environment = os.environ | {
            "HUB_KAFKA__BOOTSTRAP": bootstrap,
            "HUB_TOKENS_FILE": str(tokens),
            "HUB_STATE_DIR": str(folder / "state"),
            "HUB_ENVIRONMENT": "local",
            "HUB_DEV": "true",
            **environment,
        }
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> Process:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "hub", "serve", "gateway", "--port", str(self.port)],
                env=self.environment,
                stderr=log,
            )
        wait_ready(self.url)
        return self

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        assert self.process is not None
        self.process.terminate()
        return self.process.wait(20)


async def create(bootstrap: str, topics: Topics) -> None:
    """The topics that the parties of these tests use."""
    wanted = [topics.control, *(topics.delivery(party) for party in PARTIES)]
    wanted += [topics.ingress(party, dialect) for party in PARTIES for dialect in topics.rights(party).dialects]
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        for topic in wanted:
            try:
                await admin.create_topics([NewTopic(topic.name, topic.partitions, 1)])
            except TopicAlreadyExistsError:
                pass
    finally:
        await admin.close()


async def records(bootstrap: str, topic: str, partitions: int = 1) -> list[Any]:
    """Everything on *topic*."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, isolation_level="read_committed")
    await consumer.start()
    try:
        places = [TopicPartition(topic, number) for number in range(partitions)]
        consumer.assign(places)
        await consumer.seek_to_beginning(*places)
        ends = await consumer.end_offsets(places)
        found: list[Any] = []
        while any([await consumer.position(place) < ends[place] for place in places]):
            for batch in (await consumer.getmany(timeout_ms=200)).values():
                found += batch
        return found
    finally:
        await consumer.stop()


def header_of(record: Any, name: str) -> str:
    return dict(record.headers).get(name, b"").decode()
