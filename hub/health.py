"""Is a process alive, and does its work go on? The same two answers for every kind of process.

The one rule: ready is what was seen to move, never what was assumed: every check asks something, within a limit of time, and
one that does not answer has failed. An answer that is not "ok" names the check.

`Probes` is what is asked; `serve` answers for processes without a web server, from a thread of its own, so that a process
whose event loop hangs still says so. The gateway answers on its own port.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import orjson
from aiokafka.client import AIOKafkaClient

from hub.log import get_logger

log = get_logger(__name__)

#: Raises, or says in a word what is wrong; None or "ok": nothing.
Check = Callable[[], Awaitable[str | None]]

LOOP_SECONDS: Final = 2.0  #: an event loop that does not answer within this is not alive
_PATIENCE_SECONDS: Final = 3.0
_KEPT_SECONDS: Final = 0.5  # a crowd of probes costs one question
_FAILED_KEPT_SECONDS: Final = 0.05  # shorter: whoever waits for a start would wait for this, too
_REQUEST_SECONDS: Final = 2.0
_WORDS: Final = {200: "OK", 404: "Not Found", 503: "Service Unavailable"}
_PROMETHEUS: Final = b"text/plain; version=0.0.4; charset=utf-8"

Answer = tuple[int, bytes]


class Probes:
    """The checks of one process. *detail* adds to a verbose answer what an operator wants to see beside them."""

    def __init__(self, checks: Mapping[str, Check], detail: Callable[[], Mapping[str, Any]] | None = None) -> None:
        self._checks = checks
        self._detail = detail
        self._asked = 0.0
        self._results: dict[str, str] = {}
        self._lock = asyncio.Lock()
        self.stopping = False

    async def livez(self) -> Answer:
        """The loop answers; whoever waits longer than `LOOP_SECONDS` has the other answer."""
        return 200, b'{"status":"ok"}'

    async def readyz(self, *, verbose: bool = False) -> Answer:
        """200, or 503 and the checks that failed; *verbose* names them all."""
        async with self._lock:
            well = all(said == "ok" for said in self._results.values())
            if time.monotonic() - self._asked > (_KEPT_SECONDS if well else _FAILED_KEPT_SECONDS):
                names = list(self._checks)
                results = await asyncio.gather(*(self._ask(name) for name in names))
                before, self._results = self._results, dict(zip(names, results, strict=True))
                for name, said in self._results.items():
                    if said != "ok" and said != before.get(name):  # a crowd of probes is one line
                        log.warning("check.failed", check=name, reason=said)
                self._asked = time.monotonic()
        found = self._results | ({"stopping": "yes"} if self.stopping else {})
        failed = {name: said for name, said in found.items() if said != "ok"}
        answer: dict[str, Any] = {"status": "unavailable" if failed else "ok"}
        if failed:
            answer["failed"] = failed
        if verbose:
            answer |= {"checks": found, **(self._detail() if self._detail else {})}
        return 503 if failed else 200, orjson.dumps(answer)

    async def _ask(self, name: str) -> str:
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                said = await self._checks[name]()
        except Exception as error:  # noqa: BLE001 - whatever it is, it is why we are not ready
            said = type(error).__name__
        return said or "ok"


class BrokerCheck:
    """A check with a connection of its own: does any broker answer now?"""

    def __init__(self, bootstrap: str) -> None:
        self._client = AIOKafkaClient(bootstrap_servers=bootstrap, client_id="hub-health")
        self._open = False

    async def __call__(self) -> str | None:
        async with asyncio.timeout(LOOP_SECONDS):
            if not self._open:
                await self._client.bootstrap()
                self._open = True
            return None if await self._client.force_metadata_update() else "no answer"

    async def close(self) -> None:
        """Disconnect."""
        with contextlib.suppress(Exception):
            async with asyncio.timeout(LOOP_SECONDS):
                await self._client.close()


class serve:  # noqa: N801 - used as a verb
    """Answer ``GET /livez`` and ``GET /readyz[?verbose]`` for the running loop on a loopback *port* until `close`.

    With *metrics*, which is called in another thread and must not wait, also ``GET /metrics`` in Prometheus' text format.
    """

    def __init__(
        self, probes: Probes, port: int, host: str = "127.0.0.1", *, metrics: Callable[[], bytes] | None = None
    ) -> None:
        self._probes = probes
        self._metrics = metrics
        self._at = (host, port)
        self._watched = asyncio.get_running_loop()
        self._loop = asyncio.new_event_loop()
        self._bound = threading.Event()
        self._failed: OSError | None = None
        self._thread = threading.Thread(target=self._run, name="health", daemon=True)
        self._thread.start()
        self._bound.wait()
        if self._failed is not None:
            raise self._failed

    def close(self) -> None:
        """Stop answering."""
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_REQUEST_SECONDS)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            server = self._loop.run_until_complete(asyncio.start_server(self._answer, *self._at))
        except OSError as error:
            self._failed = error
            return
        finally:
            self._bound.set()
        self._loop.run_forever()
        server.close()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, ValueError, TimeoutError):
            async with asyncio.timeout(_REQUEST_SECONDS):
                line = await reader.readline()
            method, _, rest = line.partition(b" ")
            path, _, query = rest.partition(b" ")[0].partition(b"?")
            form = b"application/json"
            if method == b"GET" and path == b"/metrics" and self._metrics is not None:
                form, status, body = _PROMETHEUS, 200, self._metrics()
            else:
                status, body = await self._said(path, verbose=b"verbose" in query) if method == b"GET" else (404, b"{}")
            writer.write(
                b"HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"
                % (status, _WORDS[status].encode(), form, len(body))
                + body
            )
            await writer.drain()
        writer.close()

    async def _said(self, path: bytes, *, verbose: bool) -> Answer:
        if path == b"/livez":
            return await self._of_the_loop(self._probes.livez(), LOOP_SECONDS)
        if path == b"/readyz":
            return await self._of_the_loop(self._probes.readyz(verbose=verbose), LOOP_SECONDS + _PATIENCE_SECONDS)
        return 404, b"{}"

    async def _of_the_loop(self, asked: Any, seconds: float) -> Answer:
        """What the process's own loop answers, or that it does not."""
        answered = asyncio.run_coroutine_threadsafe(asked, self._watched)
        try:
            async with asyncio.timeout(seconds):
                return await asyncio.wrap_future(answered)
        except TimeoutError:
            said = {"status": "unavailable", "failed": {"loop": f"no answer in {seconds:g} s"}}
            return 503, orjson.dumps(said)
