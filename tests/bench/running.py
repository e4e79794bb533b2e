"""One run of one processor: fresh topics, start, watch, end, read, judge.

The one rule: the harness decides when a run is over from the broker's end offsets alone; it consumes nothing before.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from confluent_kafka import KafkaException

from hub.local.child import Child
from tests.bench.broker import INPUT, Topics
from tests.bench.cores import on_core
from tests.bench.judge import Expected, Read, Verdict, judge
from tests.bench.measure import Done, Meter, Unmeasurable, members, window
from tests.bench.processors import Processor

_LOOK_SECONDS: Final = 0.2
#: All is there, and nothing came for so long: it is over.
_STILL_SECONDS: Final = 2.0
#: Something is lacking, and nothing came for so long: it will not come.
_STALLED_SECONDS: Final = 60.0
_GRACE_SECONDS: Final = 15.0


@dataclass(frozen=True, slots=True)
class Stage:
    """What all runs have in common."""

    bootstrap: str
    topics: Topics
    broker: int  #: its process
    core: int  #: the processor's
    expected: Expected
    logs: Path
    commit_ms: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run came to. A run with faults has no figures."""

    processor: str
    guarantee: str
    round: int
    figures: dict[str, float]
    faults: str
    log: str

    def line(self) -> str:
        """For a person who watches."""
        what = f"round {self.round}  {self.processor:16} {self.guarantee:14}"
        if self.faults:
            return f"{what}✘ {self.faults}\n  log: {self.log}"
        return (
            f"{what}{self.figures['events_per_second']:8.0f} events/s  {self.figures['cpu_per_100k']:6.2f} CPU s/100,000"
            f"  {self.figures['peak_mib']:5.0f} MiB  broker {self.figures['broker_cpu_per_100k']:.2f}"
        )


async def run(stage: Stage, processor: Processor, guarantee: str, number: int) -> Outcome:
    """Run *processor* once over the whole input."""
    there = stage.topics.names()
    name = f"bench-{processor.name.replace('_', '-')}-{guarantee}-{number}-{int(time.time())}"
    output, refused = stage.topics.create(f"{name}.out"), stage.topics.create(f"{name}.refused")
    state = stage.topics.create(f"{name}.state", cleanup_policy="compact")
    log = stage.logs / f"{processor.name}-{guarantee}-{number}.log"
    log.unlink(missing_ok=True)
    told = {
        "BENCH_BOOTSTRAP": stage.bootstrap,
        "BENCH_INPUT": INPUT,
        "BENCH_OUTPUT": output,
        "BENCH_REFUSED": refused,
        "BENCH_STATE": state,
        "BENCH_GROUP": name,
        "BENCH_GUARANTEE": guarantee,
        "BENCH_COMMIT_MS": str(stage.commit_ms),
        "BENCH_ENV": str(processor.home),
    }
    began = time.time()
    with on_core(stage.core):
        child = Child.start(processor.argv(processor.run), log=log, env=os.environ | told, cwd=processor.folder)
    watched = _Watched(Meter(child.pid), Meter(stage.broker))
    try:
        ended = await _until_over(stage, child, (output, refused), watched)
    finally:
        await _end(child)
    verdict, figures = Verdict(), {}
    try:
        outputs = list(stage.topics.read(output))
        verdict = judge(stage.expected, outputs, stage.topics.read(refused))
        if verdict.right and not ended:
            figures = _figures(stage.expected, outputs, watched, began)
    except (TimeoutError, KafkaException, Unmeasurable) as error:
        verdict.fault("unreadable", error)
    if ended:
        verdict.fault("ended early", ended)
    # Those a framework made for itself, too.
    stage.topics.delete(stage.topics.names() - there)
    return Outcome(processor.name, guarantee, number, figures, str(verdict), str(log))


@dataclass(frozen=True, slots=True)
class _Watched:
    processor: Meter
    broker: Meter

    def sample(self) -> None:
        self.processor.sample()
        self.broker.sample()


async def _until_over(stage: Stage, child: Child, topics: tuple[str, ...], watched: _Watched) -> str:
    """Watch until nothing more comes; what went wrong, if anything did."""
    there, since = 0, time.monotonic()
    while True:
        watched.sample()
        ends = sum(map(stage.topics.ends, topics))
        if ends != there:
            there, since = ends, time.monotonic()
        still = time.monotonic() - since
        if ends >= stage.expected.records and still >= _STILL_SECONDS:
            return ""
        if child.exit_code is not None:
            return f"it ended by itself with {child.exit_code}"
        if still >= _STALLED_SECONDS:
            return f"it stood still for {still:.0f} s"
        await asyncio.sleep(_LOOK_SECONDS)


async def _end(child: Child) -> None:
    await child.stop(grace_seconds=_GRACE_SECONDS)
    for left in members(child.pid):
        with suppress(ProcessLookupError):
            os.kill(left, signal.SIGKILL)


def _figures(expected: Expected, outputs: list[Read], watched: _Watched, began: float) -> dict[str, float]:
    """The run in numbers; the page says what each of them is."""
    measured = window((_done(expected, read) for read in outputs), expected.positions)
    per_100k = 100_000 / measured.events
    return {
        "events_per_second": measured.events_per_second,
        "cpu_per_100k": watched.processor.cpu_between(measured.first, measured.last) * per_100k,
        "broker_cpu_per_100k": watched.broker.cpu_between(measured.first, measured.last) * per_100k,
        "peak_mib": watched.processor.peak_mib,
        "window_seconds": measured.seconds,
        "first_output_seconds": min(read.stamp for read in outputs) / 1000 - began,
    }


def _done(expected: Expected, read: Read) -> Done:
    due = expected.outputs[dict[str, Any](read.headers)["ce_id"]]
    return Done(read.stamp, due.partition, due.position)
