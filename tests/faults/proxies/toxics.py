"""Toxiproxy, the kept tool for bad links, between the clients and the brokers.

One rule: a toxic is in force inside its `with`, in both directions, and gone after it.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from hub.local.child import Child
from hub.local.files import cache_folder
from hub.local.ports import LOOPBACK, free_ports
from tests.faults.cluster import Link

VERSION = "v2.12.0"
_MODULE = f"github.com/Shopify/toxiproxy/v2/cmd/server@{VERSION}"
_START_SECONDS = 10.0


class ToxiproxyMissing(RuntimeError):
    """The server is not there and cannot be built. The text says what to do."""


@dataclass(frozen=True, slots=True)
class Toxic:
    """What is wrong with a link: a kind of Toxiproxy's and its attributes (ms, KB/s, bytes)."""

    name: str
    kind: str
    attributes: dict[str, int]


class Toxiproxy:
    """One server with a proxy for each link."""

    def __init__(self, links: Sequence[Link], log: Path) -> None:
        self._links = links
        self._log = log
        self._child: Child | None = None
        self._http: httpx.AsyncClient

    async def __aenter__(self) -> Self:
        binary = await asyncio.to_thread(_binary)
        (port,) = free_ports(1)
        self._child = Child.start([str(binary), "-host", LOOPBACK, "-port", str(port)], log=self._log)
        self._http = httpx.AsyncClient(base_url=f"http://{LOOPBACK}:{port}", trust_env=False)
        async with asyncio.timeout(_START_SECONDS):
            while not await self._up():
                await asyncio.sleep(0.05)
        for number, link in enumerate(self._links):
            await self._post(
                "/proxies",
                {"name": f"broker-{number}", "listen": f"{LOOPBACK}:{link.listen}",
                 "upstream": f"{LOOPBACK}:{link.upstream}", "enabled": True},
            )  # fmt: skip
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()
        if self._child is not None:
            self._child.kill()
            await self._child.wait()

    @asynccontextmanager
    async def toxic(self, toxic: Toxic) -> AsyncIterator[None]:
        """Every link suffers from *toxic* until the end of the block."""
        names = [
            (f"broker-{number}", f"{toxic.name}-{stream}")
            for number in range(len(self._links))
            for stream in ("upstream", "downstream")
        ]
        for proxy, name in names:
            stream = name.rsplit("-", 1)[1]
            await self._post(
                f"/proxies/{proxy}/toxics",
                {"name": name, "type": toxic.kind, "stream": stream, "attributes": toxic.attributes},
            )
        try:
            yield
        finally:
            for proxy, name in names:
                (await self._http.delete(f"/proxies/{proxy}/toxics/{name}")).raise_for_status()

    async def _up(self) -> bool:
        try:
            return (await self._http.get("/version")).is_success
        except httpx.TransportError:
            return False

    async def _post(self, path: str, body: dict[str, Any]) -> None:
        (await self._http.post(path, json=body)).raise_for_status()


def _binary() -> Path:
    """The server of `VERSION`, built by Go if it was not yet (a few minutes, once)."""
    folder = cache_folder("toxiproxy", VERSION)
    binary = folder / "server"
    if binary.exists():
        return binary
    go = shutil.which("go") or shutil.which("go", path="/usr/local/go/bin")
    if go is None:
        raise ToxiproxyMissing(
            f"Toxiproxy is built by Go, which is not here: install it, or put the server at {binary}"
        )
    built = subprocess.run(
        [go, "install", _MODULE], env={**os.environ, "GOBIN": str(folder)}, capture_output=True, text=True, check=False
    )
    if built.returncode:
        raise ToxiproxyMissing(f"go install {_MODULE}:\n{built.stderr[-2000:]}")
    return binary
