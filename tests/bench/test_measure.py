"""Figures from stamps and samples whose answer is known by hand."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from tests.bench.measure import Done, Meter, Sample, Unmeasurable, cpu_at, members, spread, window


def test_the_window_opens_when_a_quarter_of_the_input_is_done_in_all_partitions_together() -> None:
    outputs = [Done(1_000 + 10 * each, partition, each) for partition in range(4) for each in range(100)]

    measured = window(outputs, 400)

    assert (measured.first, measured.last) == (1.24, 1.99)
    assert measured.events == 300
    assert measured.events_per_second == pytest.approx(400)


def test_repeats_count_with_the_next_output_of_their_partition() -> None:
    every_fifth = [Done(1_000 + each, 0, each) for each in range(4, 100, 5)]

    measured = window(every_fifth, 100)

    assert (measured.first, measured.last, measured.events) == (1.024, 1.099, 75)


def test_one_batch_has_no_window() -> None:
    with pytest.raises(Unmeasurable):
        window([Done(1_000, 0, each) for each in range(100)], 100)


def test_processor_time_is_read_on_the_line_between_two_samples() -> None:
    samples = [Sample(10.0, 1.0), Sample(10.2, 1.1), Sample(10.4, 1.3)]

    assert cpu_at(samples, 10.1) == pytest.approx(1.05)
    assert cpu_at(samples, 10.3) == pytest.approx(1.2)
    assert (cpu_at(samples, 9.0), cpu_at(samples, 11.0)) == (1.0, 1.3)


def test_spread() -> None:
    assert spread([3, 1, 2]) == (1, 2, 3)
    assert spread([4, 1, 2, 3]) == (1, 2.5, 4)


def test_a_meter_sees_what_the_processes_children_spend_and_hold() -> None:
    child = "held = bytearray(64 << 20); held[::4096] = bytes(len(held[::4096])); import time\nwhile time.process_time() < 0.2: pass"
    parent = f"import subprocess, sys, time; subprocess.run([sys.executable, '-c', {child!r}]); print(flush=True); time.sleep(60)"
    process = subprocess.Popen([sys.executable, "-c", parent], start_new_session=True, stdout=subprocess.PIPE)
    meter = Meter(process.pid)
    try:
        seen: set[int] = set()
        assert process.stdout is not None
        deadline = time.monotonic() + 30
        while meter.peak_mib < 64 and time.monotonic() < deadline:
            meter.sample()
            seen |= set(members(process.pid))
        process.stdout.readline()
        meter.sample()
    finally:
        process.kill()
        process.communicate()

    assert len(seen) == 2
    assert meter.peak_mib > 64
    assert meter.samples[-1].cpu >= 0.2
