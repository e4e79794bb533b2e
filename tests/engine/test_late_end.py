"""An EndTxn frame that arrives late, inside the next transaction, must not end that one.

The frame is held up by a proxy between client and broker for longer than the client waits, and delivered afterwards on the
connection it was sent on, as a slow packet or a long pause would.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from aiokafka.producer import sender

from hub.engine.endtxn import send_once
from tests.engine.broker import create_topics, read_all, unique
from tests.faults.cluster import Cluster
from tests.faults.proxies.frames import ABORT, COMMIT, Api, FrameProxy, Hold

CLIENT_WAITS_MS = 2_000


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


async def fails_to_end(proxy: FrameProxy, bootstrap: str, name: str, result: int) -> Hold:
    """One transaction with `a`, whose end is held up for longer than the client waits."""
    async with transactions(bootstrap, name) as producer:
        await producer.begin_transaction()
        await producer.send_and_wait(name, b"a")
        end = proxy.hold(Api.END_TXN, result)
        with pytest.raises(KafkaError):
            await (producer.commit_transaction() if result == COMMIT else producer.abort_transaction())
    return end


@pytest.mark.asyncio
@pytest.mark.timeout(90)
async def test_a_late_end_harms_nothing(tmp_path: Path) -> None:
    async with Cluster(1, tmp_path, proxied=True) as kafka:
        (link,) = kafka.links
        async with FrameProxy(link.listen, link.upstream) as proxy:
            await check_late_commit(kafka.proxied_bootstrap, proxy)
            await check_late_abort(kafka.proxied_bootstrap, proxy)
            await check_that_the_library_alone_is_harmed(kafka.proxied_bootstrap, proxy)


async def check_late_commit(bootstrap: str, proxy: FrameProxy) -> None:
    send_once()
    name = unique("late-commit")
    await asyncio.to_thread(create_topics, bootstrap, {name: 1})
    end = await fails_to_end(proxy, bootstrap, name, COMMIT)
    async with transactions(bootstrap, name) as producer:
        await producer.begin_transaction()
        await producer.send_and_wait(name, b"b")
        await end.release()
        await producer.abort_transaction()
    assert await values(bootstrap, name) == []


async def check_late_abort(bootstrap: str, proxy: FrameProxy) -> None:
    send_once()
    name = unique("late-abort")
    await asyncio.to_thread(create_topics, bootstrap, {name: 1})
    end = await fails_to_end(proxy, bootstrap, name, ABORT)
    async with transactions(bootstrap, name) as producer:
        await producer.begin_transaction()
        await producer.send_and_wait(name, b"b")
        await end.release()
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
            end = proxy.hold(Api.END_TXN, COMMIT)
            await producer.commit_transaction()  # sent again inside the library
            await producer.begin_transaction()
            await producer.send_and_wait(name, b"b")
            await end.release()
            try:
                await producer.abort_transaction()
            except KafkaError:
                pass
    assert await values(bootstrap, name) == [b"a", b"b"]  # b was never committed by anyone
