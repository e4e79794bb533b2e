"""An EndTxn frame that arrives late, inside the next transaction, must not end that one.

The frame is held up by a proxy between client and broker for longer than the client waits, and delivered afterwards on the
connection it was sent on, as a slow packet or a long pause would.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from aiokafka.producer import sender

from hub.engine.endtxn import send_once
from hub.local.kafka import LocalKafka
from hub.local.ports import free_ports
from tests.engine.broker import create_topics, read_all, unique

END_TXN = 26
ABORT, COMMIT = 0, 1
CLIENT_WAITS_MS = 2_000


@dataclass(slots=True)
class Held:
    frame: bytes
    upstream: asyncio.StreamWriter


class FrameProxy:
    """Passes everything on, except one armed frame and what its connection sends after it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._armed: int | None = None
        self._held: asyncio.Future[Held] | None = None
        self._server: asyncio.Server | None = None
        self._writers: list[asyncio.StreamWriter] = []

    async def start(self, listen: int) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", listen)

    def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        for writer in self._writers:
            writer.close()

    def hold(self, result: int) -> None:
        """Hold up the next EndTxn that says *result*."""
        self._armed = result
        self._held = asyncio.get_running_loop().create_future()

    async def deliver(self) -> None:
        """Let the held frame go now."""
        assert self._held is not None
        held = await asyncio.wait_for(self._held, 1)
        held.upstream.write(held.frame)
        await held.upstream.drain()
        await asyncio.sleep(1)  # the broker's time to act on it

    async def _serve(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        upstream, to_upstream = await asyncio.open_connection("127.0.0.1", self._port)
        self._writers += [to_client, to_upstream]
        back = asyncio.create_task(self._answers(upstream, to_client))
        try:
            while True:
                head = await client.readexactly(4)
                frame = head + await client.readexactly(*struct.unpack(">i", head))
                if self._is_armed(frame):
                    assert self._held is not None
                    self._armed = None
                    self._held.set_result(Held(frame, to_upstream))
                    while await client.read(65_536):
                        pass
                    return  # without closing the way to the broker
                to_upstream.write(frame)
        except (asyncio.IncompleteReadError, ConnectionError):
            to_upstream.close()
            back.cancel()

    async def _answers(self, upstream: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        while chunk := await upstream.read(65_536):
            if not to_client.is_closing():
                to_client.write(chunk)
        to_client.close()

    def _is_armed(self, frame: bytes) -> bool:
        (api,) = struct.unpack_from(">h", frame, 4)
        return api == END_TXN and self._armed is not None and frame[-1] == self._armed


@asynccontextmanager
async def behind_proxy(folder: Path) -> AsyncIterator[tuple[LocalKafka, FrameProxy]]:
    """A broker that tells its clients to come through the proxy."""
    port, listen = free_ports(2)
    proxy = FrameProxy(port)
    await proxy.start(listen)
    there = {"advertised.listeners": f"PLAINTEXT://127.0.0.1:{listen}"}
    broker = LocalKafka(folder, port=port, properties=there)
    try:
        await broker.start()
        yield broker, proxy
    finally:
        await broker.kill()
        proxy.stop()


@asynccontextmanager
async def transactions(bootstrap: str, transactional_id: str) -> AsyncIterator[AIOKafkaProducer]:
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap, transactional_id=transactional_id, request_timeout_ms=CLIENT_WAITS_MS, acks="all"
    )
    await producer.start()
    try:
        yield producer
    finally:
        await producer.stop()


async def values(bootstrap: str, topic: str) -> list[bytes | None]:
    return [each.value for each in await asyncio.to_thread(read_all, bootstrap, [topic])]


async def fails_to_end(proxy: FrameProxy, bootstrap: str, name: str, result: int) -> None:
    """One transaction with `a`, whose end is held up for longer than the client waits."""
    async with transactions(bootstrap, name) as producer:
        await producer.begin_transaction()
        await producer.send_and_wait(name, b"a")
        proxy.hold(result)
        with pytest.raises(KafkaError):
            await (producer.commit_transaction() if result == COMMIT else producer.abort_transaction())


@pytest.mark.asyncio
@pytest.mark.timeout(90)
async def test_a_late_end_harms_nothing(tmp_path: Path) -> None:
    async with behind_proxy(tmp_path / "kafka") as (kafka, proxy):
        await check_late_commit(kafka.bootstrap, proxy)
        await check_late_abort(kafka.bootstrap, proxy)
        await check_that_the_library_alone_is_harmed(kafka.bootstrap, proxy)


async def check_late_commit(bootstrap: str, proxy: FrameProxy) -> None:
    send_once()
    name = unique("late-commit")
    await asyncio.to_thread(create_topics, bootstrap, {name: 1})
    await fails_to_end(proxy, bootstrap, name, COMMIT)
    async with transactions(bootstrap, name) as producer:
        await producer.begin_transaction()
        await producer.send_and_wait(name, b"b")
        await proxy.deliver()
        await producer.abort_transaction()
    assert await values(bootstrap, name) == []


async def check_late_abort(bootstrap: str, proxy: FrameProxy) -> None:
    send_once()
    name = unique("late-abort")
    await asyncio.to_thread(create_topics, bootstrap, {name: 1})
    await fails_to_end(proxy, bootstrap, name, ABORT)
    async with transactions(bootstrap, name) as producer:
        await producer.begin_transaction()
        await producer.send_and_wait(name, b"b")
        await proxy.deliver()
        await producer.send_and_wait(name, b"c")
        await producer.commit_transaction()
    assert await values(bootstrap, name) == [b"b", b"c"]


async def check_that_the_library_alone_is_harmed(bootstrap: str, proxy: FrameProxy) -> None:
    """The proof that the two checks before can fail; once this one does, the remedy is no longer needed."""
    name = unique("unprotected")
    await asyncio.to_thread(create_topics, bootstrap, {name: 1})
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sender.EndTxnHandler, "do", sender.BaseHandler.do)
        async with transactions(bootstrap, name) as producer:
            await producer.begin_transaction()
            await producer.send_and_wait(name, b"a")
            proxy.hold(COMMIT)
            await producer.commit_transaction()  # sent again inside the library
            await producer.begin_transaction()
            await producer.send_and_wait(name, b"b")
            await proxy.deliver()
            try:
                await producer.abort_transaction()
            except KafkaError:
                pass
    assert await values(bootstrap, name) == [b"a", b"b"]  # b was never committed by anyone
