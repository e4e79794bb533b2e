"""What `hub dev` and `hub demo` share: the whole hub started on this machine, used, and taken down again.

One rule: whatever ends it, a person is told why in words and a program by the exit code.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from hub.cli.exits import Exit, Failed
from hub.cli.language import say
from hub.cli.output import note
from hub.local.dev import AlreadyRunning, StartFailed, Stopped, Supervisor, hub_processes
from hub.local.discovery import HOME, Running
from hub.local.jars import JarsMissing
from hub.local.java import JavaNotFound
from hub.local.kafka import KafkaFailed, LocalKafka
from hub.local.ports import LOOPBACK
from hub.ops.cluster import NotApplied, Unreachable
from hub.topics import Topics, TopicsInvalid


@contextmanager
def starting() -> Iterator[None]:
    """Whatever a start can fail of, as the exit it means."""
    try:
        yield
    except AlreadyRunning as other:
        raise Failed(Exit.FINDINGS, say(f"已在运行 (pid {other.pid})", str(other))) from None
    except (JavaNotFound, JarsMissing, TopicsInvalid) as missing:
        raise Failed(Exit.CONFIGURATION, str(missing)) from None
    except NotApplied as refused:
        cure = say(
            "主题与数据不符;`hub dev --fresh` 重新开始", "the data has other topics; `hub dev --fresh` starts anew"
        )
        raise Failed(Exit.FINDINGS, f"{refused}\n{cure}") from None
    except (KafkaFailed, StartFailed, Unreachable) as failed:
        raise Failed(Exit.UNREACHABLE, str(failed)) from None


def supervisor(
    data_dir: Path,
    topics: Topics,
    gateway_port: int,
    *,
    kafka: LocalKafka | None,
    bootstrap: str | None = None,
    agents: tuple[str, ...] = (),
) -> Supervisor:
    """Of all processes of the hub, with a broker of its own (*kafka*) or the cluster at *bootstrap*."""
    return Supervisor(
        Path(HOME),
        data_dir,
        topics=topics,
        kafka=kafka,
        bootstrap=bootstrap,
        specs=hub_processes(gateway_port, agents),
        gateway=f"http://{LOOPBACK}:{gateway_port}",
        say=note,
    )


async def hosted(whole: Supervisor, use: Callable[[Running], Awaitable[Exit | None]]) -> int:
    """Start *whole*, *use* it, take it down. What *use* says; else 128 and the number of the signal that ended it."""
    ended_by = _on_signals(whole.stop)
    said: Exit | None = None
    try:
        async with whole.running() as running:
            said = await use(running)
    except Stopped:
        note(say("启动中被停止", "stopped while starting"))
    if said is not None:
        return int(said)
    return 128 + ended_by[0] if ended_by else int(Exit.OK)


def _on_signals(stop: Callable[[], None]) -> list[int]:
    """Call *stop* at SIGINT or SIGTERM; the list gets the signal's number."""
    received: list[int] = []

    def on(number: int) -> None:
        received.append(number)
        stop()

    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, on, int(number))
    return received
