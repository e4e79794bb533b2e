"""`python -m tests.bench.chain MODE`: measure the whole hub on this machine."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import asdict
from pathlib import Path
from typing import Any

import uvloop

from tests.bench.chain import curve, flame, guarantees, latency, throughput
from tests.bench.chain.started import BESIDE, Hub, Shape, started

#: The broker on one core; the hub on the other, so that what it carries is what one core carries.
CORES = (0, 1)

Measure = Callable[[argparse.Namespace], Coroutine[Any, Any, object]]


def main() -> None:
    asked = _parser().parse_args()
    measure: Measure = asked.measure
    found: object = uvloop.run(measure(asked))
    print(json.dumps(found, indent=2, ensure_ascii=False))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.chain", description=__doc__)
    modes = parser.add_subparsers(required=True)

    def mode(name: str, measure: Measure, what: str, seconds: float) -> Any:
        made = modes.add_parser(name, help=what)
        made.set_defaults(measure=measure)
        made.add_argument("--seconds", type=float, default=seconds)
        made.add_argument("--warm-seconds", type=float, default=20)
        made.add_argument("--per-second", type=float, default=500, help="events a second, where a rate is given")
        made.add_argument("--workers", choices=("chain", "one", "per-agent"), default="chain")
        made.add_argument("--partitions", type=int, default=0, help="of the aggregates' topics; lanes follow")
        made.add_argument("--env", action="append", default=[], metavar="NAME=VALUE", help="a setting of the hub")
        return made

    mode("latency", _latency, "from the gateway's 202 to the receiver's topic, at a steady rate", 60)
    mode("throughput", _throughput, "events a second for one core, and each stage's share", 30)
    mode("both", _both, "the two, one after the other in one hub", 30).add_argument("--flames", type=Path)
    mode("flame", _flame, "where each stage's processor time goes, drawn", 20).add_argument(
        "--folder", type=Path, default=Path("docs/speed")
    )
    mode("curve", _curve, "batch size and linger against latency and throughput, drawn", 10).add_argument(
        "--folder", type=Path, default=Path("docs/speed")
    )
    mode("guarantees", _guarantees, "what each guarantee costs, by taking it away", 10)
    return parser


def _shape(asked: argparse.Namespace, cores: tuple[int, int] | None = None) -> Shape:
    return Shape(asked.workers, asked.partitions, dict(word.split("=", 1) for word in asked.env), cores)


async def _in_a_hub(shape: Shape, doing: Callable[[Hub], Awaitable[Any]]) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        async with started(Path(folder), shape) as hub:
            return await doing(hub)


async def _latency(asked: argparse.Namespace) -> object:
    return asdict(await _in_a_hub(_shape(asked), lambda hub: _latency_in(hub, asked)))


async def _throughput(asked: argparse.Namespace) -> object:
    return _told(await _in_a_hub(_shape(asked, CORES), lambda hub: _throughput_in(hub, asked)))


async def _both(asked: argparse.Namespace) -> object:
    async def both(hub: Hub) -> object:
        slow = await _latency_in(hub, asked)
        print(json.dumps(asdict(slow)), file=sys.stderr, flush=True)  # kept, whatever happens afterwards
        hub.pin(CORES)
        fast = await _throughput_in(hub, asked, folder=asked.flames)
        return {"latency": asdict(slow), "throughput": _told(fast)}

    return await _in_a_hub(_shape(asked), both)


async def _flame(asked: argparse.Namespace) -> object:
    return _told(await _in_a_hub(_shape(asked, CORES), lambda hub: _throughput_in(hub, asked, folder=asked.folder)))


async def _curve(asked: argparse.Namespace) -> object:
    return await curve.draw(
        asked.folder,
        per_second=asked.per_second,
        seconds=asked.seconds,
        warm=asked.warm_seconds,
        partitions=asked.partitions,
    )


async def _guarantees(asked: argparse.Namespace) -> object:
    return await guarantees.costs(seconds=asked.seconds, warm_seconds=asked.warm_seconds)


async def _latency_in(hub: Hub, asked: argparse.Namespace) -> latency.Latency:
    return await latency.measure(
        hub, per_second=asked.per_second, seconds=asked.seconds, warm_seconds=asked.warm_seconds
    )


async def _throughput_in(hub: Hub, asked: argparse.Namespace, folder: Path | None = None) -> throughput.Throughput:
    if folder is None:
        return await throughput.measure(hub, seconds=asked.seconds, warm_seconds=asked.warm_seconds)
    pids = {name: pid for name, pid in hub.running.processes.items() if name not in BESIDE}
    with tempfile.TemporaryDirectory() as samples:
        found = await throughput.measure(
            hub,
            seconds=asked.seconds,
            warm_seconds=asked.warm_seconds,
            meanwhile=lambda: flame.record(pids, Path(samples), asked.seconds - 2),
        )
        flame.draw(Path(samples), folder)
    return found


def _told(found: throughput.Throughput) -> dict[str, Any]:
    return {**asdict(found), "hub_us": round(found.hub_us, 1), "shares": found.shares}


if __name__ == "__main__":
    main()
