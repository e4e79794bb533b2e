"""A whole hub under steady load: the memory of every process and the lag, as a table and a picture.

``make soak`` (MINUTES=30 EVENTS_PER_SECOND=500). What grows by design is told apart: an aggregate is kept for ever, with the ids
it has heard and its open clocks, so the memory of an agent that decides grows with the number of matters. How much of it the
state needs is what the same process takes after a kill and a restore; what it held beyond that must stay small.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaProducer

from hub.local.topics import load_topics
from hub.ops import lag, readers
from hub.settings import Settings
from tests.hub.conftest import RunningHub
from tests.hub.facts import lead, moment

PARTIES = ("GY-WLJ", "GY-ZJJ", "GY-WJW", "GY-JTW")
SAMPLE_SECONDS = 5.0
NEWS = 5  # every so manieth event is of a new matter (far more than a city has); the others were said before
ALLOWED_MB = 50
_COLOURS = ("#1b6ca8", "#c0392b", "#27ae60", "#8e44ad", "#d35400", "#16a085", "#7f8c8d", "#2c3e50")


@dataclass
class Sample:
    at: float  #: seconds since the load began
    sent: int
    lag_records: int
    rss_mb: dict[str, float] = field(default_factory=dict)


def case(number: int, party: str) -> dict[str, Any]:
    own_id = f"soak-{os.getpid()}-{number}"
    data = {
        "correlationId": f"MT-{own_id}", "caseNo": own_id, "filedAt": moment(5), "principal": party, "itemCode": "Y1",
        "causeText": "案由", "source": "INSPECTION", "procedure": "SIMPLE", "reviewClass": "SIMPLE", "crossDivision": False,
        "majorComplex": False, "divisionCode": "520115", "subject": {"subjectType": "ENT", "name": "示例企业"},
        "officers": [{"name": "甲", "certNo": "1"}, {"name": "乙", "certNo": "2"}],
    }  # fmt: skip
    return {"id": own_id, "type": "matter.case.filed", "data": data}


def events() -> Iterator[tuple[str, bytes]]:
    """(party, record): cases and leads of ever new matters, and repeats of what was said before."""
    recent: deque[tuple[str, bytes]] = deque(maxlen=5000)
    for number in itertools.count():
        if number % NEWS:
            yield recent[number * 7919 % len(recent)]
            continue
        party = PARTIES[number // NEWS % len(PARTIES)]
        event = (
            case(number, party)
            if number // NEWS % 2
            else lead(f"soak-{os.getpid()}-{number}", principal=party, handler=party)
        )
        whole = {"specversion": "1.0", "source": f"urn:guiyang:{party}:soak"} | event
        said = (party, json.dumps(whole, ensure_ascii=False).encode())
        recent.append(said)
        yield said


def rss_mb(pid: int) -> float:
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
    return 0.0


class Soak:
    def __init__(self, hub: RunningHub, minutes: float, rate: float) -> None:
        self.hub, self.seconds, self.rate = hub, minutes * 60, rate
        self.samples: list[Sample] = []
        self.sent = 0
        self.topics = load_topics(Settings(), "local")
        self.bootstrap = hub.dev["bootstrap"]
        self.began = 0.0
        self.started_with = dict(hub.dev["processes"])

    async def run(self) -> None:
        self.began = time.monotonic()
        load = asyncio.create_task(self.load())
        while not load.done():
            await self.sample()
            await asyncio.wait([load], timeout=SAMPLE_SECONDS)
        load.result()
        self.drained = await self.drain()
        self.restarts = [name for name, pid in self.hub.dev["processes"].items() if self.started_with[name] != pid]
        self.anew = await self.restarted_mb()

    async def load(self) -> None:
        headers = [("content-type", b"application/cloudevents+json")]
        stream = events()
        async with AIOKafkaProducer(bootstrap_servers=self.bootstrap, acks="all", linger_ms=5) as producer:
            while (passed := time.monotonic() - self.began) < self.seconds:
                for _ in range(int(passed * self.rate) - self.sent):
                    party, value = next(stream)
                    await producer.send(self.topics.ingress(party, "canonical").name, value, headers=headers)
                    self.sent += 1
                await asyncio.sleep(0.02)

    async def lag(self) -> int:
        return sum(one.records for one in await lag.read(self.bootstrap, readers.hub_readers(self.topics)))

    async def sample(self) -> None:
        waiting = await self.lag()
        memory = {name: rss_mb(pid) for name, pid in self.hub.dev["processes"].items()}
        self.samples.append(Sample(time.monotonic() - self.began, self.sent, waiting, memory))

    async def drain(self) -> float:
        began = time.monotonic()
        while await self.lag():
            if time.monotonic() - began > 300:
                return float("inf")
            await asyncio.sleep(1)
        await self.sample()
        return time.monotonic() - began

    async def restarted_mb(self) -> dict[str, float]:
        """What every process of ours takes once it is killed, started anew and ready."""
        before = dict(self.hub.dev["processes"])
        for name, pid in before.items():
            if name != "kafka":
                os.kill(pid, signal.SIGKILL)
        until = time.monotonic() + 240
        while time.monotonic() < until:
            await asyncio.sleep(2)
            now = self.hub.dev["processes"]
            changed = all(now[name] != pid for name, pid in before.items() if name != "kafka")
            if changed and self.hub.run("dev", "status").returncode == 0:
                break
        await asyncio.sleep(20)  # a restored state is taken into use, and what the restore needed is given back
        return {name: rss_mb(pid) for name, pid in self.hub.dev["processes"].items()}

    def rows(self) -> list[dict[str, Any]]:
        """Per process: memory after the first fifth, which is warming up, at the end, and after a restart with the same state."""
        steady = self.samples[len(self.samples) // 5 :]
        rows = []
        for name in steady[0].rss_mb:
            values = [sample.rss_mb[name] for sample in steady]
            # Means of the first and last tenth: a single sample may fall on a collection.
            tenth = max(1, len(values) // 10)
            first, last = sum(values[:tenth]) / tenth, sum(values[-tenth:]) / tenth
            needed = self.anew[name]
            rows.append(
                {
                    "process": name,
                    "warm_mb": round(first, 1),
                    "last_mb": round(last, 1),
                    "growth_mb": round(last - first, 1),
                    "anew_mb": round(needed, 1),
                    "beyond_mb": round(min(last - first, last - needed), 1),
                }
            )
        return rows


def picture(samples: list[Sample]) -> str:
    """Memory of each process and the lag below, over time."""
    width, height, left = 860, 260, 60
    end = max(samples[-1].at, 1.0)

    def line(values: list[float], top: float, offset: int, colour: str) -> str:
        points = " ".join(
            f"{left + sample.at / end * (width - left - 150):.1f},{offset + height - value / top * (height - 30):.1f}"
            for sample, value in zip(samples, values, strict=True)
        )
        return f'<polyline fill="none" stroke="{colour}" stroke-width="1.5" points="{points}"/>'

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{2 * height + 40}" font-family="sans-serif" font-size="11">',
        '<rect width="100%" height="100%" fill="white"/>',
    ]
    names = list(samples[0].rss_mb)
    top = max(max(sample.rss_mb.values()) for sample in samples) * 1.05
    for place, name in enumerate(names):
        colour = _COLOURS[place % len(_COLOURS)]
        parts.append(line([sample.rss_mb[name] for sample in samples], top, 0, colour))
        parts.append(f'<text x="{width - 145}" y="{40 + 16 * place}" fill="{colour}">{name}</text>')
    waiting = [float(sample.lag_records) for sample in samples]
    most = max(*waiting, 1.0) * 1.05
    parts.append(line(waiting, most, height + 20, "#000"))
    for y, text in ((20, f"RSS, 0–{top:.0f} MB"), (height + 40, f"lag of the agents, 0–{most:.0f} records")):
        parts.append(f'<text x="{left}" y="{y}">{text}</text>')
    for y in (height, 2 * height + 20):
        parts.append(f'<line x1="{left}" y1="{y}" x2="{width - 150}" y2="{y}" stroke="#999"/>')
        parts.append(f'<text x="{width - 150}" y="{y + 14}" text-anchor="end">{end / 60:.1f} min</text>')
    return "\n".join([*parts, "</svg>", ""])


def started(home: Path) -> RunningHub:
    words = [sys.executable, "-m", "hub", "dev", "--headless", "--workers", "per-agent"]
    with (home / "dev.log").open("w") as log:
        process = subprocess.Popen(words, cwd=home, stdout=log, stderr=log, text=True, start_new_session=True)
    until = time.monotonic() + 240
    while not (home / ".hub" / "dev.json").exists():
        if process.poll() is not None or time.monotonic() > until:
            raise SystemExit((home / "dev.log").read_text())
        time.sleep(0.2)
    return RunningHub(home, process)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--events-per-second", type=float, default=500)
    parser.add_argument("--report", type=Path, default=Path(".hub/soak"))
    asked = parser.parse_args()
    asked.report.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        hub = started(Path(folder))
        soak = Soak(hub, asked.minutes, asked.events_per_second)
        try:
            asyncio.run(soak.run())
        finally:
            hub.process.send_signal(signal.SIGTERM)
            hub.process.wait(60)
    rows = soak.rows()
    seconds = soak.samples[-1].at
    summary = {
        "minutes": round(seconds / 60, 1),
        "events": soak.sent,
        "events_per_second": round(soak.sent / soak.seconds),
        "most_lag_records": max(sample.lag_records for sample in soak.samples),
        "drained_seconds": round(soak.drained, 1),
        "restarted": soak.restarts,
        "load_average": os.getloadavg()[0],
        "processes": rows,
    }
    (asked.report / "soak.json").write_text(json.dumps(summary, indent=2))
    (asked.report / "soak.svg").write_text(picture(soak.samples))
    print("process".ljust(20), *(name.rjust(18) for name in list(rows[0])[1:]))
    for row in rows:
        print(row["process"].ljust(20), *(str(value).rjust(18) for value in list(row.values())[1:]))
    print(json.dumps({name: value for name, value in summary.items() if name != "processes"}))
    grown = [row["process"] for row in rows if row["process"] != "kafka" and row["beyond_mb"] > ALLOWED_MB]
    if soak.restarts or grown or soak.drained == float("inf"):
        raise SystemExit(f"not flat: grown {grown}, restarted {soak.restarts}, drained in {soak.drained:.0f} s")


if __name__ == "__main__":
    main()
