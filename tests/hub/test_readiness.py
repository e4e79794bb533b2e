"""Alive and ready: every kind of process answers, names what is wrong, and is ready again when it is over."""

from __future__ import annotations

import asyncio
import os
import signal
import time

import httpx
import pytest

from hub.health import LOOP_SECONDS, Probes, serve
from hub.local.ports import free_ports
from tests.hub.conftest import RunningHub
from tests.hub.probing import probe, ready
from tests.hub.test_operating import until


def test_every_process_says_what_it_checks(running_hub: RunningHub) -> None:
    until(lambda: ready(running_hub), seconds=60)
    checks = {}
    for name in running_hub.dev["processes"]:
        if name != "kafka":
            assert probe(running_hub, name, "livez") == (200, {"status": "ok"})
            status, said = probe(running_hub, name, "readyz?verbose")
            assert (status, said["status"]) == (200, "ok")
            checks[name] = set(said["checks"])

    assert checks["gateway"] == {"kafka", "producer", "store"}
    assert checks["worker-matters"] == {"matters"}
    assert {"kafka", "outboxes", "yjj-json.in", "yjj-json.out", "yjj-json.inbox"} <= checks["connectors"]


@pytest.mark.timeout(240)
def test_a_broker_that_stands_still_is_seen_by_every_process_and_forgotten_when_it_goes_on(
    running_hub: RunningHub,
) -> None:
    """Nothing is killed and no connection breaks: only progress tells."""
    until(lambda: ready(running_hub), seconds=60)
    pids = running_hub.dev["processes"]
    os.kill(pids["kafka"], signal.SIGSTOP)
    try:
        until(lambda: probe(running_hub, "gateway", "readyz")[1].get("failed", {}).get("kafka"), seconds=15)
        until(lambda: probe(running_hub, "connectors", "readyz")[1].get("failed", {}).get("kafka"), seconds=15)
        assert probe(running_hub, "gateway", "livez")[0] == 200  # alive: a restart would not help

        def seen(name: str) -> bool:
            """503 with its flow named, or it has left: both say that the work stands still."""
            status, said = probe(running_hub, name, "readyz")
            left = running_hub.dev["processes"][name] != pids[name] or status == 0
            return left or (status == 503 and set(said["failed"]) == {name.removeprefix("worker-")})

        workers = [name for name in pids if name.startswith("worker-")]
        for name in workers:
            until(lambda name=name: seen(name), seconds=40)
    finally:
        os.kill(pids["kafka"], signal.SIGCONT)
    until(lambda: ready(running_hub), seconds=120)


async def test_a_loop_that_hangs_is_not_alive_and_the_process_still_says_so() -> None:
    async def fine() -> None:
        return None

    [port] = free_ports(1)
    serving = serve(Probes({"fine": fine}), port)

    def ask(path: str) -> httpx.Response:
        return httpx.get(f"http://127.0.0.1:{port}/{path}", timeout=10, trust_env=False)

    try:
        assert (await asyncio.to_thread(ask, "livez")).status_code == 200
        asked = asyncio.get_running_loop().run_in_executor(None, ask, "livez")
        time.sleep(LOOP_SECONDS + 1)  # the loop hangs
        hung = await asked
        assert hung.status_code == 503
        assert set(hung.json()["failed"]) == {"loop"}
        assert (await asyncio.to_thread(ask, "livez")).status_code == 200
        assert (await asyncio.to_thread(ask, "nothing")).status_code == 404
    finally:
        serving.close()


async def test_a_check_that_fails_or_does_not_answer_is_named() -> None:
    async def raises() -> None:
        raise ConnectionError

    async def hangs() -> None:
        await asyncio.sleep(60)

    async def says() -> str:
        return "matter.event.v1/3 stands still"

    status, body = await Probes({"raises": raises, "hangs": hangs, "says": says}).readyz()

    assert status == 503
    for part in (b'"raises":"ConnectionError"', b'"hangs":"TimeoutError"', b'"says":"matter.event.v1/3 stands still"'):
        assert part in body
