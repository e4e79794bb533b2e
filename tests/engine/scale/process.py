"""What the kernel says of a process, and a broker for a program."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hub.local.kafka import LocalKafka


def resident_mb(pid: int | str = "self") -> float:
    """Memory in use now."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise ProcessLookupError(pid)


def cpu_seconds(pid: int) -> float:
    """Processor time used so far, of user and kernel."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def broker(heap_mb: int = 512) -> Iterator[str]:
    """The address of a broker that is gone afterwards, with its data."""
    with tempfile.TemporaryDirectory(prefix="hub-scale-") as folder:
        kafka = LocalKafka(Path(folder), heap_mb=heap_mb, jvm="fast")
        asyncio.run(kafka.start())
        try:
            yield kafka.bootstrap
        finally:
            asyncio.run(kafka.kill())
