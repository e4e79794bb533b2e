"""Numbers 1, 2, 3 … per key into the counting flow, and the audit of what came out of it.

The one rule: what was accepted must come out, once, in order, from a state that knew all before it.
"""

from __future__ import annotations

import json
import threading
import time
from collections import Counter, defaultdict

from confluent_kafka import KafkaError, Message

from tests.engine.broker import producer, read_all
from tests.engine.counting import outputs_of, topics_of

KEYS = 60


class Load:
    """Numbers 1, 2, 3 … per key at a steady rate. Each is sent until it is acknowledged: what is accepted must come out."""

    def __init__(self, bootstrap: str, topic: str, rate: int) -> None:
        self.sent: dict[bytes, int] = defaultdict(int)
        #: Seconds from the send to the acknowledgement, with the moment of the send.
        self.took: list[tuple[float, float]] = []
        self.refused = 0
        self._producer = producer(bootstrap, {"reconnect.backoff.max.ms": 500})
        self._topic = topic
        self._rate = rate
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        began, number = time.monotonic(), 0
        while not self._done.is_set():
            due = int((time.monotonic() - began) * self._rate)
            while number < due:
                key = b"k-%d" % (number % KEYS)
                self.sent[key] += 1
                self._producer.produce(
                    self._topic, b"%d" % self.sent[key], key, on_delivery=self._answered(time.monotonic())
                )
                number += 1
            self._producer.poll(0)
            time.sleep(0.005)

    def _answered(self, sent_at: float):
        def answered(error: KafkaError | None, _: Message) -> None:
            if error is None:
                self.took.append((sent_at, time.monotonic() - sent_at))
            else:
                self.refused += 1

        return answered

    def stop(self) -> None:
        """Send no more and wait until everything is acknowledged."""
        self._done.set()
        self._thread.join()
        assert self._producer.flush(60) == 0
        assert self.refused == 0

    def slowest(self, since: float, until: float, share: float = 0.99) -> float:
        """The quantile *share* of the seconds to the acknowledgement of what was sent in that time."""
        took = sorted(seconds for at, seconds in self.took if since <= at <= until)
        return took[int(len(took) * share)] if took else 0.0


def audit(bootstrap: str, name: str, sent: dict[bytes, int]) -> None:
    """Lost, twice, out of order, wrong state: all of them none."""
    _, out, state = topics_of(name)
    expected = {
        (key.decode(), number, copy)
        for key, last in sent.items()
        for number in range(1, last + 1)
        for copy in range(len(outputs_of(key, number)))
    }
    written = read_all(bootstrap, [out])
    said = [json.loads(each.value or b"") for each in written]
    times = Counter((each["key"], each["number"], each["copy"]) for each in said)
    lost = expected - times.keys()
    twice = {each: number for each, number in times.items() if number > 1}
    assert (len(lost), len(twice), times.keys() - expected) == (0, 0, set())
    for each in said:  # the state each step found is what the steps before it left, through all restores
        number = each["number"]
        assert (each["counted"], each["total"], each["after"]) == (number, number * (number + 1) // 2, number - 1)
    last_of: dict[tuple[int, bytes | None, str, int], int] = defaultdict(int)
    for seen, each in zip(written, said, strict=True):  # per partition in offset order
        per_key = (seen.partition, seen.key, each["key"], each["copy"])
        assert each["number"] > last_of[per_key], f"{each} out of order"
        last_of[per_key] = each["number"]
    held = {seen.key: seen.value for seen in read_all(bootstrap, [state])}
    assert held == {key: b"%d %d %d" % (last, last * (last + 1) // 2, last) for key, last in sent.items()}


def expected_outputs(sent: dict[bytes, int]) -> int:
    return sum(len(outputs_of(key, number)) for key, last in sent.items() for number in range(1, last + 1))
