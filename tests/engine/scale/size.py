"""Memory and restore time of many enterprises' states: `python -m tests.engine.scale.size [NUMBER, 1000000 if not said]`.

One shard with all of them, each written once, one in ten with a timer. Every restore is a process of its own. RocksDB is measured
twice: from nothing, and from the copy that the first one left.
"""

from __future__ import annotations

import asyncio
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import cast

import uvloop
from confluent_kafka import Producer

from hub.engine.client import TopicPartition
from hub.engine.restore import restore
from tests.engine.broker import create_topics
from tests.engine.scale.enterprises import enterprises
from tests.engine.scale.process import broker, resident_mb
from tests.engine.stores import Kind, settings

TOPIC = "enterprises.state"
_PER_TRANSACTION = 5_000


def fill(bootstrap: str, number: int) -> int:
    """Write them; how many bytes of values that was."""
    create_topics(bootstrap, {TOPIC: 1}, compacted=[TOPIC])
    to = Producer({"bootstrap.servers": bootstrap, "transactional.id": "fill", "linger.ms": 20, "batch.size": 262_144})
    to.init_transactions(30)
    written = 0
    for count, (key, value) in enumerate(enterprises(number)):
        if count % _PER_TRANSACTION == 0:
            if count:
                to.commit_transaction(60)
            to.begin_transaction()
        to.produce(TOPIC, value, key, partition=0, headers=[("due", b"4000000000000")] if count % 10 == 0 else [])
        written += len(value)
    to.commit_transaction(60)
    return written


async def measure(bootstrap: str, kind: Kind, folder: Path, number: int) -> None:
    before = resident_mb()
    began, used = time.perf_counter(), time.process_time()
    state = await restore(bootstrap, TopicPartition(TOPIC, 0), settings(kind, folder))
    took, used = time.perf_counter() - began, time.process_time() - used
    assert len(state.timers) == (number + 9) // 10
    after = resident_mb()
    asked = [b"91520%013d" % count for count in range(0, number, max(1, number // 20_000))]
    random.Random(1).shuffle(asked)
    began = time.process_time()
    for key in asked:
        assert state.get(key) is not None
    got = (time.process_time() - began) / len(asked)
    print(
        f"{kind}: restored in {took:.1f} s ({number / took:.0f} keys/s; processor {used:.1f} s, {number / used:.0f} keys/s), "
        f"memory {after - before:.0f} MB above {before:.0f} MB, one get {got * 1e6:.1f} us",
        flush=True,
    )
    state.close()


def main(number: int) -> None:
    with broker() as bootstrap, tempfile.TemporaryDirectory(prefix="hub-scale-") as folder:
        written = fill(bootstrap, number)
        print(f"{number} states, {written / number:.0f} bytes each, {written / 2**20:.0f} MB", flush=True)
        for kind in ("memory", "rocksdb", "rocksdb"):
            words = [sys.executable, "-m", "tests.engine.scale.size", bootstrap, kind, folder, str(number)]
            subprocess.run(words, check=True)


if __name__ == "__main__":
    if len(sys.argv) > 2:
        address, which, where, many = sys.argv[1:]
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(measure(address, cast("Kind", which), Path(where), int(many)))
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
