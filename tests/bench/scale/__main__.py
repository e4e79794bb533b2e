"""`python -m tests.bench.scale workers|partitions|parties|clocks|enterprises|plans|size|fanout|province`: measure, print, keep.

The one rule: a part that grows faster than expected ends with 1, after all its figures have been printed and kept.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from typing import Final

from tests.bench.scale.curve import table

#: Part → what it measures.
PARTS: Final = {
    "workers": "throughput of 1, 2 and 4 worker processes (starts a broker)",
    "partitions": "throughput of 4, 16 and 64 partitions (starts a broker)",
    "parties": "topics, start, translate, deliver and the door with 15 to 300 parties",
    "clocks": "timers, ticks, restore and a year's notice with 1,000 to 1,000,000 open clocks",
    "enterprises": "state of 10,000 to 1,000,000 enterprises, in memory and in RocksDB",
    "plans": "one enterprise with 10 to 1,000 plans, closed and open",
    "size": "events of 0.5 to 64 KiB",
    "fanout": "what one fact becomes",
}


def main() -> int:
    """Measure what the command line names."""
    told = argparse.ArgumentParser(prog="python -m tests.bench.scale", description=__doc__)
    which = told.add_subparsers(dest="part", required=True)
    for name, what in PARTS.items():
        which.add_parser(name, help=what)
    which.add_parser("province", help="docs/speed/province.md, computed from the figures kept")
    part = told.parse_args().part
    measure = importlib.import_module(f"tests.bench.scale.{part}").measure
    found = measure()
    if part == "province":
        return 0
    for run in found.get("runs", ()):
        sys.stdout.write("  ".join(f"{name} {value}" for name, value in run.items()) + "\n")
    if "perFact" in found:
        sys.stdout.write(f"{found['perFact']}\n")
    sys.stdout.write(table(found["curves"]) + "\n")
    return int(any(not curve["verdict"].startswith("as") for curve in found["curves"].values()))


if __name__ == "__main__":
    sys.exit(main())
