"""Timers in a lane: what is due does not hold up facts, nor facts what is due."""

from __future__ import annotations

import subprocess
import sys
import time

from confluent_kafka.admin import AdminClient, NewTopic

from hub.local.kafka import LocalKafka
from tests.engine.broker import producer, read_all
from tests.engine.scale.clocks import IN, OUT, STATE

CLOCKS, FACTS = 5_000, 2_000


def test_many_clocks_due_at_once_and_facts_take_turns_and_each_clock_fires_once(kafka: LocalKafka) -> None:
    """Both are there when the worker starts, as after a long absence."""
    admin = AdminClient({"bootstrap.servers": kafka.bootstrap})
    for made in admin.create_topics([NewTopic(name, 1, 1) for name in (IN, OUT, STATE)]).values():
        made.result(30)
    to = producer(kafka.bootstrap)
    overdue = b"%d" % (int(time.time() * 1000) - 1)
    for number in range(CLOCKS):
        to.produce(STATE, overdue, b"clock-%d" % number, headers=[("due", overdue)])
    for number in range(FACTS):
        to.produce(IN, b"%d" % number, b"fact")
    to.flush()
    worker = subprocess.Popen([sys.executable, "-m", "tests.engine.scale.clocks", "worker", kafka.bootstrap])
    try:
        until = time.monotonic() + 120
        while len(seen := read_all(kafka.bootstrap, [OUT])) < CLOCKS + FACTS:
            assert time.monotonic() < until, f"{len(seen)} of {CLOCKS + FACTS}"
            time.sleep(0.2)
    finally:
        worker.kill()
        worker.wait()
    keys = [each.key for each in seen]
    assert sorted(key for key in keys if key != b"fact") == sorted(b"clock-%d" % number for number in range(CLOCKS))
    assert [each.value for each in seen if each.key == b"fact"] == [b"%d" % number for number in range(FACTS)]
    last_fact = len(keys) - 1 - keys[::-1].index(b"fact")
    assert last_fact < len(keys) - 1, "the facts waited for all the clocks"
    assert any(key != b"fact" for key in keys[:last_fact]), "the clocks waited for all the facts"
